"""Start the host on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

if not __package__:  # started by its folder's name
    sys.path[0] = str(Path(__file__).resolve().parent.parent)


def main() -> None:
    """Read the arguments and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="tracker", description="A small tracking host with a sample newsletter.")
    parser.add_argument(
        "--port", type=int, default=8025, help="where to listen on this machine (default: 8025; 0 is any that is free)"
    )
    parser.add_argument(
        "--folder", type=Path, help="where to keep key and events (default: nowhere, each start is new)"
    )
    arguments = parser.parse_args()
    os.umask(0o077)  # what is kept here is for nobody else on this machine
    with TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):  # somebody else's folder: then its owner has decided
            folder.chmod(0o700)
        with only_host(folder):
            serve(arguments.port, folder)


@contextmanager
def only_host(folder: Path) -> Iterator[None]:
    """Keep a second host off the same folder: both would send the sample, and neither would see the other's events."""
    with (folder / "tracker.lock").open("w") as lock:
        try:
            import fcntl  # noqa: PLC0415 - Windows has none, and does without

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass
        except OSError:
            sys.exit(f"tracker: {folder}: another host keeps its things there; take another with --folder")
        yield


def serve(port: int, folder: Path) -> None:
    """Serve the host until Ctrl-C or SIGTERM; what was answered by then is stored."""
    import uvicorn  # noqa: PLC0415 - the path to the package is set above

    from tracker.host import Host  # noqa: PLC0415 - the same
    from tracker.patience import Impatient  # noqa: PLC0415 - the same

    try:
        listener = create_server(("127.0.0.1", port))  # nobody but this machine
    except OSError as error:
        sys.exit(f"tracker: port {port}: {os.strerror(error.errno or 0)}; take another with --port")
    with listener:
        base_url = f"http://localhost:{listener.getsockname()[1]}"
        try:
            host = Host(base_url, folder)
        except ValueError as error:
            sys.exit(f"tracker: {folder / 'tracker.key'}: {error}")
        # No access log: its lines hold an address and, beside it, the token.
        config = uvicorn.Config(
            host,
            http=Impatient,
            access_log=False,
            log_level="warning",
            lifespan="on",
            ws="none",
            limit_concurrency=256,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
        )
        print(f"Open {base_url}/ in a browser; Ctrl-C ends it.", flush=True)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()

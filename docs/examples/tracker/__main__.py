"""Start the host on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory

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
    with TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        serve(arguments.port, folder)


def serve(port: int, folder: Path) -> None:
    """Serve the host; what the requests left behind is written before this returns."""
    import uvicorn  # noqa: PLC0415 - the path to the package is set above

    from tracker.host import Host  # noqa: PLC0415 - the same

    try:
        listener = create_server(("127.0.0.1", port))  # nobody but this machine
    except OSError as error:
        sys.exit(f"tracker: port {port}: {os.strerror(error.errno or 0)}; take another with --port")
    with listener:
        base_url = f"http://localhost:{listener.getsockname()[1]}"
        host = Host(base_url, folder)
        # No access log: its lines hold an address and, beside it, the token.
        config = uvicorn.Config(host, access_log=False, log_level="warning", lifespan="off", ws="none")
        print(f"Open {base_url}/ in a browser; Ctrl-C ends it.", flush=True)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
        host.close()


if __name__ == "__main__":
    main()

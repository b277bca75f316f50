"""Run the tracking hosts that the pages print, each in a process of its own, and ask them over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection, create_server
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

import lmtrack
from lmtrack import make_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGES = Path(__file__).resolve().parents[1] / "docs" / "howto"
KEYS = make_keys(b"a fixed key, for these pages only")
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept-Language": "en",
    "Sec-Fetch-Mode": "navigate",
}
FORM = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}


class Served(NamedTuple):
    """How a page is served: its module, the expression that is the application, and the server's command."""

    page: str
    application: str
    command: tuple[str, ...]


UVICORN = (
    "-m",
    "uvicorn",
    "app:app",
    "--no-access-log",
    "--log-level",
    "critical",
    "--host",
    "127.0.0.1",
    "--port",
    "{port}",
)
HYPERCORN = ("-m", "hypercorn", "app:app", "--bind", "127.0.0.1:{port}")
GUNICORN = ("-m", "gunicorn", "app:app", "--bind", "127.0.0.1:{port}")
WAITRESS = ("-m", "waitress", "--listen=127.0.0.1:{port}", "app:app")
ASGI = "make_app('track.sqlite3')"
WSGI = "make_application('track.sqlite3')"
BARE = "make_host(Store('track.sqlite3')).asgi"
SERVED = {
    "fastapi under uvicorn": Served("receive-asgi.md", ASGI, UVICORN),
    "ASGI under hypercorn": Served("receive-asgi.md", BARE, HYPERCORN),
    "ASGI under gunicorn": Served("receive-asgi.md", BARE, (*GUNICORN, "--worker-class", "asgi")),
    "WSGI under gunicorn": Served("receive-wsgi.md", WSGI, GUNICORN),
    "Django under waitress": Served("receive-django.md", "(make_tables(), get_wsgi_application())[1]", WAITRESS),
}


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until the block ends, which begins when its port takes connections."""
    package = str(Path(lmtrack.__file__).parent.parent)
    with (folder / "said.txt").open("ab") as said:
        process = subprocess.Popen(  # noqa: S603 - our own pages and settings
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": package},  # noqa: TID251 - for Python
            stdout=said,
            stderr=said,
        )
    try:
        end = monotonic() + 60
        while monotonic() < end and process.poll() is None:
            try:
                create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def serve(served: Served, folder: Path) -> Iterator[int]:
    """Run a page's program until the block ends, and hand over its port."""
    text = (PAGES / served.page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    program = "\n\n".join(block for block in blocks if ">>> " not in block)
    if "django" in served.page:
        program = program.replace('"track_urls"', '"app"') + "\nfrom django.core.wsgi import get_wsgi_application\n"
    (folder / "app.py").write_text(f"{program}\napp = {served.application}\n", encoding="utf-8")
    port = free_port()
    with running([sys.executable, "-B", *(part.format(port=port) for part in served.command)], port, folder):
        yield port


def ask(
    port: int, path: str, method: str = "GET", headers: dict[str, str] = BROWSER, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        client.request(method, path, body=body, headers=headers)
        response = client.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

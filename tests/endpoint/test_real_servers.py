"""The hosts of the pages under the servers that people run them with, each in a process of its own."""

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

import pytest

import lmtrack
from lmtrack import (
    make_click_token,
    make_keys,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    pixel_response,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = Path(__file__).resolve().parents[2] / "docs" / "howto"
KEYS = make_keys(b"a fixed key, for these pages only")
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept-Language": "en",
    "Sec-Fetch-Mode": "navigate",
}
FORM = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
URL = "https://shop.example/%7Eann/{a|b}//x?q=a+b%zz&m=\u00fc#'"
LOCATION = "https://shop.example/%7Eann/{a|b}//x?q=a+b%zz&m=%C3%BC#'"
LONG = "https://shop.example/" + "lamps/" * 330  # 2,001 characters: near the longest destination


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


@contextmanager
def serve(served: Served, folder: Path) -> Iterator[int]:
    """Run a page's program in a process until the block ends."""
    text = (PAGES / served.page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    program = "\n\n".join(block for block in blocks if ">>> " not in block)
    if "django" in served.page:
        program = program.replace('"track_urls"', '"app"') + "\nfrom django.core.wsgi import get_wsgi_application\n"
    (folder / "app.py").write_text(f"{program}\napp = {served.application}\n", encoding="utf-8")
    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    package = str(Path(lmtrack.__file__).parent.parent)
    process = subprocess.Popen(  # noqa: S603 - our own page
        [sys.executable, "-B", *(part.format(port=port) for part in served.command)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": package},  # noqa: TID251 - for Python
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = monotonic() + 60
        while monotonic() < end and process.poll() is None:
            try:
                create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def ask(
    port: int, path: str, method: str = "GET", headers: dict[str, str] = BROWSER, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        client.request(method, path, body=body, headers=headers)
        response = client.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


@pytest.mark.parametrize("served", SERVED.values(), ids=SERVED)
def test_a_page_serves_every_answer_as_it_is(served: Served, tmp_path: Path) -> None:
    pytest.importorskip(served.command[1])
    for framework in ("fastapi", "django"):
        if framework in (PAGES / served.page).read_text(encoding="utf-8"):
            pytest.importorskip(framework)
    click = f"/c/{make_click_token(KEYS, 'letter', 0, url=URL)}"
    with serve(served, tmp_path) as port:
        status, headers, body = ask(port, f"/o/{make_open_token(KEYS, 'letter')}.gif")
        assert (status, headers["content-type"], body) == (200, "image/gif", pixel_response().body)
        for path in (click, f"{click}?utm_source=x", f"/{click}"):
            status, headers, body = ask(port, path)
            assert (status, headers["location"], body) == (302, LOCATION, b"")
            assert headers["cache-control"] == "no-store"
        status, headers, _ = ask(port, f"/c/{make_click_token(KEYS, 'letter', 1, url=LONG)}")
        assert (status, headers["location"]) == (302, LONG)
        assert ask(port, click, "HEAD")[0] == 302
        assert ask(port, f"http://track.example{click}")[0] == 302  # absolute-form, as through a proxy
        assert ask(port, click, "POST", body=b"")[0] == 405
        assert ask(port, click[:-4] + "AAAA")[0] == 404
        status, _, page = ask(port, f"/w/{make_withdraw_token(KEYS, 'letter')}")
        assert (status, b'<form method="post">' in page) == (200, True)
        # Nobody is known by these, so nothing was stored, and the pages say so.
        status, _, page = ask(port, f"/w/{make_withdraw_token(KEYS, 'letter')}", "POST", FORM, b"")
        assert (status, b"We hold nothing about you" in page) == (200, True)
        leave = f"/u/{make_unsubscribe_token(KEYS, 'letter')}"
        assert b'value="leave"' in ask(port, leave, "POST", FORM, b"a=b")[2]
        boundary = BROWSER | {"Content-Type": "multipart/form-data; boundary=x"}
        part = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
        for head, sent in ((FORM, b"List-Unsubscribe=One-Click"), (boundary, part)):
            status, _, page = ask(port, leave, "POST", head, sent)
            assert (status, b"We hold nothing about you" in page) == (200, True)

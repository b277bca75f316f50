"""The page "one mail stays untracked" as a small service on loopback, driven by the official Lettermint SDK."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from howto_pages import run_page
from lmtrack import TrackingDomain, make_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these pages only"))


@contextmanager
def service(taken: list[dict[str, Any]]) -> Iterator[str]:
    """What the API of the page does with each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(json.loads(body))
            answer = json.dumps({"message_id": "7c1e", "status": "queued"}).encode()
            self.send_response(202)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


MAIL: dict[str, Any] = {
    "from": "letters@shop.example",
    "to": ["ann@reader.example"],
    "subject": "New lamps",
    "html": '<body><p><a href="https://shop.example/lamps">New lamps</a></p></body>',
}


@pytest.mark.parametrize(
    ("settings", "person", "links", "pixels"),
    [
        (None, "ann", 1, 1),
        ({"track_opens": False}, "ann", 1, 0),
        ({"track_clicks": False}, "ann", 0, 1),
        ({"track_opens": False, "track_clicks": False}, "ann", 0, 0),
        ({"track_opens": True, "track_clicks": True}, "ben", 0, 0),
        (None, "ben", 0, 0),
    ],
)
def test_settings_as_the_sdk_sends_them_are_what_the_page_reads(
    settings: dict[str, bool] | None, person: str, links: int, pixels: int
) -> None:
    lettermint = pytest.importorskip("lettermint")
    page = run_page("one-mail-without-consent.md")
    taken: list[dict[str, Any]] = []
    with service(taken) as base_url, lettermint.Lettermint(sending_token="lm_test", base_url=base_url) as client:
        mail = MAIL | {"to": [f"{person}@reader.example"]} | ({"settings": settings} if settings else {})
        client.emails.send(mail)
    (request,) = taken
    status, html, _decision = page["send"](json.dumps(request).encode(), "7c1e")
    assert (status, html.count("track.example/c/"), html.count("track.example/o/")) == (202, links, pixels)

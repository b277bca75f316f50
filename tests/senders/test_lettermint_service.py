"""The page "one mail stays untracked" as a small service on loopback, driven by the official Lettermint SDK."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from howto_pages import run_page
from lmtrack import TrackingDomain, handle_request, make_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these pages only"))


@contextmanager
def service(page: dict[str, Any], sent: list[tuple[str, Any]]) -> Iterator[str]:
    """The page's function as an API; what goes out is kept with its decision."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, html, decision = page["send"](body, "7c1e")
            if status == 202:
                sent.append((html, decision))
                self.answer(status, {"message_id": "7c1e", "status": "queued"})
            else:
                self.answer(
                    status, {"message": "wrong settings", "errors": {name: [why] for name, why in html.items()}}
                )

        def answer(self, status: int, members: dict[str, Any]) -> None:
            answer = json.dumps(members).encode()
            self.send_response(status)
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
    sent: list[tuple[str, Any]] = []
    with service(page, sent) as base_url, lettermint.Lettermint(sending_token="lm_test", base_url=base_url) as client:
        mail = MAIL | {"to": [f"{person}@reader.example"]} | ({"settings": settings} if settings else {})
        client.emails.send(mail)
    ((html, decision),) = sent
    assert (html.count("track.example/c/"), html.count("track.example/o/")) == (links, pixels)
    assert page["mails"]["7c1e"]["evidence"] == decision.to_dict()
    for path in re.findall(r"https://track\.example(/[co]/[\w-]+)", html):
        handled = handle_request(
            method="GET", target=path, headers=page["browser"], domain=DOMAIN, route=page["route"],
            consent=page["consent"], now=page["clicked_at"],
        )  # fmt: skip
        assert handled.event is not None
        assert handled.event.token.message_id == "7c1e"


def test_the_sdk_is_told_of_every_wrong_setting_and_nothing_is_sent() -> None:
    lettermint = pytest.importorskip("lettermint")
    page = run_page("one-mail-without-consent.md")
    sent: list[tuple[str, Any]] = []
    wrong = {"track_open": False, "track_clicks": "no"}  # the SDK checks neither name nor value
    with (
        service(page, sent) as base_url,
        lettermint.Lettermint(sending_token="lm_test", base_url=base_url) as client,
        pytest.raises(lettermint.ValidationError, match="wrong settings") as caught,
    ):
        client.emails.send(MAIL | {"settings": wrong})
    assert caught.value.errors.keys() == wrong.keys()
    assert sent == []

"""The hosts of the pages under the servers that people run them with, each in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lmtrack import (
    make_click_token,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    pixel_response,
)
from served_hosts import BROWSER, FORM, KEYS, PAGES, SERVED, Served, ask, serve

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://shop.example/%7Eann/{a|b}//x?q=a+b%zz&m=\u00fc#'"
LOCATION = "https://shop.example/%7Eann/{a|b}//x?q=a+b%zz&m=%C3%BC#'"
LONG = "https://shop.example/" + "lamps/" * 330  # 2,001 characters: near the longest destination


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

"""A page and tokens for the tests of the command."""

from __future__ import annotations

from cli_runs import KEY
from lmtrack._cli.arguments import read_time
from lmtrack.tokens import make_click_token, make_keys, make_open_token, make_withdraw_token

HTML = (
    b"<p>\r\n<a href=\"https://shop.example/a?x=1&amp;y=2\">Shop</a>\r\n<a href='mailto:a@b.test'>Mail</a></body>\r\n"
)
BINARY_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b"))


def token_of(*, kind: str = "open") -> str:
    keys = make_keys(KEY.encode())
    moment = read_time("2026-01-01T12:00:00Z")
    if kind == "click":
        return make_click_token(keys, "welcome-42", 3, url="https://shop.example/ü", recipient=1, now=moment)
    if kind == "by_id":
        return make_click_token(keys, "welcome-42", 3, now=moment)
    if kind == "withdraw":
        return make_withdraw_token(keys, "welcome-42", now=moment)
    return make_open_token(keys, "welcome-42", now=moment)

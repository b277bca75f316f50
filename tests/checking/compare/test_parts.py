"""Messages with the same URLs whose parts do not stand to each other in the same way."""

from __future__ import annotations

from typing import Final

import pytest

from lmtrack.audit import compare_messages


def with_parts(kind: str, *parts: tuple[str, str]) -> bytes:
    body = "".join(f"--b\r\n{fields}\r\n\r\n{content}\r\n" for fields, content in parts)
    return f"MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n{body}--b--\r\n".encode()


TEXT: Final = ("Content-Type: text/plain", "Hi")
PAGE: Final = ("Content-Type: text/html", "<p>Hi<img src=https://shop.example/1>")
BARE: Final = ("Content-Type: text/html", "<p>Hi")
NESTED: Final = "Content-Type: multipart/{}; boundary=i"
INSIDE: Final = "--i\r\n\r\nHi\r\n--i\r\nContent-Type: text/html\r\n\r\n<img src=https://shop.example/1>\r\n--i--"
FRAMED: Final = ("Content-Type: text/html", "<iframe src=&#99;id:a></iframe>")
SHEETED: Final = ("Content-Type: text/html", "<link rel=stylesheet href=cid:a><p>x")
SHEET: Final = "p{background:url(https://shop.example/1)}"
OTHER_SHEET: Final = "p{background:url(https://shop.example/2)}"
BY_TITLE: Final = ("Content-Type: text/css\r\nContent-ID: <a>", "[title=a]{background:url(https://shop.example/1)}")

# Both of each hold the same URLs. What a program loads of them depends on how the parts stand to each other.
STRUCTURES: Final[dict[str, tuple[bytes, bytes]]] = {
    "one more alternative": (with_parts("alternative", TEXT, PAGE), with_parts("alternative", TEXT, PAGE, BARE)),
    "what parts in a part are": (
        with_parts("mixed", (NESTED.format("alternative"), INSIDE)),
        with_parts("mixed", (NESTED.format("mixed"), INSIDE)),
    ),
    "whether an enclosed message is shown": (
        with_parts("mixed", TEXT, ("Content-Type: message/rfc822", "Content-Type: text/html\r\n\r\n" + PAGE[1])),
        with_parts(
            "mixed", TEXT, (
                "Content-Type: message/rfc822\r\nContent-Disposition: attachment",
                "Content-Type: text/html\r\n\r\n" + PAGE[1],
            ),
        ),
    ),
    "whether a frame has a page": (
        with_parts("related", FRAMED, ("Content-Type: text/html\r\nContent-ID: <a>", PAGE[1])),
        with_parts("related", FRAMED, ("Content-Type: text/html\r\nContent-ID: <b>", PAGE[1])),
    ),
    "which sheet is meant": (
        with_parts(
            "related", SHEETED, ("Content-Type: text/css\r\nContent-ID: <a>", SHEET),
            ("Content-Type: text/css\r\nContent-ID: <b>", OTHER_SHEET),
        ),
        with_parts(
            "related", SHEETED, ("Content-Type: text/css\r\nContent-ID: <b>", SHEET),
            ("Content-Type: text/css\r\nContent-ID: <a>", OTHER_SHEET),
        ),
    ),
    "what a sheet that is a part selects": (
        with_parts("related", (SHEETED[0], "<link rel=stylesheet href=cid:a><p title=a>x"), BY_TITLE),
        with_parts("related", (SHEETED[0], "<link rel=stylesheet href=cid:a><p title=b>x"), BY_TITLE),
    ),
    "what a sheet that another one imports selects": (
        with_parts("related", (SHEETED[0], "<style>@import 'cid:a';</style><p title=a>x"), BY_TITLE),
        with_parts("related", (SHEETED[0], "<style>@import 'cid:a';</style><p title=b>x"), BY_TITLE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRUCTURES)
def test_how_the_parts_stand_to_each_other_is_compared(name: str) -> None:
    one, other = STRUCTURES[name]
    assert compare_messages([one, one]) == []
    assert any(not found.expected for found in compare_messages([one, other]))


def test_a_picture_of_the_mail_itself_loads_nothing() -> None:
    copies = [
        with_parts(
            "related",
            ("Content-Type: text/html", f"<img src=cid:{name}>"),
            (f"Content-Type: image/gif\r\nContent-ID: <{name}>", "GIF89a"),
        )
        for name in ("a", "b")
    ]
    assert all(found.expected for found in compare_messages(copies))

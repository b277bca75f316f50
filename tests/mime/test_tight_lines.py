"""Messages whose lines are about as long as SMTP carries: what fits is written, and a second pass changes nothing."""

from __future__ import annotations

import quopri
from base64 import urlsafe_b64encode
from hashlib import sha512
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, strategies as st

from message_oracles import check_edits
from message_sending import CLICKS, ON, OPENS, Sending

if TYPE_CHECKING:
    from collections.abc import Sequence

# An attribute behind a blank, where a line may be broken; one that is not; and one that is not tracked.
_LINKS: Final = (
    '<a class="c" href="https://shop.example/?a=1">x</a>',
    "<a/href=https://shop.example/>y</a>",
    '<a href="mailto:x@shop.example">',
    '<a data-lm-no-track href="https://shop.example/o">o</a>',
)
# A click URL of the test's domain has about 110 bytes, the pixel 200 to 330.
_FILLERS: Final = st.integers(0, 20) | st.integers(480, 520) | st.integers(640, 1010)


@st.composite
def lines(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.sampled_from(_LINKS) | _FILLERS.map(lambda size: "y" * size), max_size=5))
    line = "".join(pieces)
    return line if len(line) <= 998 else line[: 998 - len("</p>")].rpartition("<")[0] + "</p>"


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    def body() -> str:
        before = draw(st.sampled_from(["", "<html><body>", "<p>"]))
        after = draw(st.sampled_from(["", "</body></html>", "\n", "</body>"]))
        return before + "\n".join(draw(st.lists(lines(), min_size=1, max_size=3))) + after

    parts = [
        f"Content-Type: text/{kind}\n\n{body()}"
        for kind in draw(st.lists(st.sampled_from(["html", "plain"]), min_size=1, max_size=3))
    ]
    text = (
        "Content-Type: multipart/alternative; boundary=b\n\n" + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    )
    return text.replace("\n", "\r\n").encode()


def longest(raw: bytes) -> int:
    return max(map(len, raw.split(b"\r\n")))


@given(messages(), st.sampled_from([ON, CLICKS, OPENS]), st.booleans(), st.sampled_from(["auto", "start", "end"]))
def test_what_fits_is_written_and_a_second_pass_changes_nothing(
    raw: bytes, decision: object, text_links: bool, position: object
) -> None:
    sending = Sending(decision=decision, text_links=text_links, position=position)  # type: ignore[arg-type]
    tracked = sending.track(raw)
    check_edits(raw, tracked)
    assert longest(tracked.raw) <= max(longest(raw), 998)
    for given_decision in (sending.decision, tracked.decision):
        again = sending.track(tracked.raw, given_decision)
        assert again.raw == tracked.raw, sending
    tokens = tracked.raw.count(b"https://track.example/c/")
    assert tokens == (len(tracked.links) if tracked.decision.track_clicks else 0)
    unwritten: Sequence[object] = [link for link, reason in tracked.skipped if reason == "line_too_long"]
    assert not unwritten or decision is not OPENS
    assert tracked.decision.track_opens == (tracked.pixel is not None)


# A link of 900 bytes that no token can hold in fewer.
_LONG: Final = (
    "https://shop.example/?q="
    + "".join(urlsafe_b64encode(sha512(b"%d" % number).digest()).decode().rstrip("=") for number in range(11))[:876]
)


def test_a_long_link_in_a_legal_line_costs_that_link_alone() -> None:
    body = f'<a href="{_LONG}">x</a>\r\n<a href="https://shop.example/b">y</a>\r\n'
    tracked = Sending().track(f"Content-Type: text/html\r\n\r\n{body}".encode())
    assert [(link.url, reason) for link, reason in tracked.skipped] == [(_LONG, "line_too_long")]
    assert [link.url for link in tracked.links] == ["https://shop.example/b"]
    assert tracked.pixel == "1"


@pytest.mark.parametrize("html", [f'<a href="{_LONG}">x</a>', f'<a href="{_LONG}">x</a>' + "y" * 70, "y" * 998])
@pytest.mark.parametrize("plain", ["https://shop.example/t", _LONG])
@pytest.mark.parametrize("html_first", [True, False])
def test_a_second_pass_adds_nothing_that_the_first_left_out(html: str, plain: str, html_first: bool) -> None:
    parts = [f"--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n", f"--b\r\n\r\n{plain}\r\n"]
    body = "".join(parts if html_first else parts[::-1])
    raw = f"Content-Type: multipart/alternative; boundary=b\r\n\r\n{body}--b--\r\n".encode()
    sending = Sending(text_links=True)
    tracked = sending.track(raw)
    left = [part.reason for part in tracked.parts] + [reason for _, reason in tracked.skipped]
    assert "line_too_long" in left
    assert sending.track(tracked.raw).raw == tracked.raw


@pytest.mark.parametrize("size", range(76))
def test_no_line_of_a_tracked_quoted_printable_mail_begins_with_a_dot(size: int) -> None:
    links = "".join(f'<a href="https://shop.example/{number}">...example.</a>' for number in range(20))
    head = "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = quopri.encodestring(f"{'y' * size}{links}".encode()).replace(b"\n.", b"\n=2E").replace(b"\n", b"\r\n")
    tracked = Sending().track(head.encode() + body)
    assert len(tracked.links) == 20
    assert b"\n." not in tracked.raw

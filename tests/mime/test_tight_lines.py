"""Messages whose lines are about as long as SMTP carries: what fits is written, and a second pass changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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

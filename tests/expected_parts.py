"""What tracking an HTML or text part has to give: `track_html` and `track_text` on decoded text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack import Decision, TrackingMode, make_click_token, read_click_token, track_html, track_text
from lmtrack.html import HtmlDocument
from lmtrack.resolver import Reason
from message_sending import CAMPAIGN, DOMAIN, KEYS, NOW, Sending

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmtrack.links import Edit, Link

_CLICK: Final = "https://track.example/c/"


def expected_html(
    text: str, sending: Sending, decision: Decision, *, first: int, pixel: bool, early: bool
) -> tuple[str, int]:
    """Track decoded HTML with indices from `first`; give how many indices it takes too."""
    if not pixel:
        decision = decision.lower(Reason.NO_HTML, opens=TrackingMode.OFF, clicks=TrackingMode.INDIVIDUAL)
    result = track_html(
        text,
        decision,
        domain=DOMAIN,
        message_id="m-1",
        recipient=3,
        campaign=CAMPAIGN,
        destinations=sending.destinations,
        policy=sending.policy,
        pixel_position=sending.position,
        now=NOW,
    )
    edits = list(result.edits)
    if pixel and edits[-1].offset == len(text):  # it goes before the last line end: the message may have to end with it
        end = len(text) - len(text.removesuffix("\n").removesuffix("\r")) if text.endswith("\n") else 0
        edits[-1] = edits[-1]._replace(offset=len(text) - end)
    if pixel and early:  # where it goes in a document that a reader would clip; only `auto` says so
        offset = HtmlDocument(text).offset_for_pixel("early")
        edits = [edit._replace(offset=offset) if edit.new.startswith("<img ") else edit for edit in edits]
        edits.sort(key=lambda edit: edit.offset)
    indices = {link.index for link in result.links} if decision.track_clicks else set()
    return _joined(text, _written(edits, result.links, sending, first), first), len(indices)


def _written(edits: Sequence[Edit], links: Sequence[Link], sending: Sending, first: int) -> list[Edit]:
    """Leave out links that no line had room for; opt-out attributes go only where links are tracked."""
    clicks = [edit for edit in edits if edit.new.startswith(_CLICK)]
    left = {
        edit.offset
        for edit, link in zip(clicks, links, strict=False)
        if (link.index + first, link.start) in sending.left
    }
    kept = [edit for edit in edits if edit.offset not in left]
    return kept if len(left) < len(clicks) else [edit for edit in kept if edit.new]


def expected_text(text: str, sending: Sending, decision: Decision, *, first: int) -> tuple[str, int]:
    """Track decoded plain text with indices from `first`; give how many indices it takes too."""
    result = track_text(
        text,
        decision,
        domain=DOMAIN,
        message_id="m-1",
        recipient=3,
        campaign=CAMPAIGN,
        destinations=sending.destinations,
        policy=sending.policy,
        now=NOW,
    )
    indices = {link.index for link in result.links} if decision.track_clicks else set()
    return _joined(text, _written(result.edits, result.links, sending, first), first), len(indices)


def _joined(text: str, edits: Iterable[Edit], first: int) -> str:
    pieces, position = [], 0
    for offset, old, new in edits:
        pieces += [text[position:offset], _shifted(new, first) if new.startswith(_CLICK) else new]
        position = offset + len(old)
    return "".join([*pieces, text[position:]])


def expected(
    text: str,
    sending: Sending,
    decision: Decision,
    *,
    kind: str,
    first: int = 0,
    pixel: bool = False,
    early: bool = False,
) -> tuple[str, int]:
    """Track what a part decodes to, HTML or plain text."""
    if kind == "text/html":
        return expected_html(text, sending, decision, first=first, pixel=pixel, early=early)
    return expected_text(text, sending, decision, first=first)


def _shifted(url: str, first: int) -> str:
    token = read_click_token(KEYS, url.removeprefix(_CLICK), now=NOW)
    return _CLICK + make_click_token(
        KEYS,
        token.message_id,
        token.link_index + first,
        url=token.url,
        recipient=token.recipient,
        mode=token.mode,
        now=token.issued_at,
    )

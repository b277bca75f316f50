"""Verify the rewrite of a plain text or of a whole message, with another reader than it was made with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.messages.body_readings import read_octets
from lmtrack._checking.messages.entities import Entity, place_of, read_entities
from lmtrack._checking.verify.rewriting import take_out, verify_rewrite
from lmtrack._checks import plain_bytes
from lmtrack._deciding.override import PREFIX, checked_prefix, find_controls
from lmtrack._headers import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

# Up to the first sign that ends a URL for every reader; what comes after its end in such a run has to be kept.
_URL: Final = re.compile(r"(https?://[^\s<>\"]*+)", re.IGNORECASE)
_NEW_URL: Final = re.compile(r"https?://[^/?#\s]++[!-~]*+", re.IGNORECASE)


def _verify_text(before: str, after: str, /) -> list[Finding]:
    """Check that nothing but the URLs of a text differs; linear."""
    old, new = _URL.split(before), _URL.split(after)
    if old[::2] != new[::2]:
        return [Finding(kind=FindingKind.TEXT_CHANGED, place="text", why="it differs in more than its URLs")]
    why = "a URL was replaced by something that is not a web address, or what follows it is gone"
    return [
        Finding(kind=FindingKind.LINK_CHANGED, place="text", url=was, why=why)
        for around, was, now in zip(old[::2], old[1::2], new[1::2], strict=False)
        if was != now and not _is_replaced(was, now, whole=around.endswith("<"))
    ]


def _is_replaced(was: str, now: str, /, *, whole: bool) -> bool:
    """Return whether there is a URL and then what stood behind the old one; in angle brackets, nothing does."""
    url = _NEW_URL.match(now)
    rest = now[url.end() :] if url else now
    return url is not None and was.endswith(rest) and (whole or _end(was) == _end(now))


def _end(text: str, /) -> str:
    """Return the signs after the last letter or digit, which none of our URLs ends in."""
    return text[len(text.rstrip(".,;:!?)]}>'\"*~|")) :]


def verify_message(before: bytes, after: bytes, /, *, prefix: str = PREFIX) -> list[Finding]:
    r"""Check that nothing in a message differs except links, opt-out attributes and one pixel in its displayed text.

    This is `verify_rewrite` for raw messages. Every part that people read as text is decoded and compared; all other
    bytes must be the same: header fields (the override headers may be gone), boundaries, other parts. How a changed
    body is encoded may differ where it changed, as long as no line gets too long. A personalised message is compared
    with one that was merged with the same values and a decision that is off.

    Never raises on content; time and memory are linear.

    Args:
        before: The message as it was made.
        after: The message as it is sent.
        prefix: The prefix of the override headers' names, as for `track_message`.

    Returns:
        What is wrong; empty if nothing is. `place` begins with the part.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `prefix` is empty or cannot be part of a header name.

    >>> mail = b"Content-Type: text/html\r\n\r\n<p>Our <a href='https://shop.example/'>shop</a>\r\n"
    >>> verify_message(mail, mail.replace(b"https://shop.example/", b"https://t.example/c/1"))
    []
    >>> [finding.kind.value for finding in verify_message(mail, mail.replace(b"shop<", b"sale<"))]
    ['text_changed']
    """
    before, after = plain_bytes(before, "before"), plain_bytes(after, "after")
    prefix = checked_prefix(prefix)
    return [] if before == after else list(_compare(_less_overrides(before, after, prefix), after))


def _less_overrides(before: bytes, after: bytes, prefix: str, /) -> bytes:
    """Take out the override headers that are gone; those that a signature covers stay.

    What is left decides how it is read: where a header was nothing but overrides, or a byte order mark is now the first
    thing, the rest means something else than before.
    """
    left = bytearray()
    done = 0
    for control in find_controls(before, prefix):
        _append(left, before[done : control.start])
        is_kept = after.startswith(before[control.start : control.end], len(left))
        done = control.start if is_kept else control.end
    _append(left, before[done:])
    return bytes(left)


def _append(left: bytearray, piece: bytes, /) -> None:
    """Add a piece; where a CR and a LF meet that were apart, they stay two line ends."""
    if left.endswith(b"\r") and piece.startswith(b"\n"):
        left[-1:] = b"\n"
    left += piece


def _compare(before: bytes, after: bytes, /) -> Iterator[Finding]:
    old, new = _parts(before), _parts(after)
    if [(part.path, part.above) for part in old] != [(part.path, part.above) for part in new]:
        yield _finding(FindingKind.PART_CHANGED, "", "its parts are not the same as before")
        return
    yield from _compare_around(before, after, old, new)
    pixels = 0
    for was, now in zip(old, new, strict=True):
        body, changed = was.body, now.body
        if body == changed:
            continue
        place = place_of(was.path)
        if not was.is_displayed():
            yield _finding(FindingKind.PART_CHANGED, was.path, "its body, which is not read as the message's text")
            continue
        if now.headers.encoding != "binary" and _longest_line(changed) > max(LONGEST_LINE, _longest_line(body)):
            yield _finding(FindingKind.PART_CHANGED, was.path, f"a line of it has more than {LONGEST_LINE} bytes now")
        read = read_octets(body, was.headers.encoding, closed=True)
        other = read_octets(changed, now.headers.encoding, closed=True)
        if other.problem and not read.problem:
            yield _finding(FindingKind.PART_CHANGED, was.path, other.problem.why)
        # As the bytes they are: every charset in which a link may be rewritten is ASCII where ASCII stands.
        texts = [octets.readings[0].decode("latin-1") for octets in (read, other)]
        is_html = was.headers.content_type == "text/html"
        for finding in verify_rewrite(*texts) if is_html else _verify_text(*texts):
            yield Finding(kind=finding.kind, place=f"{place}, {finding.place}", url=finding.url, why=finding.why)
        pixels += is_html and take_out(*texts).rest != texts[1]
    if pixels > 1:
        why = f"pixels were added to {pixels} parts, where one is enough"
        yield Finding(kind=FindingKind.EXTRA_PIXEL, place="message", why=why)


def _longest_line(body: bytes, /) -> int:
    return max(map(len, body.splitlines()), default=0)


def _parts(raw: bytes, /) -> list[Entity]:
    return [item for item in read_entities(raw, skips_empty_lines=False) if isinstance(item, Entity)]


def _compare_around(before: bytes, after: bytes, old: list[Entity], new: list[Entity], /) -> Iterator[Finding]:
    """Compare what is around the bodies: the header, boundaries, the headers of parts, what nobody shows."""
    first = second = 0
    for number, (was, now) in enumerate(zip(old, new, strict=True)):
        if before[first : was.start] != after[second : now.start]:
            kind = FindingKind.PART_CHANGED if number else FindingKind.HEADER_CHANGED
            yield _finding(kind, was.path if number else "", "what comes before its body")
        first, second = was.end, now.end
    if before[first:] != after[second:]:
        yield _finding(FindingKind.PART_CHANGED, "", "what follows its last body")


def _finding(kind: FindingKind, path: str, what: str, /) -> Finding:
    return Finding(kind=kind, place=place_of(path), why=f"it is not as it was: {what}")

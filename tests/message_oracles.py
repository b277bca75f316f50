"""What a message says by other readers: the stdlib's parser, decoders of our own, and `track_html` on decoded text."""

from __future__ import annotations

import binascii
import codecs
import email
import email.policy
import re
from base64 import b64decode
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

from expected_parts import expected
from lmtrack import Decision, LinkPolicy, TrackingMode, read_click_token, rewrite_html, untrack_html, untrack_text
from lmtrack.message import TrackedMessage, revert_message, untrack_message
from lmtrack.resolver import Reason
from message_sending import DOMAIN, KEYS, NOW, Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from email.message import Message

    from lmtrack.tokens import ClickToken
    from message_strategies import Made
    from message_writer import Leaf

_OPEN: Final = b"https://track.example/o/"
_TOKEN_URL: Final = re.compile(rb"https://track\.example/c/([A-Za-z0-9_-]{30,})")
_FROM: Final = re.compile(rb"^From ", re.MULTILINE)
_BLANK_END: Final = re.compile(rb"[ \t](?=\r?\n|\Z)")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
LONGEST_LINE: Final = 998  # RFC 5322 section 2.1.1
QUOTED_LINE: Final = 76  # RFC 2045 section 6.7


# Bytes and edits.


def spliced(raw: bytes, edits: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    """Apply edits; they have to fit, ascend, say something, and leave what others changed alone."""
    pieces, position = [], 0
    for offset, old, new in edits:
        assert position <= offset, "edits overlap or descend"
        assert raw[offset : offset + len(old)] == old, "an edit does not fit"
        assert old != new, "an edit changes nothing"
        pieces += [raw[position:offset], new]
        position = offset + len(old)
    return b"".join([*pieces, raw[position:]])


def check_edits(raw: bytes, tracked: TrackedMessage) -> None:
    """The reported edits are all that happened, and they can be taken back."""
    assert spliced(raw, tracked.edits) == tracked.raw
    assert revert_message(tracked.raw, tracked.edits) == raw
    written = b" ".join(edit.new for edit in tracked.edits)
    assert b"\r\n" in raw or b"\r\n" not in written, "CRLF in a message with LF"
    assert _BARE_LF.search(raw) or not _BARE_LF.search(written), "LF in a message with CRLF"


def check_second_pass(tracked: TrackedMessage, sending: Sending) -> None:
    """Tracking again, with what really held as the decision, changes nothing."""
    again = sending.track(tracked.raw, tracked.decision)
    assert again.raw == tracked.raw
    assert not again.edits


# Bodies.


def decode_quoted(body: bytes) -> bytes:
    """Decode quoted-printable by the letter of RFC 2045: blanks at line ends are none, bad escapes stay."""
    out = bytearray()
    for line in re.split(rb"(?<=\n)", body):
        text = line.rstrip(b"\r\n")
        end = line[len(text) :]
        text = text.rstrip(b" \t")
        if text.endswith(b"="):
            text, end = text[:-1], b""
        out += re.sub(rb"=([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), text) + end
    return bytes(out)


def decode_base64(body: bytes) -> bytes:
    """Decode base64 without losing what follows a padding; what is none is skipped."""
    text = re.sub(rb"[^A-Za-z0-9+/=]", b"", body)
    out = bytearray()
    for block in re.findall(rb"[^=]+", text):
        whole = block[: len(block) - (len(block) % 4 == 1)]
        out += b64decode(whole + b"=" * (-len(whole) % 4))
    return bytes(out)


def _is_strict_base64(body: bytes) -> bool:
    try:
        binascii.a2b_base64(b"".join(body.split()), strict_mode=True)
    except binascii.Error:
        return False
    return True


def _identity(body: bytes) -> bytes:
    return body


def decoders(encoding: str) -> list[Callable[[bytes], bytes]]:
    """The ways a transfer encoding is read; `?` behind its name says that readers disagree about the name too."""
    name = encoding.rstrip("?").strip().lower()
    found: list[Callable[[bytes], bytes]] = [_identity]
    if name == "quoted-printable":
        found = [binascii.a2b_qp, decode_quoted]
    elif name == "base64":
        found = [decode_base64]
    return [*found, _identity, decode_base64] if encoding.endswith("?") else found


def texts(octets: bytes, charsets: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Decode by each label, else as UTF-8; tell whether a link beyond ASCII may be decoded in another way by itself."""
    for charset in charsets:
        label = charset if _is_text_encoding(charset) else "utf-8"
        try:
            yield octets.decode(label), False
            continue
        except UnicodeDecodeError:
            pass
        try:
            yield octets.decode("utf-8"), codecs.lookup(label).name != "ascii"
        except UnicodeDecodeError:
            yield octets.decode(label, "surrogateescape"), True


@cache
def _is_text_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def longest_line(octets: bytes, body: bytes) -> int:
    """Length of the longest line without its end; where a body has a CRLF, a lone LF ends no line on the wire.

    What became of a body ends its lines as the body did, though its only CRLF may be gone with the URL it was in.
    """
    return max(map(len, octets.split(b"\r\n" if b"\r\n" in body + octets else b"\n")))


def explain(
    before: bytes,
    after: bytes,
    sending: Sending,
    decision: Decision,
    *,
    kind: str,
    encoding: str,
    charsets: Sequence[str],
    firsts: set[int],
) -> set[int]:
    """Check that an encoded body became what tracking its text gives; give what the next part's first index may be.

    Args:
        before: The body as it was.
        after: The body as it is.
        sending: How the message is tracked.
        decision: What may be done to it.
        kind: What it is.
        encoding: Its transfer encoding.
        charsets: The labels that readers may see on it.
        firsts: What the index of its first link may be.
    """
    seen = []
    ends = set()
    if not before:
        after = after.rstrip(b"\r\n")  # where no line end stood before the delimiter, one may be needed
    for decode, first in product(decoders(encoding), sorted(firsts)):
        old, new = decode(before), decode(after)
        pixel = new.count(_OPEN) > old.count(_OPEN)
        for (text, partial), (result, _) in zip(texts(old, charsets), texts(new, charsets), strict=True):
            places = [(sending.position, False)]
            if pixel:
                places += [("end", False), ("start", False) if sending.position == "start" else ("end", True)]
            wants = [
                expected(
                    text,
                    replace(sending, position=position),
                    decision,
                    kind=kind,
                    first=first,
                    pixel=pixel,
                    early=early,
                )
                for position, early in places
            ]
            want, count = wants[0]
            unsure = partial and not all(map(str.isascii, _links(text) if kind == "text/html" else text))
            if unsure and _same_but_urls(old, new):
                found = _TOKEN_URL.findall(new)
                indices = [read_click_token(KEYS, token.decode(), now=NOW).link_index for token in found]
                return {max(indices) + 1} if indices else firsts
            broken = (
                decode is _identity
                and longest_line(want.encode("utf-8", "surrogateescape"), before) > LONGEST_LINE - 200
            )
            for one, _ in wants if broken else wants[:1]:  # the pixel may go where a line has room for it
                if one == result or (broken and _BLANKS.sub(" ", one) == _BLANKS.sub(" ", result)):
                    ends.add(first + count)
            seen.append((want, result))
    if ends:
        return ends
    want, result = seen[0]
    place = next((n for n, (one, other) in enumerate(zip(want, result, strict=False)) if one != other), len(want))
    start = max(0, place - 60)
    raise AssertionError(f"at {place}: expected {want[start : place + 120]!r}, found {result[start : place + 120]!r}")


_PIXEL: Final = re.compile(rb'<img\s+src="https://track\.example/o/[\w-]{30,}"[^>]*>')
_OPT_OUT: Final = re.compile(
    rb"""[\s/]*(?:data-[lp]m-no-track|ses:no-track|mc:disable-tracking|disable-tracking|clicktracking|data-msys-clicktrack)
    (?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?""",
    re.IGNORECASE | re.VERBOSE,
)


def _same_but_urls(old: bytes, new: bytes) -> bool:
    """Return whether two documents are equal but for click URLs, a pixel, opt-outs and blanks, in any charset."""
    old, new = (re.sub(rb"\s+", b" ", _OPT_OUT.sub(b"", octets)) for octets in (old, _PIXEL.sub(b"", new)))
    return re.fullmatch(rb"[^<>]+?".join(map(re.escape, _TOKEN_URL.split(new)[::2])), old) is not None


def _links(text: str) -> list[str]:
    return re.findall(r"href[^>]*", text, re.IGNORECASE)


# A message with the truth about it.


def check_made(made: Made, sending: Sending, tracked: TrackedMessage) -> int:
    """Compare the result with what the truth about a message allows; give how many parts were tracked."""
    check_edits(made.raw, tracked)
    decision = sending.decision.lower(
        Reason.OVERRIDE_FALSE,
        opens=TrackingMode.OFF if "opens" in made.off else TrackingMode.INDIVIDUAL,
        clicks=TrackingMode.OFF if "clicks" in made.off else TrackingMode.INDIVIDUAL,
    )
    assert tracked.decision.opens <= decision.opens
    assert tracked.decision.clicks <= decision.clicks
    if made.signed and not sending.allow_signed:
        assert tracked.raw == made.stripped
        assert not tracked.decision.track_opens
        assert not tracked.decision.track_clicks
        return 0
    if not made.clear:
        return 0
    sending = with_left(_with_skipped(sending, made.unsubscribe), tracked)
    edits = [edit for edit in tracked.edits if (edit[0], edit[0] + len(edit[1])) not in set(made.controls)]
    assert len(edits) == len(tracked.edits) - len(made.controls)
    pixels = 0
    firsts = {0}
    owing: list[Leaf] = []
    changed: list[int] = []
    opens_in = -1
    for number, leaf in enumerate(made.leaves):
        mine = [edit for edit in edits if leaf.start <= edit[0] and edit[0] + len(edit[1]) <= leaf.end]
        edits = edits[len(mine) :]
        body = made.raw[leaf.start : leaf.end]
        fate = leaf.fate if leaf.kind == "text/html" or sending.text_links else "never"
        if not mine:
            owing += [leaf] if fate == "must" and _owes_clicks(made.raw, leaf, sending, decision) else []
            if fate != "never":
                counts = _counts(
                    body, sending, decision, kind=leaf.kind, encoding=leaf.encoding, charsets=leaf.charsets
                )
                firsts |= {first + count for first in firsts for count in counts}
            continue
        assert fate != "never", f"an edit in {leaf}"
        after = spliced(body, [(offset - leaf.start, old, new) for offset, old, new in mine])
        check_lines(body, after, leaf.encoding)
        grown = max(decode(after).count(_OPEN) - decode(body).count(_OPEN) for decode in decoders(leaf.encoding))
        pixels += grown
        opens_in = number if grown else opens_in
        changed.append(number)
        firsts = explain(
            body,
            after,
            sending,
            decision,
            kind=leaf.kind,
            encoding=leaf.encoding,
            charsets=leaf.charsets,
            firsts=firsts,
        )
    assert not edits, f"edits outside of bodies: {edits}"
    assert not owing, f"not tracked: {owing}"
    able = [
        number
        for number, leaf in enumerate(made.leaves)
        if leaf.fate == "must" and leaf.kind == "text/html" and not _too_long(made.raw, leaf)
    ]
    assert pixels <= 1
    if decision.track_opens and able:
        assert pixels == 1, "no pixel"
        assert opens_in >= able[-1], "the pixel is not in the last part that is shown"
    assert tracked.decision.track_opens == bool(pixels)
    if made.features.isdisjoint(_OTHER_PARTS):
        check_parts(made, tracked, changed, opens_in if pixels else -1)
    return len(changed)


# Where the parts that are reported need not be the leaves as they were written.
_OTHER_PARTS: Final = {
    "enclosed message",
    "multipart/digest",
    "multipart without parts",
    "delimiter after delimiter",
    "odd Content-Type",
    "header without body",
}


def check_parts(made: Made, tracked: TrackedMessage, changed: Sequence[int], opens_in: int) -> None:
    """The report tells of each leaf, and what happened to it."""
    assert [(part.path, part.content_type) for part in tracked.parts] == [
        (leaf.path, leaf.kind) for leaf in made.leaves
    ]
    assert [number for number, part in enumerate(tracked.parts) if part.action == "tracked"] == changed
    assert [number for number, part in enumerate(tracked.parts) if part.reason is None] == changed
    assert tracked.pixel == (made.leaves[opens_in].path if opens_in >= 0 else None)


def with_left(sending: Sending, tracked: TrackedMessage) -> Sending:
    """What was sent, with the links that no line had room for."""
    left = frozenset((link.index, link.start) for link, reason in tracked.skipped if reason == "line_too_long")
    return replace(sending, left=left)


def _with_skipped(sending: Sending, urls: Sequence[str]) -> Sending:
    """Leave out the pages of List-Unsubscribe, whatever reader their query names."""
    pages = [re.compile(rf"\A{re.escape(url.partition('?')[0])}(?:[?#]|\Z)") for url in urls]
    return replace(sending, policy=replace(sending.policy, skip_urls=[*sending.policy.skip_urls, *pages]))


def _too_long(raw: bytes, leaf: Leaf) -> bool:
    """Return whether a part may be left alone, because its lines are near or over the limit already."""
    body = raw[leaf.start : leaf.end]
    return decoders(leaf.encoding)[0] is _identity and longest_line(body, body) > LONGEST_LINE - 400


def _counts(
    body: bytes, sending: Sending, decision: Decision, *, kind: str, encoding: str, charsets: Sequence[str]
) -> set[int]:
    """Return how many indices an untouched part may have taken: its links are counted, then its lines are too long."""
    if decoders(encoding)[0] is not _identity:
        return set()
    return {expected(text, sending, decision, kind=kind)[1] for text, _ in texts(body, charsets)}


def _owes_clicks(raw: bytes, leaf: Leaf, sending: Sending, decision: Decision) -> bool:
    if not decision.track_clicks or _too_long(raw, leaf):
        return False
    octets = decoders(leaf.encoding)[0](raw[leaf.start : leaf.end])
    read = list(texts(octets, leaf.charsets))
    return not any(partial for _, partial in read) and all(
        expected(text, sending, decision, kind=leaf.kind)[1] for text, _ in read
    )


def check_lines(before: bytes, after: bytes, encoding: str) -> None:
    """No line got longer than its encoding allows, and none ends in another way than those of the part."""
    longest, grown = longest_line(before, before), longest_line(after, before)
    name = encoding.rstrip("?").lower()
    assert len(_FROM.findall(after)) <= len(_FROM.findall(before)), "a line that mbox writers change"
    if name == "quoted-printable":
        assert grown <= max(longest, QUOTED_LINE)
        assert len(_BLANK_END.findall(after)) <= len(_BLANK_END.findall(before)), "a blank that decoders drop"
    elif name == "base64":
        assert grown <= max(longest, QUOTED_LINE) or b"\n" not in before.strip()
        assert _is_strict_base64(after) or not _is_strict_base64(before)
    elif name != "binary" or longest <= LONGEST_LINE:
        assert grown <= max(longest, LONGEST_LINE)
    if b"\n" in before:
        for end in (rb"(?<!\r)\n", rb"\r\n"):
            assert re.search(end, before) or not re.search(end, after), "a line end of another kind"


# The stdlib's reading.


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part as the stdlib's parser sees it."""

    header: list[tuple[str, str]]
    preamble: str | None
    epilogue: str | None
    kind: str
    encoding: str
    charset: str
    shown: bool
    body: bytes | None  # None for a part with parts


def parts_by_stdlib(raw: bytes) -> list[Part]:
    """All parts, in the order in which they stand."""
    return list(_walk(email.message_from_bytes(raw, policy=email.policy.compat32), shown=True))


def _walk(message: Message, *, shown: bool) -> Iterator[Part]:
    payload = message._payload  # type: ignore[attr-defined]  # get_payload decodes 8-bit text
    kind = message.get_content_type()
    attached = message.get_content_disposition() == "attachment" or message.get_filename() is not None
    yield Part(
        header=[(name, str(value)) for name, value in message.raw_items()],
        preamble=message.preamble,
        epilogue=message.epilogue,
        kind=kind,
        encoding=str(message.get("Content-Transfer-Encoding", "")).strip().lower(),
        charset=_charset(message),
        shown=shown and not attached,
        body=payload.encode("ascii", "surrogateescape") if isinstance(payload, str) else None,
    )
    if isinstance(payload, list):
        descends = kind in {"multipart/mixed", "multipart/alternative", "multipart/related"}
        for part in payload:
            yield from _walk(part, shown=shown and descends)


def _charset(message: Message) -> str:
    value = message.get_param("charset", "")
    return value[2] if isinstance(value, tuple) else value


def check_by_stdlib(before: bytes, after: bytes, sending: Sending, decision: Decision, urls: Sequence[str]) -> int:
    """Compare two messages part by part; only displayed HTML may differ, as tracking wants. Count the parts that do."""
    old, new = parts_by_stdlib(before), parts_by_stdlib(after)
    assert len(old) == len(new)
    sending = _with_skipped(sending, urls)
    touched = 0
    firsts = {0}
    kinds = ("text/html", "text/plain") if sending.text_links else ("text/html",)
    for one, other in zip(old, new, strict=True):
        assert one.header == other.header
        assert (one.preamble, one.epilogue) == (other.preamble, other.epilogue)
        if one.body != other.body:
            assert one.body is not None
            assert other.body is not None
            assert one.kind in kinds
            assert one.shown
            check_lines(one.body, other.body, one.encoding)
            charsets = [one.charset]
            firsts = explain(
                one.body,
                other.body,
                sending,
                decision,
                kind=one.kind,
                encoding=one.encoding,
                charsets=charsets,
                firsts=firsts,
            )
            touched += 1
        elif one.body and one.kind in kinds and one.shown:
            counts = _counts(one.body, sending, decision, kind=one.kind, encoding=one.encoding, charsets=[one.charset])
            firsts |= {first + count for first in firsts for count in counts}
    return touched


def clicks_in(raw: bytes) -> list[ClickToken]:
    """The click tokens in all parts of a message, in order."""
    tokens = []
    for part in parts_by_stdlib(raw):
        if part.body is not None:
            found = _TOKEN_URL.findall(decoders(part.encoding)[0](part.body))
            tokens += [read_click_token(KEYS, text.decode(), now=NOW) for text in found]
    return tokens


def check_links(tracked: TrackedMessage, sending: Sending) -> None:
    """The tokens in a message are the links it reports, with indices from 0 on, each once or drawn for Outlook too."""
    tokens = clicks_in(tracked.raw)
    links = tracked.links if tracked.decision.track_clicks else ()
    reported = [(link.index, link.url if sending.destinations == "inline" else None) for link in links]
    assert [(token.link_index, token.url) for token in tokens] == reported
    indices = {token.link_index for token in tokens}
    if all(reason != "line_too_long" for _, reason in tracked.skipped):  # they are counted, whatever the lines are
        assert indices == set(range(len(indices)))
    plain = [link.index for link in links if not link.conditional]
    assert plain == sorted(set(plain))


_EVERYTHING: Final = LinkPolicy(track_unsubscribe=True, track_sensitive=True, strip_opt_out="none", max_url_octets=2048)


def check_untracked(before: bytes, tracked: TrackedMessage, sending: Sending) -> None:
    """Untracking a message does to its parts what `untrack_html` does to their text, and gives all links back."""
    plain = untrack_message(tracked.raw, domain=DOMAIN)
    for one, other, last in zip(*map(parts_by_stdlib, (before, tracked.raw, plain)), strict=True):
        assert one.header == other.header == last.header
        assert (other.preamble, other.epilogue) == (last.preamble, last.epilogue)
        if one.body is None or other.body is None or last.body is None or one.body == other.body:
            assert other.body == last.body
            continue
        check_lines(one.body, last.body, one.encoding)
        decode = decoders(one.encoding)[0]
        assert not _OPEN_TOKEN.search(decode(last.body))
        if sending.destinations == "by_id":
            continue
        views = [next(texts(decode(body), [one.charset])) for body in (one.body, other.body, last.body)]
        if not any(partial for _, partial in views):
            untrack = untrack_html if one.kind == "text/html" else untrack_text
            (original, _), (result, _), (restored, _) = views
            assert _plainly(restored) == _plainly(untrack(result, domain=DOMAIN))
            if one.kind == "text/html":
                assert _urls(restored) == _urls(original)
            else:
                assert restored == original


def _plainly(text: str) -> str:
    """Text without what line breaks and charsets do to it: a character the charset lacks is written as a reference."""
    return _BLANKS.sub(" ", text).encode("ascii", "xmlcharrefreplace").decode()


_OPEN_TOKEN: Final = re.compile(rb"https://track\.example/o/[A-Za-z0-9_-]{30,}")


def _urls(html: str) -> list[str]:
    result = rewrite_html(html, policy=_EVERYTHING)
    links = [*result.links, *(link for link, _ in result.skipped)]
    return [link.url for link in sorted(links, key=lambda link: link.start)]

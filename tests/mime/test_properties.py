"""Properties of whole messages: generated ones with the truth about them, damaged ones, and bytes that are none."""

from __future__ import annotations

import email
import pickle
import quopri
from base64 import encodebytes
from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random  # noqa: TID251 - seeded, in tests only
from typing import TYPE_CHECKING

import dkim
import pytest
from hypothesis import given, settings, strategies as st

from dkim_keys import dkim_key
from lmtrack import LinkPolicy, parse_headers, rewrite_html, untrack_html
from lmtrack.message import (
    MessageDocument,
    revert_message,
    scan_message,
    strip_control_headers,
    untrack_message,
)
from message_oracles import (
    check_by_stdlib,
    check_edits,
    check_links,
    check_made,
    check_second_pass,
    check_untracked,
    clicks_in,
    decode_base64,
    decode_quoted,
    decoders,
    parts_by_stdlib,
    with_left,
)
from message_sending import CLICKS, DOMAIN, OFF, ON, OPENS, SUM, Sending
from message_strategies import Made, junk, messages, mutated, seeded_message
from message_writer import Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack.message import TrackedMessage

# 20,000 under the profile `deep`.
SEEDS = settings().max_examples * 4
SENDINGS = [
    Sending(),
    Sending(position="end"),
    Sending(position="start"),
    Sending(decision=CLICKS),
    Sending(decision=OPENS),
    Sending(decision=SUM),
    Sending(destinations="by_id"),
    Sending(policy=LinkPolicy(strip_opt_out="all")),
    Sending(policy=LinkPolicy(track_unsubscribe=True, strip_opt_out="none")),
]
# Where readers of MIME disagree, so that the stdlib's reading of a part need not be ours.
UNCLEAR = {
    "odd Content-Type",
    "odd Content-Transfer-Encoding",
    "charset in single quotes",
    "charset with a language",
    "multipart without parts",
    "no close delimiter",
    "inner boundary is the outer one",
    "delimiter after delimiter",
}


def seeded(every: int = 1) -> Iterator[tuple[int, Made]]:
    for seed in range(0, SEEDS, every):
        yield seed, seeded_message(seed)


def sending_of(seed: int) -> Sending:
    return SENDINGS[seed % len(SENDINGS)]


# The generator and the oracles do what they say.


def test_the_stdlib_finds_the_leaves_of_generated_messages_where_the_generator_says() -> None:
    compared = 0
    for seed, made in seeded():
        if made.features & UNCLEAR - {"charset in single quotes", "charset with a language"}:
            continue
        found = [(part.kind, part.body) for part in parts_by_stdlib(made.stripped) if part.body is not None]
        assert found == [(leaf.kind, made.raw[leaf.start : leaf.end]) for leaf in made.leaves], seed
        compared += 1
    assert compared > SEEDS / 3


def test_the_generator_makes_everything_it_can() -> None:
    features: Counter[str] = Counter()
    fates: Counter[str] = Counter()
    for seed in range(1500):
        made = seeded_message(seed)
        features.update(made.features)
        fates.update(leaf.fate for leaf in made.leaves if leaf.kind == "text/html")
    assert len(features) >= 92, sorted(features)
    assert min(features.values()) >= 5, features.most_common()[-5:]
    assert min(fates.values()) > 200, fates


def test_control_headers_are_those_that_parse_headers_reads() -> None:
    for seed, made in seeded():
        wish = parse_headers(made.raw)
        assert made.off == {
            flag for flag, value in (("opens", wish.track_opens), ("clicks", wish.track_clicks)) if value is False
        }, seed


def test_the_stdlib_damages_what_the_generator_makes() -> None:
    whole = sum(email.message_from_bytes(made.raw).as_bytes() == made.raw for _, made in seeded())
    assert whole < SEEDS * 0.9


def damaged(tracked: TrackedMessage, offset: int, old: bytes, new: bytes) -> TrackedMessage:
    """Make one more edit and report it: as an implementation would that touches too much."""
    edits = sorted([*tracked.edits, type(tracked.edits[0])(offset, old, new)])
    shift = sum(len(edit.new) - len(edit.old) for edit in tracked.edits if edit.offset < offset)
    start = offset + shift
    return replace(tracked, raw=tracked.raw[:start] + new + tracked.raw[start + len(old) :], edits=tuple(edits))


def test_the_oracle_notices_every_injected_damage() -> None:
    noticed = tried = 0
    for seed, made in seeded():
        tracked = Sending().track(made.raw)
        if not made.clear or not tracked.edits or made.signed:
            continue
        random = Random(seed)  # noqa: S311 - no secret is made here
        taken = [(edit.offset, edit.offset + len(edit.old)) for edit in tracked.edits]
        offset = random.randrange(len(made.raw))
        if any(start <= offset <= end for start, end in taken):
            continue
        octet = made.raw[offset : offset + 1]
        if made.raw[offset - 1 : offset + 2].strip(b"=\t\r\n -") != made.raw[offset - 1 : offset + 2]:
            continue  # blanks in an encoded body may mean nothing
        tried += 1
        try:
            check_made(made, Sending(), damaged(tracked, offset, octet, b"Q" if octet != b"Q" else b"W"))
        except AssertionError:
            noticed += 1
    assert tried > SEEDS / 20
    assert noticed == tried


def test_the_decoders_of_the_oracles_agree_with_the_stdlib_on_tidy_bodies() -> None:
    assert decode_quoted(b"a=3D=20b=\r\nc =\nd \t\r\n=E4=") == b"a= bc d\r\n\xe4"
    assert decode_base64(b"YQ==\r\nYmM=ZGVm\n") == b"abcdef"
    assert [decode(b"=") for decode in decoders("8bit")] == [b"="]


# Tracking off.


def test_tracking_off_leaves_all_but_the_control_headers() -> None:
    for seed, made in seeded():
        tracked = Sending(decision=OFF).track(made.raw)
        assert tracked.raw == made.stripped, seed
        assert strip_control_headers(made.raw) == made.stripped, seed
        assert not tracked.links, seed
        assert revert_message(tracked.raw, tracked.edits) == made.raw, seed


@given(messages())
def test_tracking_off_leaves_all_but_the_control_headers_of_any_message(made: Made) -> None:
    assert Sending(decision=OFF).track(made.raw).raw == made.stripped
    assert strip_control_headers(made.raw) == made.stripped
    assert strip_control_headers(made.stripped) == made.stripped


# Tracking on.


def check(made: Made, sending: Sending) -> int:
    tracked = sending.track(made.raw)
    touched = check_made(made, sending, tracked)
    check_second_pass(tracked, sending)
    if made.clear and not made.features & UNCLEAR:
        seen = with_left(sending, tracked)
        assert touched == check_by_stdlib(made.stripped, tracked.raw, seen, tracked.decision, made.unsubscribe)
        check_links(tracked, sending)
        check_untracked(made.stripped, tracked, sending)
    return touched


def test_tracking_changes_what_it_may_and_no_octet_more() -> None:
    touched = 0
    for seed, made in seeded():
        try:
            touched += check(made, sending_of(seed))
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert touched > SEEDS / 4


@given(messages(), st.sampled_from(SENDINGS))
def test_tracking_changes_what_it_may_of_any_message(made: Made, sending: Sending) -> None:
    check(made, sending)


def test_a_scanned_message_is_tracked_as_its_octets_are() -> None:
    for seed, made in seeded(3):
        document = scan_message(made.raw)
        again = pickle.loads(pickle.dumps(document))  # noqa: S301 - our own
        assert isinstance(again, MessageDocument)
        for sending in (sending_of(seed), sending_of(seed + 1)):
            tracked = sending.track(made.raw)
            assert sending.track(document) == tracked, seed
            assert sending.track(again) == tracked, seed


def test_a_signed_message_is_tracked_only_if_that_is_asked_for() -> None:
    found = 0
    for seed, made in seeded():
        if made.signed:
            refused = sending_of(seed).track(made.raw)
            assert refused.raw == made.stripped, seed
            if not made.off:
                assert any(reason.endswith(":already_signed") for reason in refused.decision.reasons), seed
            sending = replace(sending_of(seed), allow_signed=True)
            check_made(made, sending, sending.track(made.raw))
            found += 1
    assert found > SEEDS / 80


def test_links_of_plain_parts_are_tracked_if_that_is_asked_for() -> None:
    touched = 0
    for seed, made in seeded():
        try:
            touched += check(made, replace(sending_of(seed), text_links=True))
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert touched > SEEDS / 4


def test_our_own_links_are_gone_after_untracking() -> None:
    found = 0
    for seed, made in seeded():
        sending = replace(sending_of(seed), text_links=True, destinations="inline")
        tracked = sending.track(made.raw)
        plain = untrack_message(tracked.raw, domain=DOMAIN)
        assert untrack_message(plain, domain=DOMAIN) == plain, seed
        if made.clear and not made.features & UNCLEAR:
            found += len(clicks_in(tracked.raw))
            assert not clicks_in(plain), seed
    assert found > SEEDS / 12


def test_untracking_leaves_what_was_never_tracked() -> None:
    for seed, made in seeded(2):
        assert untrack_message(made.raw, domain=DOMAIN) in {made.raw, made.stripped}, seed


# At the limits.


def single(html: str, *, encoding: str = "8bit", charset: str = "utf-8", eol: bytes = b"\r\n") -> Made:
    """A message that is one HTML part."""
    head = f"Content-Type: text/html; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    head = head.replace(b"\n", eol)
    body = html.encode(charset)
    if encoding == "base64":
        body = encodebytes(body)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body)
    body = body.replace(b"\r\n", b"\n").replace(b"\n", eol)
    leaf = Leaf(
        path="1",
        start=len(head),
        end=len(head + body),
        kind="text/html",
        encoding=encoding,
        charsets=(charset,),
        fate="must",
    )
    return Made(
        raw=head + body,
        leaves=(leaf,),
        controls=(),
        off=frozenset(),
        signed=False,
        clear=True,
        unsubscribe=(),
        features=frozenset(),
    )


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "us-ascii"])
@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_html_that_gmail_would_clip_has_its_pixel_at_the_start(encoding: str, charset: str) -> None:
    def html(size: int) -> str:
        lines = ("x" if charset == "us-ascii" else "\u00fc") + "y" * 70 + "\n"
        filler = lines * (size // 72) + "z" * (size % 72)
        return f'<html><body>\n<a href="https://shop.example/">x</a>\n{filler}\n</body></html>\n'

    def at_start(size: int) -> bool:
        made = single(html(size), encoding=encoding, charset=charset)
        tracked = sending.track(made.raw)
        assert check_made(made, sending, tracked) == 1
        body = decoders(encoding)[0](parts_by_stdlib(tracked.raw)[0].body or b"")
        return body.index(b"/o/") < body.index(b"/c/")

    sending = Sending(position="auto")
    sizes = range(90_000, 101_000)
    first = bisect_left(sizes, True, key=at_start)
    assert 0 < first < len(sizes)
    assert [at_start(sizes[first + step]) for step in (-2, -1, 0, 1)] == [False, False, True, True]


@pytest.mark.parametrize("links", [1, 2, 3])
@pytest.mark.parametrize("limit", [900, 996, 997, 998])
def test_a_line_that_gets_too_long_is_broken_inside_its_tags(limit: int, links: int) -> None:
    sending = Sending(position="end")
    link = '<a class="c" href="https://shop.example/?a=1">x</a>'
    room = limit - links * len(link) - len("</body>")
    for before in range(room - 780, room, 7):
        pieces = [link] * links
        pieces.insert(before % (links + 1), "y" * (room - before))
        made = single("<body>" + "z" * (before - 6) + "".join(pieces) + "</body>\n")
        tracked = sending.track(made.raw)
        assert check_made(made, sending, tracked) == 1
        assert tracked.decision.track_opens
        assert max(map(len, tracked.raw.split(b"\r\n"))) <= 998
        assert check(made, sending) == 1


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
def test_a_line_is_broken_from_the_first_octet_too_many_on(eol: bytes) -> None:
    sending = Sending(decision=CLICKS)
    seen = set()
    for size in range(880, 960):
        made = single(f'{"y" * size}<a href="https://shop.example/">x</a>\n', eol=eol)
        tracked = sending.track(made.raw)
        assert check(made, sending) == 1
        lines = tracked.raw.split(eol * 2, 1)[1].split(eol)[:-1]
        assert len(b" ".join(lines)) > 998 or len(lines) == 1
        seen |= {len(line) for line in lines if len(lines) == 1}
    assert max(seen) == 998


@pytest.mark.parametrize("lines", [1, 10, 20])
def test_lines_are_those_of_the_body_before_a_url_lost_its_only_crlf(lines: int) -> None:
    made = single('<a href="https://shop.example/@@" >x</a>\n' + f"<p>{'z' * 60}</p>\n" * lines, eol=b"\n")
    made = replace(made, raw=made.raw.replace(b"@@", b"\r\n"))
    sending = Sending()
    assert check(made, sending) == 1
    body = sending.track(made.raw).raw.split(b"\n\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 998 or lines == 20
    assert (b"<a\r\n href=" in body) is (lines == 10)


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
@pytest.mark.parametrize("end", ["", " ", "\t", "From ", "="])
def test_quoted_printable_lines_are_full_but_no_fuller(eol: bytes, end: str) -> None:
    sending = Sending(decision=CLICKS, destinations="by_id")
    lengths = set()
    for before, after, links in product(range(6), range(8), (1, 2)):
        link = f"<a href=https://a.b/>{'y' * after}{end}"
        made = single(f"<p>\n{'z' * before}{link * links}\n</p>\n", encoding="quoted-printable", eol=eol)
        tracked = sending.track(made.raw)
        assert check(made, sending) == 1
        lengths |= {len(line) for line in tracked.raw.split(eol * 2, 1)[1].split(eol)}
    assert max(lengths) == 76


# Bytes that are hardly a message.


def check_junk(raw: bytes, sending: Sending) -> None:
    tracked = sending.track(raw)
    check_edits(raw, tracked)
    check_second_pass(tracked, sending)
    once = strip_control_headers(raw)
    assert sending.track(raw, OFF).raw == once
    assert strip_control_headers(once) == once
    untrack_message(tracked.raw, domain=DOMAIN)
    assert tracked == sending.track(pickle.loads(pickle.dumps(scan_message(raw))))  # noqa: S301 - our own


@given(junk(), st.sampled_from(SENDINGS), st.booleans())
def test_junk_gives_a_value_that_can_be_taken_back(raw: bytes, sending: Sending, text_links: bool) -> None:
    check_junk(raw, replace(sending, text_links=text_links, allow_signed=text_links))


def test_damaged_messages_give_a_value_that_can_be_taken_back() -> None:
    for seed, made in seeded():
        raw = mutated(made.raw, Random(seed))  # noqa: S311 - no secret is made here
        try:
            check_junk(raw, sending_of(seed))
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


# Signatures.


def signable(seed: int) -> Made | None:
    made = seeded_message(seed)
    fits = made.clear and not made.signed and "crlf" in made.features and "envelope line" not in made.features
    return made if fits and any(leaf.fate == "must" for leaf in made.leaves) else None


def sign(raw: bytes, canonical: bytes) -> bytes:
    key, _ = dkim_key()
    return bytes(dkim.sign(raw, b"s", b"shop.example", key, canonicalize=(canonical, canonical))) + raw


def verifies(raw: bytes) -> bool:
    def record(name: bytes, **_: object) -> bytes:
        assert name == b"s._domainkey.shop.example."
        return dkim_key()[1]

    return bool(dkim.verify(raw, dnsfunc=record))


@pytest.mark.parametrize("canonical", [b"simple", b"relaxed"])
def test_tracking_before_signing_verifies_and_after_signing_is_refused(canonical: bytes) -> None:
    tried = 0
    for seed in range(120):
        made = signable(seed)
        if made is None:
            continue
        raw = b"From: shop@shop.example\r\n" + made.raw
        tracked = Sending().track(raw)
        signed = sign(tracked.raw, canonical)
        assert verifies(signed), seed
        again = Sending().track(signed)
        assert again.raw == signed, seed
        assert "opens:already_signed" in again.decision.reasons, seed
        assert verifies(again.raw), seed
        tried += 1
    assert tried >= 10


def test_tracking_a_signed_message_breaks_its_signature() -> None:
    made = next(made for made in map(signable, range(1000)) if made is not None and not made.off)
    signed = sign(b"From: shop@shop.example\r\n" + made.stripped, b"relaxed")
    assert verifies(signed)
    assert not verifies(replace(Sending(), allow_signed=True).track(signed).raw)


def test_html_and_messages_untrack_alike() -> None:
    html = '<p><a href="https://shop.example/?a=1&amp;b=2">x</a></p>'
    raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()
    tracked = Sending().track(raw)
    body = tracked.raw.partition(b"\r\n\r\n")[2].decode()
    assert len(rewrite_html(body).links) == 1
    assert untrack_html(body, domain=DOMAIN) == html
    assert untrack_message(tracked.raw, domain=DOMAIN) == raw
    assert ON.track_opens

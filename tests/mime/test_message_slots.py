from __future__ import annotations

import email
import email.policy
import pickle
import re
from base64 import encodebytes
from datetime import UTC, datetime
from email.message import EmailMessage
from html import unescape
from itertools import product
from typing import TYPE_CHECKING, Final

import dkim
import pytest
from hypothesis import example, given, strategies as st

from dkim_keys import dkim_key
from lmtrack import (
    BadSlot,
    BadValue,
    Campaign,
    Consent,
    MissingValue,
    Route,
    TrackingDomain,
    TrackingMode,
    make_keys,
    read_click_token,
    resolve,
    revert_message,
    scan_message,
    track_message,
)

if TYPE_CHECKING:
    from lmtrack.message import TrackedMessage

DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"an example secret"))
NOW: Final = datetime(2026, 3, 20, tzinfo=UTC)
ON: Final = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
OFF: Final = resolve(Route(), consent=Consent.GRANTED)
SUM: Final = resolve(
    Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=TrackingMode.AGGREGATE)
)
SLOTS: Final = {"name": "{{ name }}", "id": "{{ id }}", "url": "{{ url }}", "mail": "{{ mail }}"}
ANN: Final = {"name": "Ann", "id": "4471", "url": "https://shop.example/x", "mail": "ann@reader.example"}
HTML: Final = (
    '<html><body>\r\n<p title="For {{ name }}">Dear {{ name }},</p>\r\n'
    '<a href="https://shop.example/?u={{ id }}">You</a> <a href="https://shop.example/">Shop</a>\r\n</body></html>\r\n'
)


def part(kind: str, body: str, encoding: str = "8bit", charset: str = "utf-8") -> bytes:
    octets = body.encode(charset)
    if encoding == "base64":
        octets = encodebytes(octets).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        octets = b"\r\n".join(quoted(line) for line in octets.split(b"\r\n"))
    head = f"Content-Type: {kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + octets


def quoted(line: bytes) -> bytes:
    """Quote braces too, and break lines inside of markers."""
    units = [b"=%02X" % octet if octet in b"={" or octet > 126 else bytes([octet]) for octet in line]
    lines = [b"".join(units[start : start + 20]) for start in range(0, len(units), 20)]
    return b"=\r\n".join(lines)


def mixed(*parts: bytes, fields: bytes = b"") -> bytes:
    head = (
        b"To: x@y.example\r\n"
        + fields
        + b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    )
    return head + b"".join(b"--b\r\n" + one + b"\r\n" for one in parts) + b"--b--\r\n"


def merged(
    raw: bytes, values: dict[str, str] | None = None, *, decision: object = OFF, **options: object
) -> TrackedMessage:
    document = scan_message(raw, slots=SLOTS)
    tracked = track_message(
        document,
        decision,  # type: ignore[arg-type]
        domain=DOMAIN,
        message_id="m-1",
        values=ANN if values is None else values,
        now=NOW,
        **options,  # type: ignore[arg-type]
    )
    assert revert_message(tracked.raw, tracked.edits) == raw
    again = track_message(
        pickle.loads(pickle.dumps(document)),  # noqa: S301 - our own
        decision,  # type: ignore[arg-type]
        domain=DOMAIN,
        message_id="m-1",
        values=ANN if values is None else values,
        now=NOW,
        **options,  # type: ignore[arg-type]
    )
    assert again == tracked
    return tracked


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body_of(raw: bytes, kind: str = "html") -> str:
    found = read(raw).get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


ENCODINGS: Final = ["7bit", "8bit", "quoted-printable", "base64"]
HOSTILE: Final = st.text(max_size=30) | st.sampled_from(
    ["--b", "--b--", ".", "..x", "From me", "a\nb", "\n--b\n", "a\r\nb", "x" * 2_000, "{{ id }}", '"><script>', "=",
     "= ", " ", "\t", "-->", "<![endif]-->", "é", "日本語", "&amp;", "&", "'", '"', "\x85", "\ufeff",
     "=?utf-8?q?x?=", "a  b ", "  "]
)  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_values_are_written_in_the_encoding_of_their_part(encoding: str) -> None:
    tracked = merged(part("text/html", HTML, encoding), ANN | {"name": "Ann & Zoë"})
    expected = HTML.replace("{{ id }}", "4471").replace("\r\n", "\n")
    found = body_of(tracked.raw)
    assert unescape(found) == expected.replace("{{ name }}", "Ann & Zoë")
    assert "Ann &amp; Zo" in found
    assert tracked.parts[0].action == "merged"
    assert max(map(len, tracked.raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_personal_link_is_tracked_to_where_its_value_says(encoding: str) -> None:
    tracked = merged(part("text/html", HTML, encoding), decision=ON)
    found = body_of(tracked.raw)
    tokens = [piece.partition('"')[0] for piece in found.split("https://track.example/c/")[1:]]
    assert [read_click_token(DOMAIN.keys, token, now=NOW).url for token in tokens] == [
        "https://shop.example/?u=4471",
        "https://shop.example/",
    ]
    assert [(link.index, link.url, link.personal) for link in tracked.links] == [
        (0, "https://shop.example/?u=4471", True),
        (1, "https://shop.example/", False),
    ]
    assert tracked.personal_links == tracked.links[:1]
    assert tracked.pixel == "1"
    assert found.count("https://track.example/o/") == 1
    assert "{{" not in found


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_link_that_may_not_be_tracked_for_one_recipient_gets_its_value(encoding: str) -> None:
    html = '<a href="https://shop.example/{{ id }}">A</a> <a href="https://shop.example/">B</a>'
    tracked = merged(part("text/html", html, encoding), {"id": "unsubscribe"}, decision=ON)
    found = body_of(tracked.raw)
    assert '<a href="https://shop.example/unsubscribe">A</a>' in found
    assert [(link.url, str(reason)) for link, reason in tracked.skipped] == [
        ("https://shop.example/unsubscribe", "unsubscribe")
    ]
    assert [link.index for link in tracked.links] == [1]
    alone = merged(part("text/html", html.partition(" <a")[0], encoding), {"id": "unsubscribe"}, decision=ON)
    assert "https://shop.example/unsubscribe" in body_of(alone.raw)
    assert alone.links == ()


def test_an_aggregate_campaign_tracks_no_personal_link() -> None:
    campaign = Campaign(id="spring", started_at=NOW, urls=["https://shop.example/"])
    ann = merged(part("text/html", HTML), decision=SUM, campaign=campaign)
    bob = merged(part("text/html", HTML), ANN | {"id": "9", "name": "Bob"}, decision=SUM, campaign=campaign)
    assert [str(reason) for _, reason in ann.skipped] == ["personal"]
    tokens = [body_of(one.raw).split("https://track.example/c/")[1].partition('"')[0] for one in (ann, bob)]
    assert tokens[0] == tokens[1]


def test_a_part_of_7_bits_is_written_quoted_printable_in_utf_8() -> None:
    raw = b"Content-Type: text/plain; format=fixed\r\n\r\nDear {{ name }},\r\n= from us \r\n.\r\nFrom here\r\n"
    tracked = merged(raw, {"name": "Zoë"})
    message = read(tracked.raw)
    assert message["Content-Transfer-Encoding"] == "quoted-printable"
    assert message.get_content_charset() == "utf-8"
    assert message.get_param("format") == "fixed"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content() == "Dear Zoë,\r\n= from us \r\n.\r\nFrom here\r\n"
    assert b"\r\n=2E\r\n=46rom here" in tracked.raw


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"", b"Content-Type: text/plain; charset=utf-8"),
        (b"Content-Type: text/plain\r\n", b"Content-Type: text/plain; charset=utf-8"),
        (b"Content-Type: text/plain;\r\n charset=us-ascii\r\n", b"Content-Type: text/plain;\r\n charset=utf-8"),
        (b'Content-Type: text/plain; charset="US-ASCII"; x=y\r\n', b"Content-Type: text/plain; charset=utf-8; x=y"),
        (b"Content-Type: text/plain; charset=UTF-8\r\n", b"Content-Type: text/plain; charset=UTF-8"),
        (b"Content-transfer-encoding: 7bit\r\n", b"Content-Transfer-Encoding: quoted-printable"),
    ],
)
def test_fields_of_such_a_part_say_what_it_is(fields: bytes, expected: bytes) -> None:
    raw = mixed(fields + b"\r\nDear {{ name }}")
    tracked = merged(raw, {"name": "Zoë"})
    assert expected + b"\r\n" in tracked.raw
    assert body_of(tracked.raw, "plain").strip() == "Dear Zoë"
    assert tracked.raw.count(b"MIME-Version") == 1


def test_a_plain_part_of_8_bits_stays_one() -> None:
    tracked = merged(part("text/plain", "Grüße, {{ name }}\r\n"), {"name": "Zoë"})
    assert tracked.raw.endswith("Grüße, Zoë\r\n".encode())
    labelled = merged(part("text/plain", "Hello {{ name }}\r\n", charset="us-ascii"), {"name": "Zoë"})
    assert b"charset=utf-8" in labelled.raw
    assert body_of(labelled.raw, "plain") == "Hello Zoë\n"
    with pytest.raises(BadValue, match="charset"):
        merged(part("text/plain", "Grüße, {{ name }}\r\n", charset="iso-8859-1"), {"name": "日本"})
    latin = merged(part("text/html", "Grüße, {{ name }}\r\n", charset="iso-8859-1"), {"name": "日ö"})
    assert unescape(body_of(latin.raw)) == "Grüße, 日ö\n"
    with pytest.raises(BadValue, match="control character"):
        merged(part("text/html", "Grüße, {{ name }}\r\n", charset="iso-8859-1"), {"name": "\x85"})
    page = merged(part("text/html", HTML, "7bit"), ANN | {"name": "Zoë"})
    assert page.raw.isascii()
    assert "Dear Zoë," in unescape(body_of(page.raw))
    with pytest.raises(BadSlot, match="7bit in another charset"):
        merged(part("text/plain", "Hello {{ name }}\r\n", "7bit", "iso-8859-2"))


def test_flowed_text_is_stuffed_and_has_no_soft_break_of_its_own() -> None:
    head = b"Content-Type: text/plain; format=flowed; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    tracked = merged(head + b"{{ name }}\r\nDear {{ name }}, all\r\n", {"name": "> x \n From y "})
    assert tracked.raw.removeprefix(head) == b" > x\r\n  From y\r\nDear > x\r\n  From y , all\r\n"


@pytest.mark.parametrize("encoding", ["8bit", "7bit"])
def test_no_line_of_a_part_in_lines_is_too_long_or_a_boundary(encoding: str) -> None:
    raw = mixed(part("text/html", "{{ name }}\r\n<p>{{ id }}</p>--{{ mail }}\r\n", encoding))
    for values in ({"name": "--b"}, {"name": "--b--"}, {"id": "x\n--b\ny"}, {"name": "x" * 999}, {"name": "--b \t"}):
        with pytest.raises(BadValue, match="boundary"):
            merged(raw, ANN | values)
    for values in ({"name": "--bc"}, {"id": "x\n--c\n--b\ny"}, {"id": "\n--\n--c\n" + "x" * 999}):
        with pytest.raises(BadValue, match="boundary"):
            merged(raw, ANN | values)
    assert len(read(merged(raw, ANN | {"name": "--c", "id": "y\n--\n--c\n--"}).raw).get_payload()) == 1
    for kind in ("quoted-printable", "base64"):
        raw = mixed(part("text/html", "{{ name }}\r\n<p>{{ id }}</p>\r\n", kind))
        assert len(read(merged(raw, ANN | {"name": "--b--", "id": "x\n--b\ny" + "z" * 2000}).raw).get_payload()) == 1


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "quoted-printable", "base64"])
@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_no_value_completes_a_delimiter_of_the_template_or_a_line_end(kind: str, encoding: str) -> None:
    bodies = ("-{{ name }}b", "{{ name }}-b--", "a\r\n--{{ name }}{{ id }}", "{{ id }}{{ name }}--b", "a\n{{ name }}b",
              "a\r\n\n{{ name }}{{ id }}b", "a\r{{ name }}b", "{{ name }}<b \r\ntitle='{{ id }}'>")  # fmt: skip
    for body, name, word in product(bodies, ("", "-", "--", "b", "--b"), ("", "-", "b", "\n--b--\n", "\r--b\r")):
        raw = mixed(part(kind, f"{body}\r\nz\r\n", encoding))
        try:
            found = merged(raw, {"name": name, "id": word}).raw
        except BadValue:
            assert encoding in {"7bit", "8bit", "binary"}
            continue
        [only] = read(found).iter_parts()
        assert only.get_content().rstrip().endswith("z")


def test_a_personal_link_without_room_gets_its_value_untracked() -> None:
    html = "<a/href='https://shop.example/{{ id }}'>" + "x" * 900
    tracked = merged(part("text/html", html), {"id": "7"}, decision=ON)
    assert b"'https://shop.example/7'>xx" in tracked.raw
    assert [str(reason) for _, reason in tracked.skipped] == ["line_too_long"]


def test_links_of_a_plain_part_are_tracked_if_that_is_asked_for() -> None:
    raw = mixed(part("text/plain", "See https://shop.example/?u={{ id }} now\r\n"), part("text/html", HTML))
    off = merged(raw, decision=ON)
    assert body_of(off.raw, "plain") == "See https://shop.example/?u=4471 now\n"
    assert [one.action for one in off.parts] == ["merged", "tracked"]
    assert off.parts[0].reason == "plain_text"
    on = merged(raw, decision=ON, text_links=True)
    assert [link.index for link in on.links] == [0, 1, 2]
    assert "https://track.example/c/" in body_of(on.raw, "plain")


def test_body_links_to_a_merged_list_unsubscribe_are_not_tracked() -> None:
    field = b"List-Unsubscribe: <https://s.example/l/{{ id }}>, <mailto:l@s.example?subject={{ id }}>\r\n"
    html = '<a href="https://s.example/l/{{ id }}">A</a> <a href="https://s.example/x">B</a>'
    tracked = merged(field + part("text/html", html), decision=ON)
    assert tracked.raw.startswith(
        b"List-Unsubscribe: <https://s.example/l/4471>,\r\n <mailto:l@s.example?subject=4471>\r\n"
    )
    assert [(link.url, str(reason)) for link, reason in tracked.skipped] == [
        ("https://s.example/l/4471", "unsubscribe")
    ]


def test_the_pixel_takes_the_place_of_its_slot() -> None:
    raw = part("text/html", "<p>A</p>[pixel]<p>{{ name }}</p></body>")
    document = scan_message(raw, slots={"pixel": "[pixel]", "name": "{{ name }}"})
    options = {"domain": DOMAIN, "message_id": "m", "values": {"name": "Ann"}, "pixel_slot": "pixel", "now": NOW}
    on = track_message(document, ON, **options)  # type: ignore[arg-type]
    assert b"<p>A</p><img src=" in on.raw
    assert on.pixel == "1"
    off = track_message(document, OFF, **options)  # type: ignore[arg-type]
    assert b"<p>A</p><p>Ann</p></body>" in off.raw
    two = scan_message(mixed(raw, part("text/html", "<p>B</p>")), slots={"pixel": "[pixel]", "name": "{{ name }}"})
    assert track_message(two, ON, **options).pixel == "1"  # type: ignore[arg-type]
    with pytest.raises(BadSlot, match="text"):
        track_message(
            scan_message(b"Subject: [pixel]\r\n" + raw, slots={"pixel": "[pixel]", "name": "{{ name }}"}),
            ON,
            **options,  # type: ignore[arg-type]
        )


def test_a_pixel_slot_without_room_is_removed() -> None:
    document = scan_message(part("text/html", "x" * 995 + "[p]"), slots={"pixel": "[p]"})
    tracked = track_message(document, ON, domain=DOMAIN, message_id="m", pixel_slot="pixel", now=NOW)
    assert tracked.raw.endswith(b"x" * 995)
    assert tracked.pixel is None
    assert "opens:line_too_long" in tracked.decision.reasons


def test_a_long_page_keeps_its_length_for_the_next_recipient() -> None:
    document = scan_message(part("text/html", HTML + ("y" * 70 + "\r\n") * 1500), slots=SLOTS)
    for name in ("Ann", "Bob"):
        tracked = track_message(
            document, ON, domain=DOMAIN, message_id="m", values=ANN | {"name": name}, pixel_position="auto", now=NOW
        )
        assert tracked.raw.index(b"/o/") < tracked.raw.index(b"/c/")


REFUSED: Final = {
    "attachment": part("text/html", "{{ name }}").replace(b"\r\n\r\n", b"\r\nContent-Disposition: attachment\r\n\r\n"),
    "amp": part("text/x-amp-html", "{{ name }}"),
    "calendar": part("text/calendar", "SUMMARY:{{ name }}", "base64"),
    "broken base64": part("text/html", "").replace(b"8bit", b"base64") + b"e3sgbmFtZSB9fQ==e3sgbmFtZSB9fQ==",
    "bad base64": part("text/html", "{{ name }}").replace(b"8bit", b"base64"),
    "utf-16": part("text/html", "{{ name }}", charset="utf-16"),
    "signed": b"Content-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n"
    + part("text/html", "{{ name }}")
    + b"\r\n--c--",
    "message": b"Content-Type: message/rfc822\r\n\r\nSubject: {{ name }}\r\n\r\nx",
    "quoted-printable attachment": part("text/html", "{{ name }}", "quoted-printable").replace(
        b"\r\n\r\n", b"\r\nContent-Disposition: attachment\r\n\r\n", 1
    ),
    "part header": b"Content-Type: text/plain\r\nContent-Description: {{ name }}\r\n\r\nx",
    "encoded part header": b"Content-Type: text/plain\r\nContent-Description: =?utf-8?q?=7B=7B_name_}}?=\r\n\r\nx",
    "style sheet": part("text/html", "<style>{{ name }}</style>"),
    "preamble": b"x\r\n--b--\r\n{{ name }}",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_marker_that_would_go_out_raw_is_refused_when_scanning(name: str) -> None:
    with pytest.raises(BadSlot) as caught:
        scan_message(mixed(part("text/html", "x"), REFUSED[name]), slots=SLOTS)
    assert caught.value.slot == "name"
    assert caught.value.line >= 1


def test_no_slot_is_in_a_signed_message() -> None:
    for signed in (b"DKIM-Signature: v=1\r\n", b"ARC-Seal: i=1\r\n"):
        with pytest.raises(BadSlot, match="signed"):
            scan_message(signed + part("text/html", "{{ name }}"), slots=SLOTS)
        with pytest.raises(BadSlot, match="signed"):
            scan_message(signed + b"Subject: {{ name }}\r\n\r\nx", slots=SLOTS)
        assert scan_message(signed + b"Subject: x\r\n\r\nx", slots=SLOTS).headers.signed


def test_a_picture_is_no_text_with_markers() -> None:
    picture = b"Content-Type: image/png\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{{ name }}"
    assert merged(mixed(part("text/html", "{{ name }}"), picture)).parts[1].action == "untouched"


def test_values_need_slots_and_slots_need_values() -> None:
    raw = part("text/html", HTML)
    with pytest.raises(ValueError, match="need slots"):
        track_message(raw, ON, domain=DOMAIN, message_id="m", values={"name": "x"})
    with pytest.raises(ValueError, match="need slots"):
        track_message(raw, ON, domain=DOMAIN, message_id="m", pixel_slot="x")
    with pytest.raises(ValueError, match="belong to scan_message"):
        track_message(scan_message(raw), ON, domain=DOMAIN, message_id="m", slots=SLOTS)
    with pytest.raises(ValueError, match="pixel_slot"):
        merged(raw, pixel_slot="nothing")
    with pytest.raises(TypeError, match="values"):
        merged(raw, [])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="pixel_slot"):
        merged(raw, pixel_slot=1)
    with pytest.raises(MissingValue, match="name"):
        merged(raw, {"id": "1"})
    once = track_message(raw, ON, domain=DOMAIN, message_id="m-1", slots=SLOTS, values=ANN, now=NOW)
    assert once == merged(raw, decision=ON)
    given = scan_message(raw, slots=SLOTS, defaults={"name": "reader"})
    assert b"Dear reader," in track_message(given, OFF, domain=DOMAIN, message_id="m", values={"id": "1"}).raw


def test_what_still_looks_like_a_marker_is_listed() -> None:
    html = '<img src="https://shop.example/{{ id }}.png">{{ name }} {{ city }} *|MC|*'
    tracked = merged(part("text/html", html))
    assert tracked.unfilled == ("{{ city }}", "*|MC|*")
    assert tracked.personal_loads == ("https://shop.example/{{ id }}.png",)


def test_twins_and_destinations_of_personal_links() -> None:
    html = (
        '<!--[if mso]><v:rect href="https://shop.example/?u={{ id }}"></v:rect><![endif]-->'
        '<a href="https://shop.example/?u={{ id }}">A</a><a href="https://shop.example/b">B</a>'
    )
    both = merged(part("text/html", html), decision=ON)
    assert [link.index for link in both.links] == [0, 0, 1]
    chosen = merged(
        part("text/html", html),
        decision=ON,
        destination=lambda link: None if link.url.endswith("/b") else f"{link.url}&utm=x",
    )
    assert '<a href="https://shop.example/b">' in body_of(chosen.raw)
    assert body_of(chosen.raw).count("https://track.example/c/") == 2
    none = merged(part("text/html", html), decision=ON, destination=lambda _: None)
    assert "https://track.example/c/" not in body_of(none.raw)


@example("", "\r", "7bit", ON)
@given(HOSTILE, HOSTILE, st.sampled_from(ENCODINGS), st.sampled_from([ON, OFF]))
def test_a_reader_reads_the_value_and_nothing_else_changes(
    name: str, word: str, encoding: str, decision: object
) -> None:
    html = '<p title="{{ name }}">Dear {{ id }}.</p>\r\n<a href="https://shop.example/{{ id }}x">A</a></body></html>'
    text = "Dear {{ name }},\r\n{{ id }}\r\n"  # each value once, since one may look like the other's marker
    raw = mixed(part("text/plain", text, encoding), part("text/html", html, encoding))
    try:
        tracked = merged(raw, {"name": name, "id": word}, decision=decision)
    except BadValue:
        return
    message = read(tracked.raw)
    assert [one.get_content_type() for one in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    plain, page = list(message.walk())[1:]
    shown = str(plain.get_payload(decode=True), "utf-8").replace("\r\n", "\n")  # type: ignore[arg-type]
    # Line ends of the values are one each, whatever the template has behind them.
    lines = [value.replace("\r\n", "\n").replace("\r", "\n") for value in (name, word)]
    assert shown == f"Dear {lines[0]},\n{lines[1]}\n"
    written = str(page.get_payload(decode=True), "utf-8").replace("\r\n", "\n")  # type: ignore[arg-type]
    written = re.sub(r"&#([0-9]{3,});", lambda found: chr(int(found[1])), written)  # beyond 7 bits
    escaped = [
        value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
        for value in (name, word)
    ]
    assert f'<p title="{escaped[0].replace(chr(34), "&quot;")}">Dear {escaped[1]}.</p>\n' in written
    assert written.count("<a ") == 1
    assert max(map(len, tracked.raw.split(b"\r\n"))) <= 998
    if encoding == "quoted-printable":
        assert not [line for line in tracked.raw.split(b"\r\n") if line.startswith((b".", b"From "))]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_merged_and_tracked_can_be_signed(encoding: str) -> None:
    fields = b"From: shop@shop.example\r\nSubject: {{ name }}\r\n"
    raw = mixed(part("text/plain", "Dear {{ name }}\r\n", encoding), part("text/html", HTML, encoding), fields=fields)
    tracked = merged(raw, ANN | {"name": "Zoë"}, decision=ON)
    key, record = dkim_key()
    signed = dkim.sign(tracked.raw, b"s", b"shop.example", key) + tracked.raw
    assert dkim.verify(signed, dnsfunc=lambda *_, **__: record)

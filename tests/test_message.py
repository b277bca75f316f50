from __future__ import annotations

import email
import pickle
from binascii import a2b_qp, b2a_base64
from datetime import UTC, datetime
from typing import Any

import pytest

from lmtrack.html import Campaign, track_html
from lmtrack.links import LinkPolicy
from lmtrack.message import (
    MessageDocument,
    MessagePart,
    PartAction,
    PartReason,
    RawEdit,
    TrackedMessage,
    revert_message,
    scan_message,
    strip_control_headers,
    track_message,
    untrack_message,
)
from lmtrack.resolver import Consent, Decision, Route, TrackingMode, resolve
from lmtrack.tokens import make_keys, read_click_token, read_open_token
from lmtrack.urls import TrackingDomain

DOMAIN = TrackingDomain("https://track.example", make_keys(b"an example secret"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOTH = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
CLICKS = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
OPENS = resolve(Route(track_opens=True), consent=Consent.GRANTED)
OFF = resolve(Route())
LINK = b'<a href="https://shop.example/">Shop</a>'


def track(raw: bytes | MessageDocument, decision: Decision = BOTH, **options: Any) -> TrackedMessage:  # noqa: ANN401
    return track_message(raw, decision, domain=DOMAIN, message_id="m-1", now=NOW, **options)


def html(body: bytes = LINK, fields: bytes = b"") -> bytes:
    return b"Content-Type: text/html; charset=utf-8\r\n" + fields + b"\r\n" + body


def mixed(*parts: bytes, subtype: bytes = b"mixed") -> bytes:
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"Subject: x\r\nContent-Type: multipart/" + subtype + b"; boundary=b\r\n\r\n" + inside + b"--b--\r\n"


def reasons(result: TrackedMessage) -> list[str | None]:
    return [part.reason and str(part.reason) for part in result.parts]


PLAIN = b"Content-Type: text/plain\r\n\r\nSee https://shop.example/help."


def test_links_and_pixel_are_spliced_into_the_html_part() -> None:
    raw = mixed(PLAIN, html(), subtype=b"alternative")
    result = track(raw)
    assert result.parts == (
        MessagePart("1", "text/plain", PartAction.UNTOUCHED, PartReason.PLAIN_TEXT),
        MessagePart("2", "text/html", PartAction.TRACKED, None),
    )
    assert result.raw == raw.replace(
        LINK, track_html(LINK.decode(), BOTH, domain=DOMAIN, message_id="m-1", now=NOW).html.encode()
    )
    assert result.pixel == "2"
    assert [link.url for link in result.links] == ["https://shop.example/"]
    assert result.decision == BOTH
    assert revert_message(result.raw, result.edits) == raw


def test_a_scanned_message_gives_what_its_octets_give() -> None:
    document = scan_message(mixed(PLAIN, html()))
    assert track(document) == track(document.raw)
    assert track(document, text_links=True) == track(document.raw, text_links=True)
    assert repr(document) == f"MessageDocument({len(document.raw)} bytes, 2 parts)"


def test_a_document_compares_and_pickles_as_its_octets() -> None:
    document = scan_message(html())
    track(document)
    copy = pickle.loads(pickle.dumps(document))  # noqa: S301 - our own
    assert copy == document
    assert hash(copy) == hash(document)
    assert track(copy) == track(document)


def test_results_pickle_and_show_no_mail() -> None:
    result = track(html())
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own
    assert "href" not in repr(result)


def test_off_gives_the_same_object_back() -> None:
    raw = mixed(PLAIN, html())
    result = track(raw, OFF)
    assert result.raw is raw
    assert reasons(result) == ["not_tracked", "not_tracked"]
    assert result.edits == ()
    assert track(html(b"<p>nothing to do"), CLICKS).raw == html(b"<p>nothing to do")


def test_only_what_changes_is_an_edit() -> None:
    (edit,) = track(html(), CLICKS).edits
    assert edit.old == b"https://shop.example/"
    fields = b"Content-Transfer-Encoding: base64\r\n"
    assert track(html(b2a_base64(b"<p>No link</p>"), fields), CLICKS).edits == ()
    (edit,) = track(html(b2a_base64(b"<p>" + LINK), fields), CLICKS).edits
    assert edit.old == b2a_base64(LINK[9:], newline=False)


def test_nothing_to_do_is_said() -> None:
    raw = html(b"<p>no links")
    result = track(raw, CLICKS)
    assert result.raw is raw
    assert reasons(result) == ["no_change"]
    assert result.decision == CLICKS


def test_the_messages_own_header_lowers_and_goes() -> None:
    raw = html(fields=b"X-LM-Override-Track-Opens: false\r\nX-Other: 1\r\n")
    result = track(raw)
    assert result.decision.opens is TrackingMode.OFF
    assert "opens:override_false" in result.decision.reasons
    assert result.decision.track_clicks
    assert b"X-LM" not in result.raw
    assert b"X-Other: 1\r\n" in result.raw
    assert result.pixel is None
    assert revert_message(result.raw, result.edits) == raw


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b": maybe", "override_invalid"),
        (b" : false", "override_invalid"),
        (b": true\r\nX-LM-Override-Track-Opens: no", "override_conflict"),
    ],
)
def test_a_wish_that_cannot_be_read_fails_closed(value: bytes, reason: str) -> None:
    result = track(html(fields=b"X-LM-Override-Track-Opens" + value + b"\r\n"), OPENS)
    assert not result.decision.track_opens
    assert f"opens:{reason}" in result.decision.reasons
    assert b"X-LM" not in result.raw
    assert b"<img" not in result.raw


def test_an_override_that_is_no_header_spoils_nothing_else() -> None:
    fields = b"X-LM-Override-Track-Opens : false\r\nX-LM-Override-Track-Clicks true\r\n"
    result = track(mixed(html()).replace(b"Subject: x\r\n", fields[:35] + b"Subject: x\r\n"))
    assert result.decision.reasons == ("opens:override_invalid",)
    assert reasons(result) == [None]
    assert result.raw.startswith(b"Subject: x\r\nContent-Type: multipart")
    other = track(html(fields=b"X-Other : 1\r\n"))
    assert reasons(other) == ["malformed"]
    assert other.decision.reasons == ("opens:no_html", "clicks:no_html")


def test_it_never_raises_the_decision() -> None:
    raw = html(fields=b"X-LM-Override-Track-Opens: true\r\n")
    result = track(raw, OFF)
    assert not result.decision.track_opens
    assert result.raw == html()


def test_another_prefix_can_be_asked_for() -> None:
    raw = html(fields=b"X-My-Track-Opens: no\r\nX-LM-Override-Track-Opens: false\r\n")
    result = track(raw, OPENS, prefix="X-My-")
    assert not result.decision.track_opens
    assert b"X-LM-Override-Track-Opens: false" in result.raw
    assert b"X-My" not in result.raw


def test_control_headers_are_stripped_by_themselves() -> None:
    raw = html(fields=b"X-LM-Override-Track-Opens: false\r\n")
    assert strip_control_headers(raw) == html()
    stripped = html()
    assert strip_control_headers(stripped) is stripped


@pytest.mark.parametrize(
    ("raw", "stripped"),
    [
        (b"A: b\rX-LM-Override-TrackOpen\n\nX-LM-Override-TrackOpen", b"A: b\n\nX-LM-Override-TrackOpen"),
        (b"A: b\rX-LM-Override-Track-Opens: 0\nX-LM-Override-Track-Clicks: 0\n\nbody", b"A: b\n\nbody"),
        (b"A: b\rX-LM-Override-Track-Opens: 0\nC: d\n\nbody", b"A: b\rC: d\n\nbody"),
        (b"A: b\r\nX-LM-Override-Track-Opens: 0\n\nbody", b"A: b\r\n\nbody"),
    ],
)
def test_a_stripped_header_joins_no_two_line_ends(raw: bytes, stripped: bytes) -> None:
    assert strip_control_headers(raw) == stripped
    assert strip_control_headers(stripped) == stripped
    result = track(raw, OFF)
    assert result.raw == stripped
    assert revert_message(result.raw, result.edits) == raw


@pytest.mark.parametrize("field", [b"DKIM-Signature: v=1\r\n", b"ARC-Seal: i=1\r\n", b"Content-MD5: x\r\n"])
def test_signed_mail_is_left_alone_unless_allowed(field: bytes) -> None:
    raw = html(fields=field + b"X-LM-Override-Track-Clicks: true\r\n")
    result = track(raw)
    assert result.raw == html(fields=field)
    assert result.decision.reasons == ("opens:already_signed", "clicks:already_signed")
    allowed = track(raw, allow_signed=True)
    assert allowed.decision == BOTH
    assert b"/c/" in allowed.raw


def test_a_part_with_a_checksum_is_left_alone_unless_allowed() -> None:
    raw = mixed(html(fields=b"Content-MD5: x\r\n"), html())
    assert reasons(track(raw)) == ["checksum", None]
    assert reasons(track(raw, allow_signed=True)) == [None, None]


def test_text_only_mail_has_no_pixel_and_says_so() -> None:
    result = track(PLAIN)
    assert result.raw is PLAIN
    assert result.decision.reasons == ("opens:no_html", "clicks:no_html")
    tracked = track(PLAIN, text_links=True)
    assert tracked.decision.reasons == ("opens:no_html",)
    assert tracked.decision.track_clicks
    assert tracked.raw.startswith(b"Content-Type: text/plain\r\n\r\nSee https://track.example/c/")
    assert tracked.raw.endswith(b".")
    assert untrack_message(tracked.raw, domain=DOMAIN) == PLAIN


FLOWED = b"Content-Type: text/plain; format=flowed"


def test_flowed_text_keeps_its_blanks_and_quotes() -> None:
    raw = FLOWED + b"\r\n\r\n> quoted https://shop.example/ \r\n> more \r\n-- \r\nhttps://shop.example/2 \r\n"
    tracked = track(raw, CLICKS, text_links=True)
    assert untrack_message(tracked.raw, domain=DOMAIN) == raw
    assert tracked.raw.count(b"/c/") == 2
    assert tracked.raw.count(b" \r\n") == 4


def test_a_url_that_may_go_on_in_the_next_line_is_not_cut() -> None:
    raw = FLOWED + b"; DelSp=Yes\r\n\r\nSee https://shop.example/very/lo \r\nng and more\r\n"
    assert reasons(track(raw, CLICKS, text_links=True)) == ["flowed"]
    whole = FLOWED + b"; DelSp=Yes\r\n\r\nSee https://shop.example/ and \r\nmore https://shop.example/\r\n"
    assert track(whole, CLICKS, text_links=True).raw.count(b"/c/") == 2


def test_an_attached_page_is_no_html_mail() -> None:
    result = track(mixed(PLAIN, html(fields=b"Content-Disposition: attachment\r\n")))
    assert result.decision.reasons == ("opens:no_html", "clicks:no_html")


def test_indices_run_over_the_whole_message() -> None:
    raw = mixed(PLAIN, html(LINK + b'<a href="https://shop.example/2">'), html(b'<a href="https://shop.example/3">'))
    result = track(raw, text_links=True)
    assert [link.index for link in result.links] == [0, 1, 2, 3]
    tokens = [piece[:100] for piece in result.raw.decode().split("https://track.example/c/")[1:]]
    ends = ('"', ".", "\r")
    read = [
        read_click_token(DOMAIN.keys, token[: min(token.find(end) for end in ends if end in token)], now=NOW)
        for token in tokens
    ]
    assert [(token.link_index, token.url) for token in read] == [
        (0, "https://shop.example/help"),
        (1, "https://shop.example/"),
        (2, "https://shop.example/2"),
        (3, "https://shop.example/3"),
    ]


def test_one_pixel_in_the_last_displayed_html() -> None:
    raw = mixed(html(), html(), PLAIN, html(fields=b"Content-Disposition: attachment\r\n"))
    result = track(raw)
    assert result.raw.count(b"<img") == 1
    assert result.pixel == "2"


def test_a_second_pass_changes_nothing() -> None:
    raw = mixed(PLAIN, html(), html())
    first = track(raw, text_links=True)
    second = track(first.raw, text_links=True)
    assert second.raw is first.raw
    assert [str(reason) for _, reason in second.skipped] == ["tracked"] * 3


def test_unsubscribe_urls_of_the_header_are_never_tracked() -> None:
    body = b'<a href="https://lists.example/x?u=7#top">here</a>' + LINK
    raw = html(body, fields=b"List-Unsubscribe: <mailto:x@lists.example>,\r\n <https://Lists.example/x?u=7>\r\n")
    result = track(raw, policy=LinkPolicy(track_unsubscribe=True))
    assert [(link.url, str(reason)) for link, reason in result.skipped] == [
        ("https://lists.example/x?u=7#top", "unsubscribe")
    ]
    plain = b"List-Unsubscribe: <https://lists.example/x>\r\n\r\nhttps://lists.example/x"
    assert [str(reason) for _, reason in track(plain, text_links=True).skipped] == ["unsubscribe"]


@pytest.mark.parametrize(
    ("fields", "body", "reason"),
    [
        (b"Content-Transfer-Encoding: base64\r\n", b"QUJD\r\nQQ==QUJD", "broken_encoding"),
        (b"Content-Transfer-Encoding: x-unknown\r\n", LINK, "encoding"),
        (b"", LINK.decode().encode("utf-16"), "charset"),
        (b"", b"-----BEGIN PGP MESSAGE-----\r\n" + LINK, "inline_pgp"),
        (b"", b"\xef\xbb\xbf-----BEGIN PGP SIGNED MESSAGE-----\r\n" + LINK, "inline_pgp"),
        (b"", b"<html>\r\n<pre>\t-----BEGIN PGP SIGNED MESSAGE-----\r\n" + LINK, "inline_pgp"),
        (b"", b"\r\n  -----BEGIN PGP MESSAGE-----<br>" + LINK, "inline_pgp"),
        (b"", b"<a/href=https://shop.example/>" + b"x" * 965, "line_too_long"),
    ],
)
def test_what_cannot_be_edited_comes_back_as_it_is(fields: bytes, body: bytes, reason: str) -> None:
    raw = html(body, fields)
    result = track(raw)
    assert result.raw is raw
    assert reasons(result) == [reason]
    why = reason if reason == "line_too_long" else "no_html"
    assert result.decision.reasons == (f"opens:{why}", f"clicks:{why}")
    assert result.pixel is None
    assert untrack_message(raw, domain=DOMAIN) is raw


def test_what_only_speaks_of_pgp_is_tracked() -> None:
    assert track(html(b"<p>Look for -----BEGIN PGP MESSAGE-----" + LINK)).pixel == "1"
    quoted = b"Content-Type: text/plain\r\n\r\n> -----BEGIN PGP MESSAGE-----\r\n  -----BEGIN PGP MESSAGE-----\r\n"
    assert track(quoted + b"https://shop.example/", text_links=True).links


@pytest.mark.parametrize("label", [b"utf-16", b"utf-7", b"iso-2022-jp", b"hz-gb-2312", b"cp037"])
def test_charsets_in_which_ascii_is_not_ascii_are_left_alone(label: bytes) -> None:
    raw = b"Content-Type: text/html; charset=" + label + b"\r\n\r\n" + LINK
    assert track(raw).raw is raw


def test_quoted_printable_keeps_its_octets() -> None:
    body = b'<a href=3D"https://shop.example/">Caf=C3=A9=\r\n!</a>\r\n'
    raw = html(body, b"Content-Transfer-Encoding: quoted-printable\r\n")
    result = track(raw)
    written = result.raw.partition(b"\r\n\r\n")[2]
    assert b"Caf=C3=A9=\r\n!</a>" in written
    assert max(map(len, written.split(b"\r\n"))) <= 76
    expected = track_html(a2b_qp(body[:-2]).decode(), BOTH, domain=DOMAIN, message_id="m-1", now=NOW).html
    assert a2b_qp(written).decode() == expected + "\r\n"
    assert a2b_qp(untrack_message(result.raw, domain=DOMAIN).partition(b"\r\n\r\n")[2]) == a2b_qp(body)


def test_a_pixel_that_does_not_fit_goes_elsewhere() -> None:
    raw = mixed(html(), html(b"x" * 997))
    result = track(raw)
    assert reasons(result) == [None, "line_too_long"]
    assert result.pixel == "1"
    assert track(result.raw).raw is result.raw


def test_links_may_fit_where_the_pixel_does_not() -> None:
    raw = html(b"x" * 997 + b"\r\n" + LINK + b"\r\n" + b"x" * 997)
    result = track(raw)
    assert reasons(result) == [None]
    assert result.pixel is None
    assert result.decision.reasons == ("opens:line_too_long",)
    assert len(result.links) == 1


def test_long_lines_are_broken_inside_the_tag() -> None:
    raw = html(b"x" * 900 + LINK + b"\r\n")
    result = track(raw)
    assert b"x<a\r\n href=" in result.raw
    assert max(map(len, result.raw.split(b"\r\n"))) <= 998
    assert revert_message(result.raw, result.edits) == raw


def test_lines_of_plain_text_are_not_broken() -> None:
    raw = b"Content-Type: text/plain\r\n\r\n" + b"x" * 900 + b' <a href="https://shop.example/">'
    result = track(raw, text_links=True)
    assert result.raw is raw
    assert reasons(result) == ["line_too_long"]
    assert result.decision.track_clicks is False


def test_lines_marked_binary_may_be_long_if_they_were() -> None:
    fields = b"Content-Transfer-Encoding: binary\r\n"
    assert reasons(track(html(LINK + b"x" * 2000, fields))) == [None]
    assert max(map(len, track(html(b"x" * 900 + LINK, fields)).raw.split(b"\r\n"))) <= 998


def test_a_lying_label_costs_only_the_links_it_hides() -> None:
    links = '<a href="https://shop.example/é">é</a>'.encode() + b'\xff<a href="https://shop.example/\xe9">' + LINK
    raw = html(links)
    result = track(raw)
    assert [link.url for link in result.links] == ["https://shop.example/é", "https://shop.example/"]
    assert result.links[0].text() == "é" or "\ufffd" in result.links[0].text()
    assert [str(reason) for _, reason in result.skipped] == ["undecodable"]
    assert b'\xff<a href="https://shop.example/\xe9">' in result.raw
    assert revert_message(result.raw, result.edits) == raw


def test_a_base_in_unknown_octets_resolves_nothing() -> None:
    raw = html(b'\xff<base href="https://shop.example/\xe9/"><a href="x">')
    assert [str(reason) for _, reason in track(raw).skipped] == ["relative"]


def test_multi_octet_charsets_are_edited_in_place() -> None:
    text = '<p>日本語<a href="https://shop.example/日本">語</a>'
    raw = b"Content-Type: text/html; charset=Shift_JIS\r\n\r\n" + text.encode("shift_jis")
    result = track(raw)
    assert [link.url for link in result.links] == ["https://shop.example/日本"]
    assert result.raw.startswith(raw[: raw.index(b"https://")])
    back = untrack_message(result.raw, domain=DOMAIN)
    assert back == raw


def test_a_destination_that_the_charset_lacks_becomes_a_reference() -> None:
    raw = b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n" + b'<a href="https://shop.example/&#26085;">'
    tracked = track(raw, CLICKS)
    assert untrack_message(tracked.raw, domain=DOMAIN) == raw


@pytest.mark.parametrize("label", [b"x-unknown", b"us-ascii", b"utf-8"])
def test_a_link_that_was_read_as_utf8_is_written_so(label: bytes) -> None:
    raw = b"Content-Type: text/plain; charset=" + label + "\r\n\r\nhttps://shop.example/é".encode()
    assert untrack_message(track(raw, CLICKS, text_links=True).raw, domain=DOMAIN) == raw


def test_in_plain_text_a_link_that_the_charset_lacks_stays() -> None:
    raw = "Content-Type: text/plain; charset=utf-8\r\n\r\nhttps://shop.example/ж".encode()
    url = track(raw, CLICKS, text_links=True).raw.partition(b"\r\n\r\n")[2]
    assert url.startswith(b"https://track.example/c/")
    latin = b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" + url
    assert untrack_message(latin, domain=DOMAIN) is latin


def test_untracking_takes_the_pixel_out_of_every_part() -> None:
    raw = mixed(html(LINK + b"<p>&amp;"), html())
    tracked = track(raw)
    assert untrack_message(tracked.raw, domain=DOMAIN) == raw


@pytest.mark.parametrize("before", [b"-----BEGIN PGP SIGNED MESSAGE-----\r\n", b"\xff\xfe", b"\x1b$B"])
def test_untracking_leaves_what_cannot_be_edited(before: bytes) -> None:
    raw = track(html()).raw.replace(b"\r\n\r\n", b"\r\n\r\n" + before, 1)
    assert untrack_message(raw, domain=DOMAIN) is raw


def test_aggregate_needs_a_campaign() -> None:
    decision = resolve(Route(track_opens=True, after_refusal=TrackingMode.AGGREGATE), consent=Consent.DENIED)
    assert track(html(), decision).decision.reasons[-2:] == ("opens:aggregate_without_campaign", "clicks:route_off")
    campaign = Campaign(id="spring", started_at=NOW)
    one, other = (
        track_message(html(), decision, domain=DOMAIN, message_id=name, campaign=campaign) for name in ("a", "b")
    )
    assert one.raw == other.raw
    assert one.pixel == "1"


def test_destinations_may_be_chosen() -> None:
    result = track(html(), CLICKS, destination=lambda link: link.url + "?utm_source=mail")
    token = result.raw.partition(b"/c/")[2].partition(b'"')[0].decode()
    assert read_click_token(DOMAIN.keys, token, now=NOW).url == "https://shop.example/?utm_source=mail"
    by_id = track(html(), CLICKS, destinations="by_id")
    token = by_id.raw.partition(b"/c/")[2].partition(b'"')[0].decode()
    assert read_click_token(DOMAIN.keys, token, now=NOW).url is None


def test_the_pixel_goes_to_the_start_of_a_long_part() -> None:
    body = b"<body><p>" + b"x \r\n" * 30_000
    raw = html(body)
    assert b"<body><img" in track(raw).raw
    assert b"<body><p>" in track(raw, pixel_position="end").raw
    assert b"<body><img" in track(html(b"<body>" + LINK), pixel_position="start").raw
    token = track(raw).raw.partition(b"/o/")[2].partition(b'"')[0].decode()
    assert read_open_token(DOMAIN.keys, token, now=NOW).message_id == "m-1"


def test_links_count_for_the_place_of_the_pixel() -> None:
    body = b"<body>" + LINK * 800 + b"\r\n" + (b"x" * 76 + b"\r\n") * 200
    raw = html(body.replace(LINK, LINK + b"\r\n"))
    assert b"<body><img" in track(raw).raw
    assert b"<body><a" in track(raw, OPENS).raw


def test_what_goes_counts_for_the_place_of_the_pixel_too() -> None:
    body = b"<body>" + LINK + b'<a data-lm-no-track="' + b"y\r\n" * 1000 + b'" href="https://shop.example/no">'
    raw = html(body + b"\r\n" + (b"x" * 76 + b"\r\n") * 1250)
    assert 100_000 < len(raw) < 101_000
    assert b"<body><a" in track(raw).raw
    assert b"<body><img" in track(raw, OPENS).raw
    assert b"<body><img" in track(raw, policy=LinkPolicy(strip_opt_out="none")).raw


def test_opt_out_attributes_go_where_links_are_tracked() -> None:
    raw = mixed(
        html(LINK + b'<a data-lm-no-track href="https://shop.example/no">'),
        html(b'<a data-lm-no-track href="https://x.example/">'),
    )
    result = track(raw)
    assert result.raw.count(b"data-lm-no-track") == 1
    assert [str(reason) for _, reason in result.skipped] == ["opt_out", "opt_out"]


def test_a_byte_order_mark_stays_first() -> None:
    raw = html("\ufeff".encode())
    result = track(raw, OPENS)
    assert result.raw.startswith(raw)
    assert result.raw.endswith(b'alt="">')


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
@pytest.mark.parametrize("encoding", [b"7bit", b"quoted-printable"])
def test_the_message_still_ends_with_its_line_end(eol: bytes, encoding: bytes) -> None:
    raw = html(b"<p>x</p>" + eol, b"Content-Transfer-Encoding: " + encoding + b"\r\n")
    result = track(raw, OPENS)
    assert result.raw.endswith(b'""' * (encoding == b"7bit") + b">" + eol)
    assert track(html(b"<p>x\r"), OPENS).raw.endswith(b">")


def test_untracking_joins_lines_that_tracking_had_to_break() -> None:
    raw = html(b"<body>" + b"y" * 980 + b"</body></html>\n")
    tracked = track(raw, OPENS)
    assert tracked.pixel == "1"
    assert untrack_message(tracked.raw, domain=DOMAIN) == raw


def test_a_nul_at_the_end_is_not_read_together_with_the_pixel() -> None:
    tracked = track(html(b"x\0"), OPENS)
    assert track(tracked.raw, OPENS).raw is tracked.raw


def test_bare_lf_stays_bare() -> None:
    raw = mixed(PLAIN, html(b"x" * 900 + LINK)).replace(b"\r\n", b"\n")
    assert b"\r" not in track(raw).raw
    quoted = html(LINK.replace(b"=", b"=3D"), b"Content-Transfer-Encoding: quoted-printable\r\n").replace(
        b"\r\n", b"\n"
    )
    assert b"\r" not in track(quoted).raw
    assert b"=\n" in track(quoted).raw


def test_headers_and_other_payloads_are_the_same_to_the_standard_library() -> None:
    raw = mixed(PLAIN, html(), b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n")
    before, after = (email.message_from_bytes(octets) for octets in (raw, track(raw).raw))
    assert before.items() == after.items()
    for one, other in zip(before.walk(), after.walk(), strict=True):
        assert one.items() == other.items()
        if one.get_content_type() != "text/html":
            assert one.get_payload() == other.get_payload() or one.is_multipart()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"policy": None}, TypeError, "policy"),
        ({"pixel_position": "middle"}, ValueError, "pixel_position"),
        ({"destination": 1}, TypeError, "destination"),
        ({"destination": lambda _: 1}, TypeError, "destination"),
        ({"destination": lambda _: "mailto:x"}, ValueError, "destination"),
        ({"destinations": "none"}, ValueError, "destinations"),
        ({"text_links": "yes"}, TypeError, "text_links"),
        ({"allow_signed": 1}, TypeError, "allow_signed"),
        ({"prefix": ""}, ValueError, "prefix"),
        ({"recipient": -1}, ValueError, "recipient"),
        ({"campaign": "x"}, TypeError, "campaign"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        track(html(), **options)


def test_wrong_types_are_refused() -> None:
    for call in (
        lambda: scan_message("text"),  # type: ignore[arg-type]
        lambda: scan_message(bytearray(b"text")),  # type: ignore[arg-type]
        lambda: track("text"),  # type: ignore[arg-type]
        lambda: track(html(), True),  # type: ignore[arg-type]
        lambda: untrack_message("text", domain=DOMAIN),  # type: ignore[arg-type]
        lambda: untrack_message(b"", domain=1),  # type: ignore[arg-type]
        lambda: revert_message("text", []),  # type: ignore[arg-type]
        lambda: strip_control_headers("text"),  # type: ignore[arg-type]
        lambda: strip_control_headers(b"", prefix=1),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            call()


def test_edits_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        revert_message(html(), [RawEdit(0, b"", b"nothing of it")])

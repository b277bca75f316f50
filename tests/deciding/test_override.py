from __future__ import annotations

import copy
import dataclasses
import pickle
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import example, given, strategies as st

from lmtrack.errors import InvalidOverride
from lmtrack.resolver import (
    Consent,
    Decision,
    Override,
    Reason,
    Route,
    parse_headers,
    parse_settings,
    resolve,
    resolve_shared,
)
from override_cases import BOTH, BOTH_INVALID, CLICKS, CONFLICT, INVALID, OFF, OPENS, POLICIES, STRICT
from strategies import (
    HEADER_BLOCKS,
    JSON,
    OVERRIDE_PAIRS,
    OVERRIDES,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Anything: TypeAlias = Any  # what a type checker would refuse


@pytest.mark.parametrize("value", [1, 0, "true", "", b"", []])
def test_override_flags_are_real_booleans_or_none(value: Anything) -> None:
    rule = f"must be a bool or None, not {type(value).__name__}; see parse_settings$"
    with pytest.raises(TypeError, match=f"^track_opens {rule}"):
        Override(track_opens=value)
    with pytest.raises(TypeError, match=f"^track_clicks {rule}"):
        Override(track_clicks=value)


@pytest.mark.parametrize(
    "call",
    [
        resolve,
        lambda bad: resolve(Route(), bad),
        lambda bad: resolve(Route(), Override(), bad),
        lambda bad: resolve(Route(), consent=bad),
        lambda bad: resolve(Route(), consent=bad, clicks_consent=Consent.GRANTED),
        lambda bad: resolve(Route(), clicks_consent=(bad,)),  # type: ignore[arg-type]
        lambda bad: resolve(Route()).lower(bad),
        lambda bad: resolve(Route()).lower(Reason.NO_HTML, opens=bad),
        lambda bad: resolve(Route()).lower(Reason.NO_HTML, clicks=bad),
        lambda bad: resolve(Route()).lower_by(bad),
        lambda bad: resolve_shared([bad]),
        Decision.from_dict,
        lambda bad: parse_settings({}, strict=bad),
        lambda bad: parse_headers([], strict=bad),
        lambda bad: parse_headers([], prefix=(bad,)),  # type: ignore[arg-type]
        lambda bad: Consent.of((bad,)),  # type: ignore[arg-type]
    ],
)
@pytest.mark.parametrize("bad", [None, "granted", 1, b""])
def test_wrong_type_is_a_type_error(call: Callable[[Anything], object], bad: Anything) -> None:
    with pytest.raises(TypeError):
        call(bad)


def test_an_option_of_another_type_is_named() -> None:
    wrong: Anything = b"X-"
    with pytest.raises(TypeError, match=r"^strict must be a bool, not bytes$"):
        parse_settings({}, strict=wrong)
    with pytest.raises(TypeError, match=r"^strict must be a bool, not bytes$"):
        parse_headers([], strict=wrong)
    with pytest.raises(TypeError, match=r"^prefix must be a str, not bytes$"):
        parse_headers([], prefix=wrong)


@pytest.mark.parametrize("prefix", ["", "X LM-", "X-LM:", "X-ümlaut-", "X\n"])
def test_prefix_must_be_part_of_a_header_name(prefix: str) -> None:
    text = "^prefix must be one or more header name characters: printable ASCII, no space, no colon$"
    with pytest.raises(ValueError, match=text):
        parse_headers([], prefix=prefix)


@pytest.mark.parametrize(
    "value",
    [
        Consent.DENIED,
        STRICT,
        Override(track_opens=True),
        parse_headers([(OPENS, "?")]),
        resolve(STRICT).lower(Reason.NO_HTML, opens=OFF),
        resolve_shared([resolve(STRICT), resolve(BOTH)]),
        InvalidOverride({"track_opens": "must be true"}),
    ],
)
def test_every_value_pickles_and_copies(value: object) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert repr(pickle.loads(pickle.dumps(value, protocol))) == repr(value)  # noqa: S301 - our own bytes
    if not isinstance(value, Exception):
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301
        assert copy.deepcopy(value) == value
        assert hash(copy.copy(value)) == hash(value)


@pytest.mark.parametrize(
    ("settings", "override"),
    [
        (None, Override()),
        ({}, Override()),
        ({"track_opens": False}, Override(track_opens=False)),
        ({"track_clicks": True}, Override(track_clicks=True)),
        ({"track_opens": None, "track_clicks": False}, Override(track_clicks=False)),
        ({"redact_email_content": "?", 3: 4, "tracking_number": "7", "open": True}, Override()),
    ],
)
def test_settings_object_is_read(settings: Anything, override: Override) -> None:
    assert parse_settings(settings) == parse_settings(settings, strict=False) == override


@pytest.mark.parametrize("value", ["false", "true", 0, 1, 0.0, "", [], {}, b"false"])
def test_settings_member_must_be_a_real_boolean(value: object) -> None:
    for key in ("track_opens", "track_clicks"):
        with pytest.raises(InvalidOverride) as caught:
            parse_settings({key: value})
        assert caught.value.field == key
        flag = key.removeprefix("track_")
        assert parse_settings({key: value}, strict=False).problems == (f"{flag}:override_invalid",)


@pytest.mark.parametrize(
    "settings", [{"settings": {"track_opens": False}}, {"settings": None}, [], "track_opens", False, 0, [("a", 1)]]
)
def test_settings_that_are_no_object_or_hold_another_are_invalid(settings: Anything) -> None:
    problem = (
        "holds another settings object; pass the inner one"
        if isinstance(settings, dict)
        else "must be an object or null"
    )
    with pytest.raises(InvalidOverride, match=f"^settings: {problem}$") as caught:
        parse_settings(settings)
    assert caught.value.field == "settings"
    override = parse_settings(settings, strict=False)
    assert (override.track_opens, override.track_clicks, override.problems) == (False, False, BOTH_INVALID)


def test_error_text_names_the_field_and_not_its_value() -> None:
    with pytest.raises(InvalidOverride, match=r"^track_opens: must be true, false or null, not str$"):
        parse_settings({"track_opens": "bob@example.test"})
    with pytest.raises(InvalidOverride, match=f"^{OPENS}: must be true or false$"):
        parse_headers([(OPENS, "bob@example.test")], strict=True)


@given(JSON | st.dictionaries(st.sampled_from(["track_opens", "track_clicks", "settings", "tag"]), JSON))
def test_any_settings_give_an_override_or_invalid_override(settings: Anything) -> None:
    lax = parse_settings(settings, strict=False)
    try:
        strict = parse_settings(settings)
    except InvalidOverride:
        assert lax.problems
    else:
        assert strict == lax
        assert not lax.problems


@pytest.mark.parametrize(
    ("value", "wish"),
    [
        ("true", True),
        ("TRUE", True),
        ("1", True),
        ("Yes", True),
        ("oN", True),
        ("false", False),
        ("False", False),
        ("0", False),
        ("NO", False),
        ("off", False),
        ("  \tfalse\t ", False),
        ("\r\n false", False),
        ("\n\ttrue\r\n ", True),
    ],
)
def test_header_value_is_understood(value: str, wish: bool) -> None:
    expected = Override(track_opens=wish)
    assert parse_headers([(OPENS, value)]) == expected
    assert parse_headers(f"{OPENS}:{value}\r\n\r\n".encode()) == expected
    for chosen in POLICIES:
        assert parse_headers(message_from_bytes(f"{OPENS}:{value}\r\n\r\n".encode(), policy=chosen)) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "maybe",
        '"false"',
        "'false'",
        "false; x=1",
        "false (comment)",
        "(x) false",
        "false\x00",
        "\x00false",
        "\u200bfalse",
        "\ufefffalse",
        "\xa0false",
        "false\x0b",
        "false\x0c",
        "\x1ffalse",
        "false\u2028",
        "\uff54rue",
        "TRUE\u0130",
        "f\u0430lse",
        "\u212a",
        "o\ufb00",
        "１",
        "٠",
        "=?utf-8?q?false?=",
        "=?us-ascii?b?ZmFsc2U=?=",
        "fal\r\n se",
        "t rue",
        "false,false",
        "false false",
        "00",
        "-1",
        "2",
        "t",
        "f",
        "y",
        "n",
        "none",
        "null",
        "\udce4",
        "false\x80",
    ],
)
def test_any_other_header_value_is_off(value: str) -> None:
    assert parse_headers([(OPENS, value)]).problems == INVALID
    with pytest.raises(InvalidOverride) as caught:
        parse_headers([(OPENS, value)], strict=True)
    assert caught.value.field == OPENS
    raw = f"{OPENS}: {value}\r\nSubject: x\r\n\r\n".encode("utf-8", "surrogateescape")
    assert parse_headers(raw).problems == INVALID
    for chosen in POLICIES:
        override = parse_headers(message_from_bytes(raw, policy=chosen))
        assert override.problems == INVALID
        assert resolve(BOTH, override, Override(track_opens=True)).opens is OFF


@pytest.mark.parametrize("value", ["false\n", "false\r\n", "\nfalse", "true\r\nBcc: x", "true\rX: y"])
def test_line_end_that_folds_nothing_is_invalid(value: str) -> None:
    assert parse_headers([(OPENS, value)]).problems == INVALID


@pytest.mark.parametrize("value", [None, True, False, 0, 1, b"false", Header("false"), ["false"]])
def test_header_value_that_is_no_text_is_off(value: object) -> None:
    assert parse_headers([(OPENS, value)]).problems == INVALID


@pytest.mark.parametrize("name", [OPENS, OPENS.lower(), OPENS.upper(), "x-Lm-OvErRiDe-tRaCk-oPeNs"])
def test_header_name_is_case_insensitive(name: str) -> None:
    assert parse_headers([(name, "off")]) == parse_headers(f"{name}: off\n".encode()) == Override(track_opens=False)


@pytest.mark.parametrize(
    "name",
    [
        "Track-Opens",
        "XX-LM-Override-Track-Opens",
        "X-LM-Override-TLS",
        "X-LM-Override-Tracking-Number",
        "X_Track-Open",
        "",
    ],
)
def test_other_header_names_are_other_headers(name: str) -> None:
    assert parse_headers([(name, "maybe")]) == Override()


@pytest.mark.parametrize(
    "name", [f"{OPENS} ", f" {OPENS}", f"{OPENS}:", f"{OPENS}\t", f"\ufeff{OPENS}", f"{OPENS}\x00"]
)
def test_malformed_header_name_is_off(name: str) -> None:
    assert parse_headers([(name, "true")]).problems == INVALID


def test_repeated_headers_that_agree_are_fine() -> None:
    assert parse_headers([(OPENS, "no"), (CLICKS, "on"), (OPENS, "FALSE")]) == Override(
        track_opens=False, track_clicks=True
    )


@pytest.mark.parametrize("values", [("true", "false"), ("0", "1"), ("on", "on", "off")])
def test_repeated_headers_that_disagree_are_off(values: tuple[str, ...]) -> None:
    pairs = [(OPENS, value) for value in values]
    override = parse_headers(pairs)
    assert (override.track_opens, override.track_clicks, override.problems) == (False, None, CONFLICT)
    with pytest.raises(InvalidOverride, match=f"^{OPENS}: contradicts another one$"):
        parse_headers(pairs, strict=True)


def test_invalid_header_wins_over_contradicting_ones() -> None:
    assert parse_headers([(OPENS, "true"), (OPENS, "false"), (OPENS, "?")]).problems == INVALID


def test_prefix_may_be_another() -> None:
    raw = b"X-Acme-Track-Clicks: false\nX-LM-Override-Track-Opens: false\n\n"
    assert parse_headers(raw, prefix="x-acme-") == Override(track_clicks=False)


@pytest.mark.parametrize(
    ("raw", "problems"),
    [
        (b"X-LM-Override-Track-Opens : false\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens\t: true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens=true\r\n\r\n", BOTH_INVALID),
        (b" X-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"\xef\xbb\xbfX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens: true\rX: y\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens: true\r\r\n\r\n", INVALID),
        (b"X: y\rX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"Subject : x\r\nX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"broken\r\nX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens: true\r\nSubject : x\r\n\r\n", ()),
        (b"Subject : x\r\n\r\n", ()),
    ],
)
def test_raw_header_that_parsers_disagree_about_is_off(raw: bytes, problems: tuple[str, ...]) -> None:
    assert parse_headers(raw).problems == problems


@pytest.mark.parametrize(
    "raw",
    [
        b"A: 1\r\nX-LM-Override-Track-Opens : false\r\n\r\n<p>",
        b" X-LM-Override-Track-Opens: false\r\nA: 1\r\n\r\n<p>",
        b"A: 1\r\nFrom b\r\nB: 2\r\n\r\n<p>",
        b"A: 1\r\n: 2\r\nB: 2\r\n\r\n<p>",
    ],
)
@pytest.mark.parametrize("chosen", POLICIES)
def test_message_whose_headers_the_parser_gave_up_is_off(raw: bytes, chosen: Anything) -> None:
    message = message_from_bytes(raw, policy=chosen)
    assert parse_headers(message).problems == BOTH_INVALID
    with pytest.raises(InvalidOverride, match=f"^{OPENS}: may be lost: the header block is malformed$"):
        parse_headers(message, strict=True)


def test_defect_of_a_body_says_nothing_about_the_headers() -> None:
    message = message_from_bytes(b"Content-Type: multipart/mixed; boundary=x\n\nno boundary")
    assert message.defects
    assert parse_headers(message) == Override()


def test_body_is_never_read() -> None:
    raw = b"Subject: a\r\n\r\nX-LM-Override-Track-Opens: maybe\r\n"
    assert parse_headers(raw) == parse_headers(message_from_bytes(raw)) == Override()


def test_envelope_line_hides_no_header() -> None:
    assert parse_headers(b"From bob Thu\nX-LM-Override-Track-Opens: no\n\n") == Override(track_opens=False)


def test_message_made_in_code_is_read() -> None:
    messages: list[Message[str, str | Header]] = [EmailMessage(), Message()]
    for message in messages:
        message[OPENS] = "false"
        message[CLICKS] = "TRUE"
        message["Subject"] = "hällo"
        assert parse_headers(message) == Override(track_opens=False, track_clicks=True)


def test_header_object_in_a_message_is_off() -> None:
    message: Message[Anything, Anything] = Message()
    message[OPENS] = Header("false", "utf-8")
    assert parse_headers(message).problems == INVALID


def test_letters_that_python_lowers_to_ours_are_in_no_value() -> None:
    lowered = {chr(code).lower() for code in range(0x80, 0x110000) if chr(code).lower().isascii()}
    assert lowered == {"k"}
    assert not any("k" in value for value in ("true", "1", "yes", "on", "false", "0", "no", "off"))


def test_hostile_header_values_are_not_parsed() -> None:
    raw = b'X-LM-Override-Track-Opens: =?x-evil?q?\xff?= (((((\r\nTo: =?utf-8?b?!?=, "<@,;:\r\n\r\n'
    for chosen in POLICIES:
        assert parse_headers(message_from_bytes(raw, policy=chosen)).problems == INVALID


@pytest.mark.parametrize(
    "headers",
    [
        "X-LM-Override-Track-Opens: false",
        bytearray(),
        memoryview(b""),
        None,
        3,
        ["ab"],
        [(OPENS,)],
        [(b"name", b"false")],
        [{OPENS, "false"}],
        [(OPENS, "false", "x")],
    ],
)
def test_headers_of_another_form_are_a_type_error(headers: Anything) -> None:
    text = (
        "each header must be a tuple of its name, a str, and its value"
        if isinstance(headers, list)
        else f"headers must be a Message, bytes, a mapping or pairs of name and value, not {type(headers).__name__}"
    )
    with pytest.raises(TypeError, match=f"^{text}$"):
        parse_headers(headers)


def test_pairs_may_come_from_an_iterator() -> None:
    assert parse_headers((OPENS, value) for value in ("no", "off")) == Override(track_opens=False)


@given(st.binary(max_size=300) | HEADER_BLOCKS, st.binary(max_size=30))
@example(b"X-LM-Override-Track-Opens: true\r\n", b"")
def test_any_header_bytes_give_an_override_or_invalid_override(raw: bytes, body: bytes) -> None:
    lax = parse_headers(raw + b"\r\n\r\n" + body)
    try:
        strict = parse_headers(raw + b"\r\n\r\n" + body, strict=True)
    except InvalidOverride:
        assert lax.problems
    else:
        assert strict == lax
        assert not lax.problems


@given(HEADER_BLOCKS)
@example(b"X-LM-Override-Track-Opens: true\n From x\n")
def test_raw_bytes_and_the_stdlib_message_never_say_the_opposite(raw: bytes) -> None:
    ours = parse_headers(raw)
    theirs = parse_headers(message_from_bytes(raw))
    for flag in ("opens", "clicks"):
        our_wish, their_wish = getattr(ours, f"track_{flag}"), getattr(theirs, f"track_{flag}")
        if our_wish is True:
            assert their_wish is True or any(problem.startswith(flag) for problem in theirs.problems)
        if their_wish is False and not theirs.problems:
            assert our_wish is False


@given(st.lists(OVERRIDE_PAIRS, max_size=5), st.randoms(use_true_random=False))
def test_order_of_headers_does_not_matter(pairs: list[tuple[str, object]], random: Anything) -> None:
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    assert parse_headers(pairs) == parse_headers(shuffled)


@given(st.text(max_size=12))
@example("tru\u0415")
def test_only_the_documented_values_are_read(value: str) -> None:
    documented = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    override = parse_headers([(OPENS, value)])
    plain = value.replace("\r\n ", " ").replace("\r\n\t", " ").replace("\n ", " ").replace("\n\t", " ").strip(" \t")
    ascii_lower = plain.translate({upper: upper + 32 for upper in range(65, 91)})
    assert override == (
        Override(track_opens=documented[ascii_lower]) if ascii_lower in documented else parse_headers([(OPENS, "?")])
    )


@given(OVERRIDES)
def test_flag_with_a_problem_is_off_even_if_the_problem_is_dropped(override: Override) -> None:
    for problem in override.problems:
        assert getattr(dataclasses.replace(override), f"track_{problem.partition(':')[0]}") is False


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        ("X-LM-Override-Track Opens: false", ("opens:override_invalid", "clicks:override_invalid")),
        ("X-LM-Override- Track-Opens: false", ("opens:override_invalid", "clicks:override_invalid")),
        ("X-LM-Override-Track-O pens: false", ("opens:override_invalid", "clicks:override_invalid")),
        ("X-LM-Override-Track-O : false", ("opens:override_invalid",)),
        ("X-LM-Override-Track-O X-LM-Override-Track-O: false", ("opens:override_invalid",)),
        ("X-LM-Override- : false", ("opens:override_invalid", "clicks:override_invalid")),
        ("X-LM-Override-TLS : x", ()),
        ("X-LM-Override-Tag : x", ()),
        ("X-LM -Override-Track-Opens: false", ()),
        ("X-LM-Override-Tra: false", ()),
        ("Bad line\r\nX-LM-Override-Tra: false", ()),
    ],
)
def test_a_name_broken_by_a_blank_fails_closed_on_what_it_could_be(line: str, problems: tuple[str, ...]) -> None:
    assert parse_headers(f"Subject: x\r\n{line}\r\n\r\n".encode()).problems == problems
    if "\r\n" not in line:
        name, _, value = line.partition(":")
        assert parse_headers([(name, value)]).problems == problems

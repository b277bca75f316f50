"""Any message keeps its headers and its content."""

from __future__ import annotations

import email
import re
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.utils import getaddresses
from random import Random  # noqa: TID251 - seeded, in tests only
from typing import TYPE_CHECKING, Final

from hypothesis import example, given, settings, strategies as st

from lmtrack.message import message_bytes
from message_strategies import junk, mutated, seeded_message
from wire_mails import LONG_URI, MAILTO, crlf, unfolded

if TYPE_CHECKING:
    from pathlib import Path


def state(message: Message) -> list[object]:
    """Everything an object holds."""
    payload = vars(message)["_payload"]
    inner = [state(part) for part in payload] if isinstance(payload, list) else payload
    values = [(name, str(value)) for name, value in message.raw_items()]
    return [values, message.preamble, message.epilogue, message.get_unixfrom(), inner]


def same(text: str | None) -> str:
    """A text as a comparison sees it: line ends are one, and the last is none."""
    return re.sub("\r\n|\r|\n", "\n", text or "").removesuffix("\n")


def check_same(before: Message, after: Message) -> None:
    """By the standard library's parser, two messages hold the same headers and content."""
    encodings = {"content-transfer-encoding", "mime-version"}
    recoded = [str(part["Content-Transfer-Encoding"]).lower().strip() for part in (before, after)]
    fields = [
        [(name, same(str(value)).strip()) for name, value in part.raw_items() if name.lower() not in encodings]
        for part in (before, after)
    ]
    if any(re.search("[^\n]{900}", value) for _, value in fields[0]):  # what is too long is folded
        fields = [[(name, value.replace("\n", "")) for name, value in found] for found in fields]
    assert fields[0] == fields[1]
    assert same(before.get_content_type()) == same(after.get_content_type())
    assert same(before.preamble) == same(after.preamble)
    assert same(before.epilogue) == same(after.epilogue)
    if before.is_multipart():
        parts = [part.get_payload() for part in (before, after)]
        assert isinstance(parts[0], list)
        assert isinstance(parts[1], list)
        for inner in zip(*parts, strict=True):
            check_same(*inner)
        return
    assert not after.is_multipart()
    if recoded[0] == recoded[1]:
        # Where the stdlib sees no encoding (`base64 `, with a blank) there is one all the same.
        soft = {"base64": "\n", "quoted-printable": "=\n"}.get(recoded[0])
        payloads = [same(vars(part)["_payload"]) for part in (before, after)]
        if soft and re.search("[^\n]{999}", payloads[0]):
            payloads = [payload.replace(soft, "") for payload in payloads]
        assert payloads[0] == payloads[1]
        return
    decoded = [part.get_payload(decode=True) for part in (before, after)]
    assert isinstance(decoded[0], bytes)
    assert isinstance(decoded[1], bytes)
    assert crlf(decoded[0]) == crlf(decoded[1])


def has_parameter_twice(raw: bytes) -> bool:
    """Return whether a field has a parameter that Pythons read in different ways."""
    for field in re.split(rb"[\r\n]+(?![ \t])", raw):
        found = re.findall(rb";\s*(\w+)\*([0-9]*)", field)
        pieces = [(name.lower(), int(number or -1)) for name, number in found]
        if len(set(pieces)) < len(pieces) or any((name, -1) in pieces for name, number in pieces if number >= 0):
            return True
    return False


def check_written(raw: bytes, rules: policy.Policy) -> None:
    try:
        message = email.message_from_bytes(raw, policy=rules)
    except (AttributeError, HeaderParseError, IndexError, TypeError, ValueError):  # the parser's own mistakes
        rules = policy.compat32
        try:
            message = email.message_from_bytes(raw, policy=rules)
        except TypeError:  # for `boundary*=a; boundary*0=b`, in Pythons that have a mistake there
            return
    before = state(message)
    try:
        octets = message_bytes(message, keep_bcc=True)
    except ValueError:
        assert re.search(rb"\0|[^\r\n]{999}", raw) or has_parameter_twice(raw)
        return
    finally:
        assert state(message) == before
    assert octets.endswith(b"\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", octets)
    parsed = email.message_from_bytes(octets, policy=rules)
    check_same(message, parsed)
    assert message_bytes(parsed, keep_bcc=True) == octets


SOME_POLICY: Final = st.sampled_from([policy.compat32, policy.default, policy.SMTP, policy.SMTPUTF8])


@given(seed=st.integers(0, 1 << 32), change=st.booleans(), rules=SOME_POLICY)
@example(seed=1, change=False, rules=policy.compat32)  # a multipart that holds no part
@example(seed=19, change=False, rules=policy.compat32)  # a text of one long line
def test_any_parsed_message_keeps_headers_and_content(seed: int, change: bool, rules: policy.Policy) -> None:
    raw = seeded_message(seed).raw
    check_written(mutated(raw, Random(seed)) if change else raw, rules)  # noqa: S311 - no secret is made here


@given(raw=junk(), rules=SOME_POLICY)
def test_any_octets_keep_headers_and_content(raw: bytes, rules: policy.Policy) -> None:
    check_written(raw, rules)


WORDS: Final = st.sampled_from([
    "a", "word", "x" * 70, "x" * 200, "é", "日本", "ü" * 50, "🎉", "=?utf-8?q?a?=", "=?", '"', "(c)", "\x01", "\xa0",
    "<a@b.example>", ",", ";",
])  # fmt: skip
BLANKS: Final = st.sampled_from([" ", " ", " ", "  ", "\t"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.tuples(WORDS, BLANKS), max_size=30))
    return "".join(word + blank for word, blank in words).strip()


@given(value=texts(), kind=st.sampled_from([Message, EmailMessage]))
@example(value="é =?utf-8?q?a?= é", kind=Message)
def test_a_text_is_read_as_it_was_set_by_every_reader(value: str, kind: type[Message]) -> None:
    message = kind()
    message["Subject"] = value
    octets = message_bytes(message)
    given_value = str(message["Subject"])
    written = unfolded(octets)["Subject"]
    if given_value.isascii():
        assert written == value if "=?" not in value else written.split() == given_value.split()
    else:
        assert str(make_header(decode_header(written))) == given_value
    for line in octets.split(b"\r\n"):
        assert len(line) <= 998
        assert b"=?utf-8?" not in line or len(line) <= 76 or given_value.isascii() or b"x" * 70 in line


NAMES: Final = st.text("abé ,.\"\\'()日", min_size=1, max_size=60)


@given(names=st.lists(NAMES, min_size=1, max_size=6), rules=st.sampled_from([policy.default, policy.SMTP]))
def test_names_and_addresses_are_read_as_they_were_set(names: list[str], rules: policy.Policy) -> None:
    message = EmailMessage(policy=rules)
    people = [Address(" ".join(name.split()), f"p{place}", "reader.example") for place, name in enumerate(names)]
    message["To"] = people
    found = getaddresses([unfolded(message_bytes(message))["To"]])
    assert [address for _, address in found] == [person.addr_spec for person in people]
    assert [str(make_header(decode_header(name))) for name, _ in found] == [person.display_name for person in people]


@settings(max_examples=20)
@given(text=st.text(max_size=200).map(lambda text: text.replace("\r", "").replace("\x00", "")), html=st.booleans())
def test_policies_of_the_same_kind_give_the_same_octets(text: str, html: bool) -> None:
    written = set()
    for rules in (policy.default, policy.default.clone(refold_source="all", mangle_from_=True, raise_on_defect=True)):
        message = EmailMessage(policy=rules)
        message["Subject"] = "Grüße " * 20
        message["List-Unsubscribe"] = f"{LONG_URI}, {MAILTO}"
        message.set_content(text, subtype="html" if html else "plain")
        written.add(message_bytes(message))
    assert len(written) == 1


def test_every_message_of_the_corpus_keeps_its_octets(shared: Path) -> None:
    kept = 0
    paths = sorted((shared / "corpus").rglob("*.eml"))
    for path in paths:
        raw = path.read_bytes()
        check_written(raw, policy.compat32 if len(raw) > 20_000 else policy.default)  # which is slow
        kept += message_bytes(email.message_from_bytes(raw), keep_bcc=True) == crlf(raw)
    # The others: envelope lines, lines too long, blanks that the parser drops, multiparts that do not end.
    assert kept >= len(paths) * 2 // 3

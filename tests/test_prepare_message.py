"""`prepare_message`: the addresses of a message as `smtplib` reads them, and the tracked bytes without Bcc."""

from __future__ import annotations

import copy
import email
import pickle
import smtplib
from datetime import UTC, datetime
from email import policy
from email.header import Header
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import (
    Campaign,
    Consent,
    Route,
    TrackingDomain,
    TrackingMode,
    make_keys,
    message_bytes,
    prepare_message,
    resolve,
    track_message,
)

if TYPE_CHECKING:
    from lmtrack.message import Prepared

NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these tests only"))
GRANTED: Final = resolve(Route(track_opens=True, track_clicks=True, require_consent=True), consent=Consent.GRANTED)
SHOP: Final = "letters@shop.example"
ANN, BEN, CEM, DOT = (f"{name}@reader.example" for name in ("ann", "ben", "cem", "dot"))


def letter(*fields: tuple[str, Any], kind: type[Message] = EmailMessage, html: str = "<p>Hello</p>\n") -> Message:
    message = kind()
    for name, value in fields:
        message[name] = value
    message["Content-Type"] = "text/html; charset=utf-8"
    message.set_payload(html)
    return message


def prepare(message: Message, **options: Any) -> Prepared:  # noqa: ANN401 - any of them
    return prepare_message(message, GRANTED, domain=DOMAIN, message_id="m-1", now=NOON, **options)


def envelope(*fields: tuple[str, Any], **options: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - the same
    mail = prepare(letter(*fields), **options)
    return mail.sender, mail.recipients


def test_a_message_to_one_person_is_tracked_as_its_bytes_would_be() -> None:
    message = letter(("From", f"Lantern Row <{SHOP}>"), ("To", f"Ann <{ANN}>"))
    before = message.as_bytes()
    mail = prepare(message)
    expected = track_message(message_bytes(message), GRANTED, domain=DOMAIN, message_id="m-1", now=NOON)
    assert mail.tracked == expected
    assert mail.raw is mail.tracked.raw
    assert b"https://track.example/o/" in mail.raw
    assert (mail.sender, mail.recipients) == (SHOP, (ANN,))
    assert message.as_bytes() == before


def test_a_value_pickles_and_shows_no_address() -> None:
    mail = prepare(letter(("From", SHOP), ("To", ANN)))
    assert pickle.loads(pickle.dumps(mail)) == mail == copy.copy(mail)  # noqa: S301 - our own
    assert "@" not in repr(mail)


@pytest.mark.parametrize(
    ("fields", "sender", "recipients"),
    [
        ([("From", SHOP), ("To", ANN), ("Cc", f"Ben <{BEN}>"), ("Bcc", CEM)], SHOP, (ANN, BEN, CEM)),
        ([("From", f"{ANN}, {BEN}"), ("To", CEM)], ANN, (CEM,)),
        ([("From", ANN), ("Sender", SHOP), ("To", CEM)], SHOP, (CEM,)),
        ([("From", SHOP), ("To", "undisclosed-recipients:;"), ("Bcc", ANN)], SHOP, (ANN,)),
        ([("From", SHOP), ("To", f"Row: {ANN}, Ben <{BEN}>;, {CEM}")], SHOP, (ANN, BEN, CEM)),
        ([("From", SHOP), ("To", [ANN, f"Ben <{BEN}>"])], SHOP, (ANN, BEN)),
        ([("From", SHOP), ("To", f"Ann <{ANN}> (at home), Ann <ann@READER.example>")], SHOP, (ANN,)),
        ([("From", SHOP), ("To", f'"a, b"@reader.example, {ANN}')], SHOP, ('"a, b"@reader.example', ANN)),
        ([("From", SHOP), ("To", "postmaster")], SHOP, ("postmaster",)),
    ],
)  # fmt: skip
def test_addresses_are_read_from_the_fields(
    fields: list[tuple[str, Any]], sender: str, recipients: tuple[str, ...]
) -> None:
    message = letter(*fields)
    mail = prepare(message)
    assert (mail.sender, mail.recipients) == (sender, recipients)
    assert b"bcc" not in mail.raw.lower()


def test_a_message_sent_again_goes_to_those_it_is_sent_to_again() -> None:
    fields = [("From", SHOP), ("To", ANN), ("Bcc", BEN), ("Resent-Date", "Mon, 2 Nov 2026 12:00:00 +0000")]
    again = [("Resent-From", ANN), ("Resent-To", CEM), ("Resent-Bcc", DOT)]
    mail = prepare(letter(*fields, *again))
    assert (mail.sender, mail.recipients) == (ANN, (CEM, DOT))
    assert b"bcc" not in mail.raw.lower()
    assert envelope(*fields, *again, ("Resent-Sender", BEN))[0] == BEN
    twice = [*fields, *again, ("Resent-Date", "Tue, 3 Nov 2026 12:00:00 +0000")]
    with pytest.raises(ValueError, match="more than one block of Resent fields: pass sender and recipients"):
        envelope(*twice)
    assert envelope(*twice, sender=SHOP, recipients=[ANN]) == (SHOP, (ANN,))


def test_addresses_that_are_passed_count_instead_of_the_fields() -> None:
    fields = [("From", SHOP), ("To", f"{ANN}, {BEN}")]
    assert envelope(*fields, recipients=[f"Cem <{CEM}>"]) == (SHOP, (CEM,))
    assert envelope(*fields, sender=f"Bounces <{DOT}>", recipients=(CEM, CEM)) == (DOT, (CEM,))
    assert envelope(*fields, sender="", recipients={CEM}) == ("", (CEM,))
    assert envelope(recipients=[CEM], sender=SHOP) == (SHOP, (CEM,))


@pytest.mark.parametrize(
    ("fields", "options", "error", "text"),
    [
        ([("To", ANN)], {}, ValueError, "has no sender: set its From field, or pass sender"),
        ([("From", SHOP)], {}, ValueError, "has no recipient: set its To field, or pass recipients"),
        ([("From", SHOP), ("To", "undisclosed-recipients:;")], {}, ValueError, "has no recipient"),
        ([("From", SHOP), ("To", ANN)], {"recipients": []}, ValueError, "has no recipient"),
        ([("From", SHOP), ("To", ANN)], {"recipients": ANN}, TypeError, "recipients must be a sequence of str"),
        ([("From", SHOP), ("To", ANN)], {"recipients": [1]}, TypeError, "a recipient must be a str, not int"),
        ([("From", SHOP), ("To", ANN)], {"sender": 1}, TypeError, "sender must be a str, not int"),
        ([("From", SHOP), ("To", ANN)], {"shared": 0}, TypeError, "shared must be a bool, not int"),
        ([("From", SHOP), ("To", ANN)], {"recipients": ["a\x00@reader.example"]}, ValueError,
         "the address of a recipient is empty, or contains a space"),
        ([("From", SHOP), ("To", ANN)], {"sender": "a\x00@shop.example"}, ValueError, "the address of the sender"),
        ([("From", SHOP), ("To", ANN)], {"sender": "a\udcff@shop.example"}, ValueError, "the address of the sender"),
        ([("From", SHOP), ("To", ANN)], {"sender": "\ud83d@shop.example"}, ValueError, "sender holds a lone surrogate"),
        ([("From", SHOP), ("To", ANN)], {"recipients": [ANN, "\ud83d <a@reader.example>"]}, ValueError,
         "a recipient holds a lone surrogate"),
        ([("From", SHOP), ("To", ANN)], {"recipients": ["(" * 990]}, ValueError, "a recipient cannot be parsed"),
        ([("From", SHOP), ("To", ANN)], {"recipients": [f"<{ANN}"]}, None, ""),
        ([("From", SHOP), ("To", "<>")], {}, ValueError, "the address of a recipient is empty"),
        ([("From", SHOP), ("To", ANN)], {"recipients": ["é" * 999]}, ValueError,
         "a recipient holds an address of more than 998"),
        ([("From", SHOP), ("To", "ann@bücher.example")], {}, ValueError, "needs policy.SMTPUTF8"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_named(
    fields: list[tuple[str, Any]], options: dict[str, Any], error: type[Exception] | None, text: str
) -> None:
    if error is None:
        assert envelope(*fields, **options) == (SHOP, (ANN,))
        return
    with pytest.raises(error, match=text) as refused:
        envelope(*fields, **options)
    assert "reader" not in str(refused.value)


@pytest.mark.parametrize("field", ["From", "To", "Cc", "Bcc", "Sender"])
def test_a_lone_surrogate_in_an_address_field_is_refused_by_its_name(field: str) -> None:
    message = Message()  # an EmailMessage does not take it
    message["From"], message["To"] = SHOP, ANN
    del message[field]
    message[field] = f"\ud83d <{BEN}>"
    with pytest.raises(ValueError, match=f"^the header {field.lower()} holds a lone surrogate$"):
        prepare(message)


def test_only_messages_and_decisions_are_taken() -> None:
    with pytest.raises(TypeError, match="message must be a Message, not bytes"):
        prepare(b"From: a\r\n\r\n")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="decision must be a Decision, not bool"):
        prepare_message(letter(), True, domain=DOMAIN, message_id="m-1")  # type: ignore[arg-type]


def test_a_header_field_of_another_type_is_refused() -> None:
    message = Message()
    message["From"] = 1  # type: ignore[assignment]
    with pytest.raises(TypeError, match="the header from must be a str or a Header, not int"):
        prepare(message, recipients=[ANN])


# One body for several people


@pytest.mark.parametrize("hidden", ["To", "Cc", "Bcc"])
def test_one_body_for_several_people_is_not_tracked(hidden: str) -> None:
    mail = prepare(letter(("From", SHOP), (hidden, f"{ANN}, {BEN}")))
    assert b"track.example" not in mail.raw
    assert mail.tracked.decision.reasons == tuple(
        f"{flag}:{code}" for flag in ("opens", "clicks") for code in ("shared_body", "aggregate_without_campaign")
    )


def test_with_a_campaign_one_body_for_several_people_is_tracked_in_aggregate() -> None:
    mail = prepare(letter(("From", SHOP), ("To", f"{ANN}, {BEN}")), campaign=Campaign(id="autumn", started_at=NOON))
    assert mail.tracked.decision.opens is TrackingMode.AGGREGATE
    assert b"https://track.example/o/" in mail.raw


def test_two_addresses_may_be_one_persons() -> None:
    mail = prepare(letter(("From", SHOP), ("To", f"{ANN}, {BEN}")), shared=False)
    assert mail.tracked.decision.reasons == ()
    assert b"https://track.example/o/" in mail.raw


# Names


@pytest.mark.parametrize(
    "value",
    [
        f"=?utf-8?q?R=C3=B6w=2C_Lamp?= <{ANN}>",
        f"=?utf-8?b?UsO2dywgTGFtcA==?= <{ANN}>",
        Header(f"Röw <{ANN}>", "utf-8"),
    ],
    ids=["q", "b", "one encoded header"],
)
def test_a_comma_in_an_encoded_name_makes_no_second_address(value: str | Header) -> None:
    assert prepare(letter(("From", SHOP), ("To", value), kind=Message)).recipients == (ANN,)


def test_a_header_of_pieces_keeps_the_comma_of_its_name() -> None:
    value = Header("Röw, Lamp", "utf-8")
    value.append(f"<{ANN}>", "us-ascii")
    mail = prepare(letter(("From", SHOP), ("To", value), kind=Message))
    assert mail.recipients == (ANN,)
    read = email.message_from_bytes(mail.raw, policy=policy.default)["To"].addresses
    assert [(address.display_name, address.addr_spec) for address in read] == [("Röw, Lamp", ANN)]


# The same as smtplib


def read_by_smtplib(message: Message) -> tuple[str, list[str]]:
    """The addresses that `send_message` would send from and to."""
    server = smtplib.SMTP()
    sent: list[tuple[str, list[str]]] = []
    server.ehlo_or_helo_if_needed = lambda: None  # type: ignore[method-assign]
    server.sendmail = lambda sender, recipients, *_: sent.append((sender, recipients))  # type: ignore[method-assign, assignment]
    server.send_message(message)
    return sent[0]


WORD: Final = st.sampled_from(["Ann", "Lantern Row", '"Row, Lamp"', "", "=?utf-8?q?R=C3=B6w?="])
ADDRESS: Final = st.builds(
    lambda name, user: f"{name} <{user}@reader.example>".strip(), WORD, st.sampled_from(["ann", "ben", "c.em", "d+t"])
)
LISTS: Final = st.lists(ADDRESS, min_size=1, max_size=3).map(", ".join)
NAMES: Final = st.sampled_from(["To", "Cc", "Bcc", "Sender", "Resent-To", "Resent-Bcc", "Resent-Sender"])


@given(fields=st.dictionaries(NAMES, LISTS), resent=st.booleans(), kind=st.sampled_from([EmailMessage, Message]))
@example(fields={"Sender": f"Ann <{ANN}>", "To": f'"Row, Lamp" <{BEN}>'}, resent=False, kind=Message)
def test_addresses_are_those_that_smtplib_reads(fields: dict[str, str], resent: bool, kind: type[Message]) -> None:
    prefix = "Resent-" if resent else ""
    given_fields = [*fields.items(), (f"{prefix}From", SHOP), *([("From", ANN)] if resent else [])]
    if resent:
        given_fields.append(("Resent-Date", "Mon, 2 Nov 2026 12:00:00 +0000"))
    message = letter(*given_fields, kind=kind)
    if "Sender" in fields and kind is EmailMessage:
        del message["Sender"]  # its parser allows one address there
        del message["Resent-Sender"]
    sender, recipients = read_by_smtplib(message)
    if not any(recipients):
        with pytest.raises(ValueError, match="has no recipient"):
            prepare(message)
        return
    mail = prepare(message)
    assert mail.sender == sender
    assert set(mail.recipients) == set(recipients)
    assert len(mail.recipients) == len(set(mail.recipients))

"""The page on a relay: a transaction and tokens for each recipient, whatever the servers answer."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import sqlite3
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from howto_pages import run_page
from lmtrack import Consent, Decision, message_bytes, read_click_token, read_open_token, untrack_message
from message_strategies import seeded_message
from sent_letters import ANN, BEN, CEM, DOT, ROUTE, SENDER, letter, sendmail, tokens_in

if TYPE_CHECKING:
    from sent_letters import Send

Foreign: TypeAlias = Any  # what libraries without types hand over


@pytest.fixture(scope="module")
def relay_page() -> dict[str, Any]:
    pytest.importorskip("aiosmtpd")
    return run_page("relay-with-aiosmtpd.md")


class Behind:
    """The next server: keeps what it gets, and refuses what it is told to."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes]] = []
        self.options: list[list[str]] = []
        self.refuses: dict[str, str] = {}
        self.answer = "250 kept"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: object, session: object, envelope: Foreign, address: str, options: object
    ) -> str:
        """Take a recipient or not."""
        del server, session, options
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: Foreign) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail or not."""
        del server, session
        if self.answer.startswith("250"):
            self.mails.append((envelope.rcpt_tos, envelope.content))
            self.options.append(envelope.mail_options)
        return self.answer


class Street:
    """A relay between a client and the next server."""

    def __init__(self, page: dict[str, Any], *, kind: str = "Tracker") -> None:
        self.page = page
        self.agreed = {ANN, CEM}
        self.log: list[tuple[object, str, Decision]] = []
        self.behind = Behind()
        self.tracker = page[kind](
            domain=page["domain"], route=ROUTE, consent_of=self.consent_of, record=self.log.extend
        )
        self.relay = page["Relay"](self.tracker, None)

    def consent_of(self, address: str) -> Consent:
        """What that person says."""
        return Consent.of(True if address in self.agreed else None)

    def run(self, *sends: Send) -> None:
        """Let each talk to the relay, one after the other."""
        asyncio.run(self._run(sends))

    async def _run(self, sends: tuple[Send, ...]) -> None:
        async with await self.page["listen"](self.behind) as behind:
            self.relay.next_server = behind.sockets[0].getsockname()
            async with await self.page["listen"](self.relay) as server:
                for send in sends:
                    await asyncio.to_thread(send, server.sockets[0].getsockname()[1])


@pytest.fixture
def street(relay_page: dict[str, Any]) -> Street:
    return Street(relay_page)


def test_every_tracked_recipient_has_a_transaction_and_tokens_of_their_own(street: Street) -> None:
    readers = [f"reader-{number}@reader.example" for number in range(20)]
    street.agreed = set(readers[::2])
    raw = message_bytes(letter())
    street.run(sendmail(raw, *readers))
    alone, together = street.behind.mails[:1] + street.behind.mails[2:], street.behind.mails[1]
    assert together == (readers[1::2], raw)
    assert [recipients for recipients, _ in alone] == [[reader] for reader in readers[::2]]
    ids = {reader: str(mail_id) for mail_id, reader, _ in street.log}
    keys = street.page["domain"].keys
    for (reader,), octets in alone:
        (click,), (opened,) = tokens_in(octets, "c"), tokens_in(octets, "o")
        assert read_click_token(keys, click).message_id == read_open_token(keys, opened).message_id == ids[reader]
        assert read_click_token(keys, click).url == "https://shop.example/lamps?a=1&b=2"
        assert untrack_message(octets, domain=street.page["domain"]) == raw
    assert len(set(ids.values())) == len(readers)


def test_the_same_mail_in_a_transaction_for_each_reader_shares_no_token_either(street: Street) -> None:
    raw = message_bytes(letter())
    street.run(sendmail(raw, ANN), sendmail(raw, CEM))
    (_, first), (_, second) = street.behind.mails
    assert not set(tokens_in(first, "o")) & set(tokens_in(second, "o"))


WISHES: Final = {
    "opens off": (b"X-LM-Override-Track-Opens: false\r\n", (0, 1)),
    "clicks off": (b"x-lm-override-track-clicks:\tNO\r\n", (1, 0)),
    "both off": (b"X-LM-Override-Track-Opens: off\r\nX-LM-Override-Track-Clicks: 0\r\n", (0, 0)),
    "folded": (b"X-LM-Override-Track-Opens:\r\n false\r\n", (0, 1)),
    "unreadable": (b"X-LM-Override-Track-Opens: maybe\r\n", (0, 1)),
    "contradiction": (b"X-LM-Override-Track-Opens: true\r\nX-LM-Override-Track-Opens: false\r\n", (0, 1)),
    "a blank before the colon": (b"X-LM-Override-Track-Opens : true\r\n", (0, 1)),
    "on": (b"X-LM-Override-Track-Opens: true\r\n", (1, 1)),
}


@pytest.mark.parametrize(("header", "counts"), WISHES.values(), ids=WISHES)
def test_the_relay_honours_and_removes_the_headers(street: Street, header: bytes, counts: tuple[int, int]) -> None:
    raw = message_bytes(letter())
    street.run(sendmail(header + raw, ANN, BEN))
    by_reader = {reader: octets for recipients, octets in street.behind.mails for reader in recipients}
    assert (len(tokens_in(by_reader[ANN], "o")), len(tokens_in(by_reader[ANN], "c"))) == counts
    assert by_reader[BEN] == raw
    assert untrack_message(by_reader[ANN], domain=street.page["domain"]) == raw


def test_a_header_that_says_yes_does_not_beat_a_refusal(street: Street) -> None:
    raw = message_bytes(letter())
    street.run(sendmail(b"X-LM-Override-Track-Opens: true\r\nX-LM-Override-Track-Clicks: true\r\n" + raw, BEN))
    assert street.behind.mails == [([BEN], raw)]


UNTRACKED: Final = {
    "signed": b"DKIM-Signature: v=1; a=rsa-sha256; b=x\r\n" + message_bytes(letter()),
    "S/MIME": b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n",
    "plain": b"Subject: x\r\n\r\nFrom here\r\n.\r\n..\r\nhttps://shop.example/\r\n",
    "another charset": b"Content-Type: text/html; charset=utf-16\r\n\r\n\xff\xfe<\0p\0>\0\r\n",
    "no header": b"\r\n<a href='https://shop.example/'>x</a>\r\n",
    "junk": bytes(octet for octet in range(256) if octet not in b"\r\n") + b"\r\n",
    "empty": b"\r\n",
}


@pytest.mark.parametrize("raw", UNTRACKED.values(), ids=UNTRACKED)
def test_what_cannot_be_tracked_arrives_octet_for_octet_in_one_transaction(street: Street, raw: bytes) -> None:
    street.run(sendmail(raw, ANN, BEN, CEM))
    assert street.behind.mails == [([ANN, BEN, CEM], raw)]


@pytest.mark.parametrize("broken", ["consent_of", "record", "domain"])
@pytest.mark.parametrize("kind", ["Tracker", "OneCopy"])
def test_a_mail_is_passed_on_untracked_whatever_goes_wrong(
    relay_page: dict[str, Any], caplog: pytest.LogCaptureFixture, kind: str, broken: str
) -> None:
    street = Street(relay_page, kind=kind)

    def fail(subject: object) -> Consent:
        if subject == ANN:
            return Consent.GRANTED
        raise sqlite3.OperationalError("no database today")

    setattr(street.tracker, broken, None if broken == "domain" else fail)
    raw = message_bytes(letter())
    street.run(sendmail(b"X-LM-Override-Track-Opens: true\r\n" + raw, ANN, CEM))
    assert street.behind.mails == [([ANN, CEM], raw)]
    assert street.log == []  # or it would say that Ann's was tracked
    assert "passed on untracked" in caplog.text


def test_the_options_of_a_mail_are_passed_on(street: Street) -> None:
    raw = message_bytes(letter(utf8=True))
    assert "Subject: Grüße".encode() in raw
    reader, sender = "ännä@reader.example", "läden@shop.example"
    street.agreed = {reader}

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail(sender, [reader], raw, mail_options=["SMTPUTF8", "BODY=8BITMIME"])

    street.run(send, sendmail(raw, ANN))
    assert [set(options) - {"BODY=8BITMIME"} for options in street.behind.options] == [
        {f"SIZE={len(street.behind.mails[0][1])}", "SMTPUTF8"},
        {f"SIZE={len(street.behind.mails[1][1])}"},
    ]
    assert all("BODY=8BITMIME" in options for options in street.behind.options)
    [[address], octets] = street.behind.mails[0]
    assert address == reader
    assert len(tokens_in(octets, "c")) == 1


def test_a_next_server_that_knows_no_8bitmime_is_not_told_of_it(street: Street) -> None:
    async def handle_EHLO(  # noqa: N802 - aiosmtpd's
        server: object, session: Foreign, envelope: object, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        return [response for response in responses if "8BITMIME" not in response]

    street.behind.handle_EHLO = handle_EHLO  # type: ignore[attr-defined]
    street.run(sendmail(message_bytes(letter()), ANN))
    assert len(street.behind.mails) == 1
    assert "BODY=8BITMIME" not in street.behind.options[0]


def answers_to(octets: bytes, *readers: str, codes: list[int]) -> Send:
    """Send, and note the code of the relay's answer."""

    def send(port: int) -> None:
        try:
            sendmail(octets, *readers)(port)
        except smtplib.SMTPDataError as error:
            codes.append(error.smtp_code)
        else:
            codes.append(250)

    return send


def test_a_mail_that_only_some_got_is_asked_for_again_and_nobody_gets_it_twice(street: Street) -> None:
    raw = message_bytes(letter())
    street.behind.refuses = {CEM: "450 later", DOT: "450 later"}
    codes: list[int] = []
    send = answers_to(raw, ANN, BEN, CEM, DOT, CEM, codes=codes)
    street.run(send, send)
    assert codes == [451, 451]
    assert [recipients for recipients, _ in street.behind.mails] == [[ANN], [BEN]]
    street.behind.refuses = {DOT: "450 later"}
    street.run(send)
    street.behind.refuses = {}
    street.agreed.add(DOT)  # consent is asked for again
    street.run(send)
    assert codes == [451, 451, 451, 250]
    assert [recipients for recipients, _ in street.behind.mails] == [[ANN], [BEN], [CEM], [DOT]]
    assert tokens_in(street.behind.mails[3][1], "c")
    assert street.relay.have_it == {}


@pytest.mark.parametrize(
    ("refuses", "answer", "code"),
    [
        ({}, "554 not here", 554),
        ({}, "452 full", 452),
        ({ANN: "550 nobody", BEN: "550 nobody"}, "250 kept", 550),
        ({ANN: "550 nobody", BEN: "450 later"}, "250 kept", 450),
    ],
)
def test_a_mail_that_nobody_got_is_refused_as_the_next_server_did(
    street: Street, refuses: dict[str, str], answer: str, code: int
) -> None:
    street.behind.refuses, street.behind.answer = refuses, answer
    codes: list[int] = []
    street.run(answers_to(message_bytes(letter()), ANN, BEN, codes=codes))
    assert codes == [code]
    assert street.behind.mails == []
    assert street.relay.have_it == {}


def test_a_mail_waits_while_the_next_server_is_away(street: Street) -> None:
    raw = message_bytes(letter())
    codes: list[int] = []

    async def without_next_server() -> None:
        async with await street.page["listen"](street.behind) as gone:
            street.relay.next_server = gone.sockets[0].getsockname()
        async with await street.page["listen"](street.relay) as server:
            send = answers_to(raw, ANN, BEN, codes=codes)
            await asyncio.to_thread(send, server.sockets[0].getsockname()[1])

    asyncio.run(without_next_server())
    street.run(answers_to(raw, ANN, BEN, codes=codes))
    assert codes == [451, 250]
    assert [recipients for recipients, _ in street.behind.mails] == [[ANN], [BEN]]


def talk(*lines: bytes) -> Send:
    """Say lines that smtplib would not, and read an answer to each."""

    def send(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
            answers.readline()
            for line in lines:
                connection.sendall(line + b"\r\n")
                while answers.readline()[3:4] == b"-":
                    pass

    return send


@pytest.mark.parametrize("option", [b"", b" SMTPUTF8"])
def test_an_address_that_cannot_be_passed_on_is_refused_alone(street: Street, option: bytes) -> None:
    sender = b"MAIL FROM:<letters@shop.example>" + option
    readers = [b"RCPT TO:<%b@reader.example>" % name for name in (b"ben", "dörte".encode(), b"\xff", b"dot")]
    street.run(talk(b"EHLO x", sender, *readers, b"DATA", b"Subject: x\r\n\r\nx\r\n.", b"QUIT"))
    known = ["dörte@reader.example"] if option else []
    assert street.behind.mails == [([BEN, *known, DOT], b"Subject: x\r\n\r\nx\r\n")]


def test_a_sender_that_cannot_be_passed_on_is_refused_for_good(street: Street) -> None:
    answers: list[str] = []
    take = street.relay.take

    def listen(envelope: Foreign) -> str:
        answers.append(take(envelope))
        return answers[-1]

    street.relay.take = listen
    sender = "MAIL FROM:<läden@shop.example>".encode()
    street.run(talk(b"EHLO x", sender, b"RCPT TO:<ann@reader.example>", b"DATA", b"Subject: x\r\n\r\n.", b"QUIT"))
    assert answers == ["553 not taken by the next server"]
    assert street.behind.mails == []


def test_what_the_relay_remembers_is_bounded(street: Street) -> None:
    street.relay.have_it = {number: {ANN} for number in range(10_000)}
    street.behind.refuses = {CEM: "450 later"}
    street.run(answers_to(message_bytes(letter()), ANN, CEM, codes=[]))
    assert len(street.relay.have_it) == 10_000
    assert 0 not in street.relay.have_it


def test_one_copy_for_all_is_tracked_only_if_all_agreed(relay_page: dict[str, Any]) -> None:
    raw = message_bytes(letter())
    street = Street(relay_page, kind="OneCopy")
    street.run(sendmail(raw, ANN, BEN, CEM))
    assert street.behind.mails == [([ANN, BEN, CEM], raw)]
    street.agreed.add(BEN)
    street.run(sendmail(raw, ANN, BEN, CEM))
    recipients, octets = street.behind.mails[1]
    assert recipients == [ANN, BEN, CEM]
    assert len(tokens_in(octets, "c")) == len(tokens_in(octets, "o")) == 1
    assert untrack_message(octets, domain=street.page["domain"]) == raw


def can_be_sent(raw: bytes) -> bool:
    """Return whether smtplib sends it as it is: lines up to 998 bytes, a last line end, no dot after a bare LF."""
    lines = raw.split(b"\r\n")
    return not lines[-1] and max(map(len, lines)) <= 998 and not any(b"\n." in line for line in lines)


def test_hostile_mail_comes_through_and_what_is_untracked_is_the_same(street: Street) -> None:
    sent = [made for seed in range(600) if can_be_sent((made := seeded_message(seed)).raw)]
    assert len(sent) > 50

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for made in sent:
                server.sendmail(SENDER, [ANN, BEN], made.raw)

    street.run(send)
    arrived = iter(street.behind.mails)
    tracked = 0
    for made in sent:
        recipients, octets = next(arrived)
        if recipients == [ANN]:  # a copy of her own, tracked unless it became too long
            tracked += octets != made.stripped
            recipients, octets = next(arrived)
        else:
            recipients.remove(ANN)
        assert (recipients, octets) == ([BEN], made.stripped)
    assert next(arrived, None) is None
    assert tracked > 10


def test_a_copy_that_is_too_large_for_the_next_server_is_sent_untracked(street: Street) -> None:
    raw = message_bytes(letter())

    async def handle_DATA(server: object, session: object, envelope: Foreign) -> str:  # noqa: N802 - aiosmtpd's
        del server, session
        if len(envelope.content) > len(raw):
            return "552 too large"
        street.behind.mails.append((envelope.rcpt_tos, envelope.content))
        return "250 kept"

    street.behind.handle_DATA = handle_DATA  # type: ignore[method-assign]
    street.run(sendmail(b"X-LM-Override-Track-Opens: yes\r\n" + raw, ANN, BEN, CEM))
    assert street.behind.mails == [([ANN], raw), ([BEN], raw), ([CEM], raw)]

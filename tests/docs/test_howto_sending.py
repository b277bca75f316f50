"""The pages on sending whole messages: their own code against real servers, signatures, frameworks and processes."""

from __future__ import annotations

import asyncio
import email
import os
import re
import smtplib
import socket
import sqlite3
import subprocess
import sys
from binascii import a2b_qp
from contextlib import closing
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

import lmtrack
from howto_pages import TOP, programs, run_page
from lmtrack import (
    Consent,
    Decision,
    Override,
    Route,
    TrackingDomain,
    TrackingMode,
    make_keys,
    message_bytes,
    read_click_token,
    read_open_token,
    resolve,
    scan_html,
    scan_message,
    track_html,
    track_message,
    untrack_message,
)
from message_strategies import seeded_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Send = Callable[[int], object]

Foreign: TypeAlias = Any  # what libraries without types hand over

NEWSLETTER: Final = TOP / "docs" / "examples" / "newsletter.html"
ROUTE: Final = Route(track_opens=True, track_clicks=True, require_consent=True)
GRANTED: Final = resolve(ROUTE, consent=Consent.GRANTED)
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these pages only"))
NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
LEAVE: Final = f"<https://shop.example/leave/{'4471' * 16}>"
SENDER: Final = "letters@shop.example"
ANN, BEN, CEM, DOT = (f"{name}@reader.example" for name in ("ann", "ben", "cem", "dot"))


def letter(*, utf8: bool = False) -> EmailMessage:
    """A mail with all that writers of the standard library damage."""
    message = EmailMessage(policy=policy.SMTP.clone(utf8=utf8))
    message["From"] = f"Lantern Row <{SENDER}>"
    message["To"] = ANN
    message["Subject"] = "Grüße aus der Lampenstraße"
    message["Message-ID"] = "<letter-4471@shop.example>"
    message["List-Unsubscribe"] = LEAVE
    message.set_content("From today on:\n.\n..\nFrom here Grüße\n", cte="8bit")
    message.add_alternative(
        '<p>Grüße</p>\nFrom here\n.\n<p><a href="https://shop.example/lamps?a=1&amp;b=2">Lampen</a></p>\n',
        subtype="html",
        cte="8bit",
    )
    return message


def tokens_in(octets: bytes, kind: str) -> list[str]:
    """The tokens of the tracking domain in a mail, soft line breaks of quoted-printable taken out."""
    return re.findall(rf"https://track\.example/{kind}/([\w-]+)", a2b_qp(octets).decode("latin-1"))


# With smtplib


@pytest.fixture(scope="module")
def smtplib_page() -> dict[str, Any]:
    pytest.importorskip("aiosmtpd")
    return run_page("send-with-smtplib.md")


def sendmail(octets: bytes, *readers: str) -> Send:
    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail(SENDER, readers or [ANN], octets, mail_options=["BODY=8BITMIME"])

    return send


def test_a_server_gets_the_very_octets_that_were_tracked(smtplib_page: dict[str, Any]) -> None:
    tracked = track_message(message_bytes(letter()), GRANTED, domain=smtplib_page["domain"], message_id="m-1")
    assert len(tokens_in(tracked.raw, "c")) == 1
    assert asyncio.run(smtplib_page["receive"](sendmail(tracked.raw))) == [tracked.raw]


@pytest.mark.parametrize("how", [(b"simple", b"simple"), (b"relaxed", b"relaxed")], ids=["simple", "relaxed"])
def test_a_mail_that_is_signed_after_tracking_verifies_behind_the_server(
    smtplib_page: dict[str, Any], how: tuple[bytes, bytes]
) -> None:
    dkim = pytest.importorskip("dkim")
    from message_oracles import dkim_key  # noqa: PLC0415 - with dkimpy

    private, public = dkim_key()

    def verified(octets: bytes) -> bool:
        return bool(dkim.verify(octets, dnsfunc=lambda name, timeout=5: public))  # noqa: ARG005 - its signature

    domain = smtplib_page["domain"]
    tracked = track_message(message_bytes(letter()), GRANTED, domain=domain, message_id="m-1").raw
    signed = dkim.sign(tracked, b"s", b"shop.example", private, canonicalize=how) + tracked
    [arrived] = asyncio.run(smtplib_page["receive"](sendmail(signed)))
    assert arrived == signed
    assert verified(arrived)
    # The other order: left alone unless it is asked for, and then broken.
    again = track_message(signed, GRANTED, domain=domain, message_id="m-2")
    assert again.raw is signed
    assert again.decision.reasons == ("opens:already_signed", "clicks:already_signed")
    assert not verified(track_message(signed, GRANTED, domain=domain, message_id="m-2", allow_signed=True).raw)

    def send_as_object(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.send_message(email.message_from_bytes(signed, policy=policy.SMTP))

    [arrived] = asyncio.run(smtplib_page["receive"](send_as_object))
    assert b"\r\n>From today on:\r\n" in arrived
    assert not verified(arrived)


# Through a relay


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


# With Django


@pytest.fixture(scope="module")
def django_page() -> Iterator[dict[str, Any]]:
    pytest.importorskip("aiosmtpd")
    pytest.importorskip("django")
    settings = pytest.importorskip("django.conf").settings
    before = settings._wrapped
    yield run_page("send-with-django.md")
    settings._wrapped = before  # other pages have settings of their own


PROJECT: Final = r"""
import asyncio
import django
from django.conf import settings
from django.core import mail
import shop_settings

names = ["INSTALLED_APPS", "LMTRACK"]
names += ["MAILERS"] if django.VERSION >= (6, 1) else ["EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT"]
settings.configure(**{name: getattr(shop_settings, name) for name in names})
django.setup()
from shop_receive import receive

def send(port):
    if django.VERSION >= (6, 1):
        settings.MAILERS["default"]["OPTIONS"]["port"] = port
    else:
        settings.EMAIL_PORT = port
    letter = mail.EmailMultiAlternatives("Hello", "From here\n", "letters@shop.example", ["ann@reader.example"])
    letter.attach_alternative('<a href="https://shop.example/lamps">lamps</a>', "text/html")
    letter.lmtrack_id = "letter-4471"
    assert letter.send() == 1
    assert mail.send_mail("Reset", "https://shop.example/", "letters@shop.example", ["ann@reader.example"]) == 1

first, second = asyncio.run(receive(send))
print(first.count(b"https://track.example/"), second.count(b"https://track.example/"))
"""


def test_the_settings_of_the_page_put_the_backend_to_work(django_page: dict[str, Any], tmp_path: Path) -> None:
    del django_page
    decide, apps, since_6_1, before, receive, *_ = programs("send-with-django.md")
    (tmp_path / "shop_mail.py").write_text(decide, encoding="utf-8")
    (tmp_path / "shop_settings.py").write_text(apps + since_6_1 + before, encoding="utf-8")
    receive = re.sub(r"^if not settings.*?\n.*?\n.*?\n", "", receive, flags=re.MULTILINE)  # the project has its own
    (tmp_path / "shop_receive.py").write_text(receive, encoding="utf-8")
    assert run_script(tmp_path, "project.py", PROJECT) == "2 0\n"


def run_script(folder: Path, name: str, text: str, *arguments: str) -> str:
    """Run a script in a process of its own, warnings as errors, and give what it printed."""
    (folder / name).write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(lmtrack.__file__).parent.parent)}  # noqa: TID251 - for Python's sake
    quiet = ("-W", "error", "-W", "ignore:'typing.ByteString'")  # of aiosmtpd on 3.15, as in pyproject.toml
    command = [sys.executable, *quiet, name, *arguments]
    done = subprocess.run(  # noqa: S603 - our own script
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# To many


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A folder with the program of the page, a letter and 500 readers, of whom each third agreed."""
    (tmp_path / "campaign.py").write_text("\n\n".join(programs("many-recipients.md")), encoding="utf-8")
    message = letter()
    del message["To"], message["Message-ID"]
    (tmp_path / "letter.eml").write_bytes(message_bytes(message))
    (tmp_path / "outbox").mkdir()
    with closing(sqlite3.connect(tmp_path / "readers.sqlite3")) as readers, readers:
        readers.execute("CREATE TABLE reader (id INTEGER PRIMARY KEY, address TEXT NOT NULL, agreed INTEGER)")
        rows = [(number, f"reader-{number}@reader.example", (None, 0, 1)[number % 3]) for number in range(500)]
        readers.executemany("INSERT INTO reader VALUES (?, ?, ?)", rows)
    return tmp_path


DRIVER: Final = """
import multiprocessing, sys
import campaign

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    campaign.main("letter.eml", "readers.sqlite3", "outbox")
"""


def outbox(folder: Path) -> dict[str, bytes]:
    assert not list((folder / "outbox").glob("*.part"))
    return {path.stem: path.read_bytes() for path in (folder / "outbox").glob("*.eml")}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_send_what_one_would(campaign: Path, method: str) -> None:
    counts, speed = run_script(campaign, "driver.py", DRIVER, method).rsplit("\n", 2)[:2]
    assert counts.splitlines() == ["tracked 166", "untracked 334"]
    assert re.fullmatch(r"[\d,]+ mails a second", speed)
    raw = (campaign / "letter.eml").read_bytes()
    document = scan_message(raw)
    sent = outbox(campaign)
    assert len(sent) == 500
    for number in range(500):
        mail_id = f"letter-2026-11-{number}"
        head, rest = sent[mail_id].split(b"\r\n", 2)[:2], sent[mail_id].split(b"\r\n", 2)[2]
        assert head == [
            f"To: reader-{number}@reader.example".encode(),
            f"Message-ID: <{mail_id}@shop.example>".encode(),
        ]
        if number % 3 == 2:
            assert rest == track_message(document, GRANTED, domain=DOMAIN, message_id=mail_id, now=NOON).raw
        else:
            assert rest == raw


def test_a_second_run_sends_what_is_missing_and_nothing_twice(campaign: Path) -> None:
    run = (campaign, "driver.py", DRIVER, "spawn")
    run_script(*run)
    before = outbox(campaign)
    missing = {"letter-2026-11-2", "letter-2026-11-3", "letter-2026-11-5", "letter-2026-11-8"}
    for mail_id in missing:
        (campaign / "outbox" / f"{mail_id}.eml").unlink()
    with closing(sqlite3.connect(campaign / "readers.sqlite3")) as readers, readers:
        readers.execute("UPDATE reader SET agreed = 0 WHERE id = 5")  # changed their mind in between
        readers.execute("DELETE FROM reader WHERE id = 8")
    assert run_script(*run).splitlines()[:-1] == ["sent before 496", "tracked 1", "untracked 2"]
    after = outbox(campaign)
    assert "letter-2026-11-8" not in after
    assert b"track.example" in before["letter-2026-11-5"]
    assert b"track.example" not in after["letter-2026-11-5"]
    same = before.keys() - {"letter-2026-11-5", "letter-2026-11-8"}
    assert {mail_id: before[mail_id] for mail_id in same} == {mail_id: after[mail_id] for mail_id in same}


@pytest.fixture
def in_a_folder_with_the_newsletter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NEWSLETTER.name).write_bytes(NEWSLETTER.read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_a_folder_with_the_newsletter")
def test_an_address_cannot_bring_headers_of_its_own() -> None:
    page = run_page("many-recipients.md")
    assert page["head"]("Jörg <j@reader.example>", "m-1").isascii()
    with pytest.raises(ValueError, match="may not contain linefeed"):
        page["head"]("a@reader.example\r\nBcc: b@reader.example", "m-1")


# By a template


@pytest.fixture
def template_page() -> dict[str, Any]:
    pytest.importorskip("jinja2")
    return run_page("rewrite-a-template.md")


ANSWERS: Final = {
    "both": resolve(ROUTE, consent=Consent.GRANTED),
    "opens": resolve(ROUTE, Override(track_clicks=False), consent=Consent.GRANTED),
    "clicks": resolve(ROUTE, Override(track_opens=False), consent=Consent.GRANTED),
    "neither": resolve(ROUTE, consent=Consent.UNKNOWN),
}


@pytest.mark.parametrize("decision", ANSWERS.values(), ids=ANSWERS)
def test_a_rewritten_template_gives_the_mail_that_tracking_it_would(
    template_page: dict[str, Any], decision: Decision
) -> None:
    html = NEWSLETTER.read_text(encoding="utf-8")
    document = template_page["document"] = scan_html(html)
    links = template_page["rewrite_html"](document, click_url=lambda _: None, policy=template_page["policy"]).links
    destinations = {link.index: link.url for link in links}
    template_page["urls"] = [destinations[index] for index in sorted(destinations)]
    flags = [(opens, clicks) for opens in (False, True) for clicks in (False, True)]
    template_page["templates"] = {pair: template_page["compile_for"](*pair) for pair in flags}
    tracked = track_html(html, decision, domain=DOMAIN, message_id="m-1", now=NOON)
    assert template_page["render"]("m-1", decision, now=NOON) == tracked.html


def test_a_decision_for_aggregate_tokens_puts_no_id_into_a_mail(template_page: dict[str, Any]) -> None:
    route = Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=TrackingMode.AGGREGATE)
    fields = {"name": "Ann", "evening": "<b>songs</b>", "order": 17, "who": 4471}
    html = template_page["render"]("m-1", resolve(route, consent=Consent.UNKNOWN), **fields)
    assert "track.example" not in html
    assert "&lt;b&gt;songs&lt;/b&gt;" in html


def test_a_forgotten_field_is_an_error(template_page: dict[str, Any]) -> None:
    undefined = pytest.importorskip("jinja2").UndefinedError
    with pytest.raises(undefined):
        template_page["render"]("m-1", GRANTED, name="Ann", evening=None, order=17)

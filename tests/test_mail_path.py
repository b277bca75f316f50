"""The whole way of a mail: written, tracked by a relay, signed, read by others, opened and clicked, and told of.

Every hop is real: SMTP to the relay of the how-to page and on to a server that signs, HTTP to the example host.
"""

from __future__ import annotations

import asyncio
import email
import json
import re
import smtplib
from contextlib import closing
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import pytest

from howto_pages import run_page
from lmtrack import Consent, Decision, Route, message_bytes, pixel_response, untrack_message
from tracker_host import load, running

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tracker_host import Host, Server

Foreign: TypeAlias = Any  # what libraries without types hand over

ROUTE: Final = Route(track_opens=True, track_clicks=True, require_consent=True)
SENDER, ANN, BEN = "letters@shop.example", "ann@reader.example", "ben@reader.example"
BROWSER: Final = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1",
    "Accept-Language": "en",
    "Sec-Fetch-Mode": "navigate",
}
SCANNER: Final = {"User-Agent": "python-requests/2.32.0"}
LAMPS: Final = "https://shop.example/lamps?size=40&page=1#top"
HTML: Final = """\
<!DOCTYPE html>
<p>Grüße! From here on: <a href='https://shop.example/lamps?size=40&amp;page=1#top'>neue Lampen</a>,
<!--[if mso]><v:rect href="https://shop.example/lamps?size=40&amp;page=1#top"></v:rect><![endif]-->
and <a href="https://shop.example/abmelden?who=4471">abmelden</a>.
.
</body>
"""


def letter(**headers: str) -> EmailMessage:
    """A mail as a program writes it, with what mail clients and servers like to damage."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = f"Lantern Row <{SENDER}>"
    message["To"] = ANN
    message["Subject"] = "Neue Lampen für Grüße"
    message["Message-ID"] = "<letter-4471@shop.example>"
    message["List-Unsubscribe"] = f"<https://shop.example/leave/{'4471' * 16}>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Neue Lampen: https://shop.example/lamps\n", cte="8bit")
    message.add_alternative(HTML, subtype="html", cte="quoted-printable")
    message.add_attachment(b"\x89PNG not really", maintype="image", subtype="png", filename="lamp.png")
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_lamps-{number}")  # else it is another one each time
    return message


class Signing:
    """The last server on the way out: signs what it gets, as Postfix does with a milter behind a relay."""

    def __init__(self, private: bytes) -> None:
        self.private = private
        self.mails: list[tuple[list[str], bytes]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Foreign) -> str:  # noqa: N802 - aiosmtpd's
        """Sign a mail and keep it."""
        del server, session
        dkim = pytest.importorskip("dkim")
        signed = dkim.sign(envelope.content, b"s", b"shop.example", self.private) + envelope.content
        self.mails.append((envelope.rcpt_tos, signed))
        return "250 signed"


class Read(NamedTuple):
    """What a reader's program finds in a mail."""

    header: EmailMessage
    images: list[str]
    links: list[str]


class Street:
    """Everything between the program that sends a mail and the sender's own systems that hear of it."""

    def __init__(self, host: Host) -> None:
        from dkim_keys import dkim_key  # noqa: PLC0415 - with dkimpy

        self.host = host
        self.private, self.public = dkim_key()
        self.page = run_page("relay-with-aiosmtpd.md")
        host.store.add_person(ANN, "Ann", Consent.GRANTED)
        host.store.add_person(BEN, "Ben", Consent.UNKNOWN)

    def consent_of(self, address: str) -> Consent:
        """Look up what somebody says now."""
        with self.host.store.database() as database:
            (said,) = database.execute("SELECT consent FROM person WHERE address = ?", [address]).fetchone()
        return Consent(said)

    def record(self, entries: Iterable[tuple[object, str, Decision]]) -> None:
        """Note which id went to whom, for the host."""
        for mail_id, address, decision in entries:
            row = load("store").Letter(str(mail_id), address, "", Consent.UNKNOWN, "Neue Lampen", b"", decision)
            self.host.store.add_letter(row, ())

    def send(self, message: EmailMessage, *readers: str) -> dict[str, bytes]:
        """Send a mail through relay and signing server, and give what each reader gets."""
        return self.send_octets(message_bytes(message), *readers)

    def send_octets(self, raw: bytes, *readers: str) -> dict[str, bytes]:
        """Do the same with a mail that is written already."""
        return asyncio.run(self._send(raw, readers))

    async def _send(self, raw: bytes, readers: tuple[str, ...]) -> dict[str, bytes]:
        tracker = self.page["Tracker"](
            domain=self.host.domain, route=ROUTE, consent_of=self.consent_of, record=self.record
        )
        signing = Signing(self.private)

        def talk(port: int) -> None:
            with smtplib.SMTP("127.0.0.1", port) as server:
                server.sendmail(SENDER, readers, raw, mail_options=["BODY=8BITMIME"])

        async with await self.page["listen"](signing) as last:
            relay = self.page["Relay"](tracker, last.sockets[0].getsockname())
            async with await self.page["listen"](relay) as server:
                await asyncio.to_thread(talk, server.sockets[0].getsockname()[1])
        return {reader: signed for recipients, signed in signing.mails for reader in recipients}

    def verifies(self, signed: bytes) -> bool:
        """Check the signature as the reader's server does."""
        dkim = pytest.importorskip("dkim")
        return bool(dkim.verify(signed, dnsfunc=lambda name, timeout=5: self.public))  # noqa: ARG005 - its signature

    def read(self, signed: bytes) -> Read:
        """Read a mail with the standard library's parser and a browser engine's, neither of which lmtrack uses here."""
        parser = pytest.importorskip("selectolax.lexbor").LexborHTMLParser
        message = email.message_from_bytes(signed, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert not [part.defects for part in message.walk() if part.defects]
        body = message.get_body(("html",))
        assert body is not None
        tree = parser(body.get_content())
        images = [found.attributes["src"] for found in tree.css("img")]
        return Read(message, images, [found.attributes["href"] for found in tree.css("a[href]")])

    def ask(self, url: str, headers: dict[str, str] = BROWSER) -> tuple[int, str | None, bytes]:
        """Ask for a URL of the mail; the host stores before it answers."""
        base = self.host.domain.base_url
        assert url.startswith(f"{base}/")
        with closing(HTTPConnection(self.host.name, timeout=30)) as client:
            client.request("GET", url.removeprefix(base), headers=headers)
            response = client.getresponse()
            return response.status, response.getheader("Location"), response.read()

    def heard(self) -> list[Foreign]:
        """Return what the sender's own systems hear, the oldest first."""
        payloads: list[Foreign] = json.loads(self.ask(f"{self.host.domain.base_url}/events.json")[2])
        return payloads[::-1]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def street(server: Server, tmp_path: Path) -> Iterator[Street]:
    for needed in ("aiosmtpd", "dkim"):
        pytest.importorskip(needed)
    with server.serve(tmp_path) as host:
        yield Street(host)


def unsigned(signed: bytes) -> bytes:
    """Take the signature off again."""
    return re.sub(rb"\ADKIM-Signature:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*", b"", signed)


def said_by(raw: bytes) -> list[tuple[list[tuple[str, str]], Foreign]]:
    """The header lines and the decoded content of every part, by the standard library's parser."""
    return [(part.items(), part.get_payload(decode=True)) for part in email.message_from_bytes(raw).walk()]


def test_a_mail_is_tracked_signed_read_opened_clicked_and_told_of(street: Street) -> None:
    message = letter()
    signed = street.send(message, ANN)[ANN]
    assert street.verifies(signed)
    assert not street.verifies(signed.replace(b"/c/", b"/C/", 1))
    # Untracked it says what it said: quoted-printable may have another line break, which is none of the text.
    assert said_by(untrack_message(unsigned(signed), domain=street.host.domain)) == said_by(message_bytes(message))

    read = street.read(signed)
    assert read.header["Subject"] == "Neue Lampen für Grüße"
    assert read.header["List-Unsubscribe"] == message["List-Unsubscribe"]
    assert [part.get_content() for part in read.header.iter_attachments()] == [b"\x89PNG not really"]
    (pixel,), (lamps, leave) = read.images, read.links
    assert leave == "https://shop.example/abmelden?who=4471"
    assert street.ask(pixel) == (200, None, pixel_response().body)
    assert street.ask(lamps) == (302, LAMPS, b"")

    opened, clicked = street.heard()
    assert (opened["event"], clicked["event"]) == ("message.opened", "message.clicked")
    assert opened["data"]["recipient"] == clicked["data"]["recipient"] == ANN
    assert opened["data"]["message_id"] == clicked["data"]["message_id"]
    assert (opened["data"]["first_open"], clicked["data"]["first_click"]) == (True, True)
    assert (clicked["data"]["destination_url"], clicked["data"]["link_index"]) == (LAMPS, 0)
    assert (clicked["data"]["client_name"], clicked["data"]["device_type"]) == ("Safari", "mobile")
    for event in (opened, clicked):
        bot = event["data"]["bot"]
        assert (bot["classification"], bot["detected"], bot["counts_for_metrics"]) == ("genuine", False, True)


def test_a_scanner_on_the_way_is_told_from_the_reader(street: Street) -> None:
    (lamps, _) = street.read(street.send(letter(), ANN)[ANN]).links
    street.ask(lamps, SCANNER)
    street.ask(lamps)
    scanner, reader = (event["data"] for event in street.heard())
    assert (scanner["bot"]["classification"], scanner["first_click"]) == ("machine", False)
    assert (reader["bot"]["classification"], reader["first_click"]) == ("genuine", True)


@pytest.mark.parametrize("value", ["false", "No", "0", "maybe"])
def test_a_header_that_turns_opens_off_leaves_the_links(street: Street, value: str) -> None:
    signed = street.send(letter(X_LM_Override_Track_Opens=value), ANN)[ANN]
    assert street.verifies(signed)
    assert b"x-lm-override" not in signed.lower()
    assert said_by(untrack_message(unsigned(signed), domain=street.host.domain)) == said_by(message_bytes(letter()))
    read = street.read(signed)
    assert read.images == []
    assert street.ask(read.links[0])[:2] == (302, LAMPS)
    (clicked,) = street.heard()
    assert clicked["event"] == "message.clicked"


def test_both_headers_leave_the_mail_as_it_was_written(street: Street) -> None:
    message = letter(X_LM_Override_Track_Opens="false", X_LM_Override_Track_Clicks="false")
    signed = street.send(message, ANN)[ANN]
    assert street.verifies(signed)
    assert unsigned(signed) == message_bytes(letter())


def test_who_did_not_agree_gets_the_mail_as_it_was_written_beside_who_did(street: Street) -> None:
    arrived = street.send(letter(), ANN, BEN)
    assert all(map(street.verifies, arrived.values()))
    assert unsigned(arrived[BEN]) == message_bytes(letter())
    assert len(street.read(arrived[ANN]).images) == 1
    assert street.heard() == []


def test_consent_that_is_withdrawn_after_sending_stops_the_events_and_no_link(street: Street) -> None:
    read = street.read(street.send(letter(), ANN)[ANN])
    street.ask(read.images[0])
    before = street.heard()
    assert len(before) == 1
    street.host.store.withdraw(before[0]["data"]["message_id"], datetime.now(UTC))  # noqa: TID251 - the host reads a clock
    assert street.ask(read.images[0]) == (200, None, pixel_response().body)
    assert street.ask(read.links[0])[:2] == (302, LAMPS)
    assert street.heard() == before
    assert street.host.store.refusals() == {"consent_withdrawn": 2}
    # The next mail is not tracked in the first place.
    later = letter()
    later.replace_header("Message-ID", "<letter-4472@shop.example>")
    assert unsigned(street.send(later, ANN)[ANN]) == message_bytes(later)


def test_a_mail_that_comes_signed_is_passed_on_and_both_signatures_verify(street: Street) -> None:
    dkim = pytest.importorskip("dkim")
    raw = message_bytes(letter())
    raw = dkim.sign(raw, b"s", b"shop.example", street.private) + raw
    signed = street.send_octets(raw, ANN)[ANN]
    assert unsigned(signed) == raw
    for index in range(2):
        verifier = dkim.DKIM(signed)
        assert verifier.verify(idx=index, dnsfunc=lambda name, timeout=5: street.public)  # noqa: ARG005 - its signature

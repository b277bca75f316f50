"""Merged mails on their way: what a server takes is what was signed, and two people's mails differ where they may."""

from __future__ import annotations

import asyncio
import email
import email.policy
import smtplib
from contextlib import suppress
from time import process_time
from typing import TYPE_CHECKING, Any, Final

import dkim
import pytest
from hypothesis import settings

from dkim_keys import dkim_key
from lmtrack import (
    BadSlot,
    BadValue,
    Campaign,
    campaign_urls,
    compare_messages,
    scan_message,
    track_message,
)
from message_sending import DOMAIN, NOW, OFF, ON, SUM
from slot_strategies import ENCODERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack.message import MessageDocument, TrackedMessage
    from lmtrack.resolver import Decision

SLOTS: Final = {name: f"{{{{ {name} }}}}" for name in ("name", "id", "mail", "photo")}
ANN: Final = {"name": "Zoë & Bo", "id": "4471", "mail": "ann@reader.example", "photo": "https://i.example/a.png"}
BOB: Final = {"name": "Bob", "id": "9", "mail": "bob@reader.example", "photo": "https://i.example/b.png"}
HEAD: Final = (
    "From: shop@shop.example\r\nTo: {{ name }} <{{ mail }}>\r\nSubject: For {{ name }}\r\n"
    "Message-ID: <{{ id }}@shop.example>\r\nList-Unsubscribe: <https://shop.example/leave?u={{ id }}>\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="=_b"\r\n\r\n'
)
PLAIN: Final = "Dear {{ name }},\nsee https://shop.example/?u={{ id }}\n"
PAGE: Final = (
    '<html><body><p>Dear {{ name }},</p><img src="{{ photo }}" width="90" height="90" alt="">\n'
    '<a href="https://shop.example/?u={{ id }}">You</a> <a href="https://shop.example/lamps">Lamps</a>\n'
    '<a href="https://shop.example/leave?u={{ id }}">No more</a></body></html>\n'
)


def template(encoding: str, *, page: str = PAGE, plain: str = PLAIN) -> bytes:
    raw = HEAD.encode()
    for kind, text in (("plain", plain), ("html", page)):
        body = ENCODERS[encoding](text.encode()).replace(b"\n", b"\r\n")
        fields = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        raw += b"--=_b\r\n" + fields.encode() + body + b"\r\n"
    return raw + b"--=_b--\r\n"


def send(document: MessageDocument, values: dict[str, str], decision: Decision = ON, **options: Any) -> TrackedMessage:  # noqa: ANN401
    options = {"message_id": f"m-{values['id']}"} | options
    return track_message(document, decision, domain=DOMAIN, now=NOW, values=values, **options)


class Server:
    """Keeps what it gets."""

    def __init__(self) -> None:
        self.octets: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802, ANN401 - aiosmtpd's
        """Keep a mail."""
        del server, session
        self.octets.append(envelope.content)
        return "250 kept"

    def take(self, act: Callable[[int], object]) -> None:
        """Listen on this machine while something is done with the port."""
        smtp = pytest.importorskip("aiosmtpd.smtp").SMTP

        async def listen() -> None:
            loop = asyncio.get_running_loop()
            made = await loop.create_server(lambda: smtp(self, hostname="localhost"), "127.0.0.1", 0)
            async with made:
                await asyncio.to_thread(act, made.sockets[0].getsockname()[1])

        asyncio.run(listen())


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_merged_mail_arrives_as_it_was_signed(encoding: str) -> None:
    document = scan_message(template(encoding), slots=SLOTS)
    key, record = dkim_key()
    made = [send(document, who).raw for who in (ANN, BOB)]
    signed = [dkim.sign(raw, b"s", b"shop.example", key) + raw for raw in made]
    server = Server()

    def post(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for who, raw in zip((ANN, BOB), signed, strict=True):
                connection.sendmail("bounce@shop.example", [who["mail"]], raw, ["BODY=8BITMIME"])

    server.take(post)
    assert server.octets == signed
    for who, raw in zip((ANN, BOB), server.octets, strict=True):
        assert dkim.verify(raw, dnsfunc=lambda *_, **__: record)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        (address,) = message["To"].addresses
        assert (address.display_name, address.addr_spec) == (who["name"], who["mail"])
        assert message["Subject"] == f"For {who['name']}"
        assert message["Message-ID"] == f"<{who['id']}@shop.example>"
        assert message["List-Unsubscribe"] == f"<https://shop.example/leave?u={who['id']}>"
        plain, _ = message.iter_parts()
        assert plain.get_content().replace("\r\n", "\n") == PLAIN.replace("{{ name }}", who["name"]).replace(
            "{{ id }}", who["id"]
        )


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("decision", [SUM, OFF], ids=["aggregate", "off"])
def test_two_mails_differ_in_nothing_but_what_is_personal(encoding: str, decision: Decision) -> None:
    document = scan_message(template(encoding), slots=SLOTS)
    campaign = Campaign(id="spring", started_at=NOW, urls=campaign_urls(document))
    ann, bob = (send(document, who, decision, campaign=campaign) for who in (ANN, BOB))
    found = {value for difference in compare_messages([ann.raw, bob.raw]) for value in difference.values}
    urls = {value for value in found if value and value.startswith("https:")}
    assert urls == {
        *(f"https://shop.example/?u={who['id']}" for who in (ANN, BOB)),
        *(f"https://shop.example/leave?u={who['id']}" for who in (ANN, BOB)),
        *(who["photo"] for who in (ANN, BOB)),
    }
    # Nor is there anything of the message: the same values in another give the same octets.
    other = send(document, ANN, decision, campaign=campaign, message_id="m-2", recipient=7)
    assert other.raw == ann.raw


# 1 MB templates with 50,000 slots, half markers and values of 1 MB under the profile `deep`.
SIZE: Final = 1_000_000 if settings().max_examples >= 1000 else 60_000
HOSTILE: Final[dict[str, Callable[[int], tuple[str, str]]]] = {
    "slots": lambda size: ("<p>{{ name }}</p>\n" * (size // 18), "a & b"),
    "slots in URLs": lambda size: ('<a href="https://s.example/?q={{ name }}">a</a>\n' * (size // 48), "a & b"),
    "one line": lambda size: ("{{ name }}" * (size // 10), "é"),
    "half markers": lambda size: ("{{ name " * (size // 8), ""),
    "a long value": lambda size: ("<p>{{ name }}</p>", "<é=\r" * (size // 4)),
}


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_time_grows_with_the_size_alone(kind: str, encoding: str) -> None:
    def seconds(size: int) -> float:
        page, value = HOSTILE[kind](size)
        raw = template(encoding, page=page, plain="x\n").replace(b"{{ name }} <{{ mail }}>", b"a@b.example", 1)
        raw = raw.replace(b"For {{ name }}", b"For you", 1)
        start = process_time()
        with suppress(BadSlot, BadValue):
            send(scan_message(raw, slots=SLOTS), ANN | {"name": value})
        return process_time() - start

    # Not a test of speed: quadratic work shows in each of four attempts, a busy machine does not.
    assert any(seconds(SIZE) < max(24 * seconds(SIZE // 8), 0.1) for _ in range(4))

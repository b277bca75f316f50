"""A server gets the octets that were signed."""

from __future__ import annotations

import asyncio
import email
import smtplib
from email import policy
from threading import Thread
from typing import TYPE_CHECKING, Final

import dkim
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from dkim_keys import dkim_key
from lmtrack.message import message_bytes
from wire_mails import ANY_POLICY, POLICIES, newsletter

if TYPE_CHECKING:
    from collections.abc import Iterator


class Keep:
    """A handler that keeps what arrived."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: D102, N802 - aiosmtpd's
        del server, session
        assert isinstance(envelope.content, bytes)
        self.contents.append(envelope.content)
        return "250 OK"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Keep, int]]:
    """A server on the loopback, at a port of the system's choice."""
    keep, loop = Keep(), asyncio.new_event_loop()
    listening = loop.run_until_complete(
        loop.create_server(lambda: SMTP(keep, hostname="localhost", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    )
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield keep, listening.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def record(name: bytes, timeout: int = 5) -> bytes:
    """The public key as DNS gives it."""
    del name, timeout
    return dkim_key()[1]


def signature(octets: bytes, how: tuple[bytes, bytes]) -> bytes:
    return bytes(dkim.sign(octets, b"s", b"shop.example", dkim_key()[0], canonicalize=how))


SIMPLE: Final = (b"simple", b"simple")


@pytest.mark.parametrize("how", [SIMPLE, (b"relaxed", b"relaxed")], ids=["simple", "relaxed"])
@ANY_POLICY
def test_what_was_signed_is_what_arrives(name: str, how: tuple[bytes, bytes], server: tuple[Keep, int]) -> None:
    keep, port = server
    message = newsletter(POLICIES[name])
    octets = message_bytes(message)
    signed = signature(octets, how) + octets
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("news@shop.example", ["ann@reader.example"], signed, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    assert keep.contents[-1] == signed
    assert dkim.verify(keep.contents[-1], dnsfunc=record)


def test_send_message_breaks_the_signature(server: tuple[Keep, int]) -> None:
    keep, port = server
    message = newsletter(policy.SMTP)
    octets = message_bytes(message)
    signed = signature(octets, SIMPLE) + octets
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(email.message_from_bytes(signed, policy=policy.SMTP))
    assert not dkim.verify(keep.contents[-1], dnsfunc=record)
    assert b">From today on" in keep.contents[-1]

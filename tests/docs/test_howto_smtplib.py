"""The page on sending with smtplib: what a server gets is what was tracked and signed."""

from __future__ import annotations

import asyncio
import email
import smtplib
from email import policy
from typing import Any

import pytest

from howto_pages import run_page
from lmtrack import message_bytes, track_message
from sent_letters import GRANTED, letter, sendmail, tokens_in


@pytest.fixture(scope="module")
def smtplib_page() -> dict[str, Any]:
    pytest.importorskip("aiosmtpd")
    return run_page("send-with-smtplib.md")


def test_a_server_gets_the_very_octets_that_were_tracked(smtplib_page: dict[str, Any]) -> None:
    tracked = track_message(message_bytes(letter()), GRANTED, domain=smtplib_page["domain"], message_id="m-1")
    assert len(tokens_in(tracked.raw, "c")) == 1
    assert asyncio.run(smtplib_page["receive"](sendmail(tracked.raw))) == [tracked.raw]


@pytest.mark.parametrize("how", [(b"simple", b"simple"), (b"relaxed", b"relaxed")], ids=["simple", "relaxed"])
def test_a_mail_that_is_signed_after_tracking_verifies_behind_the_server(
    smtplib_page: dict[str, Any], how: tuple[bytes, bytes]
) -> None:
    dkim = pytest.importorskip("dkim")
    from dkim_keys import dkim_key  # noqa: PLC0415 - with dkimpy

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

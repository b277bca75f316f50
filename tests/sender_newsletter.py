"""One personal newsletter, a server that keeps what it gets, and what has to hold of what arrives."""

from __future__ import annotations

import asyncio
import email
import re
from datetime import UTC, datetime
from email import policy
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import dkim
from aiosmtpd.smtp import SMTP

from dkim_keys import dkim_key
from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    handle_request,
    make_keys,
    resolve,
    revert_message,
    scan_message,
    verify_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

    from lmtrack.message import Prepared

    # Sends through a library to this port, and returns what was prepared, or None to send untracked.
    Send = Callable[[int, bool], Prepared | None]

DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these tests only"))
GRANTED: Final = resolve(Route(track_opens=True, track_clicks=True, require_consent=True), consent=Consent.GRANTED)
OPTIONS: Final[dict[str, Any]] = {
    "domain": DOMAIN, "message_id": "letter-4471", "now": datetime(2026, 11, 2, 12, tzinfo=UTC),
}  # fmt: skip

SHOP, NAME, ANN = "letters@shop.example", "Lantern Row", "ann@reader.example"
LEAVE: Final = f"<https://shop.example/leave/{'4471' * 16}>"
LEAVE_FIELDS: Final = {"List-Unsubscribe": LEAVE, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
SUBJECT: Final = "Neue Lampen in der Lampenstraße, und was wir sonst im November vorhaben"
PAGES: Final = [f"https://shop.example/lamps/{number}?a=1&b={number}" for number in range(14)]
LINKS: Final = "".join(
    f'<a href="{page.replace("&", "&amp;")}">Nr. {number}</a>\n' for number, page in enumerate(PAGES)
)
IMAGE: Final = '<img src="cid:lamp@shop.example" alt="" width="40" height="40">'
HTML: Final = (
    f"<!DOCTYPE html><html><body><p>Grüße, Ann! {IMAGE}</p>"
    f'<p>{LINKS}</p><p><a href="https://shop.example/unsubscribe/4471">Abbestellen</a></p></body></html>'
)
CID: Final = "<lamp@shop.example>"
TEXT: Final = "Grüße, Ann!\n\nUnsere Lampen: https://shop.example/lamps\n"
PNG: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
PDF: Final = b"%PDF-1.4\n" + bytes(range(256)) * 8 + b"\n%%EOF\n"


class Arrived(NamedTuple):
    """A mail as the server got it."""

    content: bytes
    sender: str
    recipients: list[str]


def receive(send: Callable[[int], object]) -> list[Arrived]:
    """Start a server on this machine only, let `send` talk to it, and return what arrived."""
    arrived: list[Arrived] = []

    class Keep:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: ANN401, N802
            arrived.append(Arrived(envelope.content, envelope.mail_from, envelope.rcpt_tos))
            return "250 kept"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Keep(), hostname="localhost"), "127.0.0.1", 0)
        try:
            await asyncio.wait_for(asyncio.to_thread(send, server.sockets[0].getsockname()[1]), 30)
        finally:
            server.close()  # without waiting: some libraries keep their connection

    asyncio.run(serve())
    return arrived


def check_sender(send: Send, *, inline: bool = True, now: datetime | None = OPTIONS["now"]) -> None:
    """What a library sends tracked is what it sends untracked, but for the edits that are reported."""
    kept: list[Prepared] = []

    def send_tracked(port: int) -> None:
        mail = send(port, True)
        assert mail is not None
        kept.append(mail)

    [untracked] = receive(lambda port: send(port, False))
    [tracked] = receive(send_tracked)
    [mail] = kept
    assert tracked == Arrived(mail.raw, mail.sender, list(mail.recipients))
    assert mail.tracked.decision.reasons == ()
    check_tracked(mail.raw, now)
    assert not {b"bcc", b"x-lmtrack-id"} & {line.partition(b":")[0] for line in mail.raw.lower().split(b"\r\n")}
    check_files(mail.raw, inline=inline)
    source = revert_message(mail.raw, mail.tracked.edits)
    assert verify_message(source, mail.raw) == []
    differences = [pair for pair in zip_longest(content(source), content(untracked.content)) if pair[0] != pair[1]]
    assert differences == [], differences
    assert (tracked.sender, sorted(tracked.recipients)) == (untracked.sender, sorted(untracked.recipients))
    check_signed(mail.raw)


def check_tracked(raw: bytes, now: datetime | None = OPTIONS["now"]) -> None:
    """Every link redirects to where it went, the pixel answers, and the way out is readable and untouched."""
    page = html_of(raw)
    urls = re.findall(r'href="(https://track\.example/c/[\w-]+)"', page)
    assert [location(url, now) for url in urls] == PAGES
    [pixel] = re.findall(r'src="(https://track\.example/o/[\w-]+)"', page)
    assert answer(pixel, now).response.status == 200
    assert "https://shop.example/unsubscribe/4471" in page
    header = next(
        line for line in re.sub(rb"\r\n(?=[ \t])", b"", raw).split(b"\r\n") if line.startswith(b"List-Unsubscribe:")
    )
    assert header == f"List-Unsubscribe: {LEAVE}".encode()


def check_files(raw: bytes, *, inline: bool) -> None:
    """The attached file is whole, and so is the image that the page shows, for libraries that can attach one to it."""
    page, files = html_of(raw), files_of(raw)
    assert PDF in [body for _, body in files]
    assert [body for cid, body in files if cid and f"cid:{cid}" in page] == [PNG] * inline


def check_signed(raw: bytes) -> None:
    """A signature made after tracking verifies on what arrives."""
    private, public = dkim_key()
    for how in ((b"simple", b"simple"), (b"relaxed", b"relaxed")):
        signed = dkim.sign(raw, b"s", b"shop.example", private, canonicalize=how) + raw
        [arrived] = receive(lambda port, signed=signed: sendmail(port, SHOP, [ANN], signed))  # type: ignore[misc]
        assert dkim.verify(arrived.content, dnsfunc=lambda *_, **__: public)


def sendmail(port: int, sender: str, recipients: Any, raw: bytes) -> None:  # noqa: ANN401 - any sequence
    import smtplib  # noqa: PLC0415 - only here

    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail(sender, recipients, raw)


def answer(url: str, now: datetime | None) -> Any:  # noqa: ANN401 - of the endpoint
    return handle_request(
        method="GET", target=url, headers={"User-Agent": "Thunderbird"}, domain=DOMAIN, now=now,
        route=Route(track_opens=True, track_clicks=True), consent=lambda _: Consent.GRANTED,
    )  # fmt: skip


def location(url: str, now: datetime | None) -> str:
    return str(dict(answer(url, now).response.headers)["Location"])


def html_of(raw: bytes) -> str:
    """The displayed page."""
    [part] = [part for part in scan_message(raw).found if part.reason is None and part.content_type == "text/html"]
    del part
    message = email.message_from_bytes(raw, policy=policy.default)
    [page] = [part for part in message.walk() if part.get_content_type() == "text/html"]
    return str(page.get_content()).replace("\r\n", "\n")


def files_of(raw: bytes) -> list[tuple[str, bytes]]:
    """Every part that is no text, with its Content-ID without the brackets."""
    message = email.message_from_bytes(raw, policy=policy.default)
    return [
        (str(part.get("Content-ID", "")).strip("<>"), bytes(part.get_payload(decode=True)))
        for part in message.walk()
        if part.get_content_maintype() not in ("text", "multipart")
    ]


# Different each time a message is made, or only about how it is written.
_OWN: Final = {"date", "message-id", "mime-version", "content-type", "content-transfer-encoding", "x-mailer"}


def content(raw: bytes) -> list[Any]:
    """All that a reader gets of a message: fields and parts, decoded."""
    message: EmailMessage = email.message_from_bytes(raw, policy=policy.default)
    shown: list[Any] = [
        (name.lower(), re.sub(r"\s+", "", str(value)))
        for name, value in sorted(message.items(), key=lambda field: field[0].lower())
        if name.lower() not in _OWN | {"bcc"}
    ]
    # Some libraries make a new Content-ID each time, so that only which one a page names can be compared.
    ids = [cid for cid, _ in files_of(raw) if cid]
    for part in message.walk():
        if part.is_multipart():
            shown.append(part.get_content_type())
            continue
        names = [name for name in part.get_params([], unquote=True) if name[0].lower() == "name"]
        shown.append(
            (part.get_content_type(), names, str(part.get("Content-Disposition", "")), bool(part.get("Content-ID")))
        )
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        if part.get_content_maintype() == "text":
            body = body.replace(b"\r\n", b"\n").rstrip(b"\n")
            for number, cid in enumerate(ids):
                body = body.replace(f"cid:{cid}".encode(), f"cid:{number}".encode())
        shown.append(body)
    return shown

"""The sample: one newsletter to three people, of whom one agreed, one was never asked, and one wants no pixel.

What it links to does not exist, so this host plays that part of the web too; see `web.py`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lmtrack import (
    Consent,
    Route,
    make_withdraw_token,
    message_bytes,
    parse_headers,
    resolve,
    track_message,
    withdraw_url,
)
from tracker.store import Letter

if TYPE_CHECKING:
    from lmtrack import TrackingDomain
    from tracker.store import Store

NEWSLETTER = Path(__file__).resolve().parent.parent / "newsletter.html"
ROUTE = Route(track_opens=True, track_clicks=True, require_consent=True)
# Long enough ago that a click is not taken for that of a gateway, which looks at a mail the moment it arrives.
SENT_AGO = timedelta(minutes=10)


class Reader(NamedTuple):
    """Somebody who gets the newsletter."""

    id: str
    name: str
    address: str
    consent: Consent
    headers: tuple[tuple[str, str], ...] = ()


READERS = (
    Reader("letter-mia", "Mia", "mia@post.example", Consent.GRANTED),
    Reader("letter-ben", "Ben", "ben@post.example", Consent.UNKNOWN),
    Reader("letter-cem", "Cem", "cem@post.example", Consent.GRANTED, (("X-LM-Override-Track-Opens", "false"),)),
)


def send_sample(store: Store, domain: TrackingDomain) -> None:
    """Send the newsletter to each reader. Here that means to keep it, since this host is the mailbox too."""
    sent_at = datetime.now(UTC) - SENT_AGO
    for reader in READERS:
        store.add_person(reader.address, reader.name, reader.consent)
        message = make_message(reader, domain, sent_at)
        raw = message_bytes(message)
        decision = resolve(ROUTE, parse_headers(raw), consent=reader.consent)
        tracked = track_message(raw, decision, domain=domain, message_id=reader.id, now=sent_at)
        row = (reader.id, reader.address, reader.name, reader.consent, message["Subject"])
        store.add_letter(
            Letter(*row, tracked.raw, tracked.decision), tracked.links if tracked.decision.track_clicks else ()
        )


def make_message(reader: Reader, domain: TrackingDomain, sent_at: datetime) -> EmailMessage:
    """Write the mail as any program would; nothing in it knows of tracking but the link to stop it."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = "Lantern Row <letters@shop.example>"
    message["To"] = f"{reader.name} <{reader.address}>"
    message["Date"] = sent_at
    message["Subject"] = "The evenings are drawing in"
    message["List-Unsubscribe"] = f"<https://shop.example/leave?who={reader.id}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for name, value in reader.headers:
        message[name] = value
    message.set_content("Three new lamps: https://shop.example/lamps\n")
    message.add_alternative(make_html(reader, domain, sent_at), subtype="html")
    return message


def make_html(reader: Reader, domain: TrackingDomain, sent_at: datetime) -> str:
    """Fill in the newsletter: the name, the web that this host plays, and how to read on without tracking."""
    html = NEWSLETTER.read_text(encoding="utf-8").replace("Hello Mia,", f"Hello {escape(reader.name)},")
    html = re.sub(r"""((?:href|src)=["'])https://""", rf"\g<1>{domain.base_url}/web/", html)
    if reader.consent is not Consent.GRANTED:
        return html
    stop = withdraw_url(domain, make_withdraw_token(domain.keys, reader.id, now=sent_at))
    privacy = "<a data-lm-no-track"
    return html.replace(
        privacy, f'<a href="{stop}" style="color:#5d6b67;">Read on without tracking</a> &nbsp;|&nbsp; {privacy}'
    )

"""One letter to many readers: what all processes have in common, and what makes the copies in one of them.

`Mailing` is handed from process to process and holds no key; `Maker` has read the key and cannot be handed on.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as mail_policy
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from itsdangerous import Signer

from lmtrack import (
    Campaign,
    Consent,
    Route,
    TrackingDomain,
    TrackingMode,
    campaign_urls,
    make_keys,
    resolve,
    scan_message,
    track_message,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from pathlib import Path

    from lmtrack.message import MessageDocument

SHOP = "shop.example"
BASE_URL = "https://track.example"
# What stands in front of the letter's own header, so the letter must not have it.
PERSONAL = ("To", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post")
HEAD = (
    "To: {{ to }} <{{ address }}>\r\n"
    f"Message-ID: <{{{{ mail }}}}@{SHOP}>\r\n"
    f"List-Unsubscribe: <https://{SHOP}/leave/{{{{ leave }}}}>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)
# The letter itself may say {{ name }}, in its subject, its text and its HTML.
SLOTS = {name: f"{{{{ {name} }}}}" for name in ("to", "address", "mail", "leave", "name")}
NAMELESS = {"name": "reader"}

LONGEST_NAME = 80
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}")  # with the issue less than the 64 characters of a message id
# Plain ASCII addresses, RFC 5321 dot-atoms: nothing in them can end a header line or an SMTP command.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z){_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)*")


class BadReaderError(ValueError):
    """A line of the readers' file that is no reader; its text holds nothing of the line."""


class Reader(NamedTuple):
    """Who gets a copy, and what they said about being tracked."""

    id: str
    address: str
    consent: Consent
    name: str = ""


class Mail(NamedTuple):
    """A copy, ready to be sent.

    `kind` is the highest mode that holds for it, `reasons` say why it is no higher.
    """

    reader: str
    sender: str
    address: str
    kind: str
    reasons: str
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """A letter and how to send it; may be pickled, logged and shown."""

    issue: str
    started_at: datetime
    letter: MessageDocument
    key_file: Path | None  # None: the key is in LMTRACK_KEY
    without_consent: TrackingMode = TrackingMode.OFF


def make_mailing(
    issue: str, letter: Path, *, started_at: datetime, key_file: Path | None, aggregate: bool = False
) -> Mailing:
    """Read the letter."""
    if not _ID.fullmatch(issue):
        raise ValueError("the issue must be 1 to 31 letters, digits, - and _")
    raw = letter.read_bytes()
    header = message_from_bytes(raw, policy=mail_policy)
    if twice := [name for name in PERSONAL if name in header]:
        raise ValueError(f"each copy gets a header of its own, so the letter must have no {', '.join(twice)}")
    return Mailing(
        issue=issue,
        started_at=started_at,
        letter=scan_message(HEAD.encode("ascii") + raw, slots=SLOTS, defaults=NAMELESS),
        key_file=key_file,
        without_consent=TrackingMode.AGGREGATE if aggregate else TrackingMode.OFF,
    )


def read_key(key_file: Path | None) -> bytes:
    """Read the key where it is used; the caller keeps it to itself."""
    if key_file is not None:
        return key_file.read_bytes().strip()
    key = os.environ.get("LMTRACK_KEY", "")
    if not key:
        raise ValueError("no key: name its file, or set LMTRACK_KEY")
    return key.encode("ascii")


def read_reader(line: bytes) -> Reader:
    """Read a line such as `{"id": "4471", "address": "ann@reader.example", "consent": "granted"}`."""
    try:
        row = json.loads(line)
        return make_reader(row["id"], row["address"], row.get("consent"), row.get("name"))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadReaderError("no reader") from None  # the reason would hold the line


def make_reader(reader_id: object, address: object, consent: object, name: object = None) -> Reader:
    """Check what a reader's row says; a consent that nobody can read is none."""
    if not isinstance(reader_id, str) or not _ID.fullmatch(reader_id):
        raise BadReaderError("an id is 1 to 31 letters, digits, - and _")
    if name is not None and not (isinstance(name, str) and len(name) <= LONGEST_NAME and name.isprintable()):
        raise BadReaderError(f"a name is at most {LONGEST_NAME} printable characters")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise BadReaderError("not a plain address")
    try:
        return Reader(reader_id, address, Consent(str(consent)), name or "")
    except ValueError:
        return Reader(reader_id, address, Consent.UNKNOWN, name or "")


class Maker:
    """Makes the copies in one process. It has read the key, so it is never pickled."""

    def __init__(self, mailing: Mailing) -> None:
        key = read_key(mailing.key_file)
        route = Route(
            track_opens=True,
            track_clicks=True,
            require_consent=True,
            without_consent=mailing.without_consent,
            after_refusal=mailing.without_consent,
        )
        self._mailing = mailing
        self._domain = TrackingDomain(BASE_URL, make_keys(key))
        self._campaign = Campaign(id=mailing.issue, started_at=mailing.started_at, urls=campaign_urls(mailing.letter))
        # For the link in List-Unsubscribe; the salt makes it another key than that of the tokens.
        self._leave = Signer(key, salt=b"shop.leave", key_derivation="hmac", digest_method=hashlib.sha256)
        self._decisions = {consent: resolve(route, consent=consent) for consent in Consent}

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Maker holds a key: hand the Mailing on, and make another where it is needed")

    def make(self, reader: Reader, withdrawn: Collection[str] = ()) -> Mail:
        """Make one reader's copy; the same to the last byte whenever it is made again."""
        consent = Consent.WITHDRAWN if reader.id in withdrawn else reader.consent
        mail_id = f"{self._mailing.issue}-{reader.id}"
        copy = track_message(
            self._mailing.letter,
            self._decisions[consent],
            domain=self._domain,
            message_id=mail_id,
            campaign=self._campaign,
            values={
                "to": reader.name,
                "address": reader.address,
                "mail": mail_id,
                "leave": self._leave.sign(reader.id).decode(),
                "name": reader.name,
            },
            now=self._mailing.started_at,
        )
        return Mail(
            reader=reader.id,
            sender=f"bounce+{mail_id}@{SHOP}",  # what comes back says whose it was
            address=reader.address,
            kind=max(copy.decision.opens, copy.decision.clicks).name.lower(),
            reasons=",".join(copy.decision.reasons),
            octets=copy.raw,
        )

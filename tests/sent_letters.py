"""Letters of the pages on sending, and how they are sent: to a server, and in a process of their own."""

from __future__ import annotations

import os
import re
import smtplib
import subprocess
import sys
from binascii import a2b_qp
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Final

import lmtrack
from howto_pages import TOP
from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    Send = Callable[[int], object]

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


def sendmail(octets: bytes, *readers: str) -> Send:
    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail(SENDER, readers or [ANN], octets, mail_options=["BODY=8BITMIME"])

    return send


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

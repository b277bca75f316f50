"""Mails to be written with every policy, and how they are read without the standard library's parser of headers."""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Final

import pytest

POLICIES: Final = {
    "compat32": policy.compat32,
    "default": policy.default,
    "SMTP": policy.SMTP,
    "SMTPUTF8": policy.SMTPUTF8,
    "HTTP": policy.HTTP.clone(max_line_length=78),  # without one, `set_content` fails
    "mangling": policy.compat32.clone(mangle_from_=True, max_line_length=40, linesep="\n"),
    "narrow": policy.default.clone(max_line_length=30, linesep="\r", refold_source="all"),
}
ANY_POLICY: Final = pytest.mark.parametrize("name", POLICIES)
LONG_URI: Final = f"<https://lists.example/u/{'x' * 90}>"
MAILTO: Final = "<mailto:leave@lists.example?subject=leave>"


def crlf(octets: bytes) -> bytes:
    """With every line end CRLF, and one at the end."""
    octets = re.sub(rb"\r\n|\r|\n", b"\r\n", octets)
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def unfolded(octets: bytes) -> dict[str, str]:
    """The header fields by RFC 5322 section 2.2.3, without anything of the standard library."""
    head = octets.partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape")
    lines = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
    return dict(line.split(": ", 1) for line in lines)


def leaves(message: Message) -> list[tuple[str, bytes]]:
    """Type and decoded content of each leaf, line ends of text normalised."""
    found = []
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            text = part.get_content_maintype() == "text"
            found.append((part.get_content_type(), crlf(content).rstrip() if text else content))
    return found


TEXT: Final = "From today on\nGrüße\n.\n..dots\n-- \nShop\n"
HTML: Final = f"<p>Grüße <a href='https://shop.example/{'y' * 2000}'>x</a></p>\n"
PDF: Final = bytes(range(256))


def newsletter(rules: policy.Policy = policy.default) -> Message:
    """A message of each trait that some policy damages, built as people build it for such a policy."""
    old = not hasattr(rules, "content_manager")
    message: Message = MIMEMultipart(policy=rules) if old else EmailMessage(policy=rules)
    message["From"] = '"Shop, Zürich" <news@shop.example>'
    message["To"] = "Ann <ann@reader.example>"
    message["Subject"] = "Grüße aus dem Frühling, " * 6
    message["Message-ID"] = f"<{'m' * 80}@shop.example>"
    message["References"] = " ".join(f"<{sign * 40}@shop.example>" for sign in "abcd")
    message["List-Unsubscribe"] = f"{LONG_URI}, {MAILTO}"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if isinstance(message, EmailMessage):
        message.set_content(TEXT)
        message.add_alternative(HTML, subtype="html")
        message.add_attachment(PDF, maintype="application", subtype="pdf", filename="Prüfung 1.pdf")
        return message
    text = MIMEText("")
    text.set_payload(TEXT.encode().decode("ascii", "surrogateescape"))
    text.replace_header("Content-Transfer-Encoding", "8bit")
    message.attach(MIMEMultipart("alternative", _subparts=[text, MIMEText(HTML, "html")], policy=rules))
    message.attach(MIMEApplication(PDF, "pdf", policy=rules))
    return message

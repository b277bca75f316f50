"""The documents the HTML benchmarks run on: real mail from ../shared, and two made ones."""

from __future__ import annotations

import email
import email.policy
from email.message import Message
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def templates() -> list[str]:
    """The HTML files of the corpus: templates of newsletters and transactional mail."""
    return [_decode(path.read_bytes(), None) for path in sorted(CORPUS.rglob("*.html"))]


def delivered() -> list[str]:
    """The HTML parts of the corpus' messages: mail that was sent."""
    found = []
    for path in sorted(CORPUS.rglob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
        for part in message.walk():
            if part.get_content_type() == "text/html" and isinstance(part, Message):
                payload = part.get_payload(decode=True)
                if isinstance(payload, bytes) and payload.strip():
                    found.append(_decode(payload, part.get_content_charset()))
    return found


def _decode(octets: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        try:
            if name:
                return octets.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return octets.decode("latin-1")


_BLOCK = """<tr><td align="left" valign="top" style="padding:12px 24px;font-family:Arial,sans-serif;font-size:14px;">
<p style="margin:0 0 12px;color:#333333;">New this week: a lamp that folds flat, charges by day and lights a whole \
table by night, and <a href="{url}/story" \
style="color:#1a73e8;text-decoration:underline;">the story behind it</a>.</p>
<!-- button {n} -->
<table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td align="center" bgcolor="#1a73e8">
<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="{url}" style="height:40px;width:180px;" \
arcsize="10%" stroke="f" fillcolor="#1a73e8"><center style="color:#ffffff;">See it</center></v:roundrect><![endif]-->
<!--[if !mso]><!--><a class="button" href="{url}" style="display:inline-block;padding:12px 28px;color:#ffffff;">See it\
</a><!--<![endif]-->
</td></tr></table></td></tr>
"""
_HEAD = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>News</title>
<style>body{margin:0}a{color:#1a73e8}@media (prefers-color-scheme:dark){body{background:#111}}</style></head>
<body><table role="presentation" width="100%" border="0" cellpadding="0" cellspacing="0">
"""


def link_dense(octets: int) -> str:
    """About 2.5 links per KB: a text link, a button and its VML twin in every 1.2 KB."""
    blocks = [_HEAD]
    size = len(_HEAD)
    number = 0
    while size < octets:
        url = f"https://shop.example/catalogue/{number}/lamp?utm_source=news&amp;utm_medium=email&amp;utm_campaign=w{number}"
        block = _BLOCK.format(url=url, n=number)
        blocks.append(block)
        size += len(block)
        number += 1
    blocks.append("</table></body></html>\n")
    return "".join(blocks)


def newsletter(octets: int, links: int) -> str:
    """A newsletter of a size with a number of links, each with a destination of its own."""
    share = octets // links
    style = "padding:0 8px;font-family:Georgia,serif;font-size:15px;line-height:1.5;"
    filler = f'<td style="{style}">Words and more words.</td>\n'
    parts = [_HEAD]
    for number in range(links):
        link = (
            f'<tr><td><a href="https://shop.example/catalogue/{number}/lamp?utm_source=news&amp;utm_campaign=w47" '
            f'style="color:#1a73e8;">Item {number}</a></td>\n'
        )
        parts += (link, filler * max(1, (share - len(link)) // len(filler)), "</tr>\n")
    parts.append("</table></body></html>\n")
    return "".join(parts)

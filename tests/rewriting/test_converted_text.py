"""Text parts as programs make them of HTML: no tracked link leads to the beginning of the URL that the HTML has.

`LMTRACK_HTML_TO_TEXT` names a folder with npm's html-to-text; then it is asked too, and every document is taken.
"""

from __future__ import annotations

import email.policy
import json
import os
import re
import subprocess
import textwrap
from email.message import EmailMessage
from functools import cache
from typing import TYPE_CHECKING, Final

import html2text
import pytest
from inscriptis import get_text
from inscriptis.model.config import ParserConfig
from selectolax.lexbor import LexborHTMLParser

from lmtrack import Route, TrackingDomain, make_keys, resolve, rewrite_text, track_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MODULES: Final = os.environ.get("LMTRACK_HTML_TO_TEXT", "")  # noqa: TID251 - the ban is for the library
STEP: Final = 1 if MODULES else 6
LONGEST: Final = 150_000

_URL: Final = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_MARKS: Final = ".,;:!?)]}*"


def documents(shared: Path) -> list[str]:
    texts = [path.read_text("utf-8", "replace") for path in sorted((shared / "corpus").rglob("*.html"))]
    for path in sorted((shared / "corpus").rglob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
        for part in message.walk():
            payload = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
            if isinstance(payload, bytes):
                texts.append(payload.decode("latin-1"))
    return [text for text in dict.fromkeys(texts) if text.strip() and len(text) < LONGEST][::STEP]


@cache
def urls_of(document: str) -> frozenset[str]:
    """The URLs of a document: what its attributes say, and what its text shows, with marks at the end and without."""
    nodes = LexborHTMLParser(document).css("*")
    values = [re.sub(r"[\t\r\n]", "", value.strip()) for node in nodes for value in node.attrs.values() if value]
    texts = [node.text(deep=False) for node in nodes]
    shown = [url for text in (*texts, *values) for url in _URL.findall(text)]
    return frozenset((*values, *shown, *(url.rstrip(_MARKS) for url in shown)))


def halves(document: str, tracked: list[str]) -> list[str]:
    """The destinations that are only the beginning of a URL of the document; an empty query at the end is nothing."""
    known = urls_of(document)
    odd = [url for url in tracked if not {url, url + "?", url.removesuffix("/")} & known]
    return [url for url in odd if any(one.startswith(url) for one in known)]


def with_html2text(document: str, **options: object) -> str:
    converter = html2text.HTML2Text()
    for name, value in options.items():
        setattr(converter, name, value)
    return str(converter.handle(document))


def with_inscriptis(document: str) -> str:
    return str(get_text(document, ParserConfig(display_links=True)))


def wrapped(text: str, width: int, **options: bool) -> str:
    return "\n".join(textwrap.fill(line, width, **options) for line in text.splitlines())  # type: ignore[arg-type]


WRITERS: Final[dict[str, Callable[[str], str]]] = {
    "html2text": with_html2text,
    "html2text, 60 columns": lambda document: with_html2text(document, body_width=60),
    "html2text, references": lambda document: with_html2text(document, inline_links=False),
    "html2text, links wrapped": lambda document: with_html2text(document, wrap_links=True, body_width=72),
    "html2text, links protected": lambda document: with_html2text(document, protect_links=True),
    "inscriptis": with_inscriptis,
    "inscriptis and textwrap": lambda document: wrapped(with_inscriptis(document), 72),
    "inscriptis and textwrap, words whole": lambda document: wrapped(
        with_inscriptis(document), 60, break_long_words=False
    ),
    "html2text and textwrap": lambda document: wrapped(with_html2text(document, body_width=0), 68),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_no_tracked_link_of_a_converted_text_is_half_a_url(writer: str, shared: Path) -> None:
    tracked = 0
    for document in documents(shared):
        text = WRITERS[writer](document)
        found = [link.url for link in rewrite_text(text, click_url=lambda _: None).links]
        assert halves(document, found) == []
        tracked += len(found)
    assert tracked > 100


KEYS: Final = make_keys(b"an example key of 32 octets, not")
DOMAIN: Final = TrackingDomain("https://track.example", KEYS)


def flowed(text: str, *, delsp: bool) -> Iterator[str]:
    """RFC 3676 section 4.2: lines that go on end in a blank, and those that begin with one or with `>` get another."""
    for line in text.splitlines():
        stuffed = line.rstrip(" ")
        pieces = textwrap.wrap(stuffed, 72, break_long_words=delsp, break_on_hyphens=delsp, drop_whitespace=False)
        for number, piece in enumerate(pieces or [""]):
            goes_on = number + 1 < len(pieces)
            ended = piece.rstrip(" ") + " " if goes_on and not delsp else piece + " " if goes_on else piece
            yield f" {ended}" if ended.startswith((" ", ">", "From ")) else ended


@pytest.mark.parametrize("delsp", [False, True])
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_no_tracked_link_of_a_flowed_part_is_half_a_url(encoding: str, delsp: bool, shared: Path) -> None:
    decision = resolve(Route(track_clicks=True))
    tracked = 0
    for document in documents(shared)[:: 1 if MODULES else 4]:
        text = "\n".join(flowed(with_html2text(document, body_width=0), delsp=delsp))
        mail = EmailMessage(policy=email.policy.SMTP)
        mail.set_content(
            text, cte=encoding, params={"format": "flowed", "delsp": "yes" if delsp else "no"}, charset="utf-8"
        )
        done = track_message(mail.as_bytes(), decision, domain=DOMAIN, message_id="m-1", text_links=True)
        found = [link.url for link in done.links]
        assert halves(document, found) == []
        tracked += len(found)
    assert tracked > (10 if delsp else 100)  # without a blank nobody can tell where most URLs end


NPM: Final = """
const {convert} = require(process.argv[1] + "/html-to-text");
const documents = JSON.parse(require("fs").readFileSync(0));
const options = [{}, {wordwrap: 60}, {wordwrap: false}, {selectors: [{selector: "a", options: {linkBrackets: false}}]},
  {selectors: [{selector: "a", options: {linkBrackets: ["<", ">"]}}]},
  {selectors: [{selector: "a", options: {hideLinkHrefIfSameAsText: true}}]}];
console.log(JSON.stringify(options.map(one => documents.map(text => {
  try { return convert(text, one); } catch { return ""; } // it refuses documents that nest too deep
}))));
"""


@pytest.mark.skipif(not MODULES, reason="needs html-to-text from npm")
def test_no_tracked_link_of_a_text_by_html_to_text_is_half_a_url(shared: Path) -> None:
    texts = documents(shared)
    command = ["node", "-e", NPM, MODULES]
    made = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)  # noqa: S603
    for converted in json.loads(made.stdout):
        tracked = 0
        for document, text in zip(texts, converted, strict=True):
            found = [link.url for link in rewrite_text(text, click_url=lambda _: None).links]
            # Unbracketed, a URL with a blank in it ends there for every reader.
            ended = {
                value.split()[0].rstrip(_MARKS)
                for value in re.findall(r'href="([^"]+)"', document)
                if len(value.split()) > 1
            }
            assert [url for url in halves(document, found) if url not in ended or f"[{url} " in text] == []
            tracked += len(found)
        assert tracked > 100

"""What a value becomes where its slot is: one table of every place, each row beside the clause it comes from.

A place is where a reader decodes; its escape is what that reader decodes to exactly the value. The values have no
U+0000 and no lone surrogates any more (`Slots.read`). What no escape can carry is refused, never changed.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.grammar import WHITESPACE
from lmtrack._pattern import compile_pattern
from lmtrack._url.destination import is_destination
from lmtrack.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(StrEnum):
    """Where a slot may be; the value is how errors call it."""

    TEXT = "text"
    RCDATA = "a title or a text field"
    FOREIGN_TEXT = "text of an svg or math element"
    DOUBLE_QUOTED = "an attribute in double quotes"
    SINGLE_QUOTED = "an attribute in single quotes"
    OUTLOOK_TEXT = "text of an Outlook comment"
    OUTLOOK_DOUBLE_QUOTED = "an attribute in double quotes in an Outlook comment"
    OUTLOOK_SINGLE_QUOTED = "an attribute in single quotes in an Outlook comment"
    LINK_URL = "a link's whole URL"
    LOADED_URL = "the whole URL of something that is loaded"
    URL_BEGINNING = "the beginning of a URL"
    URL_PATH = "the path of a URL"
    URL_QUERY = "the query of a URL"
    URL_FRAGMENT = "the fragment of a URL"
    MAIL_ADDRESS = "the address of a mailto URL"
    PHONE_NUMBER = "the number of a tel or sms URL"
    OPAQUE_URL = "a URL without a host"
    PLAIN_TEXT = "plain text"
    FLOWED_TEXT = "flowed text"
    HEADER_TEXT = "the text of a header field"
    HEADER_JSON = "JSON in a header field"
    HEADER_WORD = "a header field of printable ASCII"
    HEADER_PART = "a part of a header field of printable ASCII"
    HEADER_NAME = "a display name"
    HEADER_ADDRESS = "an email address"
    HEADER_LIST_ID = "the id of a list"
    HEADER_MESSAGE_ID = "a message id"
    HEADER_URL = "a URL in a header field"


class Escape(NamedTuple):
    """One row of the table.

    Attributes:
        write: Maps a value to what is written; None for one that cannot be.
        problem: What such a value is or lacks.
        source: The clause that says how the place is read.
    """

    write: Callable[[str], str | None]
    problem: str
    source: str


def _markup(quote: str) -> Callable[[str], str]:
    """Escape for text or for an attribute in `quote`. CR is a line feed to readers unless it is written as `&#13;`."""
    search = re.compile(f"[&<>\r{quote}]").search
    reference = {'"': "&quot;", "'": "&#39;"}.get(quote, "")

    def write(value: str) -> str:
        if not search(value):
            return value
        # In a value of a few words, five searches take half of what `translate` does.
        value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
        return value.replace(quote, reference) if quote else value

    return write


# `-->` and `--!>` end a comment. No `>` is left, but one of the template may follow the value.
_EDGES: Final = re.compile(r"\A[-!]++|[-!]++\Z")


def _in_comment(write: Callable[[str], str]) -> Callable[[str], str]:
    """Escape for the inside of an Outlook comment: what might join the template's own signs to its end, too."""
    return lambda value: _EDGES.sub(lambda edge: numbered(edge[0]), write(value))


def numbered(text: str, /) -> str:
    """Write each character as a numeric character reference."""
    return "".join([f"&#{ord(char)};" for char in text])


_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]*+").fullmatch  # RFC 3986 section 2.3


def percent_encoded(value: str, /, safe: str = "") -> str:
    """Write everything but unreserved characters (RFC 3986 section 2.3) and `safe` ones as percent escapes."""
    if _UNRESERVED(value):
        return value
    from urllib.parse import quote  # noqa: PLC0415 - 2 ms of every import

    return quote(value, safe)


def _mail_address(value: str) -> str:
    # RFC 6068 section 2, "some-delims" without the comma, which sets addresses apart, and what ends a value in markup.
    return percent_encoded(value, "@!$*+")


_PHONE: Final = re.compile(r"[0-9+.()-]*+").fullmatch  # RFC 3966 section 3: digits, visual separators, the global `+`


def _phone_number(value: str) -> str | None:
    return value if _PHONE(value) else None


_TEL: Final = re.compile(r"(?:[tT][eE][lL]|[sS][mM][sS]):[0-9+.()-]++").fullmatch
# Whatever else a mail client writes into a message is visible to the person before it is sent.
_MAILTO: Final = re.compile(r"[mM][aA][iI][lL][tT][oO]:[^\x00-\x20\x7f-\xa0\\]++").fullmatch
_CID: Final = re.compile(r"[cC][iI][dD]:[!-~]++").fullmatch  # RFC 2392: names a part of the same message


def _link_url(value: str) -> str | None:
    url = value.strip(WHITESPACE)
    return value if not url or is_destination(url) or _MAILTO(url) or _TEL(url) else None


def _loaded_url(value: str) -> str | None:
    url = value.strip(WHITESPACE)
    return value if not url or is_destination(url) or _CID(url) else None


def _url_beginning(value: str) -> str | None:
    return value if is_destination(value) else None


_LINE_END: Final = re.compile("[\r\n]").search
_PRINTABLE: Final = re.compile(r"[!-~]++").fullmatch
# RFC 5321 section 4.1.2, `Mailbox` with a dot-string: no quoted local part, no literal, no comment, one address only.
# The classes say what is not in them: a set of most of Unicode takes 12 ms to compile.
_ATOM: Final = r"""[^\x00- "(),.:;<>@[\\\]\x7f-\xa0\ud800-\udfff]++"""
_LABEL: Final = r"[^\x00-,./:-@[-^`{-\xa0\ud800-\udfff]++"
_MAILBOX: Final = compile_pattern(rf"{_ATOM}(?:\.{_ATOM})*+@(?:{_LABEL}\.?+(?<!@\.))++(?<!\.)").fullmatch


def _one_line(value: str) -> str | None:
    return None if _LINE_END(value) else value


_CONTROL: Final = re.compile("[\x00-\x1f\x7f]").search


def _shown(value: str) -> str | None:
    return None if _CONTROL(value) else value


_STRUCTURE: Final = frozenset('<>,;"\\')
# No encoded word is in an address or an id (RFC 2047 section 5), but some readers decode one and find another there.
_BEGINS_WORD: Final = "=?"


def _word(value: str) -> str | None:
    return value if _PRINTABLE(value) and _STRUCTURE.isdisjoint(value) and _BEGINS_WORD not in value else None


def _word_part(value: str) -> str | None:
    return value if not value or (_word(value) and ":" not in value) else None


def _mailbox(value: str) -> str | None:
    # RFC 5321 section 4.5.3.1.3
    return value if len(value) <= 254 and _BEGINS_WORD not in value and _MAILBOX(value) else None


_DOT_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++)*+"
_LIST_ID: Final = compile_pattern(_DOT_ATOM).fullmatch
_MESSAGE_ID: Final = compile_pattern(rf"<{_DOT_ATOM}@(?:{_DOT_ATOM}|\[[!-Z^-~]*+\])>").fullmatch


def _list_id(value: str) -> str | None:
    return value if _BEGINS_WORD not in value and _LIST_ID(value) else None


def _message_id(value: str) -> str | None:
    return value if _BEGINS_WORD not in value and _MESSAGE_ID(value) else None


# `=?` begins an encoded word, which no reader of JSON takes apart.
_WORD_BEGINS: Final = re.compile(r"(?:\A|(?<==))\?")
_UNPRINTABLE: Final = re.compile("[^ -~]")


def json_text(text: str, /) -> str:
    """Write JSON, or what is inside a string of it, so that a header field can hold it and it is read as the same."""
    return _WORD_BEGINS.sub(r"\\u003f", _UNPRINTABLE.sub(lambda char: json.dumps(char[0])[1:-1], text))


def _json_string(value: str) -> str:
    return json_text(value.replace("\\", "\\\\").replace('"', r"\""))


def _same(value: str) -> str:
    return value


_TEXT, _DOUBLE, _SINGLE = _markup(""), _markup('"'), _markup("'")
_HTML: Final = "WHATWG HTML, 13.2.5.1 and 13.2.5.2: character references in text, title and textarea"
_DOUBLE_CLAUSE: Final = "WHATWG HTML, 13.2.5.36, attribute value (double-quoted) state"
_SINGLE_CLAUSE: Final = "WHATWG HTML, 13.2.5.37, attribute value (single-quoted) state"
_COMMENT_CLAUSE: Final = "WHATWG HTML, 13.2.5.50 to 13.2.5.52: what ends a comment; Outlook reads its inside as HTML"
_ANY: Final = "it cannot be written there"  # of a row that refuses nothing
_ALLOWED_LINK: Final = "it is not an http, https, mailto, tel or sms URL that every reader reads the same way"
_ONE_LINE: Final = "it holds a line end"
_NOT_A_WORD: Final = 'it holds more than printable ASCII, or one of < > , ; \\ " =?'

ESCAPES: Final[dict[Place, Escape]] = {
    Place.TEXT: Escape(_TEXT, _ANY, _HTML),
    Place.RCDATA: Escape(_TEXT, _ANY, _HTML),
    Place.FOREIGN_TEXT: Escape(_TEXT, _ANY, _HTML),
    Place.DOUBLE_QUOTED: Escape(_DOUBLE, _ANY, _DOUBLE_CLAUSE),
    Place.SINGLE_QUOTED: Escape(_SINGLE, _ANY, _SINGLE_CLAUSE),
    Place.OUTLOOK_TEXT: Escape(_in_comment(_TEXT), _ANY, _COMMENT_CLAUSE),
    Place.OUTLOOK_DOUBLE_QUOTED: Escape(_in_comment(_DOUBLE), _ANY, _COMMENT_CLAUSE),
    Place.OUTLOOK_SINGLE_QUOTED: Escape(_in_comment(_SINGLE), _ANY, _COMMENT_CLAUSE),
    # URLs: what is written here is escaped once more for the attribute around it.
    Place.LINK_URL: Escape(_link_url, _ALLOWED_LINK, "section 4 of our rules for destinations; RFC 6068, RFC 3966"),
    Place.LOADED_URL: Escape(
        _loaded_url, "it is not an http, https or cid URL that every reader reads the same way", "the same; RFC 2392"
    ),
    Place.URL_BEGINNING: Escape(_url_beginning, "it is not an http or https URL to a host", "RFC 3986 section 3.2"),
    Place.URL_PATH: Escape(percent_encoded, "it makes a segment that readers take out", "RFC 3986 sections 3.3, 5.2.4"),
    Place.URL_QUERY: Escape(percent_encoded, _ANY, "RFC 3986 section 3.4"),
    Place.URL_FRAGMENT: Escape(percent_encoded, _ANY, "RFC 3986 section 3.5"),
    Place.MAIL_ADDRESS: Escape(_mail_address, _ANY, "RFC 6068 section 2"),
    Place.PHONE_NUMBER: Escape(_phone_number, "it holds more than digits and + - . ( )", "RFC 3966 section 3"),
    Place.OPAQUE_URL: Escape(percent_encoded, _ANY, "RFC 3986 section 3.3"),
    Place.PLAIN_TEXT: Escape(_same, _ANY, "RFC 2046 section 4.1.3: plain text has no markup"),
    # Whoever splices it quotes, stuffs and trims its lines, with regard to what is around it.
    Place.FLOWED_TEXT: Escape(
        _same, "with it a line is the separator before a signature", "RFC 3676 sections 4.1 and 4.3 to 4.5"
    ),
    # Header fields: the text before RFC 2047 encoding and folding.
    Place.HEADER_TEXT: Escape(_one_line, _ONE_LINE, "RFC 5322 section 2.2"),
    Place.HEADER_JSON: Escape(_json_string, _ANY, "RFC 8259 section 7"),
    Place.HEADER_WORD: Escape(_word, _NOT_A_WORD, "RFC 3834 section 5"),
    # Google's Feedback-ID (support.google.com/mail/answer/6254652, December 2026) has four parts with colons between.
    Place.HEADER_PART: Escape(_word_part, f"{_NOT_A_WORD} :", "the same; Google's Feedback-ID"),
    Place.HEADER_NAME: Escape(_shown, "it holds a control character", "RFC 5322 section 3.4, display-name"),
    Place.HEADER_ADDRESS: Escape(_mailbox, "it is not exactly one email address", "RFC 5321 section 4.1.2, Mailbox"),
    # One without the dot is taken: big senders write such ids.
    Place.HEADER_LIST_ID: Escape(_list_id, "it is not exactly one list id", "RFC 2919 section 2"),
    Place.HEADER_MESSAGE_ID: Escape(_message_id, "it is not exactly one message id", "RFC 5322 section 3.6.4, msg-id"),
    Place.HEADER_URL: Escape(percent_encoded, _ANY, "RFC 2369 section 2, RFC 3986 section 2.1"),
}


def escaped(value: str, place: Place, name: str, /) -> str:
    """Write a value of slot `name` for a place.

    Raises:
        BadValue: No escape can carry it.
    """
    row = ESCAPES[place]
    written = row.write(value)
    if written is None:
        raise BadValue(name, place, row.problem)
    return written

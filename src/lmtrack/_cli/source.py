"""What a verb works on: a page or a message, told apart by its content, with every octet kept."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._cli.arguments import add_once, read_path
from lmtrack._cli.files import read_input
from lmtrack._cli.output import CommandError, name_of
from lmtrack._headers import is_message, iter_fields

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser

# No HTML holds these, and nearly every other format does (UTF-16 has NUL). Allowed are the controls that WHATWG HTML
# takes for blanks, VT, which word processors paste for a line break, and ESC, which ISO-2022-JP switches with.
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]|\A%PDF-")
# A page may quote the others.
_MIME: Final = frozenset(("content-transfer-encoding", "mime-version"))
_HELP: Final = "HTML or a message (.eml); - reads standard input"
_BOM: Final = b"\xef\xbb\xbf"

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # MS-CFB section 2.2: what an Outlook .msg file is packed in
# The line that opens the next entry of a mailbox (RFC 4155): behind an empty line, before a header field.
_NEXT_ENTRY: Final = re.compile(rb"\n\r?\nFrom [^\r\n]*+\r?\n[!-9;-~]++:")
_SUFFIXES: Final = {
    ".msg": "an Outlook file; save the message as .eml",
    ".mbox": "a mailbox; give one message of it",
}


class Source(NamedTuple):
    """A file as it was read.

    Attributes:
        raw: Its octets.
        is_message: Whether it is a message, not a page.
        text: A page as characters; encoded again they are the octets. Empty for a message.
        encoding: Of a page: `utf-8`, or `latin-1` if it is none and each octet stands for itself.
    """

    raw: bytes
    is_message: bool
    text: str = ""
    encoding: str = ""

    @property
    def kind(self) -> str:
        """What the user calls it."""
        return "message" if self.is_message else "html"


def add_source_arguments(parser: Parser, /) -> None:
    """Add the file, and what it is."""
    parser.add_argument("file", metavar="FILE", type=read_path, help=_HELP)
    _add_type(parser)


def add_sources_arguments(parser: Parser, /) -> None:
    """Add one file or several, and what they are."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=read_path, help=_HELP)
    _add_type(parser)


def _add_type(parser: Parser) -> None:
    add_once(parser, "--type", choices=["html", "message"], help="what FILE is (default: its content says)")


def read_source(arguments: argparse.Namespace, /) -> Source:
    """Read the file that `add_source_arguments` asked for.

    Raises:
        CommandError: It cannot be read, is neither a page nor a message, or does not say which.
    """
    return read_file(arguments.file, arguments.type)


def read_file(path: str, kind: str | None, /) -> Source:
    """Read a file that is a page or a message: the kind that is given, else what its content says.

    Raises:
        CommandError: It cannot be read, is neither a page nor a message, or does not say which.
    """
    name = name_of(path)
    data = read_message(path) if kind == "message" else _read(path)
    if kind == "message" or (kind is None and is_message(data)):
        return Source(data, is_message=True)
    if kind is None and PurePath(path).suffix.lower() == ".eml":
        raise CommandError(f"{name}: called a message, but begins as none; say --type message or --type html")
    if kind is None and _is_damaged(data):
        raise CommandError(f"{name}: begins almost like a message; say --type message or --type html")
    if _BINARY.search(data):
        raise CommandError(f"{name}: binary, neither HTML nor a message")
    # Both give every octet back: UTF-8 if it is valid (a byte order mark stays a character), else one octet each.
    try:
        return Source(data, is_message=False, text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError:
        if b"<" not in data:  # then nothing says that it is text at all
            raise CommandError(f"{name}: binary, neither HTML nor a message") from None
        return Source(data, is_message=False, text=data.decode("latin-1"), encoding="latin-1")


def read_message(path: str, /) -> bytes:
    """Read what is to be taken for a message.

    Raises:
        CommandError: It cannot be read, or is a page.
    """
    data = _read(path)
    if _after_blanks(data).startswith(b"<"):
        raise CommandError(f"{name_of(path)}: HTML, not a message")
    return data


def _read(path: str) -> bytes:
    if refused := _SUFFIXES.get(PurePath(path).suffix.lower()):
        raise CommandError(f"{name_of(path)}: {refused}")
    data = read_input(path)
    if data.startswith(_OLE):
        raise CommandError(f"{name_of(path)}: {_SUFFIXES['.msg']}")
    if data.startswith(b"From ") and _NEXT_ENTRY.search(data):
        raise CommandError(f"{name_of(path)}: {_SUFFIXES['.mbox']}")
    return data


def _is_damaged(data: bytes) -> bool:
    # Taken for a page, a message whose first line is broken would be edited with no regard to its encoding.
    rest = _after_blanks(data)
    if rest.startswith(b"<"):
        return False
    return is_message(rest) or any(field.name.lower() in _MIME for field in iter_fields(rest))


def _after_blanks(data: bytes) -> bytes:
    return data.removeprefix(_BOM).lstrip(b" \t\r\n")

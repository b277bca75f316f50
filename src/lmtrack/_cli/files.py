"""Files of the command: whole in, whole out or not at all; pages and messages told apart; and the keys."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from codecs import BOM_UTF8
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from lmtrack._cli.arguments import add_once, read_path
from lmtrack._cli.output import CommandError, name_of, standard_output
from lmtrack._headers import is_message, iter_fields
from lmtrack.tokens import Keys, read_keys as read_ring

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser

# Our choice: far above any message (Gmail clips HTML at 102 KB), and far below what a machine holds.
LIMIT_OCTETS: Final = 64 * 1024 * 1024
_KEYS_LIMIT_OCTETS: Final = 64 * 1024
_KEY_VARIABLE: Final = "LMTRACK_KEY"


def read_input(path: str, /, *, name: str | None = None, limit_octets: int = LIMIT_OCTETS) -> bytes:
    """Read a whole file, or standard input for `-`; `name` stands for it in messages.

    Raises:
        CommandError: It cannot be read, is empty or has more bytes than the limit.
    """
    name = name or name_of(path)
    standard_input: TextIO | None = sys.stdin  # None if the process was started without one
    if path == "-" and standard_input is None:
        raise CommandError(f"{name}: closed")
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit_octets + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(limit_octets + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise CommandError(f"{name}: {why(error)}") from error
    if len(data) > limit_octets:
        raise CommandError(f"{name}: more than {limit_octets:,} bytes")
    if not data:
        raise CommandError(f"{name}: empty")
    return data


def write_output(path: str, data: bytes, /) -> None:
    """Write a whole file, or standard output for `-`; a file that was there stays until the new one is complete.

    Raises:
        CommandError: It cannot be written; then nothing has changed.
    """
    if path == "-":
        stream = standard_output()
        stream.buffer.write(data)
        stream.buffer.flush()
        return
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # a pipe or a device cannot be replaced; a folder is refused here
        else:
            _replace(target, data)
    except (OSError, ValueError) as error:
        raise CommandError(f"{name_of(path)}: {why(error)}") from error


def create_secret(path: str, secret: str, /) -> None:
    """Write a secret to a new file that only its owner can read.

    Raises:
        CommandError: The file exists, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret.encode())
    except (OSError, ValueError) as error:
        raise CommandError(f"{name_of(path)}: {why(error)}") from error


def read_keys(path: str | None, /, *, tenant: str = "") -> Keys | None:
    """Read the key ring from a file, else from the environment variable `LMTRACK_KEY`; None without either.

    A key is the printable ASCII of one line, exactly: nothing is decoded. The first signs, all verify.

    Raises:
        CommandError: The file cannot be read, or a line is not a key.
    """
    if path is not None:
        name = "--key-file"  # and not the path: a key given by mistake in its place must not be printed
        data = read_input(path, name=name, limit_octets=_KEYS_LIMIT_OCTETS)
    else:
        name = _KEY_VARIABLE
        data = os.environ.get(name, "").encode("utf-8", "surrogateescape")  # noqa: TID251 - the one place that may
        if not data:
            return None
    try:
        return read_ring(data, tenant=tenant.encode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise CommandError(f"{name}: {error}") from error


def _replace(target: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    if target.exists():
        return target.stat().st_mode & 0o7777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def why(error: OSError | ValueError, /) -> str:
    """Say why a file cannot be used."""
    # Only the system's own words: the text of a ValueError may hold the path with its control characters.
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else "not a usable path"


# No HTML holds these, and nearly every other format does (UTF-16 has NUL). Allowed are the controls that WHATWG HTML
# takes for blanks, VT, which word processors paste for a line break, and ESC, which ISO-2022-JP switches with.
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]|\A%PDF-")
# A page may quote the others.
_MIME: Final = frozenset(("content-transfer-encoding", "mime-version"))
_HELP: Final = "HTML or a message (.eml); - reads standard input"

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # MS-CFB section 2.2: what an Outlook .msg file is packed in
# The line that opens the next entry of a mailbox (RFC 4155): it has a date (asctime's), and a header field follows. Not
# every program writes an empty line before it.
_NEXT_ENTRY: Final = re.compile(
    rb"\nFrom [^\r\n]*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9][^\r\n]*"
    rb"\r?\n[!-9;-~]++:"
)
_OUTLOOK: Final = "an Outlook file; save the message as .eml"
_MAILBOX: Final = "a mailbox; pass one message from it"
# Apple Mail's: the number of bytes of a message in a line of its own, the message, and a property list.
_EMLX: Final = re.compile(rb"([0-9]{1,12})[ \t]*\r?\n(?=[!-9;-~]++:|From )")
_APPLE: Final = "a message as Apple Mail stores it (.emlx); export it as .eml"
_JSON: Final = re.compile(rb"\{[ \t\r\n]*[\"}]|\[[ \t\r\n]*[\[{\"\]0-9]")
_TAG: Final = re.compile(rb"<[a-zA-Z!/?]")


class Source(NamedTuple):
    """A file as it was read.

    Attributes:
        raw: Its bytes.
        is_message: Whether it is a message, not a page.
        text: A page as characters; encoded again they are the bytes. Empty for a message.
        encoding: Of a page: `utf-8`, or `latin-1` if it is not that and each byte is one character.
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
    add_once(parser, "--type", choices=["html", "message"], help="what FILE is (default: detected from its content)")


def read_source(arguments: argparse.Namespace, /, *, writes: bool = True) -> Source:
    """Read the file that `add_source_arguments` asked for, to write it again or only to read it.

    Raises:
        CommandError: It cannot be read, is neither a page nor a message, or does not say which.
    """
    return read_file(arguments.file, arguments.type, writes=writes)


def read_file(path: str, kind: str | None, /, *, writes: bool = False) -> Source:
    """Read a file that is a page or a message: the kind that is given, else what its content says.

    Raises:
        CommandError: It cannot be read, is neither a page nor a message, or does not say which.
    """
    name = name_of(path)
    data = read_message(path, writes=writes) if kind == "message" else _read_file(path, writes=writes)
    if kind == "message" or (kind is None and is_message(data)):
        return Source(data, is_message=True)
    if kind is None and PurePath(path).suffix.lower() == ".eml":
        raise CommandError(
            f"{name}: named like a message, but does not begin as one; pass --type message or --type html"
        )
    if kind is None and _is_damaged(data):
        raise CommandError(f"{name}: begins almost like a message; pass --type message or --type html")
    if _BINARY.search(data):
        raise CommandError(f"{name}: binary, neither HTML nor a message")
    # Both give every byte back: UTF-8 if it is valid (a byte order mark stays a character), else one byte each.
    try:
        return Source(data, is_message=False, text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError:
        if b"<" not in data:  # then nothing says that it is text at all
            raise CommandError(f"{name}: binary, neither HTML nor a message") from None
        return Source(data, is_message=False, text=data.decode("latin-1"), encoding="latin-1")


def read_page_or_message(path: str, kind: str | None, /) -> Source:
    """Read a file to judge it: what is not a message must be HTML, and not something that HTML is packed in.

    Raises:
        CommandError: As for `read_file`, or it is JSON, or there is no tag in it.
    """
    source = read_file(path, kind)
    if not source.is_message and kind is None:
        rest = _after_blanks(source.raw)
        if _JSON.match(rest):
            raise CommandError(f"{name_of(path)}: JSON, not HTML; extract the HTML first")
        if rest and not _TAG.search(rest):
            raise CommandError(f"{name_of(path)}: no tag in it, so it is not HTML; pass --type html or --type message")
    return source


def read_message(path: str, /, *, writes: bool = False) -> bytes:
    """Read what is to be taken for a message.

    Raises:
        CommandError: It cannot be read, or is a page.
    """
    data = _read_file(path, writes=writes)
    if _after_blanks(data).startswith(b"<"):
        raise CommandError(f"{name_of(path)}: HTML, not a message")
    return data


def _read_file(path: str, *, writes: bool) -> bytes:
    if PurePath(path).suffix.lower() == ".msg":
        raise CommandError(f"{name_of(path)}: {_OUTLOOK}")
    data = read_input(path)
    if data.startswith(_OLE):
        raise CommandError(f"{name_of(path)}: {_OUTLOOK}")
    if data.startswith(b"From ") and _NEXT_ENTRY.search(data):
        raise CommandError(f"{name_of(path)}: {_MAILBOX}")
    if packed := _EMLX.match(data):
        if writes:
            raise CommandError(f"{name_of(path)}: {_APPLE}")
        return data[packed.end() : packed.end() + int(packed[1])]
    return data


def _is_damaged(data: bytes) -> bool:
    # Taken for a page, a message whose first line is broken would be edited with no regard to its encoding.
    rest = _after_blanks(data)
    if rest.startswith(b"<"):
        return False
    return is_message(rest) or any(field.name.lower() in _MIME for field in iter_fields(rest))


def _after_blanks(data: bytes) -> bytes:
    return data.removeprefix(BOM_UTF8).lstrip(b" \t\r\n")

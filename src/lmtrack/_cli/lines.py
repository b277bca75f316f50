"""Lines of a long input, one at a time, and a bar that shows how far it is."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, TextIO

from lmtrack._cli.files import why
from lmtrack._cli.output import CommandError, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Our choice: servers refuse a request line of more than 8 KiB, and a header of more than 64 KiB.
LONGEST_LINE: Final = 256 * 1024
_CHUNK: Final = 64 * 1024
_PACKED: Final = {
    b"\x1f\x8b": "gzip",  # RFC 1952 section 2.3.1
    b"\x28\xb5\x2f\xfd": "zstd",  # RFC 8878 section 3.1.1
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
}
_BOM: Final = b"\xef\xbb\xbf"


class Lines:
    """The lines of an open file; it is read once, and never held as a whole.

    Attributes:
        name: What the file is called in messages.
        size: Its octets; None if it is no regular file.
        octets: How many were read so far.
    """

    def __init__(self, stream: IO[bytes], name: str, size: int | None) -> None:
        self.name = name
        self.size = size
        self.octets = 0
        self._stream = stream

    def __iter__(self) -> Iterator[bytes | None]:
        """Give each line without its end; None for one that is too long.

        Raises:
            CommandError: It cannot be read on, or is packed.
        """
        first = True
        while line := self._read(LONGEST_LINE + 1):
            if first:
                line = self._begin(line)
                first = False
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = self._read(_CHUNK)
                yield None
            else:
                yield line.rstrip(b"\r\n")

    def _begin(self, line: bytes) -> bytes:
        for start, name in _PACKED.items():
            if line.startswith(start):
                raise CommandError(f"{self.name}: packed with {name}; unpack it first")
        return line.removeprefix(_BOM)

    def _read(self, limit_octets: int) -> bytes:
        try:
            line = self._stream.readline(limit_octets)
        except OSError as error:
            raise CommandError(f"{self.name}: {why(error)}") from error
        self.octets += len(line)
        return line


@contextlib.contextmanager
def open_lines(path: str, /) -> Iterator[Lines]:
    """Open a file, or standard input for `-`.

    Raises:
        CommandError: It cannot be opened.
    """
    name = name_of(path)
    if path == "-":
        standard_input: TextIO | None = sys.stdin  # None if the process was started without one
        if standard_input is None:
            raise CommandError(f"{name}: closed")
        yield Lines(standard_input.buffer, name, None)
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below; only opening it is tried
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise CommandError(f"{name}: {why(error)}") from error
    with file:
        size = Path(path).stat().st_size if Path(path).is_file() else None
        yield Lines(file, name, size)


class Bar:
    """How far a long input is, on a terminal; nothing anywhere else, and nothing for a short one."""

    _EVERY: Final = 5000  # lines; our choice: a few times a second
    _WIDTH: Final = 30

    def __init__(self, lines: Lines, to: TextIO | None, /) -> None:
        self._lines = lines
        self._to = to if to is not None and to.isatty() else None
        self._shown = 0

    def show(self, number: int, /) -> None:
        """Tell which line it is."""
        if self._to is None or number % self._EVERY:
            return
        text = f"{number:,} lines"
        if self._lines.size:
            part = min(self._lines.octets / self._lines.size, 1)
            done = round(part * self._WIDTH)
            text = f"[{'#' * done}{'.' * (self._WIDTH - done)}] {part:4.0%}  {text}"
        self._to.write("\r" + text.ljust(self._shown))
        self._to.flush()
        self._shown = len(text)

    def clear(self) -> None:
        """Take it away."""
        if self._to is not None and self._shown:
            self._to.write("\r" + " " * self._shown + "\r")
            self._to.flush()
            self._shown = 0

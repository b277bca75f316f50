"""A CSV file of people, as spreadsheets write it: read row by row, twice, in memory that does not grow."""

from __future__ import annotations

import csv
import re
from contextlib import closing
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._cli.files import why
from lmtrack._cli.output import CommandError, name_of
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_DELIMITERS: Final = ",;\t|"
# Unicode 16, table 23-... "byte order mark": what spreadsheets write before UTF-8 and UTF-16.
_MARKS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_QUOTED: Final = compile_pattern(r'"(?:[^"]|"")*+"?+')
_LINE_END: Final = re.compile(r"[\r\n]")
_SEPARATORS: Final = re.compile(r"[\s_-]++")
_CHUNK: Final = 1 << 20
_LONGEST_CELL: Final = 1 << 20  # our choice: `csv` would stop at 131,072 characters


class Bad(NamedTuple):
    """A row that no message can be made of.

    Attributes:
        line: Where it ends in the file, counted from 1.
        problem: What is wrong with it.
    """

    line: int
    problem: str


def plain_name(name: str, /) -> str:
    """Write a column's name so that case, blanks, `_` and `-` do not count."""
    return _SEPARATORS.sub("", name).casefold()


class People:
    """The file.

    Attributes:
        name: The file, as messages call it.
        encoding: In which it is read.
        has_mark: Whether it begins with a byte order mark.
        delimiter: What is between cells.
        columns: By plain name, where each column is.
        note: What the user should know about how it was read; empty for nothing.
    """

    def __init__(self, path: str, /) -> None:
        self.name = name_of(path)
        if path == "-":
            raise CommandError("standard input: people are read twice, so they must be in a file")
        self._path = Path(path)
        try:
            self._size = self._path.stat().st_size
            self.encoding, self.has_mark = self._find_encoding()
            self.note = ""
            if self.encoding == "cp1252":
                self.note = f"{self.name} is not UTF-8: read as Windows-1252"
            with self._path.open(encoding=self.encoding, errors="replace", newline="") as file:
                begins = file.read(_CHUNK)
        except (OSError, ValueError) as error:
            raise CommandError(f"{self.name}: {why(error)}") from error
        bare = _LINE_END.split(_QUOTED.sub("", begins), 1)[0]  # a name may hold line ends
        self.delimiter = max(_DELIMITERS, key=bare.count)
        self._position = 0
        with closing(self._records()) as records:
            _, names = next(records, (0, []))
        self.columns: dict[str, int] = {}
        for number, name in enumerate(names):
            plain = plain_name(name)
            if plain and self.columns.setdefault(plain, number) != number:
                raise CommandError(f"{self.name}: two columns are called {name.strip()!r}")
        if not self.columns:
            raise CommandError(f"{self.name}: the first line has no column names")
        self._count = len(names)

    def _find_encoding(self) -> tuple[str, bool]:
        with self._path.open("rb") as file:
            begins = file.read(3)
            for mark, encoding in _MARKS.items():
                if begins.startswith(mark):
                    return encoding, True
            file.seek(0)
            rest = b""
            while chunk := file.read(_CHUNK):
                try:
                    (rest + chunk).decode("utf-8")
                    rest = b""
                except UnicodeDecodeError as error:
                    if len(rest + chunk) - error.start > 3 or error.reason != "unexpected end of data":
                        return "cp1252", False
                    rest = (rest + chunk)[error.start :]
        return ("cp1252", False) if rest else ("utf-8", False)

    def percent(self) -> int:
        """How much of the file the current pass has read."""
        return min(100, 100 * self._position // max(self._size, 1))

    def rows(self) -> Iterator[tuple[int, list[str] | Bad]]:
        """Go through the rows behind the header: the line each ends in, and its cells.

        Raises:
            CommandError: The file cannot be read, or is not CSV.
        """
        for line, cells in islice(self._records(), 1, None):
            if not cells:
                continue
            if len(cells) != self._count:
                yield line, Bad(line, f"it has {len(cells)} cells, and the header {self._count}")
            else:
                yield line, cells

    def _records(self) -> Generator[tuple[int, list[str]], None, None]:
        """Go through all records, the header first."""
        csv.field_size_limit(_LONGEST_CELL)
        try:
            with self._path.open("rb") as raw, TextIOWrapper(raw, self.encoding, newline="") as file:
                reader = csv.reader(file, delimiter=self.delimiter, strict=True)
                for cells in reader:
                    self._position = raw.tell()
                    yield reader.line_num, cells
        except UnicodeDecodeError as error:
            problem = "not in the encoding it begins in"
            if self.encoding == "cp1252":
                problem = "neither UTF-8 nor Windows-1252; save it as UTF-8"
            raise CommandError(f"{self.name}: {problem}") from error
        except OSError as error:
            raise CommandError(f"{self.name}: {why(error)}") from error
        except csv.Error as error:
            raise CommandError(f"{self.name}, line {reader.line_num}: not CSV: {error}") from error

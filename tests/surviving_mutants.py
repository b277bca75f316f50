"""Print the mutants of a wing that no test noticed, for the session `mutation`; run it where mutmut ran.

A mutant that no test can notice is listed in `equivalent-mutants.diff` with the reason. It is known by its function
and by the lines it changes, without their indentation, so that edits elsewhere leave the list as it is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

LIST: Final = Path(__file__).with_name("equivalent-mutants.diff")
_ALIVE: Final = re.compile(r"^ *(\S+): (?:survived|no tests)$", re.MULTILINE)
_MANGLED: Final = re.compile(r"(?:x_|xǁ(\w+)ǁ)(\w+)__mutmut_\d+$")


def entry(function: str, lines: list[str]) -> str:
    """Return a mutant in the form of the list: its function, then the lines taken away and the lines put there."""
    return "\n".join((function, *(f"{line[0]} {line[1:].strip()}" for line in lines)))


def listed() -> set[str]:
    """Return the entries of the list.

    Raises:
        ValueError: A block has no reason.
    """
    entries = set()
    for block in LIST.read_text(encoding="utf-8").strip().split("\n\n"):
        if not block.startswith("# "):
            raise ValueError(f"no reason above\n{block}")
        for found in re.finditer(r"^(lmtrack\S+)((?:\n[-+].*)+)", block, re.MULTILINE):
            entries.add(entry(found[1], found[2].splitlines()[1:]))
    return entries


def _change(name: str) -> str:
    """Return what a mutant changes, in the form of the list."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415 - here for the session only

    module, _, mangled = name.rpartition(".")
    path = Path("src", *module.split(".")).with_suffix(".py")
    function = _MANGLED.sub(lambda found: f"{found[1]}.{found[2]}" if found[1] else found[2], mangled)
    hunks = get_diff_for_mutant(name, path=path).partition("\n@@")[2].splitlines()[1:]
    return entry(f"{module}.{function}", [line for line in hunks if line.startswith(("-", "+"))])


def main(part: str) -> None:
    """Print each survivor of a wing or a module that is not listed, and each entry of it that is no survivor."""
    command = (str(Path(sys.executable).with_name("mutmut")), "results")
    results = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout  # noqa: S603 - ours
    prefix = f"lmtrack._{part}."
    alive = {_change(name) for name in _ALIVE.findall(results) if name.startswith(prefix)}
    expected = {one for one in listed() if one.startswith(prefix)}
    for heading, entries in (("no test notices", alive - expected), ("listed, but not alive", expected - alive)):
        for one in sorted(entries):
            print(f"{heading}: {one}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

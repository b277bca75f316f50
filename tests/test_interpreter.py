"""What newer Pythons ask of the package: type hints that can be read, and nothing that they deprecate."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
import typing
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lmtrack
import pure_part
from door_names import DOOR_OF

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for folder in ("src", "tests", "docs") for path in (REPOSITORY / folder).rglob("*.py"))
# These errors hold a token, whose type is defined above them: a verified token is made of what may raise them.
UPWARDS = {"TokenExpired.__init__", "TokenRevoked.__init__"}


# Modules of the standard library that PyPy or WebAssembly cannot import or use: a test asks for them by `importorskip`.
NOT_EVERYWHERE = {"pty", "tracemalloc"}
# What the group `pure` and the dependencies but lxml have.
PURE = {"_pytest", "html5lib", "hypothesis", "itsdangerous", "jinja2", "pytest", "sybil", "user_agents"}


def public_callables() -> Iterator[Any]:
    """Find all functions of the doors, all classes that they define or return, and their public methods."""
    doors = [
        importlib.import_module(f"lmtrack.{name}")
        for _, name, _ in pkgutil.iter_modules(lmtrack.__path__)
        if name[0] != "_"
    ]
    values = [getattr(door, name) for door in doors for name in getattr(door, "__all__", [])]
    values += [getattr(importlib.import_module(f"lmtrack.{door}"), name) for name, door in DOOR_OF.items()]
    for value in values:
        if inspect.isfunction(value):
            yield value
        elif inspect.isclass(value):
            yield value
            for name, member in vars(value).items():
                function = inspect.unwrap(getattr(member, "fget", None) or getattr(member, "__func__", member))
                internal = (name[0] == "_" and name != "__init__") or "(internal)" in (inspect.getdoc(function) or "")
                if inspect.isfunction(function) and not internal:
                    yield function


PUBLIC = {f"{value.__module__}.{value.__qualname__}": value for value in public_callables()}


@pytest.mark.parametrize("name", sorted(name for name in PUBLIC if not name.endswith(tuple(UPWARDS))))
def test_type_hints_of_what_is_public_can_be_read_at_run_time(name: str) -> None:
    if ".testing" in name or "._testing." in name:
        pytest.importorskip("hypothesis")
    hints = typing.get_type_hints(PUBLIC[name])
    assert set(hints) == set(getattr(PUBLIC[name], "__annotations__", hints)) or inspect.isclass(PUBLIC[name])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_source_compiles_without_a_warning(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)


def test_command_starts_without_a_warning() -> None:
    strict = ("-X", "dev", "-X", "warn_default_encoding", "-W", "error")
    words = [sys.executable, *strict, "-m", "lmtrack", "resolve", "--track-opens"]
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - all of it stands above
    assert (done.returncode, done.stderr) == (0, b"")


def imported_packages(path: Path) -> set[str]:
    """Return what a file imports at its head that is not of this repository, nor of the library of every Python."""
    names = set()
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    return names - (sys.stdlib_module_names - NOT_EVERYWHERE) - {"lmtrack"} - {source.stem for source in SOURCES}


def test_what_tests_import_is_of_the_pure_part_or_known_to_be_absent_there() -> None:
    others = {"bench", "docs", "senders"}  # not run there
    paths = [path for path in SOURCES if "tests" in path.parts and path.parent.name not in others]
    extra = {path.name: imported_packages(path) - PURE - pure_part.ABSENT for path in paths}
    assert {name: packages for name, packages in extra.items() if packages} == {}

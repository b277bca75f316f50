from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import re._parser as sre_parser  # type: ignore[import-not-found]
import sys
from types import BuiltinMethodType
from typing import TYPE_CHECKING, Any, AnyStr

import pytest
from hypothesis import given, strategies as st

import lmtrack
from lmtrack._html import reader
from lmtrack._linking.prefilter import _passing_lines
from lmtrack._pattern import compile_pattern, with_atomic_groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(lmtrack.__path__, "lmtrack."):
        if not info.name.endswith("__main__") and not info.name.startswith("lmtrack.contrib."):  # it has no pattern
            yield importlib.import_module(info.name)


def inside(value: object) -> Iterator[re.Pattern[Any]]:
    """The patterns that a constant is or holds: by itself, bound to a method such as `fullmatch`, or in a table."""
    if isinstance(value, BuiltinMethodType):
        value = value.__self__
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict | tuple | list | frozenset):
        for part in value.values() if isinstance(value, dict) else value:
            yield from inside(part)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every compiled pattern of the package, those that are compiled on first use too."""
    found = {
        "reader.live": reader.live_reader(),
        "reader.conditional": reader.conditional_reader(),
        "innocent": _passing_lines(),
    }
    for module in modules():
        for name, value in vars(module).items():
            for number, pattern in enumerate(inside(value)):
                found[f"{module.__name__}.{name}{number or ''}"] = pattern
    seen = {pattern: name for name, pattern in reversed(found.items())}  # once each, however often it is imported
    return {name: pattern for pattern, name in seen.items()}


PATTERNS = patterns()


def repeats(parsed: Iterable[Any], *, possessive: bool = False) -> Iterator[tuple[bool, Any]]:
    """Each part of a parsed pattern with whether it stands inside a possessive repeat."""
    for operator, argument in parsed:
        yield possessive, (operator, argument)
        inside = possessive or str(operator) == "POSSESSIVE_REPEAT"
        for child in children(argument):
            yield from repeats(child, possessive=inside)


def children(argument: object) -> Iterator[Any]:
    if isinstance(argument, sre_parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from children(part)


def test_there_are_patterns_to_look_at() -> None:
    assert len(PATTERNS) > 30


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_group_is_captured_inside_a_possessive_repeat(name: str) -> None:
    # It crashes CPython 3.11 to 3.13 (gh-101955).
    parsed = sre_parser.parse(PATTERNS[name].pattern, PATTERNS[name].flags & ~re.UNICODE)
    for possessive, (operator, argument) in repeats(parsed):
        assert not (possessive and str(operator) == "SUBPATTERN" and argument[0] is not None)


def written(call: ast.Call) -> str:
    """What stands in a call in quotes, with a letter for each value that is put between."""
    if isinstance(call.args[0], ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in call.args[0].values)
    return "".join(str(part.value) for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant))


@pytest.mark.parametrize("module", list(modules()), ids=lambda module: module.__name__)
def test_possessive_repeats_of_groups_are_compiled_for_pythons_that_get_them_wrong(module: ModuleType) -> None:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
            pattern = written(node)
            atomic = with_atomic_groups(pattern, verbose="VERBOSE" in ast.unparse(node))
            assert atomic.count("(?>") == pattern.count("(?>"), f"line {node.lineno}: use compile_pattern"


@pytest.mark.parametrize(
    ("pattern", "atomic"),
    [
        ("(?:ab)*+c", "(?>(?:ab)*)c"),
        ("(?:a(?:b)++)?+", "(?>(?:a(?>(?:b)+))?)"),
        ("(?:a){2,3}+b(?:c){,4}+(?:d){5}+", "(?>(?:a){2,3})b(?>(?:c){,4})(?>(?:d){5})"),
        ("a*+[)(]++[^])(]?+\\)++", "a*+[)(]++[^])(]?+\\)++"),
        ("(?:[\\])]\\()++(x)+(?>y)*", "(?>(?:[\\])]\\()+)(x)+(?>y)*"),
        ("[]()]*+(?![(])(?:a)*?", "[]()]*+(?![(])(?:a)*?"),
    ],
)
def test_possessive_repeats_of_groups_become_atomic_and_nothing_else(pattern: str, atomic: str) -> None:
    assert with_atomic_groups(pattern, verbose=False) == atomic
    assert with_atomic_groups(pattern.encode(), verbose=False) == atomic.encode()


def test_blanks_and_comments_of_verbose_patterns_are_read_as_such() -> None:
    verbose = "(?: a # one ) of (these\n ) \n *+ [#(] \\# b # the end)"
    assert with_atomic_groups(verbose, verbose=True) == "(?>(?: a # one ) of (these\n )*) [#(] \\# b # the end)"
    assert with_atomic_groups("(?:#)*+", verbose=False) == "(?>(?:#)*)"


def atomic_spelling(pattern: re.Pattern[AnyStr]) -> AnyStr:
    return with_atomic_groups(pattern.pattern, verbose=bool(pattern.flags & re.VERBOSE))


RESPELT = sorted(name for name, pattern in PATTERNS.items() if atomic_spelling(pattern) != pattern.pattern)


def test_there_are_patterns_that_are_spelt_in_another_way() -> None:
    assert len(RESPELT) > 30 or sys.version_info < (3, 11, 5)  # there they are compiled in that spelling


@pytest.mark.parametrize("name", RESPELT)
@given(data=st.data())
def test_the_atomic_spelling_matches_the_same(name: str, data: st.DataObject) -> None:
    pattern = PATTERNS[name]
    atomic = re.compile(atomic_spelling(pattern), pattern.flags & ~re.UNICODE)
    text = data.draw(st.text("<>/!-=\"' \n?#&;:.%@[]()abhrefsvt19é", max_size=40))
    subject = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
    ours, theirs = pattern.search(subject), atomic.search(subject)
    assert (ours and (ours.span(), ours.groups())) == (theirs and (theirs.span(), theirs.groups()))


def test_a_pattern_is_compiled_with_its_flags() -> None:
    assert compile_pattern("(?: a )*+ b", re.VERBOSE).fullmatch("aab")
    assert compile_pattern(rb"(?:a)*+b").fullmatch(b"aab")

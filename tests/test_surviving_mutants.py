"""The list of equivalent mutants is about code that is there; whether they are alive is for `nox -s mutation`."""

from __future__ import annotations

import inspect
from pkgutil import resolve_name

import pytest

from surviving_mutants import entry, listed


@pytest.mark.parametrize("mutant", sorted(listed()))
def test_an_equivalent_mutant_changes_lines_of_its_function(mutant: str) -> None:
    name, *lines = mutant.splitlines()
    source = {line.strip() for line in inspect.getsource(resolve_name(name)).splitlines()}
    assert {line[2:] for line in lines if line.startswith("- ")} <= source


def test_a_mutant_is_known_by_what_it_changes_wherever_that_stands() -> None:
    changed = ["-        return 1", "+        return 2"]
    assert entry("lmtrack._x.y.f", changed) == "lmtrack._x.y.f\n- return 1\n+ return 2"

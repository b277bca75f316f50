"""The reference shows defaults as a reader would write them, not by the names that the source has for them."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from typing import TYPE_CHECKING

import pytest

import lmtrack
import lmtrack.testing
from howto_pages import TOP

if TYPE_CHECKING:
    from collections.abc import Callable

CONF = runpy.run_path(str(TOP / "docs" / "conf.py"))
FUNCTIONS = [
    value
    for face in (lmtrack, lmtrack.testing)
    for value in (getattr(face, name) for name in face.__all__)
    if inspect.isfunction(value)
]


def written_defaults(function: Callable[..., object], /) -> list[str]:
    (definition,) = ast.parse(inspect.getsource(inspect.unwrap(function)).lstrip()).body
    assert isinstance(definition, ast.FunctionDef)
    defaults = [default for default in (*definition.args.defaults, *definition.args.kw_defaults) if default is not None]
    return [ast.unparse(default) for default in defaults]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_no_default_has_the_name_of_a_constant(function: Callable[..., object]) -> None:
    for default in written_defaults(function):
        shown, _ = CONF["write_defaults"](default, None)
        assert not re.fullmatch(r"_?[A-Z][A-Z_]+", shown), default
        assert "_DEFAULT" not in shown
        assert not shown.startswith("_")

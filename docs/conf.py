"""Sphinx reads this; its names are Sphinx's."""

from __future__ import annotations

import builtins
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

import lmtrack

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "lmtrack"
author = "The lmtrack authors"
copyright = author
release = version = installed_version("lmtrack")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "examples"]
html_theme = "furo"
html_title = f"lmtrack {release}"
html_copy_source = False
default_role = "code"  # of docstrings, in which one back-quote stands for code

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # fields are described once, on their class
python_use_unqualified_type_names = True

# What a reference to another name is resolved to: a public name where it is documented, and nothing for types of the
# standard library and of packages, since the build must not need a network.
_DOCUMENTED = {name: f"lmtrack.{name}" for name in lmtrack.__all__} | {
    name: f"lmtrack.resolver.{name}" for name in ("Inputs", "Limit")
}
_DOCUMENTED["Found"] = "lmtrack.classifier.Found"
# Imported for type checking alone, so they stand without their module; and an alias whose values stand in the text.
_NAMED_ONLY = {"Headers", "JsonObject", "Message", "PixelPosition", "SearchStrategy", "UUID", "datetime", "timedelta"}
_FOREIGN = ("collections.", "datetime.", "email.", "enum.", "itsdangerous.", "re.", "typing.", "uuid.")


def resolve_reference(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element) -> Element | None:
    """Link a name of any of our modules to where it is documented; leave foreign names as text."""
    target = str(node.get("reftarget", ""))
    module, _, name = target.rpartition(".")
    documented = _DOCUMENTED.get(name)
    if documented not in {None, target} and module.partition(".")[0] in {"", "lmtrack"}:
        return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", documented, node, content)
    if target in _NAMED_ONLY or hasattr(builtins, target) or target.startswith(_FOREIGN):
        return content
    return None


def keep_colons(*event: object) -> None:
    """Keep napoleon from taking a docstring with a colon, of a member or a property, for a type and its description."""
    _, what, _, _, _, lines = event
    if what in {"attribute", "property"} and isinstance(lines, list):
        lines[:0] = ["..", ""]  # an empty comment


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.connect("missing-reference", resolve_reference)
    app.connect("autodoc-process-docstring", keep_colons, priority=400)  # before napoleon, which has 500

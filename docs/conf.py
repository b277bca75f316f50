"""Sphinx reads this; its names are Sphinx's."""

from __future__ import annotations

import builtins
import importlib
import re
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

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "examples"]
html_theme = "furo"
html_title = f"lmtrack {release}"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
default_role = "code"  # of docstrings, in which one back-quote stands for code

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# What is copied from a block is what one types: without prompts and without the output.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

autosummary_generate = False  # the page of all names is a table, not a page for each

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # fields are described once, on their class
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88  # what is longer has a line for each argument

# What a reference to another name is resolved to: a public name where it is documented, and nothing for types of the
# standard library and of packages, since the build must not need a network.
_DOCUMENTED = {name: f"lmtrack.{name}" for name in lmtrack.__all__}
_DOORS = lmtrack._DOORS  # noqa: SLF001 - there is no other list of them
for _door in _DOORS:
    for _name, _value in vars(importlib.import_module(f"lmtrack.{_door}")).items():
        if str(getattr(_value, "__module__", "")).startswith("lmtrack"):
            _DOCUMENTED.setdefault(_name, f"lmtrack.{_door}.{_name}")
# Imported for type checking alone, so they stand without their module; and an alias whose values stand in the text.
_NAMED_ONLY = {
    "Headers", "JsonObject", "Message", "PixelPosition", "SearchStrategy", "SlotMarkers", "UUID", "Values", "WayOut",
    "lmtrack.footer.Html", "lmtrack.footer.Text",
    "datetime", "timedelta",
}  # fmt: skip
_FOREIGN = ("collections.", "hypothesis.", "datetime.", "email.", "enum.", "itsdangerous.", "re.", "typing.", "uuid.")


def resolve_reference(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element) -> Element | None:
    """Link a name of any of our modules to where it is documented; leave foreign names as text."""
    target = str(node.get("reftarget", ""))
    module, _, name = target.rpartition(".")
    documented = _DOCUMENTED.get(name)
    if documented not in {None, target} and module.partition(".")[0] in {"", "lmtrack"}:
        return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", documented, node, content)
    if target in _NAMED_ONLY or hasattr(builtins, target) or target.startswith((*_FOREIGN, "lmtrack._")):
        return content
    return None


def keep_colons(*event: object) -> None:
    """Keep napoleon from taking a docstring with a colon, of a member or a property, for a type and its description."""
    _, what, _, _, _, lines = event
    if what in {"attribute", "property"} and isinstance(lines, list):
        lines[:0] = ["..", ""]  # an empty comment


# Defaults that have a private name in the source, as a reader would write them.
_WRITTEN = {
    r"\b_DEFAULT_POLICY\b": "LinkPolicy()",
    r"\bPREFIX\b": '"X-LM-Override-"',
    r"\bDEFAULT_TIMING\b": "Timing()",
    r"\bLEEWAY\b": "timedelta(minutes=5)",
    r"\bMAX_AGE\b": "timedelta(days=30)",
    r"(?<![.\w])INDIVIDUAL\b": "TrackingMode.INDIVIDUAL",
    r"\bdatetime\.timedelta\(": "timedelta(",
}


def write_defaults(*event: object) -> tuple[str, object] | None:
    """Show defaults without private names."""
    *_, signature, annotation = event
    if not isinstance(signature, str):
        return None
    for private, written in _WRITTEN.items():
        signature = re.sub(private, written, signature)
    return signature, annotation


def list_names(_app: Sphinx, name: str, source: list[str]) -> None:
    """Write the page of all names: what the face shows, by door, a line each."""
    if name != "reference/names":
        return
    blocks = []
    for door in (*(door for door in _DOORS if door != "errors"), "errors"):
        names = [public for public in lmtrack.__all__ if public in importlib.import_module(f"lmtrack.{door}").__all__]
        rows = "\n".join(f"   ~lmtrack.{public}" for public in names)
        table = f"```{{eval-rst}}\n.. autosummary::\n   :nosignatures:\n\n{rows}\n```\n"
        blocks += [f"## lmtrack.{door}\n", table] if names else []
    source[0] += "\n" + "\n".join(blocks)


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.connect("autodoc-process-signature", write_defaults)
    app.connect("source-read", list_names)
    app.connect("missing-reference", resolve_reference)
    app.connect("autodoc-process-docstring", keep_colons, priority=400)  # before napoleon, which has 500

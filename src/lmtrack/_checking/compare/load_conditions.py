"""What decides, beside the URL itself, whether a reader asks for it: where it stands and what is said around it.

The same URLs in every copy tell people apart all the same if each copy has another one of them loaded: one in the
`src` and one in a link, one under `@media print`, one by a class that only this recipient's copy has.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from lmtrack._checking.pages.loads import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._checking.pages.css import Rule
    from lmtrack._checking.pages.element import Element

# Attributes that choose between URLs, or whether there is anything to load.
_CHOOSING: Final = ("as", "http-equiv", "imagesrcset", "media", "property", "rel", "sizes", "srcset", "type")
_URLS_OF_LIST: Final = re.compile(r"[^\t\n\f\r ,][^\t\n\f\r ]*+")
# What a sheet loads is no part of what it says about that.
_URLS_OF_SHEET: Final = re.compile(r"(?i:url)\([^)]*+\)?|\"[^\"]*+\"|'[^']*+'")
_LONG: Final = 64
_NAME: Final = r"(?:[-\w]|[^\x00-\x7f])++"
_ASKED: Final = re.compile(rf"[.#]?{_NAME}|\[[ ]?(?P<name>{_NAME})[ ]?(?:=[ ]?[\"']?(?P<value>[^\"'\] ]*+))?")


def choice(element: Element, attribute: str, note: str, /) -> str:
    """Write down what an element says about whether its URL is loaded."""
    said = [element.name, attribute, note]
    for name in _CHOOSING:
        if (value := element.attributes.get(name)) is not None:
            if name in LISTS:  # the candidates are URLs of their own, with what each is for
                value = _URLS_OF_LIST.sub(lambda url: url[0] if _is_descriptor(url[0]) else "", value)
            said.append(f"{name}={_in_short(value.strip().lower())}")
    return "\n".join(said)


def _in_short(text: str, /) -> str:
    """What is compared very often must not be long."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if len(text) > _LONG else text


def _is_descriptor(word: str, /) -> bool:
    return "/" not in word and word[:1].isdigit()


class Choices:
    """What the elements of a document are, for the selectors of its style sheets."""

    __slots__ = ("_present",)

    def __init__(self, elements: Iterable[Element], /) -> None:
        self._present: set[str] = set()
        for element in elements:
            self._present.add(element.name)
            self._present.update(f".{name}" for name in element.classes)
            self._present.update(f"[{name}" for name in element.attributes)
            self._present.update(f"[{name}={value.strip().lower()}" for name, value in element.attributes.items())
            if name := element.attributes.get("id", "").strip().lower():
                self._present.add(f"#{name}")

    def of(self, rule: Rule, /) -> str:
        """Write down which of the names that a rule asks for are there."""
        found: set[str] = set()
        for asked in _ASKED.finditer(rule.selectors):
            name = asked[0]
            if asked["name"]:
                name = f"[{asked['name']}" if asked["value"] is None else f"[{asked['name']}={asked['value']}"
            if name in self._present:
                found.add(name)
        return " ".join(sorted(found))


def sheet_choice(text: str, /) -> str:
    """Write down what a style sheet says, in short, without what it loads."""
    said = _URLS_OF_SHEET.sub(lambda found: "" if "/" in found[0] else found[0], text)
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

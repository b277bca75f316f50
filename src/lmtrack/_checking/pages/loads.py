"""Everything in HTML that makes a reader load something or leads to it: one table of elements and attributes.

Sources: WHATWG HTML (attributes of type URL, section "Attributes"), SVG 2 section 16, the obsolete ones of HTML 4 and
of Internet Explorer (`dynsrc`, `lowsrc`, `bgsound`), VML as Outlook reads it, AMP for Email. Where elements differ in
which attribute they heed, the widest reading counts: `src` on whatever element is a load.
"""

from __future__ import annotations

import re
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.annotations import is_url, names_picture
from lmtrack._checking.pages.css import read_declarations
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.slots.places import CSS_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.pages.element import Element


class Way(StrEnum):
    """How a document uses a URL."""

    PICTURE = auto()  # loaded and drawn in the element's box
    LOAD = auto()  # loaded
    LINK = auto()  # followed by a click
    PING = auto()  # told of a click
    FORM = auto()  # asked for when someone sends a form


class Use(NamedTuple):
    """A URL as written, the attribute it is in, and the way it is used."""

    attribute: str
    value: str
    way: Way


# Attributes that are loaded on whatever element they stand, and drawn in its box or not.
_ANYWHERE: Final = {
    "src": Way.PICTURE, "background": Way.PICTURE, "poster": Way.PICTURE, "dynsrc": Way.PICTURE, "lowsrc": Way.PICTURE,
    "o:href": Way.PICTURE, "o:src": Way.PICTURE, "srcset": Way.PICTURE, "imagesrcset": Way.LOAD, "icon": Way.LOAD,
    "manifest": Way.LOAD, "action": Way.FORM, "formaction": Way.FORM, "ping": Way.PING, "attributionsrc": Way.LOAD,
    "althref": Way.PICTURE, "o:althref": Way.PICTURE, "v:src": Way.PICTURE, "qtsrc": Way.LOAD,
    "implementation": Way.LOAD, "action-xhr": Way.FORM, "verify-xhr": Way.FORM,
}  # fmt: skip
_ON: Final = {
    ("object", "data"): Way.PICTURE, ("embed", "code"): Way.LOAD, ("object", "classid"): Way.LOAD,
    ("object", "codebase"): Way.LOAD, ("applet", "code"): Way.LOAD, ("applet", "codebase"): Way.LOAD,
    ("applet", "archive"): Way.LOAD, ("amp-analytics", "config"): Way.LOAD, ("amp-list", "src"): Way.LOAD,
    ("script", "src"): Way.LOAD, ("audio", "src"): Way.LOAD, ("bgsound", "src"): Way.LOAD, ("track", "src"): Way.LOAD,
    ("base", "href"): None, ("head", "profile"): None,
}  # fmt: skip
# SVG Animations 2, section 4.
_ANIMATIONS: Final = frozenset(("set", "animate", "animatecolor", "animatemotion"))
LISTS: Final = frozenset(("srcset", "imagesrcset"))
# Elements whose `href` a click follows. On every other one it is loaded (`use`, `image`, `feImage`, gradients ...).
_LINKING: Final = frozenset(("a", "area"))
# Types of `link` that are only told to people or programs; `rel` without any of the others loads nothing.
_LOADED_RELS: Final = frozenset(
    (
        *(
            "stylesheet",
            "icon",
            "apple-touch-icon",
            "apple-touch-icon-precomposed",
            "mask-icon",
            "shortcut",
            "manifest",
        ),
        *("preload", "modulepreload", "prefetch", "prerender", "preconnect", "dns-prefetch", "next", "import"),
        *("apple-touch-startup-image", "fluid-icon", "image_src", "subresource", "fontdef", "webmention", "pingback"),
        *("compression-dictionary", "dictionary", "monetization", "serviceworker"),
        # As Word writes them.
        *("file-list", "edit-time-data", "ole-object-data", "themedata", "colorschememapping"),
    )
)
# WHATWG HTML, "shared declarative refresh steps": behind the number a blank will do. Older readers
# took any text for a number.
_URL_OF_REFRESH: Final = (
    r"[\t\n\f\r ]*+(?:url[\t\n\f\r ]*+=[\t\n\f\r ]*+)?+(?:\"([^\"]*+)|'([^']*+)|((?![\"'])[\s\S]*+))"
)
_REFRESHES: Final = tuple(
    compile_pattern(before + _URL_OF_REFRESH, re.IGNORECASE) for before in (r"[\t\n\f\r 0-9.]*+[;,]?+", r"[^;,]*+[;,]")
)
_LINK_HEADER: Final = re.compile(r"<([^<>]*+)>")
_BLANKS: Final = re.compile(r"[\t\n\f\r ]++")
_CANDIDATE: Final = compile_pattern(r"[\t\n\f\r ,]*+([^\t\n\f\r ]++)((?:[^,(]|\([^)]*+\)?+)*+)")
_ABSOLUTE: Final = re.compile(r"(?:[hH][tT][tT][pP][sS]?:|[/\\]{2})")
_PARAMS: Final = frozenset(("movie", "src", "filename", "url", "data", "flashvars", "image", "href", "source", "qtsrc"))


def uses_of(element: Element, /) -> Iterator[Use]:
    """Find every URL in the attributes of an element, its style aside."""
    for attribute, value in element.attributes.items():
        if attribute in CSS_ATTRIBUTES and "(" in value:
            declarations = read_declarations(f"{attribute}:{value}")
            yield from (Use(attribute, url, Way.PICTURE) for one in declarations for url in one.urls)
        way = _way_of(element, attribute)
        if way is None:
            continue
        if attribute in LISTS:
            yield from (Use(attribute, url, way) for url in candidates(value))
        elif way is Way.PING:
            yield from (Use(attribute, url, way) for url in _BLANKS.split(value))
        else:
            yield Use(attribute, value, way)
    yield from _told_by_another(element)


def _way_of(element: Element, attribute: str, /) -> Way | None:
    """Say how the URL of an attribute is used; None for an attribute that holds none."""
    plain = "href" if attribute.endswith(":href") else attribute  # whatever prefix stands for XLink
    key = element.name, plain
    if key in _ON:
        return _ON[key]
    way = _ANYWHERE.get(attribute)
    return _href(element) if way is None and plain == "href" else way


def _told_by_another(element: Element, /) -> Iterator[Use]:
    """Find the URL of an attribute that is one only because of what another attribute says."""
    name, attributes = element.name, element.attributes
    if name == "meta":
        told, content = attributes.get("http-equiv", "").strip().lower(), attributes.get("content", "")
        if told == "refresh":
            matches = [found for pattern in _REFRESHES if (found := pattern.match(content))]
            yield from (Use("content", found[found.lastindex or 0], Way.LOAD) for found in matches)
        elif told == "link":
            yield from (Use("content", url, Way.LOAD) for url in _LINK_HEADER.findall(content))
        yield from _annotated("content", content, attributes)
    elif name == "link":
        yield from _annotated("href", attributes.get("href", ""), attributes)
    elif name in _ANIMATIONS:
        yield from _animated(attributes)
    elif name == "param" and attributes.get("name", "").strip().lower() in _PARAMS:
        yield Use("value", attributes.get("value", ""), Way.LOAD)


def _annotated(attribute: str, value: str, attributes: dict[str, str], /) -> Iterator[Use]:
    if "itemprop" in attributes and is_url(value):
        yield Use(attribute, value, Way.LOAD if names_picture(attributes["itemprop"]) else Way.LINK)


def _animated(attributes: dict[str, str], /) -> Iterator[Use]:
    """Find what SVG sets an attribute to by and by; that needs no script."""
    is_url = attributes.get("attributename", "").strip().lower().endswith("href")
    for attribute in ("from", "to", "by", "values"):
        value = attributes.get(attribute, "")
        if is_url:
            # A value of `values` may hold a semicolon to some readers.
            yield from (Use(attribute, url, Way.PICTURE) for url in dict.fromkeys((*value.split(";"), value)))
        elif "(" in value:
            declarations = read_declarations(f"x:{value}")
            yield from (Use(attribute, url, Way.PICTURE) for one in declarations for url in one.urls)


def _href(element: Element, /) -> Way | None:
    name = element.name
    if name in _LINKING:
        return Way.LINK
    if name == "link":
        rels = element.attributes.get("rel", "").lower().split()
        return Way.LOAD if any(rel in _LOADED_RELS for rel in rels) else None
    if ":" in name:  # VML: a shape that is clicked, but for the two that only fill one
        return Way.PICTURE if name.rpartition(":")[2] in {"fill", "imagedata", "image"} else Way.LINK
    return Way.PICTURE


def candidates(value: str, /) -> Iterator[str]:
    """Take apart a `srcset`. A comma inside a URL belongs to it; what follows may be another one to some readers."""
    position = 0
    while found := _CANDIDATE.match(value, position):
        url, position = found[1], found.end()
        if url.endswith(","):  # no size; the next one begins here
            position = found.end(1)
        yield url.rstrip(",")
        yield from (part for part in url.split(",")[1:] if _ABSOLUTE.match(part))


def sizes_in(value: str, /) -> list[str]:
    """Return what a `srcset` says each of its URLs is for: a density or a width."""
    sizes: list[str] = []
    position = 0
    while found := _CANDIDATE.match(value, position):
        is_bare = found[1].endswith(",")
        sizes.append("" if is_bare else found[2].strip("\t\n\f\r "))
        position = found.end(1 if is_bare else 0)
    return sizes

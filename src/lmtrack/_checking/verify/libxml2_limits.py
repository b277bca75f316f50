"""Where libxml2 reads another document than a browser does, so that what it says of one proves nothing.

It knows no foreign content: in svg and math a style sheet or title may hold tags, and CDATA sections are text. It knows
no places in which a tag is left out: of `<template><col><style>` no style sheet is left. And an
element such as `<title/>` is empty to it, while HTML5 ignores the slash and reads on to `</title>`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.verify.events import RAW, Comment, Data, Start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._checking.verify.events import Event

# In the last two HTML5 leaves out tags that do not belong there, so that what is raw text to libxml2 is none.
_FOREIGN: Final = frozenset(("math", "svg", "frameset", "template"))
_EMPTY: Final = re.compile(rf"<(?:{'|'.join(sorted(RAW))})(?=[\t\n\f\r /])[^<>]*+(?<=/)>", re.IGNORECASE | re.ASCII)


def unsure_why(html: str, events: Sequence[Event], /) -> str | None:
    """Say what is read otherwise; None if nothing is, as far as can be told."""
    if _EMPTY.search(html):
        return "a style sheet, title or the like ends in `/>`, which browsers and libxml2 read differently"
    first = next((at for at, event in enumerate(events) if isinstance(event, Start) and event.tag in _FOREIGN), None)
    if first is not None and _is_odd(events[first:]):
        return "svg, math, a template or frameset, and then markup that libxml2 reads in another way than browsers"
    return None


def _is_odd(events: Sequence[Event], /) -> bool:
    """Return whether anything here would be read otherwise in svg or math, which may be open to its end."""
    last = ""
    for event in events:
        if isinstance(event, Start):
            last = event.tag
        elif isinstance(event, Data):
            if event.element and "<" in event.text:
                return True
        elif isinstance(event, Comment):
            last = ""
            if event.text.startswith("[CDATA["):
                return True
    return last in RAW  # it may never be closed, and then what is put behind it is in it

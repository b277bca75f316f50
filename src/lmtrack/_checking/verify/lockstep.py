"""Walk two documents side by side, as libxml2 reads them, and say what is other in the second."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.verify.editable_attributes import conditional_content, is_link, removable, target_name
from lmtrack._checking.verify.events import WHITE, Comment, Data, Doctype, End, Start, TooDeepError, read_events
from lmtrack._linking.placeholders import begins_with_placeholder, is_placeholder
from lmtrack._url.reader import SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.verify.events import Event

_WEB: Final = re.compile(r"https?://[^/?#\\ \t\n\f\r]", re.IGNORECASE | re.ASCII)
# Of what must be taken out of step when only one document has it; tags are never, as nothing after them would fit.
_ALONE: Final = (Data, Comment, Doctype)
_OVER: Final = End("document")  # stands behind its last event


def too_deep() -> Finding:
    """What is said of a document that is not read to its end."""
    return Finding(kind=FindingKind.LIMIT_REACHED, place="document", why="elements are nested deeper than is read")


def is_new_target(value: str, /) -> bool:
    """Return whether a rewriting may have written this: an absolute web URL, or an expression that becomes one."""
    value = value.strip(WHITE)
    return bool(_WEB.match(value) or begins_with_placeholder(value))


def _is_old_target(value: str, /) -> bool:
    """Return whether a rewriting may replace this: a web address, or one that a base makes one."""
    value = value.strip(WHITE)
    if not value or value[0] == "#" or is_placeholder(value):
        return False
    scheme = SCHEME.match(value)
    return scheme is None or scheme[1].lower() in {"http", "https"}


def compare_events(
    before: Iterator[Event], after: Iterator[Event], /, *, conditional: bool = False
) -> Iterator[Finding]:
    """Walk both, up to the first tag that is another; `conditional` for what Outlook reads in a comment."""
    old, new = next(before, _OVER), next(after, _OVER)
    while old is not _OVER or new is not _OVER:
        if old == new:
            pass
        elif isinstance(old, Start) and isinstance(new, Start) and old.tag == new.tag:
            yield from _attributes(old, new, conditional=conditional)
        elif isinstance(old, _ALONE) and type(old) is type(new):
            yield from _content(old, new, conditional=conditional)
        elif isinstance(old, _ALONE):
            yield _lost(old)
            old = next(before, _OVER)
            continue
        elif isinstance(new, _ALONE):
            yield _added(new)
            new = next(after, _OVER)
            continue
        else:
            yield Finding(kind=FindingKind.ELEMENT_CHANGED, place=_tag(old), why=f"now {_tag(new)} stands there")
            return
        old, new = next(before, _OVER), next(after, _OVER)


def _attributes(old: Start, new: Start, /, *, conditional: bool) -> Iterator[Finding]:
    """Compare the attributes of an element; of a link, its `href` may be another and opt-outs may be gone."""
    kept = dict(new.attributes)
    gone: set[str] = set()
    target = target_name(old.attributes)
    if is_link(old.tag, conditional=conditional) and target in kept:
        gone = removable(old.attributes) - kept.keys()
    expected = [(name, value) for name, value in old.attributes if name not in gone]
    if [name for name, _ in expected] != [name for name, _ in new.attributes]:
        why = "an attribute was lost, added or moved"
        yield Finding(kind=FindingKind.ATTRIBUTE_CHANGED, place=_tag(old), why=why)
        return
    for name, value in expected:
        if value == kept[name]:
            continue
        place = f"{old.tag} {name}"
        if name != target or not is_link(old.tag, conditional=conditional):
            yield Finding(kind=FindingKind.ATTRIBUTE_CHANGED, place=place, why="its value has changed")
        elif not _is_old_target(value):
            why = "a link was changed that is not a web address, or that a template has yet to fill in"
            yield Finding(kind=FindingKind.LINK_CHANGED, place=place, url=value, why=why)
        elif not is_new_target(kept[name]):
            why = "a link leads to something that is neither a web address nor a template expression"
            yield Finding(kind=FindingKind.LINK_CHANGED, place=place, url=kept[name], why=why)


def _content(old: Event, new: Event, /, *, conditional: bool) -> Iterator[Finding]:
    """Compare two texts, comments or doctypes that differ."""
    if isinstance(old, Comment) and isinstance(new, Comment) and not conditional:
        inner, other = conditional_content(old.text), conditional_content(new.text)
        # What is around the content must be the same: the condition, and the `<![endif]`.
        if inner is not None and other is not None and _around(old.text, inner) == _around(new.text, other):
            try:
                inside = list(compare_events(read_events(inner), read_events(other), conditional=True))
            except TooDeepError:
                inside = [too_deep()]
            yield from inside
            return
    yield Finding(kind=_kind(old), place=_name(old), why="it has changed")


def _around(comment: str, content: str, /) -> tuple[str, str]:
    start = comment.index("]>") + 2
    return comment[:start], comment[start + len(content) :]


def _lost(event: Event, /) -> Finding:
    return Finding(kind=_kind(event), place=_name(event), why="it is gone")


def _added(event: Event, /) -> Finding:
    return Finding(kind=_kind(event), place=_name(event), why="it was not there before")


def _kind(event: Event, /) -> FindingKind:
    if isinstance(event, Data):
        return FindingKind.RAW_TEXT_CHANGED if event.element else FindingKind.TEXT_CHANGED
    return FindingKind.COMMENT_CHANGED if isinstance(event, Comment) else FindingKind.DOCTYPE_CHANGED


def _name(event: Event, /) -> str:
    if isinstance(event, Data):
        return f"text of {event.element}" if event.element else "text"
    return "comment" if isinstance(event, Comment) else "doctype"


def _tag(event: Event, /) -> str:
    if isinstance(event, End):
        return f"/{event.tag}"
    return event.tag if isinstance(event, Start) else _name(event)

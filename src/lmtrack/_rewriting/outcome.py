"""What was done to a document: lists that few callers read, so they are made when they are read.

A link-dense page has hundreds of links and edits; making them for a caller who only sends the text would take longer
than all the rest.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lmtrack._checks import NotText
from lmtrack._rewriting.slots.template import unfilled
from lmtrack.links import Edit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmtrack._rewriting.plan import Merged, Plan
    from lmtrack._rewriting.slots.template import Change, Template
    from lmtrack.links import Link, SkipReason

_new = tuple.__new__
LAZY: Final = frozenset(("links", "skipped", "edits", "personal_links", "personal_loads", "unfilled"))


class Outcome:
    """The lists of a result: an attribute for each field in `LAZY`."""

    def __init__(
        self,
        plan: Plan,
        merged: Merged,
        refused: Mapping[int, SkipReason],
        /,
        *,
        source: str,
        changes: list[Change],
        template: Template | None,
    ) -> None:
        self._source = source
        self._plan = plan
        self._changes = changes
        self._merged = merged
        self._refused = refused
        self._template = template

    @cached_property
    def _all_links(self) -> tuple[Link, ...]:
        plan = self._plan
        return plan.links if self._merged is plan.unmerged else tuple(plan.links_with(self._merged))

    @property
    def links(self) -> tuple[Link, ...]:
        if not self._refused:
            return self._all_links
        return tuple([link for position, link in enumerate(self._all_links) if position not in self._refused])

    @property
    def skipped(self) -> tuple[tuple[Link, SkipReason], ...]:
        skipped = self._plan.skipped
        if not self._refused:
            return skipped
        refused = [(self._all_links[position]._replace(index=-1), reason) for position, reason in self._refused.items()]
        return tuple(sorted([*skipped, *refused], key=lambda skip: skip[0].start))

    @property
    def edits(self) -> tuple[Edit, ...]:
        source = self._source
        return tuple([_new(Edit, (start, source[start:end], text)) for start, end, text in self._changes])

    @property
    def personal_links(self) -> tuple[Link, ...]:
        links = [*self.links, *(link for link, _ in self.skipped)]
        return tuple(sorted((link for link in links if link.personal), key=lambda link: link.start))

    @property
    def personal_loads(self) -> tuple[str, ...]:
        return self._template.loads if self._template else ()

    @property
    def unfilled(self) -> tuple[str, ...]:
        return self._template.unfilled if self._template else unfilled(self._source)


class Deferred(NotText):
    """Base of a frozen dataclass some of whose fields are made when they are first read."""

    __slots__ = ("_outcome",)
    _outcome: object

    if not TYPE_CHECKING:  # a checker that saw it would believe in every misspelt name

        def __getattr__(self, name: str) -> object:
            """Make a field that is not there yet."""
            if name not in LAZY:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            value = getattr(self._outcome, name)
            object.__setattr__(self, name, value)
            return value


Result = TypeVar("Result", bound=Deferred)


def deferred(kind: type[Result], outcome: object, /, **known: Any) -> Result:  # noqa: ANN401 - fields of any kind
    """Make a result of which only these fields are known by now."""
    result = kind.__new__(kind)
    object.__setattr__(result, "_outcome", outcome)
    for name, value in known.items():
        object.__setattr__(result, name, value)
    return result

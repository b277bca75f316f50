"""What the names of a link's slots say of the link: `{{ unsubscribe_url }}`, `{{ reset_link }}`, `{{ email }}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack.links import SkipReason, is_secret_parameter, is_unsubscribe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack.links import LinkPolicy

# `resetLink`, `reset_link` and `ResetURL` have the same words.
_WORD: Final = re.compile(r"[A-Z]++(?![a-z])|[A-Z]?[^\W\d_A-Z]++|[A-Z]++")
_NOUNS: Final = frozenset(("url", "link", "href", "uri", "target", "address"))
# What a link is for whose last word is one of these: it holds a bearer secret. Our choice, from the variables of 601
# public templates.
_ACTIONS: Final = frozenset(
    ("reset", "confirm", "confirmation", "verify", "verification", "activate", "activation", "invite", "invitation",
     "magic", "login", "signin", "password", "unlock")
)  # fmt: skip


def slots_reason(names: Iterable[str], policy: LinkPolicy, /) -> SkipReason | None:
    """Judge a link by the names of the slots in its URL; None if they say nothing against tracking it."""
    for name in names:
        if name in policy.skip_slots:
            return SkipReason.LISTED
        words = [word.lower() for word in _WORD.findall(name)]
        plain = [word for word in words if word not in _NOUNS] or words
        if not policy.track_unsubscribe and is_unsubscribe(f"https://x/{'-'.join(plain)}"):
            return SkipReason.UNSUBSCRIBE
        if not policy.track_sensitive and (is_secret_parameter(name) or not _ACTIONS.isdisjoint(plain)):
            return SkipReason.SENSITIVE
    return None

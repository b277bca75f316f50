"""Tokens of ours in URLs that a document holds already: read whatever their age, since they only have to be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmtrack.errors import BadToken
from lmtrack.tokens import explain_token, read_click_token, read_open_token

if TYPE_CHECKING:
    from lmtrack.tokens import ClickToken, OpenToken
    from lmtrack.urls import TrackingDomain


def verified_click(domain: TrackingDomain, url: str, /) -> ClickToken | None:
    """Read the click token in a URL of the domain, whatever its age; None if there is none that its keys signed."""
    path = domain.locate(url)
    if path is None or path.kind != "c":
        return None
    try:
        return read_click_token(domain.keys, path.token, max_age=None, now=explain_token(path.token).issued_at)
    except BadToken:
        return None


def verified_open(domain: TrackingDomain, url: str, /) -> OpenToken | None:
    """Read the open token in a URL of the domain, whatever its age; None if there is none that its keys signed."""
    path = domain.locate(url)
    if path is None or path.kind != "o":
        return None
    try:
        return read_open_token(domain.keys, path.token, max_age=None, now=explain_token(path.token).issued_at)
    except BadToken:
        return None

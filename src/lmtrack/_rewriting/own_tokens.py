"""Recognise our tokens in URLs that a document already contains; how old they are does not matter.

A host that must not hold the signing keys, such as one for support mail, knows our URLs by the base URL alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lmtrack._checks import wrong_type
from lmtrack._tokens.body import VERSION, unpack_click, unpack_open
from lmtrack._tokens.keys import TAG_OCTETS
from lmtrack._tokens.text import to_octets, verified_body
from lmtrack._url.tracking_path import TrackingBase, TrackingPath, locate, read_base
from lmtrack.errors import BadToken
from lmtrack.urls import TrackingDomain, plain_base

if TYPE_CHECKING:
    from lmtrack._token_values import ClickToken, OpenToken


class UnverifiedDomain(NamedTuple):
    """A tracking domain by its base URL, without keys; made by `owner_of`."""

    base: TrackingBase

    def locate(self, url: str, /) -> TrackingPath | None:
        """Return which of our paths a URL asks for; None for other URLs, and for one that lacks the base path."""
        path = locate(url, self.base)
        return path if path is not None and path.under_base else None


Owner: TypeAlias = TrackingDomain | UnverifiedDomain


def owner_of(domain: TrackingDomain | str, /) -> Owner:
    """Return a tracking domain as it is, and a base URL as a domain that verifies nothing.

    Raises:
        TypeError: It is neither.
        ValueError: A str is not a base URL that a `TrackingDomain` can have.
    """
    if isinstance(domain, TrackingDomain):
        return domain
    if not isinstance(domain, str):
        raise wrong_type("domain", "a TrackingDomain or a base URL", domain)
    return UnverifiedDomain(read_base(plain_base(domain, "domain")))


def own_destination(owner: Owner, url: str, /) -> str | None:
    """Return where one of our click URLs leads; None for other URLs and for one by id, which does not hold it."""
    if isinstance(owner, TrackingDomain):
        click = verified_click(owner, url)
        return click and click.url
    path = owner.locate(url)
    return _claimed_destination(path.token) if path is not None and path.kind == "c" else None


def is_own_pixel(owner: Owner, url: str, /) -> bool:
    """Decide whether an image is one of our pixels."""
    if isinstance(owner, TrackingDomain):
        return verified_open(owner, url) is not None
    path = owner.locate(url)
    return path is not None and path.kind == "o" and _has_the_form(path.token)


def _has_the_form(token: str, /) -> bool:
    try:
        return to_octets(token)[0] >> 4 == VERSION
    except BadToken:
        return False


def _claimed_destination(token: str, /) -> str | None:
    """Return the destination that a token claims, by the rules of signing, whoever signed it."""
    try:
        return unpack_click(to_octets(token)[:-TAG_OCTETS]).url
    except BadToken:
        return None


def verified_click(domain: TrackingDomain, url: str, /) -> ClickToken | None:
    """Read the click token in a URL of the domain, whatever its age; None if there is none that its keys signed."""
    path = domain.locate(url)
    if path is None or path.kind != "c":
        return None
    try:
        return unpack_click(verified_body(domain.keys, path.token, seek_copy=False))
    except BadToken:
        return None


def verified_open(domain: TrackingDomain, url: str, /) -> OpenToken | None:
    """Read the open token in a URL of the domain, whatever its age; None if there is none that its keys signed."""
    path = domain.locate(url)
    if path is None or path.kind != "o":
        return None
    try:
        return unpack_open(verified_body(domain.keys, path.token, seek_copy=False))
    except BadToken:
        return None

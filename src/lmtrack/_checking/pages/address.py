"""A remote URL of an email, taken apart for the checks: which machine it leads to, however it is spelled."""

from __future__ import annotations

from typing import Final, NamedTuple

from lmtrack._url.reader import plain_host, read_authority, read_url

_LONGEST_SHOWN: Final = 2_000  # our choice: a longer URL says no more to a person


class Address(NamedTuple):
    """A remote URL taken apart.

    Attributes:
        url: As a reader would ask for it.
        host: In its one spelling; empty if it is none that exists.
        path: As written, without query and fragment.
        query: What follows the question mark, as written.
        bare: Whether there is neither user, query nor fragment.
    """

    url: str
    host: str
    path: str
    query: str
    bare: bool


def address_of(url: str, /) -> Address:
    """Take apart what `remote_url` returned."""
    parts = read_url(url)
    user, host, _ = read_authority(parts.authority or "")
    bare = user is None and parts.query is None and parts.fragment is None
    return Address(url, plain_host(host), parts.path, parts.query or "", bare)


def shown(url: str, /) -> str:
    """Return a URL for a finding: whole, or its first 1,999 characters and an ellipsis."""
    return url if len(url) <= _LONGEST_SHOWN else url[: _LONGEST_SHOWN - 1] + "\u2026"

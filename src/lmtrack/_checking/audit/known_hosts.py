"""The hosts that the caller of a check names: own tracking domains, and trackers. Those we know are in `services`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checks import plain_str
from lmtrack._rewriting.own_tokens import verified_click, verified_open
from lmtrack._url.reader import Address, address_of, plain_host, read_url
from lmtrack.resolver import TrackingMode
from lmtrack.tokens import ClickToken
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._url.tracking_path import TrackingPath


class Own(NamedTuple):
    """What is known about one of our URLs: whether every recipient has the same, why, and where a click goes."""

    aggregate: bool
    why: str
    destination: str | None = None


_UNVERIFIED: Final = "it is on our tracking host, and no key was passed that could show that it is aggregate"
_SAME: Final = "our keys signed it for a whole campaign: it is the same for every recipient"
_FORGED: Final = "it is our tracking URL, and holds something other than one aggregate token that our keys signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHosts:
    """The hosts that a caller passed to a check.

    Attributes:
        domains: Our tracking domains, with keys that verify.
        hosts: Our tracking hosts without keys.
        trackers: Hosts of others; their subdomains belong to them.
    """

    domains: tuple[TrackingDomain, ...] = ()
    hosts: frozenset[str] = frozenset()
    trackers: frozenset[str] = frozenset()

    def own(self, address: Address, /, *, is_link: bool) -> Own | None:
        """Say what is known of a URL if it tracks for us; a withdrawal link is for people to use, not to load."""
        if address.host in self.hosts:
            return Own(aggregate=False, why=_UNVERIFIED)
        found = None
        for domain in self.domains:
            path = domain.locate(address.url)
            if path is None or (path.kind in {"w", "u"} and is_link):
                continue
            found = _verified(domain, address, path) or Own(aggregate=False, why=_FORGED)
            if found.aggregate:
                break
        return found

    def tracker(self, host: str, /) -> str | None:
        """Return the entry of the caller's list that a host belongs to."""
        return next((name for name in _with_parents(host) if name in self.trackers), None) if self.trackers else None

    def contains(self, host: str, /) -> bool:
        """Return whether a host is one of ours or of the caller's list."""
        ours = any(base.host == host for domain in self.domains for base in domain.bases())
        return ours or host in self.hosts or self.tracker(host) is not None


def _verified(domain: TrackingDomain, address: Address, path: TrackingPath, /) -> Own | None:
    # Whatever stands beside an aggregate token, or another spelling of the URL, would tell people apart after all; but
    # scheme and host reach a server in lower case only.
    origin = read_url(address.url).origin
    url = f"{origin.lower()}{address.url[len(origin) :]}"
    exact = url == f"{domain.base_url}/{path.kind}/{path.token}"
    token = (verified_open(domain, address.url) or verified_click(domain, address.url)) if exact else None
    if token is None:
        return None
    if token.mode != TrackingMode.AGGREGATE:
        return Own(aggregate=False, why=f"our keys signed it for one recipient ({token.mode.name.lower()})")
    destination = token.url if isinstance(token, ClickToken) else None
    return Own(aggregate=True, why=_SAME, destination=destination)


def _with_parents(host: str, /) -> Iterator[str]:
    while host:
        yield host
        host = host.partition(".")[2]


def read_known_hosts(domains: Sequence[TrackingDomain | str], known_trackers: Sequence[str], /) -> KnownHosts:
    """Check and read the hosts that a caller passed.

    Raises:
        TypeError: An argument is not a sequence, or holds something else.
        ValueError: A str is neither a host name nor, among `domains`, a URL with one.
    """
    for name, value in (("domains", domains), ("known_trackers", known_trackers)):
        if isinstance(value, str | bytes) or not isinstance(value, Sequence):
            raise TypeError(f"{name} must be a sequence, not one value")
    if not all(isinstance(entry, TrackingDomain | str) for entry in domains):
        raise TypeError("domains must hold TrackingDomain and str")
    if not all(isinstance(entry, str) for entry in known_trackers):
        raise TypeError("known_trackers must hold str")
    return KnownHosts(
        domains=tuple(entry for entry in domains if isinstance(entry, TrackingDomain)),
        hosts=frozenset(_own_host(plain_str(entry, "domains")) for entry in domains if isinstance(entry, str)),
        trackers=frozenset(_host(plain_str(entry, "known_trackers")) for entry in known_trackers),
    )


def _own_host(entry: str, /) -> str:
    if host := address_of(entry if "://" in entry else f"https://{entry}").host:
        return host
    raise ValueError("a str of domains must be a host name or a base URL")


def _host(entry: str, /) -> str:
    if host := plain_host(entry):
        return host
    raise ValueError("known_trackers must hold host names")

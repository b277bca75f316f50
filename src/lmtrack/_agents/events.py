"""One request for a message's pixel or link, as it is remembered until the message's other requests are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, get_args

from lmtrack._agents.addresses import pack_address
from lmtrack._agents.header_rules import Headers, keep_headers, read_headers
from lmtrack._agents.verdict import Kind
from lmtrack._checks import plain_str, wrong_type
from lmtrack._clock import in_utc

_LINK_INDEX_MAX: Final = 65_535  # as in tokens
_MEMBERS: Final = {
    "kind", "user_agent", "at", "asn", "client", "sources", "link_index", "method", "headers", "honeypot",
}  # fmt: skip
# What earlier versions did not write.
_SINCE_THEN: Final[dict[str, object]] = {"asn": None, "sources": []}
_SOURCE_LONGEST: Final = 256
_KINDS: Final = get_args(Kind)
_TEXT: Final = (str, type(None))
_TYPES: Final[tuple[tuple[str, tuple[type, ...], str], ...]] = (
    ("kind", (str,), "a str"),
    ("user_agent", _TEXT, "a str or None"),
    ("at", (datetime,), "an aware datetime"),
    ("ip", _TEXT, "a str or None"),
    ("client", _TEXT, "a str or None"),
    ("method", (str,), "a str"),
    ("honeypot", (bool,), "a bool"),
)


class _PassingAddress(str):
    """An address for the calls that classify; no repr, pickle or deep copy of what holds it has it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<address>"

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    def __deepcopy__(self, memo: object) -> None:
        """Leave nothing behind; `dataclasses.asdict` copies so too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An open or a click, for `classify_message`.

    The IP address is used once: repr, `to_dict`, pickles and deep copies leave it out. An event that has to wait or be
    stored has `client` instead, made by `client_key`, and `sources`, which keep what is known about its network.

    Attributes:
        kind: `"open"` or `"click"`.
        user_agent: The User-Agent header; None if there was none.
        at: When the request came, in UTC.
        ip: The IP address that the request came from.
        asn: The number of its autonomous system, if you know it.
        client: A key that stands for IP address and agent, so that the same client is recognised.
        sources: `Verdict.sources` of the first verdict, which had the address: what the lists of networks said about
            it.
        link_index: Which link was clicked; None for an open, and if the link is not known.
        method: The request's method.
        headers: The headers that rules read, by lower-case name; of the Referer, only a gateway's host; None if the
            headers are not known.
        honeypot: Whether the request followed a link that no person sees.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: `kind` is something else, `at` is naive or cannot be written in UTC, `client` is empty or an
            address, one of `sources` is an address or longer than 256 characters, `link_index` is out of range or given
            for an open.

    Example:
        >>> from datetime import UTC, datetime
        >>> event = Event(kind="open", user_agent="Mozilla/5.0", at=datetime(2026, 8, 1, tzinfo=UTC), ip="198.51.100.7")
        >>> "198.51.100.7" in repr(event)
        False
    """

    kind: Kind
    user_agent: str | None
    at: datetime
    ip: str | None = field(default=None, repr=False)
    asn: int | None = None
    client: str | None = None
    sources: tuple[str, ...] = ()
    link_index: int | None = None
    method: str = "GET"
    headers: Headers | None = field(default=None, repr=False, hash=False)
    honeypot: bool = False

    def __post_init__(self) -> None:
        for name, expected, words in _TYPES:
            value = getattr(self, name)
            if type(value) not in expected:
                if not isinstance(value, expected):
                    raise wrong_type(name, words, value)
                if isinstance(value, str):
                    object.__setattr__(self, name, plain_str(value, name))  # frozen: this is part of its construction
        if self.asn is not None and type(self.asn) is not int:
            raise TypeError(f"asn must be an int or None, not {type(self.asn).__name__}")
        if self.sources or type(self.sources) is not tuple:
            _check_sources(self.sources)
            object.__setattr__(self, "sources", tuple([plain_str(source, "sources") for source in self.sources]))
        if self.kind not in _KINDS:
            raise ValueError("kind must be 'open' or 'click'")
        if self.link_index is not None:
            _check_link_index(self.link_index, self.kind)
        if self.client is not None and (not self.client or _is_address(self.client)):
            raise ValueError("client must be what client_key returns; an address would be kept")
        # Frozen: the rest is part of the construction.
        object.__setattr__(self, "at", in_utc(self.at, "at"))
        if self.ip is not None:
            object.__setattr__(self, "ip", _PassingAddress(self.ip))
        if self.headers is not None:
            # No others are kept: forwarding proxies write the address into a dozen of them.
            object.__setattr__(self, "headers", keep_headers(read_headers(self.headers)))

    def to_dict(self) -> dict[str, object]:
        """Return everything but the address as JSON values with a fixed key order."""
        return {
            "kind": self.kind,
            "user_agent": self.user_agent,
            "at": self.at.isoformat(),
            "asn": self.asn,
            "client": self.client,
            "sources": list(self.sources),
            "link_index": self.link_index,
            "method": self.method,
            "headers": None if self.headers is None else dict(self.headers),
            "honeypot": self.honeypot,
        }

    @classmethod
    def from_dict(cls, data: object, /) -> Event:
        """Return what `to_dict` was called on, without the address.

        Raises:
            ValueError: It is something else.

        Example:
            >>> from datetime import UTC, datetime
            >>> event = Event(kind="open", user_agent="Mozilla/5.0", at=datetime(2026, 8, 1, tzinfo=UTC))
            >>> Event.from_dict(event.to_dict()) == event
            True
        """
        if isinstance(data, dict):
            data = _SINCE_THEN | data
        if not isinstance(data, dict) or data.keys() != _MEMBERS or not isinstance(data["at"], str):
            raise ValueError("event: expected what to_dict returns")
        try:
            event = cls(**{**data, "at": datetime.fromisoformat(data["at"])})
        except TypeError:
            raise ValueError("event: expected what to_dict returns") from None
        if event.to_dict() != data:
            raise ValueError("event: expected what to_dict returns")
        return event


def _check_link_index(link_index: object, kind: Kind) -> None:
    if type(link_index) is not int:
        raise TypeError(f"link_index must be an int or None, not {type(link_index).__name__}")
    if kind == "open":
        raise ValueError("link_index must be None for an open")
    if not 0 <= link_index <= _LINK_INDEX_MAX:
        raise ValueError(f"link_index must be 0 to {_LINK_INDEX_MAX}")


def _check_sources(sources: object) -> None:
    if not isinstance(sources, tuple | list) or not all(isinstance(source, str) for source in sources):
        raise TypeError("sources must be a tuple of str, as in Verdict.sources")
    if any(len(source) > _SOURCE_LONGEST or _is_address(source) for source in sources):
        raise ValueError("sources must be names of lists, as in Verdict.sources; an address would be kept")


def _is_address(client: str) -> bool:
    """Return whether a key is an address after all, as proxies write it: with a port, in brackets, with a prefix."""
    if client.isalnum():  # what `client_key` gives
        return False
    text, _, _ = client.strip().removeprefix("[").partition("]")
    host, _, _ = text.partition("/")
    return any(pack_address(form) is not None for form in (host, host.partition(":")[0]))

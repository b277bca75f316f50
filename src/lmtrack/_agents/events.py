"""The events of one message: one request as it is remembered, and all of them as the message rules look at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._agents.addresses import pack_address
from lmtrack._agents.header_rules import Headers, keep_headers, read_headers
from lmtrack._agents.verdict import KINDS, Evidence, Human, Kind, Signal, Verdict
from lmtrack._checks import plain_str, wrong_type
from lmtrack._clock import EPOCH, in_utc

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

_LINK_INDEX_MAX: Final = 65_535  # as in tokens
_MEMBERS: Final = {
    "kind", "user_agent", "at", "asn", "client", "sources", "link_index", "method", "headers", "honeypot",
}  # fmt: skip
# What earlier versions did not write.
_SINCE_THEN: Final[dict[str, object]] = {"asn": None, "sources": []}
_SOURCE_LONGEST: Final = 256
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
        if self.kind not in KINDS:
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


NO_LINK: Final = -1
_AHEAD: Final = Signal.HDR_PREFETCH.value
_NO: Final = Human.NO


class MessageEvent(NamedTuple):
    """One event; they sort by time, then by all that a rule can see, so equal ones have the same verdict.

    Attributes:
        at: When, in microseconds.
        is_click: Whether it is a click.
        link: Which link; `NO_LINK` if none is known.
        agent: The User-Agent header; empty if there was none.
        address: The IPv4 address, or the network of 64 bits that IPv6 gives one line (RFC 6177); empty if unknown.
        client: The caller's key for the client; empty if unknown.
        followed: Whether it was sent to get the page, not to check whether it exists or to have it ready.
        is_honeypot: Whether the request followed a link that no person sees.
        is_machine: Whether it is one on its own.
        scanners: The lists of strong evidence that it came from, by name.
        reasons: Of its own verdict.
        event_index: Its index among the events given.
    """

    at: int
    is_click: bool
    link: int
    agent: str
    address: bytes
    client: str
    followed: bool
    is_honeypot: bool
    is_machine: bool
    scanners: tuple[str, ...]
    reasons: tuple[str, ...]
    event_index: int


def make_message_event(  # noqa: PLR0917 - to be mapped over all events, which a name for each would make slower
    index: int, event: Event, at: int, verdict: Verdict, packed: bytes | None, scanners: frozenset[str], /
) -> MessageEvent:
    """Take from an event, its own verdict and its packed address what the message rules need.

    Args:
        index: Its index among the events given.
        event: It.
        at: When it came, in microseconds.
        verdict: On it alone.
        packed: Its address; empty if that is not one, None if it has none.
        scanners: The names of the lists that are strong evidence.
    """
    # Not `MessageEvent(...)`, which takes twice as long.
    return tuple.__new__(
        MessageEvent,
        (
            at,
            event.kind == "click",
            NO_LINK if event.link_index is None else event.link_index,
            event.user_agent or "",
            packed[:8] if packed else b"",
            event.client or "",
            (event.method == "GET" or event.method.upper() == "GET") and _AHEAD not in verdict.reasons,
            event.honeypot,
            verdict.human is _NO,
            tuple(source for source in verdict.sources if source in scanners) if verdict.sources else (),
            verdict.reasons,
            index,
        ),
    )


def microseconds(time: datetime) -> int:
    """Return a time as a number that can be subtracted without a thought of time zones."""
    since = time - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds  # faster than a division


def clients_of(event: MessageEvent) -> list[Hashable]:
    """Name the client by all that is known of it; two events with a name in common are one client's.

    All that came from nowhere known with the same agent may be one.
    """
    names: list[Hashable] = [("client", event.client)] if event.client else []
    if event.address:
        names.append((event.address, event.agent))
    return names or [("agent", event.agent)]


class MessageRule(NamedTuple):
    """What a match means: a machine, strong (3) or medium (2), or no more than a point (1)."""

    weight: Evidence
    code: str


# The stronger first: what matches an event is told in this order.
RULES: Final = (
    MessageRule(3, Signal.MSG_FAST.value),
    MessageRule(3, Signal.MSG_BURST.value),
    MessageRule(3, Signal.MSG_SWEEP.value),
    MessageRule(2, Signal.MSG_SWEEP.value),
    MessageRule(2, Signal.MSG_PACE.value),
    MessageRule(2, Signal.MSG_AGENTS.value),
    MessageRule(2, Signal.MSG_DETONATION.value),
    MessageRule(2, Signal.MSG_SAME_CLIENT.value),
    MessageRule(1, Signal.MSG_BURST.value),
    MessageRule(1, Signal.MSG_TWO_LINKS.value),
    MessageRule(1, Signal.MSG_AGENTS.value),
    MessageRule(1, Signal.MSG_TURNS.value),
    MessageRule(1, Signal.MSG_HONEYPOT_TAINT.value),
    MessageRule(1, Signal.MSG_SAME_CLIENT.value),
)
(
    FAST, BURST, SWEEP, SLOW_SWEEP, PACE, ROTATION, DETONATION, SAME_CLIENT, TABS, PAIR, AGENTS, TURNS, TAINT, AGAIN,
) = range(len(RULES))  # fmt: skip

# A match of one of these shows that the client is a machine.
_PROOFS: Final = 1 << FAST | 1 << BURST | 1 << SWEEP | 1 << SLOW_SWEEP | 1 << PACE | 1 << ROTATION
# What is said of a click in a burst needs no weaker word for the same.
_BURSTS: Final = 1 << FAST | 1 << BURST | 1 << SWEEP | 1 << SLOW_SWEEP | 1 << PACE
# Points that rest on how close clicks are, and the one that rests on an invisible link: different kinds.
_CLOSE: Final = 1 << TABS | 1 << PAIR | 1 << AGENTS | 1 << TURNS


class RuleMatches(dict[int, tuple[int, int, int]]):
    """Maps an event's index to (bit mask of matched rules, strongest rule, index of the event that triggered it)."""

    def add(self, events: Iterable[MessageEvent], rule: int, cause: int) -> None:
        """Add a match of a rule to events; what showed it first stays."""
        bit = 1 << rule
        for event in events:
            matched = self.get(event.event_index)
            if matched is None:
                self[event.event_index] = (bit, rule, cause)
                continue
            rules, strongest, shown = matched
            if rule < strongest:
                self[event.event_index] = (rules | bit, rule, cause)
            elif not rules & bit:
                self[event.event_index] = (rules | bit, strongest, shown)

    def proves(self, index: int) -> bool:
        """Return whether what matches an event shows that its client is a machine."""
        matched = self.get(index)
        return matched is not None and bool(matched[0] & _PROOFS)

    def proves_all(self, events: Iterable[MessageEvent]) -> bool:
        """Return whether that is so for each of these."""
        for event in events:
            matched = self.get(event.event_index)
            if matched is None or not matched[0] & _PROOFS:
                return False
        return True


@cache  # at most one entry for each set of rules
def codes_of(rules: int) -> tuple[str, ...]:
    """Return the codes of the rules whose bits are set, the strongest first; what is in a burst needs no pair."""
    if rules & _BURSTS:
        rules &= ~(1 << PAIR | 1 << TABS)
    if rules & 1 << TABS:
        rules &= ~(1 << PAIR)
    return tuple(dict.fromkeys(rule.code for number, rule in enumerate(RULES) if rules >> number & 1))


def are_two_kinds(rules: int, *, followed_trap: bool) -> bool:
    """Return whether the points among the rules are of two kinds: close clicks, and an invisible link."""
    return bool(rules & _CLOSE) and (bool(rules & 1 << TAINT) or followed_trap)

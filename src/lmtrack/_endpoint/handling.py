"""One request from its first line to its answer, a step for each kind of token.

The token is verified once, when the request is read. Between that and the answer a host may look things up, by `await`
if it likes; `handle_request` does both in one call and asks callables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

from lmtrack._agents.events import Event
from lmtrack._agents.header_rules import Headers, is_ahead
from lmtrack._agents.own_agents import Agents
from lmtrack._agents.verdict import Actor, Human, Verdict
from lmtrack._checks import check_type, exact_bytes, exact_str, plain_bytes, plain_str
from lmtrack._clock import exact_time
from lmtrack._endpoint.answer import (
    ENGLISH,
    HttpResponse,
    PageWords,
    for_method,
    gone_page,
    leave_page,
    left_page,
    missing_page,
    pixel_response,
    pressed,
    redirect_response,
    returned_page,
    stop_page,
    stopped_page,
)
from lmtrack._endpoint.gate import AdmissionReason, refused, weigh
from lmtrack._endpoint.handled import Handled, LastOpen, RecordedEvent
from lmtrack._endpoint.path import Token, is_moved_copy, locate, read_path
from lmtrack._url.destination import is_destination
from lmtrack.classifier import Networks, classify_event
from lmtrack.errors import BadToken, TokenExpired, TokenRevoked
from lmtrack.resolver import Consent, ConsentRecord, Route, TrackingMode
from lmtrack.tokens import ClickToken, OpenToken, UnsubscribeToken, WithdrawToken
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from lmtrack._url.tracking_path import TrackingPath

RequestKind: TypeAlias = Literal["open", "click", "withdraw", "unsubscribe"]
WayOut: TypeAlias = WithdrawToken | UnsubscribeToken

_KINDS: Final[dict[str, RequestKind]] = {"o": "open", "c": "click", "w": "withdraw", "u": "unsubscribe"}
_READING: Final = frozenset(("GET", "HEAD"))
_NO_ANSWER: Final = object()
_NUMBER: Final = (int, type(None))  # and no bool
_NO_TIME: Final = timedelta()
_SECOND: Final = timedelta(seconds=1)
# What of a request a click without a destination is told before.
_SLIGHT: Final = frozenset((None, AdmissionReason.METHOD, AdmissionReason.PREFETCH))

_Verified: TypeAlias = tuple[Token | None, AdmissionReason | None]
_TokenT = TypeVar("_TokenT")


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRequest:
    """A request whose token was verified and which has no answer yet; made by `read_request`.

    Attributes:
        kind: What the path asks for; None for a path that is not ours.
        token: What the token contains, if our keys signed it, even if it has expired or was revoked, because its link
            still works. None for a path that is not ours and for a token that was refused.
        method: The method of the request.
        headers: The headers by lower-case name.
        body: The body of a POST.
        problem: Why nothing may be recorded, as far as the request alone shows.
        now: The time of the request.
    """

    kind: RequestKind | None
    token: Token | None
    method: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    problem: AdmissionReason | None
    now: datetime

    @property
    def asks_route(self) -> bool:
        """Return whether the answer depends on the route: look it up only then."""
        return self.problem is None and isinstance(self.token, (OpenToken, ClickToken))

    @property
    def asks_consent(self) -> bool:
        """Return whether the answer depends on what the recipient says: look it up only then."""
        return self.asks_route and self.token.mode is not TrackingMode.AGGREGATE  # type: ignore[union-attr]

    @property
    def asks_destination(self) -> bool:
        """Return whether the answer depends on where a click goes: look it up only then."""
        return isinstance(self.token, ClickToken) and self.method in _READING

    def answer(
        self,
        *,
        route: Route | Callable[[OpenToken | ClickToken], Route],
        consent: Consent | ConsentRecord | Callable[[OpenToken | ClickToken], Consent | ConsentRecord] | None,
        ip: str | None = None,
        asn: int | None = None,
        networks: Networks | None = None,
        agents: Agents | None = None,
        delivered_at: datetime | Callable[[OpenToken | ClickToken], datetime | None] | None = None,
        destination: Callable[[ClickToken], str | None] | None = None,
        words: PageWords | Callable[[WayOut], PageWords] | None = None,
    ) -> Handled:
        """Answer the request with what was looked up, or with callables that look it up; see `handle_request`.

        Args:
            route: The stream that the message went through.
            consent: What its recipient says now; None if the lookup failed, in which case nothing is recorded.
            ip: The client's IP address.
            asn: The autonomous system of `ip`, if you know it.
            networks: What `load_networks` returned; None means those that are shipped.
            agents: Your own names, made by `load_agents`.
            delivered_at: When the message was sent or delivered.
            destination: Returns where a click goes.
            words: The texts of the pages.

        Raises:
            TypeError: An argument has the wrong type.

        >>> from lmtrack.tokens import make_keys, make_withdraw_token
        >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
        >>> path = f"/w/{make_withdraw_token(domain.keys, 'letter-4471')}"
        >>> pending = read_request(method="POST", target=path, headers={}, domain=domain)
        >>> pending.kind, pending.answer(route=Route(), consent=None).withdrawal.message_id
        ('withdraw', 'letter-4471')
        """
        if not callable(route):
            check_type(Route, route=route)
        if not (destination is None or callable(destination)):
            raise TypeError("destination must be callable or None")
        if not isinstance(ip, str | None) or type(asn) not in _NUMBER or not isinstance(networks, Networks | None):
            raise TypeError("ip must be a str, asn an int, networks made by load_networks, or None")
        if not isinstance(agents, Agents | None):
            raise TypeError(f"agents must be made by load_agents or None, not {type(agents).__name__}")
        token = self.token
        if isinstance(token, WithdrawToken):
            return self._withdraw(token, _words(words, token))
        if isinstance(token, UnsubscribeToken):
            return self._unsubscribe(token, _words(words, token))
        if token is None and self.kind not in {"open", "click"}:
            return self._nothing()
        if self.kind == "open" or self.method not in _READING:  # what other methods get is the same on every path
            response, problem = pixel_response(method=self.method), self.problem
        else:
            response, lost = _redirect(token, destination, self.method)
            problem = lost if lost and self.problem in _SLIGHT else self.problem
        if problem or not isinstance(token, (OpenToken, ClickToken)):
            return Handled(response=response, admission=refused(problem or AdmissionReason.BAD_TOKEN))
        judge = _Judge(self, token, ip, asn, networks, agents, delivered_at)
        return self._record(judge, response, _ask(route, token), consent)

    def _nothing(self) -> Handled:
        method = self.method if self.kind or self.method == "HEAD" else "GET"
        response = for_method(missing_page(), method, also="POST")
        return Handled(response=response, admission=refused(self.problem or AdmissionReason.NOT_FOUND))

    def _withdraw(self, token: WithdrawToken, words: PageWords, /) -> Handled:
        if self.method == "POST":  # whatever its body says: a mistake protects
            return Handled(response=stopped_page(words), admission=refused(AdmissionReason.WITHDRAW), withdrawal=token)
        response = for_method(stop_page(words), self.method, also="POST")
        return Handled(response=response, admission=refused(AdmissionReason.WITHDRAW_PAGE))

    def _unsubscribe(self, token: UnsubscribeToken, words: PageWords, /) -> Handled:
        button = pressed(self.body) if self.method == "POST" else None
        if button == "leave":
            return Handled(response=left_page(words), admission=refused(AdmissionReason.UNSUBSCRIBE), unsubscribe=token)
        if button == "return":
            admission = refused(AdmissionReason.RESUBSCRIBE)
            return Handled(response=returned_page(words), admission=admission, resubscribe=token)
        response = for_method(leave_page(words), self.method, also="POST")
        return Handled(response=response, admission=refused(AdmissionReason.UNSUBSCRIBE_PAGE))

    def _record(self, judge: _Judge, response: HttpResponse, route: object, consent: object, /) -> Handled:
        token = judge.token
        if not isinstance(route, Route):
            return Handled(response=response, admission=refused(AdmissionReason.ROUTE_UNAVAILABLE))
        said = _ask(consent, token) if self.asks_consent else Consent.UNKNOWN
        if not isinstance(said, Consent | ConsentRecord):
            return Handled(response=response, admission=refused(AdmissionReason.CONSENT_UNAVAILABLE))
        record = ConsentRecord.of(said)
        admission = weigh(token, record, route, None)
        if not admission.record:
            return Handled(response=response, admission=admission)
        verdict = judge.verdict()
        admission = weigh(token, record, route, verdict)
        if admission.open_day:
            last_open = LastOpen(
                message_id=token.message_id, recipient=token.recipient, day=self.now.astimezone(UTC).date()
            )
            return Handled(response=response, admission=admission, last_open=last_open)
        event = None
        if admission.record:
            event = _counted(token, verdict) if admission.count_only else judge.recorded(verdict)
        return Handled(response=response, admission=admission, event=event)


@dataclass(frozen=True, slots=True)
class _Judge:
    """What a verdict is made from; below `INDIVIDUAL` neither the address nor the time is looked at."""

    request: PendingRequest
    token: OpenToken | ClickToken
    ip: str | None
    asn: int | None
    networks: Networks | None
    agents: Agents | None
    delivered_at: object

    def verdict(self) -> Verdict:
        personal = self.token.mode is TrackingMode.INDIVIDUAL
        headers = self.request.headers
        return classify_event(
            kind="open" if isinstance(self.token, OpenToken) else "click",
            user_agent=headers.get("user-agent"),
            ip=self.ip if personal else None,
            asn=self.asn if personal else None,
            headers=headers,
            delay=self._delay() if personal else None,
            networks=self.networks,
            agents=self.agents,
        )

    def recorded(self, verdict: Verdict, /) -> RecordedEvent:
        token, request = self.token, self.request
        link_index = token.link_index if isinstance(token, ClickToken) else None
        event = Event(
            kind="open" if link_index is None else "click",
            user_agent=request.headers.get("user-agent"),
            at=request.now,
            ip=self.ip,
            asn=self.asn,
            sources=verdict.sources,
            link_index=link_index,
            headers=request.headers,
        )
        return RecordedEvent(token=token, verdict=verdict, dedup_key=_dedup_key(token, verdict), request=event)

    def _delay(self) -> timedelta | None:
        """Return the time since delivery, or else since the token was made; None if a clock is ahead.

        The token is older than the delivery, so without a delivery no rule fires too early.
        """
        left = _ask(self.delivered_at, self.token)
        known = isinstance(left, datetime) and left.utcoffset() is not None
        delay = self.request.now - (left if known else self.token.issued_at)  # type: ignore[operator] # a datetime
        # A caller's `now` may be in whole seconds, so what was delivered in that one seems to come later.
        return None if delay <= -_SECOND else max(delay, _NO_TIME)


def read_request(
    *,
    method: str,
    target: str,
    headers: Headers | None,
    body: bytes = b"",
    domain: TrackingDomain,
    now: datetime | None = None,
) -> PendingRequest:
    """Read one request to the tracking host and verify its token; `PendingRequest.answer` does the rest.

    For hosts that look up consent with `await`: read, look up, answer.

    Args:
        method: The method of the request line, in capitals.
        target: The target of the request line: a path with its query, or a whole URL.
        headers: The request's headers, with names in any case, as a mapping or as pairs; None if unknown.
        body: The body of a POST; its first 8,192 bytes are enough.
        domain: The tracking domain.
        now: The time of the request.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `now` is naive.

    >>> from lmtrack.tokens import make_keys, make_open_token
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> token = make_open_token(domain.keys, "letter-4471")
    >>> pending = read_request(method="GET", target=f"/o/{token}", headers={"User-Agent": "Thunderbird"}, domain=domain)
    >>> pending.kind, pending.asks_consent, pending.token.message_id
    ('open', True, 'letter-4471')
    """
    method, target, body = plain_str(method, "method"), plain_str(target, "target"), plain_bytes(body, "body")
    check_type(TrackingDomain, domain=domain)
    named = _by_name(headers or ())
    at = exact_time(now)
    path = locate(target, domain)
    kind: RequestKind | None = None
    token: Token | None = None
    if path is None:
        problem: AdmissionReason | None = (
            AdmissionReason.SCANNER if is_moved_copy(target, domain, now=at) else AdmissionReason.NOT_FOUND
        )
    else:
        kind = _KINDS[path.kind]
        token, problem = _verify(path, domain, at)
        if kind in {"open", "click"}:
            problem = problem or _unasked(method, named)
    return PendingRequest(kind=kind, token=token, method=method, headers=named, body=body, problem=problem, now=at)


def handle_request(
    *,
    method: str,
    target: str,
    headers: Headers | None,
    body: bytes = b"",
    domain: TrackingDomain,
    route: Route | Callable[[OpenToken | ClickToken], Route],
    consent: Callable[[OpenToken | ClickToken], Consent | ConsentRecord],
    ip: str | None = None,
    asn: int | None = None,
    networks: Networks | None = None,
    agents: Agents | None = None,
    delivered_at: Callable[[OpenToken | ClickToken], datetime | None] | None = None,
    destination: Callable[[ClickToken], str | None] | None = None,
    words: PageWords | Callable[[WayOut], PageWords] | None = None,
    now: datetime | None = None,
) -> Handled:
    """Handle one request to the tracking host: what to answer, and what may be recorded about it.

    An open is answered with the pixel, whatever its token is. A click goes to its destination if our keys signed it,
    and is a 404 otherwise. `/w/` and `/u/` show a page on GET and act on a POST: on `/w/` on any, on `/u/` on the
    one-click body of RFC 8058 or the page's own button, because gateways post too. HEAD, OPTIONS and prefetches are
    answered and never recorded. A request is classified only if consent allows it to be recorded; the IP address is
    used for that, and is in no repr, dict or pickle of the results.

    An exception in one of your functions does not break the response: after any `Exception`, and after a result of the
    wrong type, nothing is recorded, and `admission.reason` says which function it was. Only what is not an `Exception`,
    such as KeyboardInterrupt, propagates. Log your errors where they happen.

    Args:
        method: The method of the request line, in capitals.
        target: The target of the request line: a path with its query, or a whole URL.
        headers: The request's headers, with names in any case, as a mapping or as pairs; None if unknown.
        body: The body of a POST; its first 8,192 bytes are enough.
        domain: The tracking domain.
        route: The stream that the message went through, or a function that returns it for a token.
        consent: Returns what the recipient of a message says now, as a state or a record. It is not called for a
            campaign's token, which is the same for everyone. For a recipient whose row is gone, return
            `Consent.DENIED`.
        ip: The client's IP address.
        asn: The autonomous system of `ip`, if you know it.
        networks: What `load_networks` returned; None means those that are shipped.
        agents: Your own names, made by `load_agents`.
        delivered_at: Returns when the message was sent or delivered. Without it, or if it returns None, the time at
            which the token was made counts; that is earlier, so fewer requests are taken for a gateway's.
        destination: Returns where a click goes; it is called for every click, and a click by id needs it. If it returns
            None for a click with a URL, the response is a 410: the destination was taken down. If it raises, such a
            click goes where it was signed to go.
        words: The texts of the pages, or a function that returns them for a token, in the recipient's language. None
            is English.
        now: The time of the request.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `now` is naive.

    >>> from lmtrack.tokens import make_keys, make_open_token
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> token = make_open_token(domain.keys, "letter-4471")
    >>> handled = handle_request(
    ...     method="GET", target=f"/o/{token}", headers={"User-Agent": "Thunderbird"}, domain=domain,
    ...     route=Route(track_opens=True, require_consent=True), consent=lambda token: Consent.GRANTED,
    ... )
    >>> handled.response, handled.admission.identified, handled.event.dedup_key
    (HttpResponse(status=200), True, 'open:individual:0::person:letter-4471')
    """
    if not callable(consent) or not (delivered_at is None or callable(delivered_at)):
        raise TypeError("consent must be callable, delivered_at callable or None")
    pending = read_request(method=method, target=target, headers=headers, body=body, domain=domain, now=now)
    return pending.answer(
        route=route,
        consent=consent,
        ip=ip,
        asn=asn,
        networks=networks,
        agents=agents,
        delivered_at=delivered_at,
        destination=destination,
        words=words,
    )


def _by_name(headers: Headers, /) -> dict[str, str]:
    """Return the headers by lower-case name; of a repeated name the first. What is not text is left out."""
    if isinstance(headers, str | bytes):
        raise TypeError("headers must be a mapping or pairs, not a text")
    items = getattr(headers, "items", None)  # frameworks have classes of their own, and not all are a Mapping
    named: dict[str, str] = {}
    for pair in items() if callable(items) else headers:
        name, value = pair if isinstance(pair, tuple | list) and len(pair) == 2 else (None, None)
        if isinstance(name, str) and isinstance(value, str):
            named.setdefault(exact_str(name).lower(), exact_str(value))
        elif isinstance(name, bytes) and isinstance(value, bytes):
            key = exact_bytes(name).lower().decode("latin-1")
            named.setdefault(key, exact_bytes(value).decode("latin-1"))
    return named


def _verify(path: TrackingPath, domain: TrackingDomain, now: datetime, /) -> _Verified:
    """Return the verified token, and why it may not be recorded. One that is too old or revoked has both."""
    try:
        return read_path(path, domain, now=now), None
    except (TokenExpired, TokenRevoked) as error:
        return error.token, AdmissionReason(error.reason)
    except BadToken as error:
        return None, AdmissionReason.SCANNER if error.scanner else AdmissionReason(error.reason)


def _redirect(
    token: Token | None, destination: Callable[[ClickToken], str | None] | None, method: str, /
) -> tuple[HttpResponse, AdmissionReason | None]:
    """Return the answer to a click, and what is wrong if it leads nowhere or nobody can say where."""
    if not isinstance(token, ClickToken):
        return redirect_response(None, method=method), AdmissionReason.NO_DESTINATION
    url: object = token.url
    if destination is not None:
        url = _ask(destination, token)
        if url is None and token.url is not None:
            return for_method(gone_page(), method), AdmissionReason.NO_DESTINATION
    if url is None:
        return redirect_response(None, method=method), AdmissionReason.NO_DESTINATION
    if not isinstance(url, str):
        return redirect_response(token.url, method=method), AdmissionReason.DESTINATION_UNAVAILABLE
    url = exact_str(url)
    return redirect_response(url, method=method), None if is_destination(url) else AdmissionReason.BAD_DESTINATION


def _ask(question: object, token: _TokenT, /) -> object:
    """Return a value as it is, and what a callable answers; no answer is an object of its own."""
    if not callable(question):
        return question
    try:
        return question(token)
    except Exception:  # noqa: BLE001 - the caller's lookup may fail in any way; whoever clicked must get an answer
        return _NO_ANSWER


def _words(words: object, token: WayOut, /) -> PageWords:
    found = _ask(words, token)
    return found if isinstance(found, PageWords) else ENGLISH


def _unasked(method: str, named: dict[str, str], /) -> AdmissionReason | None:
    """Say why nobody meant to open or click."""
    if method != "GET":
        return AdmissionReason.METHOD
    return AdmissionReason.PREFETCH if is_ahead(named) else None


def _counted(token: OpenToken | ClickToken, verdict: Verdict, /) -> RecordedEvent:
    """Return what may be kept of a request that is only counted: whether it counts."""
    human = Human.YES if verdict.counts_for_metrics else Human.UNKNOWABLE
    kept = Verdict(actor=Actor.UNKNOWN, human=human, evidence=1)
    return RecordedEvent(token=token, verdict=kept, dedup_key=None, request=None)


def _dedup_key(token: OpenToken | ClickToken, verdict: Verdict, /) -> str:
    """Write what makes two requests the same event. Callers store it: its form stays.

    Whether it was a person is in it, so that a scanner that comes first does not hide the person behind it. The
    message id comes last, because it alone may hold a colon.
    """
    kind, link = ("click", str(token.link_index)) if isinstance(token, ClickToken) else ("open", "")
    who = "person" if verdict.counts_for_metrics else "machine" if verdict.is_machine else "unknown"
    return f"{kind}:{token.mode.name.lower()}:{token.recipient}:{link}:{who}:{token.message_id}"

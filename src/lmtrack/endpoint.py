"""What a tracking host does: read the URL, ask for consent, classify, decide what may be kept, and answer.

`handle_request` is all of it in one call, for any web framework. The pieces are here too, for who needs another order.
Nothing is stored and nothing is sent: the answer is a value, and what may be recorded is handed back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from lmtrack._agents.header_rules import is_ahead
from lmtrack._checks import check_type, plain_str
from lmtrack._clock import epoch_seconds
from lmtrack._endpoint.answer import (
    HttpResponse as HttpResponse,
    for_method,
    not_found_response,
    pixel_response,
    redirect_response,
    withdraw_page_response,
    withdrawn_response,
)
from lmtrack._endpoint.gate import Admission as Admission, AdmissionReason, admit, refused, weigh
from lmtrack._endpoint.path import Token, is_moved_copy, locate, read_place, read_tracking_url
from lmtrack._endpoint.payload import event_payload, minimise
from lmtrack._url.destination import is_destination
from lmtrack.classifier import Networks, Verdict, classify_event
from lmtrack.errors import BadToken, TokenExpired, TokenRevoked
from lmtrack.resolver import Consent, ConsentRecord, Route, TrackingMode
from lmtrack.tokens import ClickToken, OpenToken, WithdrawToken
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack._agents.header_rules import Headers
    from lmtrack._url.tracking_path import TrackingPath

__all__ = [
    "AdmissionReason",
    "admit",
    "event_payload",
    "handle_request",
    "minimise",
    "pixel_response",
    "read_tracking_url",
    "redirect_response",
]

_READING: Final = frozenset(("GET", "HEAD"))
_NO_ANSWER: Final = object()
_NUMBER: Final = (int, type(None))  # and no bool

TokenT = TypeVar("TokenT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of one request; made by `handle_request`. Where nothing may be recorded, nothing to record is in it.

    Attributes:
        response: The answer to send, whatever the rest says.
        admission: How much may be recorded, and why.
        token: What was opened or clicked, if it may be recorded; who withdraws, on the page and when it is pressed.
        verdict: What the request was, if that may be kept.
        dedup_key: The same for every request that is the same open or the same click, to store it once: kind, mode,
            recipient, link, whether it was a person, and message id. None for what is only counted, because there
            nobody can tell whether two requests are the same.
    """

    response: HttpResponse
    admission: Admission
    token: OpenToken | ClickToken | WithdrawToken | None = None
    verdict: Verdict | None = None
    dedup_key: str | None = field(default=None, repr=False)

    @property
    def withdraws(self) -> bool:
        """Whether the recipient has just withdrawn: store that before you answer."""
        return self.admission.reason is AdmissionReason.WITHDRAW


def handle_request(
    *,
    method: str,
    target: str,
    headers: Headers | None,
    domain: TrackingDomain,
    route: Route,
    consent: Callable[[OpenToken | ClickToken], Consent | ConsentRecord],
    ip: str | None = None,
    asn: int | None = None,
    networks: Networks | None = None,
    destination: Callable[[ClickToken], str | None] | None = None,
    now: datetime | None = None,
) -> Handled:
    """Handle one request to the tracking host: what to answer, and what of it may be recorded.

    An open is answered with the pixel, whatever its token is. A click goes to its destination if we signed it, and is
    a 404 else. `/w/` shows a page on GET, and only a POST withdraws. HEAD, OPTIONS and prefetches are answered and
    never recorded. A request is classified only if consent allows to record it; the address is used for that and is
    in none of the results.

    `consent` and `destination` are yours, and what they raise does not break the answer: with every `Exception`, and
    with an answer of another type, nothing is recorded and `admission.reason` says `consent_unavailable` or
    `destination_unavailable`. Only what is no `Exception`, such as KeyboardInterrupt, passes. Log your errors where
    they happen.

    Args:
        method: As in the request line, in capitals.
        target: As in the request line: a path with its query, or a whole URL.
        headers: The request's headers, names in any case, as a mapping or as pairs; None if you do not know them.
        domain: The tracking domain.
        route: The stream that its messages go through; with several, read the token first and see which it is.
        consent: Says what the recipient of a message says now.
        ip: Who asked.
        asn: The autonomous system of `ip`, if you know it.
        networks: What `load_networks` gave; None means those that are shipped.
        destination: Says where a click by id goes; None where you do not know.
        now: The time of the request.

    Raises:
        TypeError: An argument has another type.
        ValueError: `now` is naive.

    >>> from lmtrack.tokens import make_keys, make_open_token
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> token = make_open_token(domain.keys, "letter-4471")
    >>> handled = handle_request(
    ...     method="GET", target=f"/o/{token}", headers={"User-Agent": "Thunderbird"}, domain=domain,
    ...     route=Route(track_opens=True, require_consent=True), consent=lambda token: Consent.GRANTED,
    ... )
    >>> handled.response, handled.admission.identified, handled.dedup_key
    (HttpResponse(status=200), True, 'open:individual:0::person:letter-4471')
    """
    method, target = plain_str(method, "method"), plain_str(target, "target")
    check_type(TrackingDomain, domain=domain)
    check_type(Route, route=route)
    if not callable(consent) or not (destination is None or callable(destination)):
        raise TypeError("consent must be callable, destination callable or None")
    if not isinstance(ip, str | None) or type(asn) not in _NUMBER or not isinstance(networks, Networks | None):
        raise TypeError("ip must be a str, asn an int, networks made by load_networks, or None")
    named = _by_name(headers or ())
    seconds = epoch_seconds(now)
    now = datetime.fromtimestamp(seconds, UTC) if now is None else now

    place = locate(target, domain)
    if place is None:
        reason = AdmissionReason.SCANNER if is_moved_copy(target, domain, now=now) else AdmissionReason.NOT_FOUND
        response = for_method(not_found_response(), "HEAD" if method == "HEAD" else "GET")
        return Handled(response=response, admission=refused(reason))
    token, problem = _read(place, domain, now)
    if place.kind == "w":
        return _withdrawal(token, problem, method)
    if place.kind == "o" or method not in _READING:  # what other methods get is the same on every path
        response = pixel_response(method=method)
    else:
        response, lost = _redirect(token, destination, method)
        problem = problem or lost
    problem = problem or _unasked(method, named)
    if problem or not isinstance(token, (OpenToken, ClickToken)):
        return Handled(response=response, admission=refused(problem or AdmissionReason.BAD_TOKEN))

    said = _ask(consent, token)
    if not isinstance(said, Consent | ConsentRecord):
        return Handled(response=response, admission=refused(AdmissionReason.CONSENT_UNAVAILABLE))
    record = ConsentRecord.of(said)
    admission, verdict = weigh(token, record, route, None), None
    if admission.record:
        verdict = classify_event(
            kind="open" if isinstance(token, OpenToken) else "click",
            user_agent=named.get("user-agent"),
            ip=ip,
            asn=asn,
            headers=named,
            delay=_delay(token, now),
            networks=networks,
        )
        admission = weigh(token, record, route, verdict)
    if verdict is None or not admission.record:
        return Handled(response=response, admission=admission)
    return Handled(
        response=response,
        admission=admission,
        token=token,
        verdict=None if admission.open_day else verdict,
        dedup_key=None if admission.count_only else _dedup_key(token, verdict),
    )


def _by_name(headers: Headers, /) -> dict[str, str]:
    """Give the headers by lower-case name; of a name that comes again, what came first. What is no text is left out."""
    if isinstance(headers, str | bytes):
        raise TypeError("headers must be a mapping or pairs, not a text")
    items = getattr(headers, "items", None)  # frameworks have classes of their own, and not all are a Mapping
    named: dict[str, str] = {}
    for pair in items() if callable(items) else headers:
        name, value = pair if isinstance(pair, tuple | list) and len(pair) == 2 else (None, None)
        if isinstance(name, str) and isinstance(value, str):
            named.setdefault(plain_str(name, "a name").lower(), plain_str(value, "a value"))
        elif isinstance(name, bytes) and isinstance(value, bytes):
            named.setdefault(name.lower().decode("latin-1"), value.decode("latin-1"))
    return named


def _read(place: TrackingPath, domain: TrackingDomain, now: datetime, /) -> tuple[Token | None, AdmissionReason | None]:
    """Give the verified token, and why it may not be recorded. One that is too old or revoked has both."""
    try:
        return read_place(place, domain, now=now), None
    except (TokenExpired, TokenRevoked) as error:
        return error.token, AdmissionReason(error.reason)
    except BadToken as error:
        return None, AdmissionReason.SCANNER if error.scanner else AdmissionReason(error.reason)


def _withdrawal(token: Token | None, problem: AdmissionReason | None, method: str, /) -> Handled:
    if problem:
        return Handled(response=for_method(not_found_response(), method, also="POST"), admission=refused(problem))
    if method == "POST":  # also the one-click POST of RFC 8058, whose body says nothing more
        return Handled(response=withdrawn_response(), admission=refused(AdmissionReason.WITHDRAW), token=token)
    response = for_method(withdraw_page_response(), method, also="POST")
    return Handled(response=response, admission=refused(AdmissionReason.WITHDRAW_PAGE), token=token)


def _redirect(
    token: Token | None, destination: Callable[[ClickToken], str | None] | None, method: str, /
) -> tuple[HttpResponse, AdmissionReason | None]:
    """Give the answer to a click, and what is wrong if it leads nowhere."""
    url: object = token.url if isinstance(token, ClickToken) else None
    if url is None and isinstance(token, ClickToken) and destination is not None:
        url = _ask(destination, token)
    if url is None:
        return redirect_response(None, method=method), AdmissionReason.NO_DESTINATION
    if not isinstance(url, str):
        return redirect_response(None, method=method), AdmissionReason.DESTINATION_UNAVAILABLE
    return redirect_response(url, method=method), None if is_destination(url) else AdmissionReason.BAD_DESTINATION


def _ask(question: Callable[[TokenT], object], token: TokenT, /) -> object:
    try:
        return question(token)
    except Exception:  # noqa: BLE001 - the caller's lookup may fail in any way; whoever clicked must get an answer
        return _NO_ANSWER


def _unasked(method: str, named: dict[str, str], /) -> AdmissionReason | None:
    """Say why nobody meant to open or click."""
    if method != "GET":
        return AdmissionReason.METHOD
    return AdmissionReason.PREFETCH if is_ahead(named) else None


def _delay(token: OpenToken | ClickToken, now: datetime, /) -> timedelta | None:
    """Give the time since the token was made: at least as long as since delivery, so no rule fires too early.

    None for a campaign's token, which is older than its mails, and for one from a clock that is ahead.
    """
    delay = now - token.issued_at
    return None if token.mode is TrackingMode.AGGREGATE or delay < timedelta() else delay


def _dedup_key(token: OpenToken | ClickToken, verdict: Verdict, /) -> str:
    """Write what makes two requests the same event. Callers store it: its form stays.

    Whether it was a person is in it, so that a scanner that comes first does not hide the person behind it. The
    message id comes last, because it alone may hold a colon.
    """
    kind, link = ("click", str(token.link_index)) if isinstance(token, ClickToken) else ("open", "")
    who = "person" if verdict.counts_for_metrics else "machine" if verdict.is_machine else "unknown"
    return f"{kind}:{token.mode.name.lower()}:{token.recipient}:{link}:{who}:{token.message_id}"

"""What a sender's own systems are told of an open or a click, in the shape of Lettermint's webhooks, and less of it.

Field names are those of Lettermint's `message.opened` and `message.clicked` (docs.lettermint.co, webhook events, and
its Laravel SDK's `BotDetectionData`, read in 2026-08). There is no address of the request in it, and no place for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from lmtrack._agents.clients import ClientInfo
from lmtrack._agents.verdict import Actor, Human, Verdict
from lmtrack._checks import exact_str, plain_str, plain_str_or_none
from lmtrack._clock import in_utc
from lmtrack.resolver import TrackingMode
from lmtrack.tokens import ClickToken, OpenToken

JsonObject: TypeAlias = dict[str, Any]  # what JSON allows as a value is the caller's `metadata` too

# Lettermint's `probability`, 0 to 100: how likely a machine made the request. A label for a pair of our verdict, in
# the order of its evidence (weak, medium, strong), and no frequency: nobody has counted.
PROBABILITY: Final[Mapping[Human, tuple[int, int, int]]] = {
    Human.YES: (25, 10, 1),
    Human.YES_CLIENT_HIDDEN: (25, 10, 1),
    Human.UNKNOWABLE: (50, 50, 50),
    Human.NO: (75, 90, 99),
}

# What a counter needs, by name and type; everything else can tell people apart.
_EVENTS: Final = ("message.opened", "message.clicked")
_COUNTED: Final = {"campaign": str, "tag": str, "link_index": int}
_COUNTED_BOT: Final = {"detected": bool, "machine": bool, "counts_for_metrics": bool}
_PROXIES: Final = frozenset((Actor.APPLE_MPP, Actor.IMAGE_PROXY, Actor.GMAIL_PREFETCH))


def event_payload(
    token: OpenToken | ClickToken,
    verdict: Verdict,
    /,
    *,
    event_id: str | UUID,
    occurred_at: datetime,
    recipient: str,
    first: bool,
    subject: str | None = None,
    tag: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    client: ClientInfo | None = None,
    user_agent: str | None = None,
    url: str | None = None,
    anchor_text: str | None = None,
) -> JsonObject:
    """Describe an open or a click as a `message.opened` or `message.clicked` event, ready for `json.dumps`.

    It contains no more than the token's mode allows, as if `minimise` had been called: an event for a whole campaign
    names the campaign and no one.

    Args:
        token: What was opened or clicked.
        verdict: What the request was.
        event_id: Your id for the event; the same when it is sent again.
        occurred_at: The time of the request; written in UTC with milliseconds.
        recipient: Whose email it was, as you name them.
        first: Whether it is the first open, or the first click on this link.
        subject: The subject of the message.
        tag: The tag of the message.
        tags: All tags of the message, if it can have several; None leaves the field out.
        metadata: The metadata of the message, in JSON values.
        client: What `describe_client` returned; an image proxy is not the client of a click, so it is left out there.
        user_agent: The User-Agent, unchanged.
        url: Where a click by id went; None takes the token's own URL.
        anchor_text: The text of the link.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `occurred_at` is naive or cannot be written in UTC, or `url` or `anchor_text` is given for an open.

    >>> from lmtrack.tokens import OpenToken
    >>> at = datetime(2026, 1, 2, 8, 30, tzinfo=UTC)
    >>> verdict = Verdict(actor=Actor.HUMAN, human=Human.YES, evidence=2, reasons=("ua.browser",))
    >>> payload = event_payload(
    ...     OpenToken("letter-4471", 0, TrackingMode.INDIVIDUAL, at), verdict,
    ...     event_id="7d1f", occurred_at=at, recipient="ann@shop.example", first=True,
    ... )
    >>> payload["event"], payload["data"]["opened_at"], payload["data"]["bot"]["probability"]
    ('message.opened', '2026-01-02T08:30:00.000Z', 10)
    """
    if not isinstance(token, (OpenToken, ClickToken)) or not isinstance(verdict, Verdict):
        raise TypeError("token must be an OpenToken or a ClickToken, verdict a Verdict")
    if not isinstance(recipient, str) or not isinstance(first, bool) or not isinstance(event_id, (str, UUID)):
        raise TypeError("recipient must be a str, first a bool, event_id a str or UUID")
    _check_optional(client, metadata, tags)
    all_tags = [plain_str(one, "tags") for one in tags or ()]
    subject, tag = plain_str_or_none(subject, "subject"), plain_str_or_none(tag, "tag")
    user_agent = plain_str_or_none(user_agent, "user_agent")
    url, anchor_text = plain_str_or_none(url, "url"), plain_str_or_none(anchor_text, "anchor_text")
    event_id = exact_str(event_id) if isinstance(event_id, str) else str(event_id)
    if isinstance(token, OpenToken) and not (url is None and anchor_text is None):
        raise ValueError("url and anchor_text belong to a click")
    time = _written_time(occurred_at)

    done, what = ("opened", "open") if isinstance(token, OpenToken) else ("clicked", "click")
    data: JsonObject = {
        "message_id": token.message_id,
        "subject": subject,
        "metadata": dict(metadata or {}),
        "tag": tag,
        "recipient": exact_str(recipient),
        f"{done}_at": time,
        f"first_{what}": first,
    }
    if tags is not None:
        data["tags"] = all_tags
    if isinstance(token, ClickToken):
        data["destination_url"] = token.url if url is None else url
        data["link_index"] = token.link_index
        data["anchor_text"] = anchor_text
    data |= _client_fields(token, client)
    data["user_agent"] = user_agent
    data["bot"] = _bot(verdict)
    data["engagement"] = {"reason_codes": [verdict.category]}
    if token.mode is TrackingMode.AGGREGATE:
        data["campaign"] = token.message_id
    payload: JsonObject = {"id": event_id, "event": f"message.{done}", "timestamp": time, "data": data}
    return minimise(payload, mode=token.mode)


def _client_fields(token: OpenToken | ClickToken, client: ClientInfo | None, /) -> JsonObject:
    # An image proxy loads pictures and follows no link, so on a click its agent says nothing of the client.
    proxied = isinstance(token, ClickToken) and client is not None and client.client_type == "image_proxy"
    described = None if proxied else client
    return {name: getattr(described, name, None) for name in ("device_type", "client_type", "client_name")}


def _check_optional(client: object, metadata: object, tags: object) -> None:
    if client is not None and not isinstance(client, ClientInfo):
        raise TypeError(f"client must be made by describe_client, not {type(client).__name__}")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise TypeError(f"metadata must be a mapping or None, not {type(metadata).__name__}")
    if isinstance(tags, str | bytes):  # iterable, but never meant as a list of tags
        raise TypeError(f"tags must be several str, not {type(tags).__name__}")


def _written_time(occurred_at: object) -> str:
    if not isinstance(occurred_at, datetime):
        raise TypeError(f"occurred_at must be an aware datetime, not {type(occurred_at).__name__}")
    return in_utc(occurred_at, "occurred_at").isoformat(timespec="milliseconds").replace("+00:00", "Z")


def minimise(payload: Mapping[str, Any], /, *, mode: TrackingMode) -> JsonObject:
    """Return what a mode allows you to keep of an event; pass `Admission.mode`.

    - `INDIVIDUAL`: all of it.
    - `AGGREGATE`: what is the same for everyone: which event, campaign, tag and link, and whether it was a machine.
      No recipient, message, time, client, subject, metadata, URL or anchor text, each of which can tell people apart.
    - `DELIVERABILITY`: the UTC day of an open by a person, `{"last_open_date": "2026-01-02"}`.
    - `OFF`: nothing.

    Only the named fields are kept, so unknown ones are dropped. A field that is missing, or is not what `event_payload`
    writes, is left out.

    Args:
        payload: What `event_payload` returned, or Lettermint sent.
        mode: How much may be kept.

    Raises:
        TypeError: An argument has the wrong type.

    >>> opened = {"event": "message.opened", "data": {"opened_at": "2026-01-02T08:30:00.000Z", "recipient": "ann"}}
    >>> minimise(opened, mode=TrackingMode.DELIVERABILITY)
    {'last_open_date': '2026-01-02'}
    """
    if not isinstance(payload, Mapping) or not isinstance(mode, TrackingMode):
        raise TypeError("payload must be a mapping, mode a TrackingMode")
    if mode is TrackingMode.INDIVIDUAL:
        return dict(payload)
    if mode is TrackingMode.AGGREGATE:
        return _counted(payload)
    return _open_day(payload) if mode is TrackingMode.DELIVERABILITY else {}


def _bot(verdict: Verdict, /) -> JsonObject:
    """Write a verdict as the seven fields of Lettermint's `bot`.

    `genuine` and `unknown` are the classifications that its SDK shows; the others are the three families that its docs
    leave out of default metrics.
    """
    family = "unknown"
    if verdict.counts_for_metrics:
        family = "genuine"
    elif verdict.is_machine:
        family = "security_scanner" if verdict.actor is Actor.SECURITY_SCANNER else "machine"
    elif verdict.actor is Actor.APPLE_MPP:
        family = "privacy_proxy"
    return {
        "detected": family not in {"genuine", "unknown"},
        "probability": PROBABILITY[verdict.human][verdict.evidence - 1],
        "classification": family,
        "proxy_type": verdict.actor.value if verdict.actor in _PROXIES else None,
        "reason_codes": list(verdict.reasons),
        "machine": verdict.is_machine,
        "counts_for_metrics": verdict.counts_for_metrics,
    }


def _counted(payload: Mapping[str, Any], /) -> JsonObject:
    kept: JsonObject = {"event": payload["event"]} if payload.get("event") in _EVENTS else {}
    data = _mapping(payload.get("data"))
    bot = _typed(_mapping(data.get("bot")), _COUNTED_BOT)
    kept["data"] = _typed(data, _COUNTED) | ({"bot": bot} if bot else {})
    return kept


def _open_day(payload: Mapping[str, Any], /) -> JsonObject:
    data = _mapping(payload.get("data"))
    day = payload.get("last_open_date")  # minimised before
    if day is None and payload.get("event") == "message.opened":
        # Of a payload without the field its SDK says true.
        day = data.get("opened_at") if _mapping(data.get("bot")).get("counts_for_metrics", True) is True else None
    return {"last_open_date": text} if (text := _utc_day(day)) else {}


def _utc_day(time: object, /) -> str | None:
    """Return the day of an ISO 8601 date, or of a time with its offset; None for anything else."""
    if not isinstance(time, str):
        return None
    time = exact_str(time)
    try:
        read = datetime.fromisoformat(time)
        if len(time) == len("2026-01-02"):
            return read.date().isoformat()
        return None if read.utcoffset() is None else read.astimezone(UTC).date().isoformat()
    except (ValueError, OverflowError):
        return None


def _mapping(value: object, /) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _typed(values: Mapping[str, Any], types: Mapping[str, type], /) -> JsonObject:
    return {name: values[name] for name, wanted in types.items() if type(values.get(name)) is wanted}

"""May this one message be tracked? Route, override and consent go in, a decision with its reasons comes out.

For each flag on its own: the route says on or off, an override replaces that answer for one message, and consent is a
ceiling that can only lower the result. What cannot be read, or contradicts itself, is off.
`docs/explanation/decisions.md` has the table of reasons and the texts behind the rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from lmtrack._checks import check_type
from lmtrack._clock import epoch_seconds, in_utc
from lmtrack._deciding.evidence import (
    FLAGS,
    MODES,
    REASONS,
    VERSION,
    read_choice,
    read_inputs,
    read_list,
    read_names,
    read_object,
    read_time,
    write_inputs,
    write_mode,
    write_time,
)
from lmtrack._deciding.override import Flag, Override, answer_of, layer_overrides, parse_headers, parse_settings
from lmtrack._deciding.rules import (
    Consent,
    ConsentRecord,
    Inputs as Inputs,
    Reason,
    Route,
    Settled,
    TrackingMode,
    ceiling,
    settle,
)

__all__ = [
    "Consent",
    "ConsentRecord",
    "Decision",
    "Override",
    "Reason",
    "Route",
    "TrackingMode",
    "layer_overrides",
    "parse_headers",
    "parse_settings",
    "resolve",
    "resolve_shared",
]

# A shared body among the recipients of another is flattened unless it was lowered in between, and two flags can be
# lowered five times in all (opens by three steps, clicks by two). Deeper evidence is forged.
_MAX_NESTING: Final = 6
_NEVER_LOWERS: Final = frozenset({Reason.OVERRIDE_TRUE, Reason.CONSENT_UNKNOWN_ALLOWED, Reason.ALREADY_TRACKED})
_RANK: Final = {reason: rank for rank, reason in enumerate(Reason)}


class Limit(NamedTuple):
    """One later step that changed a flag of a decision, see `Decision.lower` and `Decision.already_tracked`.

    Attributes:
        flag: Which flag.
        mode: What it fell to, or was found to be.
        reason: Why.
        unread: The misspelt names that could not be read, if that is why; see `Override`.
    """

    flag: Flag
    mode: TrackingMode
    reason: Reason
    unread: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return JSON values with a fixed key order; names only where there are any."""
        written = {"flag": self.flag, "mode": write_mode(self.mode), "reason": self.reason.value}
        return {**written, "unread": list(self.unread)} if self.unread else {**written}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What may be tracked in one message, and why; made by `resolve`, `resolve_shared` and `Decision.lower`.

    The result is computed from the inputs, so no decision can contradict them.

    Attributes:
        opens: The mode for opens.
        clicks: The mode for clicks, never DELIVERABILITY.
        reasons: `"opens:<code>"`, then `"clicks:<code>"`, each in order of application; the codes are those of
            `Reason`. A flag that is on because its route says so and consent is granted has none.
        inputs: What the decision was made from; for a shared body, the distinct decisions of its recipients, with their
            consent states but without their records.
        limits: What later steps lowered.
        decided_at: When the decision was made, in UTC and whole seconds; two decisions that differ in nothing else are
            equal.
        version: The version of the decision's evidence.

    Raises:
        ValueError: `inputs` is empty, or a limit lowers nothing.
    """

    inputs: Inputs | tuple[Decision, ...] = field(repr=False)
    limits: tuple[Limit, ...] = field(default=(), repr=False)
    decided_at: datetime | None = field(default=None, repr=False, compare=False)
    version: int = field(default=VERSION, repr=False)
    opens: TrackingMode = field(init=False)
    clicks: TrackingMode = field(init=False)
    reasons: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.inputs, tuple):
            object.__setattr__(self, "inputs", _distinct(self.inputs))  # frozen: this is part of its construction
        reasons: list[str] = []
        for flag in FLAGS.values():
            mode, codes = settle(flag, self.inputs) if isinstance(self.inputs, Inputs) else _share(flag, self.inputs)
            for limit in self.limits:
                if limit.flag == flag:
                    # What a message holds already is true whatever was decided, so this reason alone raises.
                    if limit.mode == mode or (limit.mode > mode) is not (limit.reason is Reason.ALREADY_TRACKED):
                        raise ValueError("a limit lowers nothing")
                    mode = limit.mode
                    codes.append(limit.reason)
            object.__setattr__(self, flag, mode)
            reasons += [f"{flag}:{code}" for code in codes]
        object.__setattr__(self, "reasons", tuple(reasons))

    @property
    def track_opens(self) -> bool:
        """Return whether opens are tracked in any mode."""
        return self.opens is not TrackingMode.OFF

    @property
    def track_clicks(self) -> bool:
        """Return whether clicks are tracked in any mode."""
        return self.clicks is not TrackingMode.OFF

    def lower(
        self,
        reason: Reason,
        /,
        *,
        opens: TrackingMode = TrackingMode.INDIVIDUAL,
        clicks: TrackingMode = TrackingMode.INDIVIDUAL,
    ) -> Decision:
        """Put a ceiling on each flag; a flag above its ceiling is lowered to the ceiling and gets the reason.

        Raises:
            TypeError: `reason` is not a `Reason`, or a ceiling not a `TrackingMode`.
            ValueError: `reason` is one that never lowers.

        Example:
            >>> decision = resolve(Route(track_opens=True), consent=Consent.GRANTED)
            >>> decision.lower(Reason.ALREADY_SIGNED, opens=TrackingMode.OFF, clicks=TrackingMode.OFF).reasons
            ('opens:already_signed', 'clicks:route_off')
        """
        check_type(Reason, reason=reason)
        check_type(TrackingMode, opens=opens, clicks=clicks)
        if reason in _NEVER_LOWERS:
            raise ValueError(f"{reason} lowers nothing")
        return self._lowered(Limit("opens", opens, reason), Limit("clicks", ceiling("clicks", clicks), reason))

    def _lowered(self, *limits: Limit) -> Decision:
        """Apply those of the limits that lower something."""
        modes = {"opens": self.opens, "clicks": self.clicks}
        new = tuple(limit for limit in limits if limit.mode < modes[limit.flag])
        return Decision(inputs=self.inputs, limits=self.limits + new, decided_at=self.decided_at) if new else self

    def lower_by(self, override: Override, /) -> Decision:
        """Apply a late override, such as a message's own headers: it can lower a flag, and True does nothing.

        Raises:
            TypeError: `override` is not an `Override`.

        Example:
            >>> decision = resolve(Route(track_opens=True), consent=Consent.GRANTED)
            >>> decision.lower_by(Override(track_opens=False, track_clicks=True)).reasons
            ('opens:override_false', 'clicks:route_off')
        """
        check_type(Override, override=override)
        answers = {flag: answer_of(override, flag) for flag in FLAGS.values()}
        return self._lowered(
            *(
                Limit(
                    flag,
                    TrackingMode.OFF,
                    Reason(answer) if isinstance(answer, str) else Reason.OVERRIDE_FALSE,
                    override.unread,
                )
                for flag, answer in answers.items()
                if answer is not None and answer is not True
            )
        )

    def already_tracked(
        self, *, opens: TrackingMode = TrackingMode.OFF, clicks: TrackingMode = TrackingMode.OFF
    ) -> Decision:
        """Record that the message already holds tracking of these modes, which no decision takes out.

        A flag below that is raised to it, since it tells what holds; `untrack_message` takes tracking out.

        Raises:
            TypeError: A mode is not a `TrackingMode`.

        Example:
            >>> resolve(Route(track_opens=True), consent=Consent.DENIED).already_tracked(
            ...     opens=TrackingMode.INDIVIDUAL
            ... ).reasons
            ('opens:consent_denied', 'opens:already_tracked', 'clicks:route_off')
        """
        check_type(TrackingMode, opens=opens, clicks=clicks)
        limits = [*self.limits]
        if opens > self.opens:
            limits.append(Limit("opens", opens, Reason.ALREADY_TRACKED))
        if clicks > self.clicks:
            limits.append(Limit("clicks", clicks, Reason.ALREADY_TRACKED))
        if len(limits) == len(self.limits):
            return self
        return Decision(inputs=self.inputs, limits=tuple(limits), decided_at=self.decided_at)

    def to_dict(self) -> dict[str, object]:
        """Return inputs, result and reasons as JSON values with a fixed key order, to keep as evidence.

        Nothing in it names the recipient. It contains the `ConsentRecord`, so erase it with the person's data.

        Example:
            >>> resolve(Route(track_opens=True), consent=Consent.DENIED).to_dict()["reasons"]
            ['opens:consent_denied', 'clicks:route_off']
        """
        shared = self.inputs
        decided = {} if self.version == 1 else {"decided_at": write_time(self.decided_at)}
        return {
            "v": self.version,
            **decided,
            "inputs": (
                write_inputs(shared, self.version)
                if isinstance(shared, Inputs)
                else {"shared": [decision.to_dict() for decision in shared]}
            ),
            "limits": [limit.to_dict() for limit in self.limits],
            "result": {"opens": write_mode(self.opens), "clicks": write_mode(self.clicks)},
            "reasons": list(self.reasons),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object], /) -> Decision:
        """Read evidence that `to_dict` of this or an earlier version returned, and check it.

        The result is computed again from the inputs, by the rules of that version, and is written back as that version.

        Raises:
            TypeError: `data` is not a mapping.
            ValueError: The version is unknown, the form is not exactly that of `to_dict`, or result and reasons do
                not follow from the inputs.

        Example:
            >>> evidence = resolve(Route(track_opens=True), consent=Consent.DENIED).to_dict()
            >>> evidence["result"] = {"opens": "individual", "clicks": "off"}
            >>> Decision.from_dict(evidence)
            Traceback (most recent call last):
                ...
            ValueError: evidence: result and reasons do not follow from the inputs
        """
        if not isinstance(data, Mapping):
            raise TypeError(f"data must be a mapping, not {type(data).__name__}")
        return _read_decision(dict(data), _MAX_NESTING)


def resolve(
    route: Route,
    /,
    *overrides: Override,
    consent: Consent | ConsentRecord = Consent.UNKNOWN,
    clicks_consent: Consent | ConsentRecord | None = None,
    now: datetime | None = None,
) -> Decision:
    """Decide what may be tracked in one message to one recipient.

    For each flag, these apply in turn: the route's answer, the overrides (off if two disagree), the route's ceiling,
    and consent as a second ceiling. A message is tracked individually unless something lowers it; `Route()` alone gives
    OFF for both flags.

    Args:
        route: The sending stream.
        *overrides: The message's own overrides, for example from `parse_settings` and from `parse_headers`; see
            `layer_overrides` for those of an account or a batch.
        consent: What the recipient said about being tracked, alone or with its record.
        clicks_consent: The consent for clicks, if it was asked for separately; None means that `consent` covers clicks.
        now: When the decision is made; the evidence contains this time.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `now` is naive.

    Example:
        >>> newsletter = Route(track_opens=True, track_clicks=True, require_consent=True)
        >>> resolve(newsletter, Override(track_clicks=False), consent=Consent.GRANTED)
        Decision(opens=<TrackingMode.INDIVIDUAL: 3>, clicks=<TrackingMode.OFF: 0>, reasons=('clicks:override_false',))
    """
    record = ConsentRecord.of(consent)
    clicks = record if clicks_consent is None else ConsentRecord.of(clicks_consent, "clicks_consent")
    return Decision(
        inputs=Inputs(route=route, overrides=overrides, consent=record, clicks_consent=clicks),
        decided_at=datetime.fromtimestamp(epoch_seconds(now), UTC),
    )


def resolve_shared(decisions: Iterable[Decision], /) -> Decision:
    """Decide about one body that goes to several recipients: the lowest mode per flag.

    The reasons are those of the decisions that have the lowest mode, in the order of `Reason`, then `shared_body`. A
    single decision comes back as it is. If there are several, no consent record is kept, only the states.

    Raises:
        TypeError: One of them is not a `Decision`.
        ValueError: There is no decision.

    Example:
        >>> route = Route(track_opens=True, track_clicks=True)
        >>> yes, no = resolve(route, consent=Consent.GRANTED), resolve(route, consent=Consent.DENIED)
        >>> resolve_shared([yes, no]).reasons
        ('opens:consent_denied', 'opens:shared_body', 'clicks:consent_denied', 'clicks:shared_body')
    """
    given = tuple(decisions)
    for decision in given:
        check_type(Decision, decision=decision)
    if len(given) == 1:
        return given[0]
    times = [decision.decided_at for decision in given if decision.decided_at is not None]
    return Decision(inputs=given, decided_at=max(times, default=None))


def _distinct(decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
    members: dict[Decision, None] = {}
    for decision in dict.fromkeys(map(_states_only, decisions)):
        if isinstance(decision.inputs, tuple) and not decision.limits:
            members.update(dict.fromkeys(decision.inputs))
        else:
            members[decision] = None
    return tuple(sorted(members, key=lambda member: json.dumps(member.to_dict())))


def _states_only(decision: Decision, /) -> Decision:
    """Return what a body for several people may keep of one of its decisions."""
    inputs = decision.inputs.states_only() if isinstance(decision.inputs, Inputs) else decision.inputs
    return Decision(inputs=inputs, limits=decision.limits, version=decision.version)


def _share(flag: Flag, members: tuple[Decision, ...]) -> Settled:
    if not members:
        raise ValueError("no decision given: a shared body has at least one recipient")
    modes = [member.opens if flag == "opens" else member.clicks for member in members]
    lowest = min(modes)
    codes = {
        Reason(reason.removeprefix(f"{flag}:"))
        for member, mode in zip(members, modes, strict=True)
        if mode is lowest
        for reason in member.reasons
        if reason.startswith(f"{flag}:")
    }
    return Settled(lowest, [*sorted(codes - {Reason.SHARED_BODY}, key=_RANK.__getitem__), Reason.SHARED_BODY])


def _read_decision(data: object, nesting: int, latest: int = VERSION) -> Decision:
    # The version comes first: evidence of another one may have other members.
    version = data.get("v") if isinstance(data, dict) else latest
    if type(version) is not int or not 1 <= version <= latest:
        raise ValueError("evidence: unknown version")
    members = ("v", *(("decided_at",) if version > 1 else ()), "inputs", "limits", "result", "reasons")
    evidence = read_object(data, *members)
    inputs = evidence["inputs"]
    if isinstance(inputs, dict) and inputs.keys() == {"shared"}:
        if not nesting:
            raise ValueError(f"evidence: shared decisions nest more than {_MAX_NESTING} deep")
        shared = read_list(inputs["shared"])
        read: Inputs | tuple[Decision, ...] = tuple(_read_decision(one, nesting - 1, version) for one in shared)
    else:
        read = read_inputs(inputs, version)
    decided_at = read_time(evidence.get("decided_at"))
    decision = Decision(
        inputs=read,
        limits=tuple(_read_limit(limit, version) for limit in read_list(evidence["limits"])),
        decided_at=None if decided_at is None else in_utc(decided_at, "decided_at"),
        version=version,
    )
    if decision.to_dict() != data:
        raise ValueError("evidence: result and reasons do not follow from the inputs")
    return decision


def _read_limit(data: object, version: int, /) -> Limit:
    named = version > 1 and isinstance(data, dict) and "unread" in data
    limit = read_object(data, "flag", "mode", "reason", *(("unread",) if named else ()))
    return Limit(
        read_choice(FLAGS, limit["flag"]),
        read_choice(MODES, limit["mode"]),
        read_choice(REASONS, limit["reason"]),
        read_names(limit["unread"]) if named else (),
    )

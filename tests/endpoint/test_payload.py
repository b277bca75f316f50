from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from lmtrack import TrackingMode
from lmtrack._agents.verdict import Actor, Evidence, Human, Verdict
from lmtrack._endpoint.payload import PROBABILITY
from lmtrack.classifier import ClientInfo, describe_client
from lmtrack.endpoint import event_payload, minimise
from lmtrack.tokens import ClickToken, OpenToken, WithdrawToken

ISSUED = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT = datetime(2026, 1, 2, 8, 30, 15, 123456, tzinfo=UTC)
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
OFF, AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode

PERSON = Verdict(actor=Actor.HUMAN, human=Human.YES, evidence=2, reasons=("ua.browser",))
CLIENT = ClientInfo(device_type="mobile", client_type="email_client", client_name="Apple Mail")
ALL: dict[str, Any] = {
    "event_id": UUID(ID),
    "occurred_at": AT,
    "recipient": "ann@shop.example",
    "first": True,
    "subject": "New lamps, Ann",
    "tag": "letters",
    "metadata": {"customer": "4471"},
    "client": CLIENT,
    "user_agent": "Mozilla/5.0 (iPhone)",
}
CLICKED: dict[str, Any] = ALL | {"anchor_text": "Ann's lamps"}
VERDICTS = st.builds(
    Verdict,
    actor=st.sampled_from(Actor),
    human=st.sampled_from(Human),
    evidence=st.sampled_from(get_args(Evidence)),
    reasons=st.lists(st.sampled_from(["ua.browser", "net.cloud"])).map(tuple),
)


def opened(mode: TrackingMode = INDIVIDUAL) -> OpenToken:
    return OpenToken("letter-4471", 2, mode, ISSUED)


def clicked(mode: TrackingMode = INDIVIDUAL, url: str | None = "https://shop.example/lamps?who=4471") -> ClickToken:
    return ClickToken("letter-4471", 2, mode, ISSUED, 3, url)


# The shape


def test_an_open_has_the_fields_of_message_opened() -> None:
    assert event_payload(opened(), PERSON, **ALL) == {
        "id": ID,
        "event": "message.opened",
        "timestamp": "2026-01-02T08:30:15.123Z",
        "data": {
            "message_id": "letter-4471",
            "subject": "New lamps, Ann",
            "metadata": {"customer": "4471"},
            "tag": "letters",
            "recipient": "ann@shop.example",
            "opened_at": "2026-01-02T08:30:15.123Z",
            "first_open": True,
            "device_type": "mobile",
            "client_type": "email_client",
            "client_name": "Apple Mail",
            "user_agent": "Mozilla/5.0 (iPhone)",
            "bot": {
                "detected": False,
                "probability": 10,
                "classification": "genuine",
                "proxy_type": None,
                "reason_codes": ["ua.browser"],
                "machine": False,
                "counts_for_metrics": True,
            },
            "engagement": {"reason_codes": ["confirmed"]},
        },
    }


def test_a_message_can_have_several_tags() -> None:
    data = event_payload(opened(), PERSON, **ALL, tags=("letters", "november"))["data"]
    assert data["tags"] == ["letters", "november"]
    tags: Any
    for tags, rule in (("letters", "several str, not str"), (b"x", "several str, not bytes"), ((1,), "a str, not int")):
        with pytest.raises(TypeError, match=f"^tags must be {rule}$"):
            event_payload(opened(), PERSON, **ALL, tags=tags)
    aggregate = event_payload(opened(TrackingMode.AGGREGATE), PERSON, **ALL, tags=("letters",))
    assert "tags" not in aggregate["data"]
    assert "engagement" not in aggregate["data"]


def test_a_click_has_the_fields_of_message_clicked() -> None:
    payload = event_payload(clicked(), PERSON, **CLICKED)
    assert (payload["id"], payload["event"], payload["timestamp"]) == (
        ID,
        "message.clicked",
        payload["data"]["clicked_at"],
    )
    about_the_mail = ["message_id", "subject", "metadata", "tag", "recipient"]
    about_the_click = ["clicked_at", "first_click", "destination_url", "link_index", "anchor_text"]
    about_the_client = ["device_type", "client_type", "client_name", "user_agent", "bot", "engagement"]
    assert [*payload["data"]] == about_the_mail + about_the_click + about_the_client
    data = payload["data"]
    assert (data["destination_url"], data["link_index"], data["anchor_text"]) == (
        "https://shop.example/lamps?who=4471",
        3,
        "Ann's lamps",
    )


def test_a_click_by_id_takes_the_url_that_it_went_to() -> None:
    payload = event_payload(clicked(url=None), PERSON, **CLICKED, url="https://shop.example/chairs")
    assert payload["data"]["destination_url"] == "https://shop.example/chairs"
    assert event_payload(clicked(url=None), PERSON, **CLICKED)["data"]["destination_url"] is None


def test_a_click_was_not_made_by_what_only_loads_pictures() -> None:
    proxy = describe_client("Mozilla/5.0")  # as an open it is Apple's proxy, as a click some program
    assert proxy.client_type == "image_proxy"
    for token, shown in ((opened(), proxy), (clicked(), None)):
        data = event_payload(token, PERSON, **ALL | {"client": proxy})["data"]
        fields = ("device_type", "client_type", "client_name")
        assert [data[name] for name in fields] == [getattr(shown, name, None) for name in fields]


def test_what_is_not_known_is_null_and_no_metadata_is_an_object() -> None:
    payload = event_payload(opened(), PERSON, event_id="e1", occurred_at=AT, recipient="4471", first=False)
    data = payload["data"]
    assert payload["id"] == "e1"
    assert data["metadata"] == {}
    assert data["first_open"] is False
    unknown = ["subject", "tag", "device_type", "client_type", "client_name", "user_agent"]
    assert [data[name] for name in unknown] == [None] * 6


def test_times_are_written_in_utc() -> None:
    there = AT.astimezone(timezone(timedelta(hours=-9)))
    assert event_payload(opened(), PERSON, **(ALL | {"occurred_at": there})) == event_payload(opened(), PERSON, **ALL)


# What Lettermint calls a bot


@pytest.mark.parametrize(
    ("actor", "human", "detected", "classification", "proxy_type", "machine", "counts"),
    [
        (Actor.HUMAN, Human.YES, False, "genuine", None, False, True),
        (Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, False, "genuine", "image_proxy", False, True),
        (Actor.APPLE_MPP, Human.UNKNOWABLE, True, "privacy_proxy", "apple_mpp", False, False),
        (Actor.GMAIL_PREFETCH, Human.NO, True, "machine", "gmail_prefetch", True, False),
        (Actor.SECURITY_SCANNER, Human.NO, True, "security_scanner", None, True, False),
        (Actor.LINK_PREVIEW, Human.NO, True, "machine", None, True, False),
        (Actor.CRAWLER, Human.NO, True, "machine", None, True, False),
        (Actor.HTTP_CLIENT, Human.NO, True, "machine", None, True, False),
        (Actor.UNKNOWN, Human.UNKNOWABLE, False, "unknown", None, False, False),
        (Actor.IMAGE_PROXY, Human.UNKNOWABLE, False, "unknown", "image_proxy", False, False),
    ],
)
def test_a_verdict_becomes_the_seven_fields_of_bot(
    *,
    actor: Actor,
    human: Human,
    detected: bool,
    classification: str,
    proxy_type: str | None,
    machine: bool,
    counts: bool,
) -> None:
    verdict = Verdict(actor=actor, human=human, evidence=3, reasons=("ua.x", "net.y"))
    assert event_payload(opened(), verdict, **ALL)["data"]["bot"] == {
        "detected": detected,
        "probability": {Human.NO: 99, Human.UNKNOWABLE: 50}.get(human, 1),
        "classification": classification,
        "proxy_type": proxy_type,
        "reason_codes": ["ua.x", "net.y"],
        "machine": machine,
        "counts_for_metrics": counts,
    }


def test_probability_is_a_label_that_grows_with_the_evidence() -> None:
    assert {human.value: row for human, row in PROBABILITY.items()} == {
        "yes": (25, 10, 1),
        "yes_client_hidden": (25, 10, 1),
        "unknowable": (50, 50, 50),
        "no": (75, 90, 99),
    }


@given(VERDICTS)
def test_three_families_are_left_out_of_default_metrics(verdict: Verdict) -> None:
    bot = event_payload(opened(), verdict, **ALL)["data"]["bot"]
    assert bot["counts_for_metrics"] == (bot["classification"] == "genuine") == verdict.counts_for_metrics
    assert bot["machine"] == (bot["probability"] > 50) == verdict.is_machine
    assert bot["detected"] or not bot["machine"]
    assert 0 <= bot["probability"] <= 100


# Less of it


def test_individual_keeps_all() -> None:
    payload = event_payload(clicked(), PERSON, **CLICKED)
    assert minimise(payload, mode=INDIVIDUAL) == payload


def test_aggregate_keeps_what_is_the_same_for_everybody() -> None:
    assert minimise(event_payload(clicked(), PERSON, **CLICKED), mode=AGGREGATE) == {
        "event": "message.clicked",
        "data": {
            "tag": "letters",
            "link_index": 3,
            "bot": {"detected": False, "machine": False, "counts_for_metrics": True},
        },
    }


def test_a_token_for_a_campaign_names_the_campaign_and_nobody() -> None:
    assert event_payload(opened(AGGREGATE), PERSON, **ALL) == {
        "event": "message.opened",
        "data": {
            "campaign": "letter-4471",
            "tag": "letters",
            "bot": {"detected": False, "machine": False, "counts_for_metrics": True},
        },
    }


def test_deliverability_keeps_the_day_of_an_open_by_a_person() -> None:
    day = {"last_open_date": "2026-01-02"}
    assert minimise(event_payload(opened(), PERSON, **ALL), mode=DELIVERABILITY) == day
    assert event_payload(opened(DELIVERABILITY), PERSON, **ALL) == day
    assert minimise(event_payload(clicked(), PERSON, **CLICKED), mode=DELIVERABILITY) == {}
    for human in (Human.NO, Human.UNKNOWABLE):
        verdict = Verdict(actor=Actor.UNKNOWN, human=human, evidence=1)
        assert minimise(event_payload(opened(), verdict, **ALL), mode=DELIVERABILITY) == {}


def test_off_keeps_nothing() -> None:
    assert minimise(event_payload(opened(), PERSON, **ALL), mode=OFF) == {}
    assert event_payload(opened(OFF), PERSON, **ALL) == {}


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-01-02T08:30:15.123Z", "2026-01-02"),
        ("2026-01-02T23:30:15-05:00", "2026-01-03"),
        ("2026-01-02T00:30:15+05:00", "2026-01-01"),
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T08:30:15", None),
        ("20260102", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (20260102, None),
    ],
)
def test_the_day_is_that_of_utc(written: object, day: str | None) -> None:
    payload = {"event": "message.opened", "data": {"opened_at": written}}
    assert minimise(payload, mode=DELIVERABILITY) == ({"last_open_date": day} if day else {})


@pytest.mark.parametrize("counts", [False, 1, "yes", None])
def test_only_what_counts_for_sure_has_a_day(counts: object) -> None:
    payload = {"event": "message.opened", "data": {"opened_at": "2026-01-02", "bot": {"counts_for_metrics": counts}}}
    assert minimise(payload, mode=DELIVERABILITY) == {}


def test_a_counter_takes_each_field_in_its_own_type() -> None:
    data = {"link_index": True, "tag": 5, "campaign": None, "bot": {"machine": 1, "detected": True}}
    assert minimise({"event": "message.clicked", "data": data}, mode=AGGREGATE) == {
        "event": "message.clicked",
        "data": {"bot": {"detected": True}},
    }


def test_what_was_minimised_before_stays() -> None:
    day = {"last_open_date": "2026-01-02"}
    assert minimise(day, mode=DELIVERABILITY) == day
    later = {"event": "message.opened", "data": {"opened_at": "2026-03-03T12:00:00Z"}}
    assert minimise(day | later, mode=DELIVERABILITY) == day
    assert minimise({"event": "message.opened"}, mode=AGGREGATE) == {"event": "message.opened", "data": {}}


def test_other_events_are_not_counted_by_name() -> None:
    for payload in ({}, {"event": "message.bounced"}, {"event": None}):
        assert minimise(payload, mode=AGGREGATE) == {"data": {}}


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no tzset")
def test_the_zone_of_the_machine_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = event_payload(opened(), PERSON, **ALL)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert event_payload(opened(), PERSON, **ALL) == expected
        for written in ("2026-01-02T23:30:15Z", "2026-01-02T00:30:15+00:00"):
            payload = {"event": "message.opened", "data": {"opened_at": written}}
            assert minimise(payload, mode=DELIVERABILITY) == {"last_open_date": "2026-01-02"}
    finally:
        monkeypatch.undo()
        time.tzset()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["message.opened", "2026-01-02"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "event", "bot", "opened_at", "last_open_date", "link_index", "tag", "x"]), inner
        )
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from(["id", "event", "data", "last_open_date", "x"]), JSON),
    st.sampled_from(TrackingMode),
)
def test_any_object_can_be_minimised_and_again_without_change(payload: dict[str, object], mode: TrackingMode) -> None:
    less = minimise(payload, mode=mode)
    assert minimise(less, mode=mode) == less
    if mode < INDIVIDUAL:
        assert {*less} <= {"event", "data", "last_open_date"}


PRIVATE = st.text("äöü", min_size=6, max_size=12)


@given(
    private=st.lists(PRIVATE, min_size=9, max_size=9),
    verdict=VERDICTS,
    click=st.booleans(),
    mode=st.sampled_from([AGGREGATE, DELIVERABILITY, OFF]),
    lowered_late=st.booleans(),
    recipient=st.integers(100, 65535),
)
def test_below_individual_nothing_of_a_recipient_is_left(
    *, private: list[str], verdict: Verdict, click: bool, mode: TrackingMode, lowered_late: bool, recipient: int
) -> None:
    subject, customer, device, kind, name, agent, who, url, anchor = private
    of_token = INDIVIDUAL if lowered_late else mode
    opened_token = OpenToken("campaign", recipient, of_token, ISSUED)
    token = ClickToken("campaign", recipient, of_token, ISSUED, 3, None) if click else opened_token
    given_: dict[str, Any] = {
        "event_id": "event-id-7",
        "occurred_at": AT,
        "recipient": who,
        "first": True,
        "subject": subject,
        "metadata": {"customer": customer},
        "client": ClientInfo(device_type=device, client_type=kind, client_name=name),  # type: ignore[arg-type]
        "user_agent": agent,
    }
    link: dict[str, Any] = {"url": url, "anchor_text": anchor} if click else {}
    payload = event_payload(token, verdict, **given_, **link)
    less = json.dumps(minimise(payload, mode=mode), ensure_ascii=False)
    assert not any(text in less for text in [*private, "event-id-7", "08:30", str(recipient)])
    assert "campaign" not in less or mode is AGGREGATE
    if lowered_late:
        assert "campaign" not in less


def test_the_url_that_is_given_goes_before_the_tokens_own() -> None:
    for url in ("https://shop.example/moved", ""):
        assert event_payload(clicked(), PERSON, **CLICKED, url=url)["data"]["destination_url"] == url


def test_texts_may_be_of_a_subclass_of_str() -> None:
    class Text(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "asked"

    payload = event_payload(opened(), PERSON, **ALL | {"event_id": Text("e1"), "recipient": Text("ann")})
    for text, plain in ((payload["id"], "e1"), (payload["data"]["recipient"], "ann")):
        assert (type(text), text) == (str, plain)
    day = minimise({"last_open_date": Text("2026-01-02")}, mode=DELIVERABILITY)
    assert day == {"last_open_date": "2026-01-02"}


def test_payloads_are_json() -> None:
    for token, fields in ((opened(), ALL), (clicked(), CLICKED)):
        payload = event_payload(token, PERSON, **fields)
        assert json.loads(json.dumps(payload)) == payload


# Mistakes


NAMES = r"^recipient must be a str, first a bool, event_id a str or UUID$"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"event_id": 7}, NAMES),
        ({"recipient": None}, NAMES),
        ({"recipient": b"ann"}, NAMES),
        ({"first": 1}, NAMES),
        ({"subject": 5}, r"^subject must be a str or None, not int$"),
        ({"tag": b"x"}, r"^tag must be a str or None, not bytes$"),
        ({"user_agent": 1}, r"^user_agent must be a str or None, not int$"),
        ({"url": 5}, r"^url must be a str or None, not int$"),
        ({"anchor_text": 5}, r"^anchor_text must be a str or None, not int$"),
        ({"metadata": [("a", "b")]}, r"^metadata must be a mapping or None, not list$"),
        ({"client": "Apple Mail"}, r"^client must be made by describe_client, not str$"),
        ({"occurred_at": "2026-01-01"}, r"^occurred_at must be an aware datetime, not str$"),
        ({"occurred_at": None}, r"^occurred_at must be an aware datetime, not NoneType$"),
    ],
)
def test_other_types_are_the_callers_mistake(changed: dict[str, object], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        event_payload(clicked(), PERSON, **(CLICKED | changed))


@pytest.mark.parametrize(
    ("token", "verdict"), [(None, PERSON), (WithdrawToken("letter", 0, ISSUED), PERSON), (opened(), None)]
)
def test_token_and_verdict_have_types(token: object, verdict: object) -> None:
    with pytest.raises(TypeError, match=r"^token must be an OpenToken or a ClickToken, verdict a Verdict$"):
        event_payload(token, verdict, **ALL)  # type: ignore[arg-type]


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="occurred_at must be an aware datetime"):
        event_payload(opened(), PERSON, **(ALL | {"occurred_at": AT.replace(tzinfo=None)}))


def test_a_time_that_utc_cannot_write_is_refused() -> None:
    too_early = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
    with pytest.raises(ValueError, match=r"^occurred_at is out of range in UTC$"):
        event_payload(opened(), PERSON, **(ALL | {"occurred_at": too_early}))


@pytest.mark.parametrize("changed", [{"url": "https://shop.example/"}, {"anchor_text": "lamps"}])
def test_an_open_has_no_link(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^url and anchor_text belong to a click$"):
        event_payload(opened(), PERSON, **(ALL | changed))


def test_minimise_takes_a_mapping_and_a_mode() -> None:
    for payload, mode in ((None, OFF), ([], OFF), ({}, 0), ({}, "off")):
        with pytest.raises(TypeError, match=r"^payload must be a mapping, mode a TrackingMode$"):
            minimise(payload, mode=mode)  # type: ignore[arg-type]


def test_minimise_leaves_what_it_was_given() -> None:
    payload = event_payload(opened(), PERSON, **ALL)
    copy = json.dumps(payload)
    for mode in TrackingMode:
        assert isinstance(minimise(payload, mode=mode), Mapping)
    assert json.dumps(payload) == copy


# The page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "publish-events.md"


def rows_of(column: str) -> list[list[str]]:
    text = PAGE.read_text(encoding="utf-8").partition(f"\n| `{column}` |")[2].partition("\n\n")[0]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]


def test_probabilities_are_those_that_are_printed() -> None:
    printed = {human: tuple(map(int, labels)) for human, *labels in rows_of("Verdict.human")}
    assert printed == {human.value: labels for human, labels in PROBABILITY.items()}


@given(VERDICTS)
def test_what_is_printed_of_a_classification_holds_for_every_verdict(verdict: Verdict) -> None:
    bot = event_payload(opened(), verdict, **ALL)["data"]["bot"]
    printed = {name: fields for name, _, *fields in rows_of("classification")}
    said = [str(bot[field]).lower() for field in ("detected", "machine", "counts_for_metrics")]
    assert printed[bot["classification"]] == said

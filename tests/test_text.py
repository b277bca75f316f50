from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import (
    BadDestination,
    Campaign,
    Consent,
    Decision,
    LinkPolicy,
    Route,
    TrackingDomain,
    TrackingMode,
    make_click_token,
    make_keys,
    read_click_token,
    resolve,
)
from lmtrack._rewriting.plain_text import find_urls
from lmtrack.links import Edit, Link, SkipReason
from lmtrack.text import RewrittenText, revert_text, rewrite_text, track_text, untrack_text
from strategies import DECISIONS
from text_strategies import PLAIN_TEXTS

if TYPE_CHECKING:
    from pathlib import Path

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.example", KEYS)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
CAMPAIGN = Campaign(
    id="spring-2026",
    started_at=datetime(2026, 3, 1, tzinfo=UTC),
    urls=[f"https://shop.example/a/{n}" for n in range(9)],
)
BOTH = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
NONE = resolve(Route(), consent=Consent.GRANTED)
SUM = resolve(
    Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=TrackingMode.AGGREGATE),
    consent=Consent.UNKNOWN,
)
U = "https://shop.example/a"
MAIL = f"""\
Hi Ann,\r
\r
our shop ({U}/1) has opened. More: <{U}/2>. \r
> {U}/3, said Bob \r
Leave: https://shop.example/unsubscribe\r
-- \r
Shop {U}/4.\r
"""


def track(text: str, decision: Decision = BOTH, *, message_id: str = "m-1", **options: Any) -> RewrittenText:  # noqa: ANN401 - passed on
    return track_text(text, decision, domain=DOMAIN, message_id=message_id, **{"now": NOW, **options})


def tokens(text: str) -> list[str]:
    found = [text[start:end] for start, end in find_urls(text)]
    return [url.removeprefix("https://track.example/c/") for url in found if DOMAIN.holds(url)]


def numbered(link: Link) -> str:
    return f"https://t.example/{link.index}"


# Rewriting


def test_only_the_urls_change() -> None:
    rewritten = rewrite_text(MAIL, click_url=numbered)
    expected = MAIL
    for place in (1, 2, 3, 4):
        expected = expected.replace(f"{U}/{place}", f"https://t.example/{place - 1}")
    assert rewritten.text == expected
    assert [link.url for link in rewritten.links] == [f"{U}/{place}" for place in (1, 2, 3, 4)]
    assert [(link.url, reason) for link, reason in rewritten.skipped] == [
        ("https://shop.example/unsubscribe", SkipReason.UNSUBSCRIBE)
    ]
    assert rewritten.edits[0] == Edit(MAIL.index(U), f"{U}/1", "https://t.example/0")
    assert rewritten.decision is None


def test_nothing_to_do_gives_the_very_same_object() -> None:
    for text in ("", "no link", MAIL):
        assert rewrite_text(text, click_url=lambda _: None).text is text
        assert rewrite_text(text, click_url=lambda link: link.url).text is text
        assert track(text, NONE).text is text
        assert untrack_text(text, domain=DOMAIN) is text


def test_a_link_that_gets_no_url_keeps_its_index() -> None:
    rewritten = rewrite_text(f"{U} {U}", click_url=lambda link: None if link.index == 0 else numbered(link))
    assert rewritten.text == f"{U} https://t.example/1"


def test_a_template_expression_is_written_as_it_is() -> None:
    assert rewrite_text(f"See {U}!", click_url=lambda link: f"{{{{ urls[{link.index}] & < }}}}").text == (
        "See {{ urls[0] & < }}!"
    )


def test_a_link_shows_its_url_and_says_where_it_stands() -> None:
    [link] = rewrite_text(f"See {U}.", click_url=numbered).links
    shown = {"index": 0, "url": U, "element": "text", "conditional": False, "personal": False, "label": None}
    assert link.to_dict() == shown
    assert (link.text(), link.start, link.limit) == (U, 4, 4 + len(U))


@pytest.mark.parametrize(
    ("policy", "url", "reason"),
    [
        (LinkPolicy(), f"{U}/{{{{ a b }}}}", SkipReason.PLACEHOLDER),
        (LinkPolicy(), "https://ann@shop.example/", SkipReason.BAD_DESTINATION),
        (LinkPolicy(max_url_octets=10), U, SkipReason.TOO_LONG),
        (LinkPolicy(tracking_hosts=["shop.example"]), U, SkipReason.TRACKED),
        (LinkPolicy(skip_urls=[U]), U, SkipReason.LISTED),
        (LinkPolicy(), f"{U}/abmelden", SkipReason.UNSUBSCRIBE),
        (LinkPolicy(), f"{U}?email=ann@reader.example", SkipReason.SENSITIVE),
        (LinkPolicy(skip_url_text=True), U, SkipReason.URL_TEXT),
    ],
)
def test_what_a_policy_forbids_is_left_with_its_reason(policy: LinkPolicy, url: str, reason: SkipReason) -> None:
    rewritten = rewrite_text(f"See {url}.", click_url=numbered, policy=policy)
    assert [(link.index, link.url, why) for link, why in rewritten.skipped] == [(-1, url, reason)]
    assert not rewritten.links


# Tracking


def test_links_are_signed_and_opens_are_off_with_a_reason() -> None:
    tracked = track(MAIL, recipient=3)
    read = [read_click_token(KEYS, token, now=NOW) for token in tokens(tracked.text)]
    assert [(token.message_id, token.recipient, token.link_index, token.url, token.issued_at) for token in read] == [
        ("m-1", 3, place, f"{U}/{place + 1}", NOW) for place in range(4)
    ]
    assert tracked.decision is not None
    assert tracked.decision.reasons == ("opens:no_html",)
    assert (tracked.decision.opens, tracked.decision.clicks) == (TrackingMode.OFF, TrackingMode.INDIVIDUAL)


def test_a_decision_without_opens_stays_as_it_is() -> None:
    decision = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
    assert track(MAIL, decision).decision is decision
    assert track(MAIL, NONE).decision is NONE


def test_an_aggregate_text_is_the_same_for_everybody() -> None:
    ann = track(MAIL, SUM, message_id="m-1", campaign=CAMPAIGN, now=NOW)
    bob = track(MAIL, SUM, message_id="m-2", campaign=CAMPAIGN, recipient=7, now=NOW + timedelta(1))
    assert ann.text == bob.text != MAIL
    alone = track(MAIL, SUM)
    assert alone.text is MAIL
    assert alone.decision is not None
    assert "clicks:aggregate_without_campaign" in alone.decision.reasons


def test_a_destination_may_add_to_the_url_and_by_id_leaves_it_out() -> None:
    asked: list[int] = []

    def tagged(link: Link) -> str:
        asked.append(link.index)
        return f"{link.url}?utm_source=mail"

    tracked = track(MAIL, destination=tagged)
    assert [read_click_token(KEYS, token, now=NOW).url for token in tokens(tracked.text)] == [
        f"{U}/{place}?utm_source=mail" for place in (1, 2, 3, 4)
    ]
    assert asked == [0, 1, 2, 3]
    by_id = track(MAIL, destinations="by_id", destination=tagged)
    assert [read_click_token(KEYS, token, now=NOW).url for token in tokens(by_id.text)] == [None] * 4
    assert asked == [0, 1, 2, 3]
    track(MAIL, NONE, destination=tagged)
    assert asked == [0, 1, 2, 3]


def test_tokens_are_issued_now_unless_told_otherwise() -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)  # noqa: TID251 - the clock is what is tested
    tracked = track_text(U, BOTH, domain=DOMAIN, message_id="m-1")
    assert read_click_token(KEYS, tokens(tracked.text)[0]).issued_at >= before


def test_a_second_pass_changes_nothing_and_another_message_may_quote_the_first() -> None:
    tracked = track(MAIL)
    again = track(tracked.text + f"\n{U}/5")
    assert again.text == tracked.text + f"\n{U}/5"
    reply = track(f"{U}\n\n> " + tracked.text.replace("\r\n", "\r\n> "), message_id="m-2")
    assert [read_click_token(KEYS, token, now=NOW).message_id for token in tokens(reply.text)] == ["m-2", *["m-1"] * 4]


# Taking it back


def test_untracking_gives_destinations_back_however_old() -> None:
    tracked = track(MAIL, now=NOW - timedelta(4000)).text
    assert untrack_text(tracked, domain=DOMAIN) == MAIL
    other = TrackingDomain("https://track.example", make_keys(b"another key of tests, as long"))
    assert untrack_text(tracked, domain=other) is tracked
    by_id = track(MAIL, destinations="by_id").text
    assert untrack_text(by_id, domain=DOMAIN) is by_id


def test_reverting_gives_the_source_back() -> None:
    rewritten = rewrite_text(MAIL, click_url=numbered)
    assert revert_text(rewritten.text, rewritten.edits) == MAIL
    with pytest.raises(ValueError, match="the edits do not fit"):
        revert_text(MAIL, rewritten.edits)


def test_a_result_is_a_value_that_does_not_show_the_text() -> None:
    tracked = track(MAIL)
    assert pickle.loads(pickle.dumps(tracked)) == tracked  # noqa: S301 - ours
    assert "Ann" not in repr(tracked)


# Mistakes


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"decision": True}, TypeError),
        ({"domain": "https://track.example"}, TypeError),
        ({"message_id": 7}, TypeError),
        ({"message_id": "ann@reader.example"}, ValueError),
        ({"recipient": -1}, ValueError),
        ({"campaign": "spring"}, TypeError),
        ({"destination": "https://x.example/"}, TypeError),
        ({"destinations": "both"}, ValueError),
        ({"policy": None}, TypeError),
        ({"now": datetime(2026, 1, 1)}, ValueError),  # noqa: DTZ001 - the mistake
    ],
)
@pytest.mark.parametrize("decision", [BOTH, NONE])
def test_arguments_are_checked_whatever_the_decision(
    wrong: dict[str, Any], error: type[Exception], decision: Decision
) -> None:
    given_arguments = {"decision": decision, "domain": DOMAIN, "message_id": "m-1", "now": NOW, **wrong}
    with pytest.raises(error):
        track_text("no link", given_arguments.pop("decision"), **given_arguments)


@pytest.mark.parametrize("wrong", [b"x", None, 7])
def test_only_texts_are_read(wrong: Any) -> None:  # noqa: ANN401 - any mistake
    for call in (
        lambda: rewrite_text(wrong, click_url=numbered),
        lambda: track(wrong),
        lambda: untrack_text(wrong, domain=DOMAIN),
        lambda: revert_text(wrong, []),
    ):
        with pytest.raises(TypeError, match="text must be a str, not"):
            call()


def test_options_and_answers_of_other_types_are_refused() -> None:
    wrong: Any = 7
    with pytest.raises(TypeError, match="domain must be a TrackingDomain"):
        untrack_text("x", domain=wrong)
    with pytest.raises(TypeError, match="policy must be a LinkPolicy"):
        rewrite_text("x", click_url=numbered, policy=wrong)
    with pytest.raises(TypeError, match="click_url must be callable, not NoneType"):
        rewrite_text("x", click_url=None)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(TypeError, match="click_url must return a str or None"):
        rewrite_text(U, click_url=lambda _: wrong)
    with pytest.raises(TypeError, match="destination must return a str or None"):
        track(U, destination=lambda _: wrong)
    with pytest.raises(BadDestination):
        track(U, destination=lambda _: "ftp://x.example/")


# Properties

POLICIES = st.builds(
    LinkPolicy,
    track_unsubscribe=st.booleans(),
    track_sensitive=st.booleans(),
    skip_urls=st.sampled_from([(), ("https://shop.example/",)]),
)


@given(text=PLAIN_TEXTS, policy=POLICIES, replaced=st.sampled_from(["https://t.example/0", "", "{{ u }}", "x" * 50]))
def test_output_and_edits_say_the_same(text: str, policy: LinkPolicy, replaced: str) -> None:
    rewritten = rewrite_text(text, click_url=lambda _: replaced, policy=policy)
    position, parts = 0, []
    for offset, old, new in rewritten.edits:
        assert offset >= position
        assert text[offset : offset + len(old)] == old
        assert new == replaced
        parts += [text[position:offset], new]
        position = offset + len(old)
    assert "".join([*parts, text[position:]]) == rewritten.text
    assert revert_text(rewritten.text, rewritten.edits) == text
    assert [link.index for link in rewritten.links] == list(range(len(rewritten.links)))
    assert [edit.offset for edit in rewritten.edits] == [link.start for link in rewritten.links if link.url != replaced]
    found = sorted([*rewritten.links, *(link for link, _ in rewritten.skipped)], key=lambda link: link.start)
    shown = [(link.start, link.limit) for link in found]
    assert shown == [span for span in find_urls(text) if span in shown]  # less those whose end is not certain


@given(text=PLAIN_TEXTS, decision=DECISIONS, policy=POLICIES)
@example(text="_https://a.example/b__", decision=BOTH, policy=LinkPolicy())
@example(text="https://a.example/(b).'https://b.example/(", decision=BOTH, policy=LinkPolicy())
def test_tracking_twice_and_untracking_are_exact(text: str, decision: Decision, policy: LinkPolicy) -> None:
    tracked = track(text, decision, policy=policy, campaign=CAMPAIGN)
    assert track(tracked.text, decision, policy=policy, campaign=CAMPAIGN).text is tracked.text
    assert revert_text(tracked.text, tracked.edits) == text
    assert untrack_text(tracked.text, domain=DOMAIN) == text
    assert tracked.decision is not None
    assert tracked.decision.opens is TrackingMode.OFF
    assert len(tokens(tracked.text)) == len(tokens(text)) + len(tracked.edits)


@given(PLAIN_TEXTS)
def test_a_text_tracked_by_hand_is_left(text: str) -> None:
    token = make_click_token(KEYS, "m-1", 0, url=U, now=NOW)
    mail = f"https://track.example/c/{token}\n\n{text}"
    assert track(mail).text is mail


def test_plain_parts_of_the_corpus_come_back_exactly(shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "corpus").rglob("*.eml")):
        text = path.read_bytes().decode("latin-1")
        tracked = track(text)
        seen += len(tracked.edits)
        assert untrack_text(tracked.text, domain=DOMAIN) == text == revert_text(tracked.text, tracked.edits)
    assert seen > 500

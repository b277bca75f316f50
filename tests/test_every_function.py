"""Every public function on generated input: it ends in a value, or in an error that says what is wrong.

The calls are those of `test_plain_text`, with each text in them mutated; functions that take none have generators here.
`nox -s fuzz` makes many more of them. A public function without a generator fails the last test.
"""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import lmtrack
from lmtrack.classifier import Kind
from strategies import hostile_html, message_ids
from test_plain_text import CALLS, DOMAIN, NOON, WITHDRAW, WORDS, plain

if TYPE_CHECKING:
    import random  # noqa: TID251 - for a type; hypothesis makes them
    from collections.abc import Callable

# What parsers of mail, HTML, styles, URLs, tokens and addresses stumble over.
PIECES: Final = (
    "\U0001f600", "é", "ß", "", " ", "\0", "\r", "\n", "\r\n", "\t", "\x0b", "\x7f", "\x85", "\ud800", "\u2028",
    "<", ">", "</", "<!--", "-->", "<![CDATA[", "<svg>", "<style>", "<a href='", "<plaintext>", "&", "&#x0;", "&amp",
    "{{ name }}", "{% if %}", "%7B%7B", "*|X|*", "${x}", "%", "%0d%0a", "%00", "=", "=3D", "==", "--",
    "=?utf-8?q?=0A?=", "\ufeff",
    '"', "'", "\\", "`", "(", ")", "{", "}", ";", ":", ",", "@", "..", "/../", "//", "://", "https://", "http://[::1",
    "javascript:", "data:text/html,", "?", "#", "&a=b", "0", "-1", "9" * 40, "1e999", "0x7f", "::", "127.0.0.1", "/8",
    "Content-Type: text/html\r\n", "\r\n\r\n", "--b\r\n", "X-LM-Override-Track-Opens: yes\r\n", "A" * 3_000, "a." * 200,
)  # fmt: skip


def mutated(chance: random.Random) -> Callable[[object], Any]:
    """Make what changes every second text of a call, those in tables and sequences too."""

    def change(value: object) -> object:
        if type(value) is str:
            return _changed(value, chance)
        if type(value) is bytes:
            return _changed(value.decode("latin-1"), chance).encode("utf-8", "surrogatepass")
        if isinstance(value, list | tuple):
            return type(value)(change(one) for one in value)
        if type(value) is dict:
            return {change(key): change(one) for key, one in value.items()}
        return value

    return change


def _changed(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        piece = chance.choice(PIECES)
        text = chance.choice((
            text[:start] + piece + text[start:], text[:start] + piece + text[end:], text[:start] + text[end:], piece,
            text[:end] + text[start:],
        ))  # fmt: skip
    return text


def answers(call: Callable[[], object], other: type[Exception] = lmtrack.LmtrackError) -> None:
    """Call it. Whatever is wrong with the input is said by one of our errors, or by one that blames the argument."""
    try:
        value = call()
    except UnicodeError:  # a ValueError too, but it names no argument
        raise
    except (lmtrack.LmtrackError, ValueError, TypeError, other) as error:
        said = f"{error} {error!r}"
    else:
        said = repr(value)
    assert "a fixed key, for these tests" not in said


@pytest.mark.parametrize("name", sorted(CALLS))
@given(chance=st.randoms(use_true_random=False))
def test_a_mutated_call_has_an_answer(name: str, chance: random.Random) -> None:
    fails = AssertionError if name.startswith("assert_") else lmtrack.LmtrackError  # in senders' tests
    answers(lambda: CALLS[name](mutated(chance)), fails)


def test_the_calls_that_are_mutated_have_one_as_they_are() -> None:
    for call in CALLS.values():
        call(plain)


AGENTS: Final = st.sampled_from((
    None, "", "Mozilla/5.0", "curl/8.4.0", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
))  # fmt: skip
MOMENTS: Final = st.integers(-1_000_000, 10**12).map(lambda wait: NOON + timedelta(microseconds=wait))
MODES: Final = st.sampled_from(lmtrack.TrackingMode)
COUNTS: Final = st.integers(-1, 9)
LAB: Final = lmtrack.load_networks("AS1\n198.51.100.0/24", tag="lab")
FLAGS: Final = st.sampled_from((None, True, False))
HOSTILE_TEXTS: Final = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)


@st.composite
def events(draw: st.DrawFn) -> list[lmtrack.Event]:
    """Opens and clicks of one message, close to each other and far apart."""
    made = []
    for at in draw(st.lists(MOMENTS, max_size=12)):
        kind: Kind = "click" if draw(st.booleans()) else "open"
        made.append(
            lmtrack.Event(
                kind=kind, user_agent=draw(AGENTS), at=at, honeypot=draw(st.booleans()),
                ip=draw(st.sampled_from((None, "", "198.51.100.7", "40.94.31.77", "2001:db8::1", "x"))),
                asn=draw(st.sampled_from((None, 8075, -1, 2**40))),
                link_index=draw(st.sampled_from((None, 0, 1, 2, 65_535))) if kind == "click" else None,
                method=draw(st.sampled_from(("GET", "HEAD", "", "get"))),
                headers=draw(st.sampled_from((None, {}, {"Referer": "https://urldefense.com/v3/"}))),
            )
        )  # fmt: skip
    return made


@st.composite
def routes(draw: st.DrawFn) -> lmtrack.Route:
    """Routes whose settings agree with each other."""
    return lmtrack.Route(
        track_opens=draw(st.booleans()), track_clicks=draw(st.booleans()), require_consent=draw(st.booleans()),
        without_consent=draw(st.sampled_from(list(lmtrack.TrackingMode)[:3])),
        after_refusal=draw(st.sampled_from(list(lmtrack.TrackingMode)[:2])), ceiling=draw(MODES),
    )  # fmt: skip


OVERRIDES: Final = st.builds(lmtrack.Override, track_opens=FLAGS, track_clicks=FLAGS)
CONSENTS: Final = st.one_of(
    st.sampled_from(lmtrack.Consent),
    st.builds(lmtrack.ConsentRecord, state=st.sampled_from(lmtrack.Consent), since=st.none() | MOMENTS),
)


@st.composite
def decisions(draw: st.DrawFn) -> lmtrack.Decision:
    """Decisions of any route."""
    overrides = draw(st.lists(OVERRIDES, max_size=3))
    return lmtrack.resolve(draw(routes()), *overrides, consent=draw(CONSENTS), now=NOON)


# Functions that take no text, by generators of their own.
GENERATED: Final[dict[str, Callable[[Callable[[st.SearchStrategy[Any]], Any]], object]]] = {
    "classify_message": lambda draw: lmtrack.classify_message(
        draw(events()), delivered_at=draw(st.none() | MOMENTS), link_count=draw(st.none() | st.integers(-1, 99))
    ),
    "message_engagement": lambda draw: lmtrack.message_engagement(
        given_events := draw(events()), lmtrack.classify_message(given_events), opens_allowed=draw(st.booleans())
    ),
    "engagement_rates": lambda draw: lmtrack.engagement_rates(
        [
            lmtrack.message_engagement(one, lmtrack.classify_message(one), opens_allowed=True)
            for one in draw(st.lists(events(), max_size=4))
        ],
        delivered=draw(COUNTS), open_tracked=draw(COUNTS), click_tracked=draw(COUNTS),
    ),
    "join_networks": lambda draw: lmtrack.join_networks(
        *draw(st.lists(st.sampled_from((lmtrack.shipped_networks(), LAB)), max_size=4))
    ),
    "shipped_networks": lambda draw: lmtrack.shipped_networks().find(draw(st.text())),
    "layer_overrides": lambda draw: lmtrack.layer_overrides(*draw(st.lists(OVERRIDES, max_size=5))),
    "resolve": lambda draw: draw(decisions()).to_dict(),
    "resolve_shared": lambda draw: lmtrack.resolve_shared(draw(st.lists(decisions(), max_size=4))).to_dict(),
    # The texts alone: with a changed name a mutated call says no more than that there is no such argument.
    "PageWords": lambda draw: lmtrack.handle_request(
        method="GET", target=f"/w/{WITHDRAW}", headers=None, domain=DOMAIN, route=lmtrack.Route(),
        consent=lambda _: lmtrack.Consent.GRANTED, now=NOON,
        words=lmtrack.PageWords(**{name: draw(st.just(text) | HOSTILE_TEXTS) for name, text in WORDS.items()}),
    ).response.body,
    # Whole documents beside the mutated ones.
    "track_html": lambda draw: lmtrack.track_html(
        draw(hostile_html()), draw(decisions()), message_id=draw(message_ids()), now=NOON, domain=DOMAIN,
    ),
    "audit_html": lambda draw: lmtrack.audit_html(draw(hostile_html())),
    "compare_renderings": lambda draw: lmtrack.compare_renderings([draw(hostile_html()), draw(hostile_html())]),
    "verify_rewrite": lambda draw: lmtrack.verify_rewrite(draw(hostile_html()), draw(hostile_html())),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(GENERATED))
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_generated_call_has_an_answer(name: str, data: st.DataObject) -> None:
    answers(lambda: GENERATED[name](data.draw))


def test_every_public_function_has_a_generator() -> None:
    functions = {name for name in lmtrack.__all__ if inspect.isfunction(getattr(lmtrack, name))}
    assert functions - CALLS.keys() - GENERATED.keys() == set()

"""Properties on documents that are broken in every way."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import replace
from html import escape
from typing import get_args

from hypothesis import assume, example, given, strategies as st

from lmtrack import (
    Decision,
    LinkPolicy,
    campaign_urls,
    read_click_token,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
)
from lmtrack._rewriting.edits import splice
from lmtrack.html import PixelPosition
from lmtrack.links import Edit, Link
from page_cases import (
    BOTH,
    CAMPAIGN,
    CLICKS,
    DOMAIN,
    KEYS,
    LAST_DAY,
    LATER,
    NOW,
    OPENS,
    OPTED_OUT,
    SHOP,
    SUM,
    decoded,
    hrefs,
    track,
)
from strategies import LINK_DOCUMENTS

DECISIONS = st.sampled_from([BOTH, CLICKS, OPENS, SUM, LAST_DAY])
POLICIES = st.builds(
    LinkPolicy,
    track_unsubscribe=st.booleans(),
    track_sensitive=st.booleans(),
    track_conditional=st.booleans(),
    skip_url_text=st.sampled_from([True, False, "foreign"]),
    strip_opt_out=st.sampled_from(["own", "all", "none"]),
    skip_urls=st.sampled_from([[], ["https://shop.example/1?a=1&b=2"]]),
)
DOCUMENTS = LINK_DOCUMENTS | st.text()


def apply(source: str, edits: tuple[Edit, ...]) -> str:
    """Carry edits out from the last to the first, and check that they lie where they say."""
    end = len(source)
    for offset, old, new in reversed(edits):
        assert 0 <= offset <= offset + len(old) <= end
        assert source[offset : offset + len(old)] == old
        assert old != new
        source = source[:offset] + new + source[offset + len(old) :]
        end = offset
    return source


@given(DOCUMENTS, DECISIONS, POLICIES, st.sampled_from(get_args(PixelPosition)))
def test_output_and_edits_say_the_same(
    html: str, decision: Decision, policy: LinkPolicy, position: PixelPosition
) -> None:
    result = track_html(
        html,
        decision,
        domain=DOMAIN,
        message_id="m-1",
        campaign=CAMPAIGN,
        policy=policy,
        pixel_position=position,
        now=NOW,
    )
    assert result.html == apply(html, result.edits) == splice(html, result.edits)
    assert revert_html(result.html, result.edits) == html
    assert (result.html is html) is (not result.edits)
    clicks = [edit for edit in result.edits if edit.new.startswith("https://track.example/c/")]
    pixels = [edit for edit in result.edits if edit.new.startswith("<img ")]
    removals = [edit for edit in result.edits if not edit.new]
    assert len(clicks) + len(pixels) + len(removals) == len(result.edits)
    assert len(clicks) == (len(result.links) if decision.track_clicks else 0)
    assert len(pixels) == decision.track_opens
    assert bool(removals) <= bool(clicks)
    assert all("track" in edit.old.lower() for edit in removals)
    for edit, link in zip(clicks, result.links, strict=decision.track_clicks):
        token = read_click_token(KEYS, edit.new.removeprefix("https://track.example/c/"), now=NOW)
        assert token.link_index == link.index
        assert token.url == next(other.url for other in result.links if other.index == link.index)
        assert link.start < edit.offset
    if pixels:
        assert result.pixel_offset is not None
        assert result.html.startswith(pixels[0].new, result.pixel_offset)


@given(DOCUMENTS, DECISIONS, DECISIONS, POLICIES)
@example(f"{SHOP}{OPTED_OUT}", BOTH, BOTH, LinkPolicy())
@example("<a data-lm-no-track data-lm-no-track href='https://a.example/'>" + SHOP, BOTH, BOTH, LinkPolicy())
def test_a_second_pass_changes_nothing_of_any_document(
    html: str, first: Decision, second: Decision, policy: LinkPolicy
) -> None:
    campaign = replace(CAMPAIGN, urls=campaign_urls(html, policy=policy))
    once = track(html, first, campaign=campaign, policy=policy)
    clicked = any("/c/" in edit.new for edit in once.edits)
    # What the first pass did not do, a later one may.
    assume(clicked or not second.track_clicks or not once.links)
    assume(first.track_opens or not second.track_opens)
    assert track(once.html, second, campaign=campaign, policy=policy, now=LATER).html is once.html


@given(DOCUMENTS, DECISIONS, POLICIES)
def test_untracking_restores_every_destination(html: str, decision: Decision, policy: LinkPolicy) -> None:
    assume("track.example" not in html.lower())
    tracked = track(html, decision, campaign=CAMPAIGN, policy=policy)
    plain = untrack_html(tracked.html, domain=DOMAIN)
    everything = LinkPolicy(track_unsubscribe=True, track_sensitive=True, strip_opt_out="none")
    before, after = rewrite_html(html, policy=everything), rewrite_html(plain, policy=everything)
    before_urls = [link.url for link in sorted([*before.links, *(link for link, _ in before.skipped)], key=start)]
    after_urls = [link.url for link in sorted([*after.links, *(link for link, _ in after.skipped)], key=start)]
    assert after_urls == before_urls
    assert "track.example" not in plain
    if tracked.edits:
        assert plain != tracked.html


def start(link: Link) -> int:
    return link.start


def asked(url: str) -> str:
    """The URL as browsers ask for it, and as a link has it: tabs and line ends go, a blank behind the host is `%20`."""
    return decoded(url).translate({9: None, 10: None, 13: None}).replace(" ", "%20")


@given(DOCUMENTS, POLICIES)
@example("<a href='https://shop.example/a b'>", LinkPolicy())
def test_a_parser_finds_exactly_the_new_urls_at_those_places(html: str, policy: LinkPolicy) -> None:
    # A base makes another URL of the value, and an area inside svg or math is no link.
    assume(not any(name in html.lower() for name in ("<base", "<svg", "<math")))

    def new_url(link: Link) -> str:
        return f"https://t.example/?{escape(link.url)}"

    result = rewrite_html(html, click_url=new_url, policy=policy)
    found = {asked(link.url): new_url(link) for link in result.links}
    # One URL that is tracked here and left alone there, as behind a scheme with a tab in it, says nothing.
    assume(not found.keys() & {asked(link.url) for link, _ in result.skipped})
    conditional = Counter(link.url for link in result.links if link.conditional)
    live = Counter(link.url for link in result.links if not link.conditional)
    before, after = hrefs(html), hrefs(result.html)
    if policy.track_conditional or not conditional:
        assert after == [found.get(asked(url), url) for url in before]
    assert sum(live.values()) + sum(conditional.values()) == len(result.edits) - sum(not e.new for e in result.edits)


@given(DOCUMENTS, DECISIONS, POLICIES)
def test_tracking_is_a_function_of_its_arguments(html: str, decision: Decision, policy: LinkPolicy) -> None:
    result = track(html, decision, campaign=CAMPAIGN, policy=policy)
    document = scan_html(html)
    rewrite_html(document)
    for source in (html, document, document, pickle.loads(pickle.dumps(document))):  # noqa: S301 - our own bytes
        assert track(source, decision, campaign=CAMPAIGN, policy=policy) == result


@given(DOCUMENTS, POLICIES, st.text("abz09._-", max_size=5), st.integers(0, 65_535))
def test_an_aggregate_document_is_the_same_for_everybody(
    html: str, policy: LinkPolicy, message: str, recipient: int
) -> None:
    first = track(html, SUM, campaign=CAMPAIGN, policy=policy)
    other = track(html, SUM, campaign=CAMPAIGN, policy=policy, message_id=f"m{message}", recipient=recipient, now=LATER)
    assert first == other
    assert first.edits


@given(DOCUMENTS, st.lists(st.builds(Edit, st.integers(-2, 40), st.text(max_size=3), st.text(max_size=3)), max_size=4))
def test_reverting_gives_a_source_or_a_value_error(html: str, edits: list[Edit]) -> None:
    try:
        source = revert_html(html, edits)
    except ValueError:
        return
    assert splice(source, edits) == html

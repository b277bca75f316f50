"""What one policy means for a document's links: which are tracked, under which index, and why the others are not."""

from __future__ import annotations

import pytest

from lmtrack import rewrite_html, scan_html
from lmtrack._linking.optout_attributes import OPT_OUT_CLASSES
from lmtrack._rewriting.judge import MessageContext
from lmtrack.links import LinkPolicy, SkipReason
from page_cases import DOMAIN, SHOP, numbered, vml

WAY_OUT = "<a href='https://shop.example/x'>Unsubscribe</a>"


def reasons(html: str, policy: LinkPolicy | None = None) -> list[SkipReason]:
    return [reason for _, reason in rewrite_html(html, policy=policy or LinkPolicy()).skipped]


def test_links_are_the_same_whether_or_not_they_are_made_one_by_one() -> None:
    mail = f"{SHOP}<!--[if mso]><a href='https://b.example/'>B<![endif]-->C<a href='https://c.example/?a&amp;b'>D"
    plan = scan_html(mail).plan(LinkPolicy(), DOMAIN)
    links = plan.links_with(plan.unmerged)
    assert [tuple(link) for link in plan.links_with(plan.unmerged._replace(indices={0: 0}))] == list(map(tuple, links))
    assert [(link.text(), link.conditional, link.template_url) for link in links] == [
        ("Shop", False, ""),
        ("B", True, ""),
        ("D", False, ""),
    ]
    [worded] = rewrite_html(
        scan_html("<a href='https://b.example/'>Cart of {name}</a>", slots={"name": "{name}"}), values={"name": "Ann"}
    ).links
    assert (worded.personal, worded.template_url) == (True, "https://b.example/")
    [skipped] = rewrite_html("<a href='mailto:ann@b.example'>Write").skipped
    assert (skipped[0].personal, skipped[0].template_url) == (False, "")


def test_a_value_that_is_this_persons_way_out_is_not_tracked() -> None:
    document = scan_html(f'<a href="https://b.example/{{x}}">B</a>{SHOP}', slots={"x": "{x}"})
    plan = document.plan(LinkPolicy(), DOMAIN)
    assert document.template
    filled = document.template.fill({"x": "4471"})
    assert plan.merge(filled, unsubscribe=lambda url: url == "https://b.example/4471").refused == {
        0: SkipReason.UNSUBSCRIBE
    }
    assert plan.merge(filled, unsubscribe=lambda url: url != "https://b.example/4471").refused == {}


def test_a_marker_that_is_no_placeholder_is_a_slot_in_a_url_too() -> None:
    document = scan_html('<a href="https://b.example/?q=QUERY">B</a>', slots={"query": "QUERY"})
    assert [link.url for link in rewrite_html(document, values={"query": "a b"}).links] == [
        "https://b.example/?q=a%20b"
    ]


def test_slots_stay_with_their_links_where_a_token_cannot_count_all() -> None:
    document = scan_html(f'{SHOP}<a href="https://b.example/?q={{x}}">B</a>{SHOP}', slots={"x": "{x}"})
    for first, firsts, slotted in ((65_533, [0, 1, 2], [1]), (65_534, [0, 1], [1]), (65_535, [0], [])):
        plan = document.make_plan(LinkPolicy(), DOMAIN, MessageContext(first_index=first))
        assert (list(plan.firsts), list(plan.slotted)) == (firsts, slotted)
        assert [reason for _, reason in plan.skipped] == [SkipReason.TOO_MANY] * (3 - len(firsts))


def test_the_attributes_of_each_tracked_link_are_removed() -> None:
    mail = "<a data-lm-label=x href='https://a.example/'>A</a>"
    result = rewrite_html(mail * 2, click_url=numbered)
    assert result.html == "<a href='https://t.example/0'>A</a><a href='https://t.example/1'>A</a>"


def test_an_opt_out_of_the_callers_own_is_one() -> None:
    assert reasons(
        f"{SHOP}<a data-quiet href='https://b.example/'>", LinkPolicy(opt_out_attributes=["data-quiet"])
    ) == [SkipReason.OPT_OUT]


@pytest.mark.parametrize("name", sorted(OPT_OUT_CLASSES))
def test_a_class_that_opts_out_does_wherever_it_is_in_the_tag(name: str) -> None:
    for tag in (
        f'<a class="{name}" href="https://b.example/">B</a>',
        f'<a href="https://b.example/" class="{name}">B</a>',
    ):
        assert reasons(SHOP + tag) == [SkipReason.OPT_OUT]
    every = "".join(f'<a class="{name}" href="https://b.example/{name}">B</a>' for name in OPT_OUT_CLASSES)
    assert reasons(SHOP + every) == [SkipReason.OPT_OUT] * len(OPT_OUT_CLASSES)


def test_the_button_for_outlook_opts_out_with_its_twin() -> None:
    mail = f"<a data-lm-no-track href='https://b.example/'>B</a>{vml('https://b.example/')}"
    assert reasons(mail) == [SkipReason.OPT_OUT] * 2


def test_what_a_link_says_is_a_reason() -> None:
    assert reasons(SHOP + WAY_OUT) == [SkipReason.UNSUBSCRIBE]
    document = scan_html(f"{SHOP}{WAY_OUT}<p>{{x}}</p>", slots={"x": "{x}"})
    assert [reason for _, reason in rewrite_html(document, values={"x": "y"}).skipped] == [SkipReason.UNSUBSCRIBE]


def test_a_text_behind_more_than_sixteen_tags_is_not_read() -> None:
    link = "<a href='https://shop.example/x'>" + "<b></b>" * 8 + "{}Unsubscribe</a>"
    assert reasons(link.format("")) == [SkipReason.UNSUBSCRIBE]
    assert reasons(link.format("<b>")) == []


def test_of_two_twins_the_nearer_is_measured_from_start_to_start() -> None:
    url = "https://b.example/"
    live, wide = f"<a href='{url}'>B</a>", f"<a title='{'x' * 100}' href='{url}'>B</a>"
    drawn, wide_drawn = vml(url), f"<!--[if mso]><v:rect title='{'x' * 100}' href='{url}'></v:rect><![endif]-->"

    def index_of_twin(mail: str) -> int:
        links = rewrite_html(mail).links
        return next(link.index for link in links if link.conditional)

    assert index_of_twin(live + drawn + "x" * 90 + live) == 0
    assert index_of_twin(live + "x" * 90 + drawn + live) == 1
    assert index_of_twin(live + live + drawn + "x" * 90 + live) == 1
    assert index_of_twin(wide + drawn + "x" * 20 + live) == 1
    assert index_of_twin(live + "x" * 20 + wide_drawn + live) == 0

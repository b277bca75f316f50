from __future__ import annotations

import pytest

from lmtrack import (
    Consent,
    LinkPolicy,
    Route,
    TrackingDomain,
    make_keys,
    resolve,
    rewrite_html,
    rewrite_text,
    track_html,
    verify_rewrite,
)
from lmtrack._linking.optout_attributes import OF_OPT_OUT_CLASSES, OPT_OUT_CLASSES
from lmtrack.links import skip_reason

DOMAIN = TrackingDomain("https://track.example/t", make_keys(b"a fixed key of tests, 32 octets."))
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)


@pytest.mark.parametrize(
    "mark",
    [
        "mautic:disable-tracking='true'",
        'data-mautic-disable-tracking="TRUE"',
        'class="untracked"',
        "class='button untracked big'",
        "class=mktNoTrack",
        'style="color:red" class="x mktNoTrack"',
        "data-pm-no-track",
        'data-msys-clicktrack="0"',
    ],
)
def test_services_marks_opt_a_link_out(mark: str) -> None:
    html = f'<a {mark} href="https://shop.example/">x</a><a href="https://shop.example/b">y</a>'
    result = track_html(html, ON, domain=DOMAIN, message_id="m-1", policy=LinkPolicy(strip_opt_out="none"))
    assert [(link.url, why) for link, why in result.skipped] == [("https://shop.example/", "opt_out")]
    assert mark in result.html
    stripped = track_html(html, ON, domain=DOMAIN, message_id="m-1", policy=LinkPolicy(strip_opt_out="all")).html
    assert (mark in stripped) is ("class" in mark)
    assert not verify_rewrite(html, stripped)


@pytest.mark.parametrize(
    "mark", ["mautic:disable-tracking=false", 'class="tracked"', "class=Untracked-x", "id=untracked"]
)
def test_other_marks_do_not(mark: str) -> None:
    assert rewrite_html(f'<a {mark} href="https://shop.example/">x</a>').skipped == ()


def test_a_sender_names_attributes_of_his_own() -> None:
    html = '<a notrack href="https://shop.example/">x</a><a DATA-KEEP="" href="https://shop.example/b">y</a>'
    policy = LinkPolicy(opt_out_attributes=["NoTrack", "data-keep"], strip_opt_out="all")
    result = rewrite_html(html, policy=policy, click_url=lambda _: "https://t.example/")
    assert [why for _, why in result.skipped] == ["opt_out", "opt_out"]
    assert result.html is html


@pytest.mark.parametrize(
    ("attributes", "label"),
    [
        ("data-lm-label='Top  button'", "Top button"),
        ('ses:tags="part:top;kind:button"', "part:top;kind:button"),
        ("data-cio-tag=top", "top"),
        ("data-msys-linkname='top'", "top"),
        ("data-cio-tag=b data-lm-label=a", "a"),
        ("data-lm-label='' data-cio-tag=b", "b"),
        ("DATA-LM-LABEL='a &amp; b' data-lm-label=c", "a & b"),
        ("title=top", None),
    ],
)
def test_a_template_names_its_links(attributes: str, label: str | None) -> None:
    html = f'<a {attributes} href="https://shop.example/">x</a>'
    result = rewrite_html(html, click_url=lambda _: "https://t.example/")
    assert result.links[0].label == label
    assert result.links[0].to_dict()["label"] == label
    assert "data-lm-label" not in result.html.lower()
    assert ("data-cio-tag" in attributes) is ("data-cio-tag" in result.html)
    assert not verify_rewrite(html, result.html)
    assert rewrite_html(html, policy=LinkPolicy(strip_opt_out="none"), click_url=lambda _: "https://t.example/").html


def test_a_url_in_a_text_has_no_label() -> None:
    assert rewrite_text("https://shop.example/", click_url=lambda _: None).links[0].label is None


@pytest.mark.parametrize(
    ("hosts", "url", "reason"),
    [
        (["social.example"], "https://social.example/x", "listed"),
        (["Social.Example."], "https://www.SOCIAL.example:443/x", "listed"),
        (["social.example"], "https://antisocial.example/x", None),
        (["www.social.example"], "https://social.example/x", None),
        (["m\u00fcller.example"], "https://xn--mller-kva.example/", "listed"),
    ],
)
def test_a_host_is_left_alone_with_its_sub_domains(hosts: list[str], url: str, reason: str | None) -> None:
    assert skip_reason(url, LinkPolicy(skip_hosts=hosts)) == reason


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("skip_hosts", "social.example", TypeError),
        ("skip_hosts", [5], TypeError),
        ("skip_slots", "name", TypeError),
        ("preference_urls", "https://s.example/", TypeError),
        ("preference_urls", ["s.example/mail"], ValueError),
        ("opt_out_attributes", ["a b"], ValueError),
        ("opt_out_attributes", [""], ValueError),
        ("opt_out_attributes", 5, TypeError),
        ("skip_url_text", "sometimes", ValueError),
        ("skip_url_text", None, TypeError),
    ],
)
def test_a_policy_refuses_what_it_cannot_mean(field: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{field} must "):
        LinkPolicy(**{field: value})  # type: ignore[arg-type]


def test_every_opt_out_class_holds_what_is_looked_for_first() -> None:
    assert all(OF_OPT_OUT_CLASSES in name for name in OPT_OUT_CLASSES)

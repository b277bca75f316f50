from __future__ import annotations

import pickle
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st

from lmtrack._agents.networks import join_networks, load_networks, shipped_networks
from lmtrack._agents.request import classify_event
from lmtrack._agents.verdict import Actor, Human, Signal, Verdict

if TYPE_CHECKING:
    from lmtrack._agents.verdict import Kind

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
OLD_FIREFOX = "Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.6326; Pro)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
MPP = "Mozilla/5.0"
TOOL = "Transmit/5.6.0"
UNKNOWN = "Something That Nobody Knows"
FORGED = CHROME.replace("142.0.0.0", "53.0.7149.1690")
BOT = "Examplebot/1.0"

FULL = {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate"}
GATEWAY = {**FULL, "Referer": "https://eur01.safelinks.protection.outlook.com/"}

EOP = "40.92.0.1"
SAFE_LINKS = "40.94.0.1"
PROOFPOINT = 22843
AZURE = 8075
LAB = load_networks("198.51.100.0/24", tag="lab", evidence=2)
STRICT_LAB = load_networks("198.51.100.0/24", tag="lab", evidence=3, scope="click")
HOME_LAB = load_networks("198.51.100.0/24", tag="lab", evidence=1, scope="open")
APPLE = load_networks("172.224.224.0/27,US,US-CA,LA,", tag="apple_egress")


def click(user_agent: str | None = CHROME, **given: Any) -> Verdict:  # noqa: ANN401 - any argument of the function
    return classify_event(kind="click", user_agent=user_agent, **given)


def opened(user_agent: str | None = CHROME, **given: Any) -> Verdict:  # noqa: ANN401 - the same
    return classify_event(kind="open", user_agent=user_agent, **given)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


# What decides alone.


@pytest.mark.parametrize(
    ("given", "code", "actor", "vendor"),
    [
        ({"ip": EOP}, "net.scanner", Actor.SECURITY_SCANNER, "Microsoft"),
        ({"ip": "209.222.82.7"}, "net.scanner", Actor.SECURITY_SCANNER, "Barracuda"),
        ({"ip": "2a01:111:f400::1"}, "net.scanner", Actor.SECURITY_SCANNER, "Microsoft"),
        ({"ip": "198.51.100.7", "networks": STRICT_LAB}, "net.listed", Actor.SECURITY_SCANNER, None),
        ({"method": "HEAD"}, "method.head", Actor.SECURITY_SCANNER, None),
        ({"method": "head"}, "method.head", Actor.SECURITY_SCANNER, None),
        ({"method": "OPTIONS"}, "method.options", Actor.SECURITY_SCANNER, None),
        ({"headers": {**FULL, "Sec-Purpose": "prefetch"}}, "hdr.prefetch", Actor.LINK_PREVIEW, None),
        ({"asn": PROOFPOINT, "delay": seconds(599)}, "net.scanner_probable", Actor.SECURITY_SCANNER, "Proofpoint"),
        ({"ip": SAFE_LINKS}, "net.scanner", Actor.SECURITY_SCANNER, "Microsoft"),
    ],
)
def test_a_strong_sign_decides(given: dict[str, Any], code: str, actor: Actor, vendor: str | None) -> None:
    for agent in (CHROME, UNKNOWN, None):
        verdict = click(agent, **given)
        assert (verdict.actor, verdict.human, verdict.evidence) == (actor, Human.NO, 3)
        assert (verdict.reasons[0], verdict.vendor) == (code, vendor)
        assert verdict.reasons[-1].startswith("ua.")


def test_nobody_browses_from_safe_links_range() -> None:
    assert click(ip=SAFE_LINKS, headers=GATEWAY, delay=timedelta(hours=3)).is_machine


def test_a_strong_sign_beats_a_proxys_name() -> None:
    assert opened(GMAIL, ip=EOP).reasons == ("net.scanner", "ua.google_image_proxy")
    assert opened(MPP, ip=EOP).is_machine


def test_what_a_machine_is_stays_known_and_its_evidence_grows() -> None:
    verdict = click(BOT, ip=EOP)
    assert (verdict.actor, verdict.evidence) == (Actor.CRAWLER, 3)
    assert verdict.reasons == ("ua.declared_bot", "net.scanner")
    verdict = click(FORGED, ip=EOP)
    assert (verdict.actor, verdict.evidence) == (Actor.CRAWLER, 3)
    assert verdict.reasons == ("net.scanner", "ua.chrome_build_impossible")


def test_weaker_signs_are_only_added_to_a_machine() -> None:
    verdict = click(FORGED, asn=AZURE, delay=seconds(5))
    assert (verdict.actor, verdict.evidence) == (Actor.CRAWLER, 2)
    assert verdict.reasons == ("ua.chrome_build_impossible", "net.cloud", "time.lt_10s")


def test_all_strong_signs_are_said_the_heaviest_first() -> None:
    verdict = click(asn=AZURE, method="HEAD", honeypot=True, delay=seconds(1))
    assert verdict.reasons == ("method.head", "time.lt_2s", "msg.honeypot", "net.cloud", "ua.browser")


# What needs company.


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"asn": AZURE}, ("net.cloud",)),
        ({"asn": AZURE, "ip": "198.51.100.7"}, ("net.cloud",)),  # of an address that no list has
        ({"asn": PROOFPOINT}, ("net.scanner_probable",)),
        ({"asn": PROOFPOINT, "delay": seconds(600)}, ("net.scanner_probable",)),
        ({"asn": PROOFPOINT, "delay": seconds(-1)}, ("net.scanner_probable",)),
        ({"ip": "198.51.100.7", "networks": LAB}, ("net.listed",)),
        ({"delay": seconds(0)}, ("time.lt_2s",)),
        ({"delay": seconds(1.999)}, ("time.lt_2s",)),
        ({"delay": seconds(2)}, ("time.lt_10s",)),
        ({"delay": seconds(9.999)}, ("time.lt_10s",)),
        ({"headers": {"Sec-Fetch-Mode": "navigate"}}, ("hdr.no_accept_language",)),
        ({"headers": {**FULL, "Accept-Language": ""}}, ("hdr.no_accept_language",)),
        ({"headers": {"Accept-Language": "de"}}, ("hdr.no_sec_fetch",)),
        ({"headers": {}}, ("hdr.no_accept_language", "hdr.no_sec_fetch")),
    ],
)
def test_one_family_of_signs_only_lowers_the_evidence(given: dict[str, Any], codes: tuple[str, ...]) -> None:
    verdict = click(**given)
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.HUMAN, Human.YES, 1)
    assert verdict.reasons == ("ua.browser", *codes)


POINTS: list[tuple[str, int, dict[str, Any]]] = [
    ("net", 1, {"asn": AZURE}),
    ("net", 2, {"ip": "198.51.100.7", "networks": LAB}),
    ("time", 2, {"delay": seconds(1)}),
    ("time", 1, {"delay": seconds(5)}),
    ("hdr", 1, {"headers": {"Sec-Fetch-Mode": "navigate"}}),
    ("hdr", 2, {"headers": {}}),
]


@pytest.mark.parametrize(
    ("one", "other"), [(one, other) for one, other in product(POINTS, POINTS) if one[0] < other[0]], ids=str
)
def test_two_families_make_a_scanner(one: tuple[str, int, Any], other: tuple[str, int, Any]) -> None:
    verdict = click(**one[2], **other[2])
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.SECURITY_SCANNER, Human.NO, 2)
    assert verdict.reasons[-1] == "ua.browser"
    assert verdict.vendor is None


def test_a_gateways_network_names_it_and_a_cloud_names_nobody() -> None:
    # Mimecast looks at the link two hours later, when a person follows it.
    assert click(asn=30031, headers={}).vendor == "Mimecast"
    assert click(asn=30031, headers={}, delay=timedelta(hours=2)).vendor == "Mimecast"
    assert click(asn=AZURE, headers={}).vendor is None
    assert click(asn=AZURE, headers={}).is_machine


@pytest.mark.parametrize("agent", [TOOL, None, ""])
def test_a_weak_agent_is_a_family_of_its_own(agent: str | None) -> None:
    assert not click(agent).is_machine
    verdict = click(agent, delay=seconds(5))
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.SECURITY_SCANNER, Human.NO, 2)
    assert verdict.reasons[0] == "time.lt_10s"


def test_a_missing_agent_weighs_two_at_a_click_and_one_at_an_open() -> None:
    assert click(None, headers=GATEWAY, delay=seconds(5)).human is Human.UNKNOWABLE
    assert click(None, headers=GATEWAY, delay=seconds(1)).is_machine
    assert opened(None, asn=PROOFPOINT).is_machine
    assert opened(TOOL, asn=PROOFPOINT).is_machine
    assert click(TOOL, headers=GATEWAY, delay=seconds(1)).human is Human.UNKNOWABLE


def test_weak_evidence_does_not_get_weaker_and_only_a_link_page_lifts_it() -> None:
    app = "ExampleApp/1 (iPhone; iOS 18.0)"
    assert click(app, delay=seconds(1)).evidence == 1
    assert click(app, headers=GATEWAY, delay=seconds(1)).evidence == 1
    assert click(app, ip="nonsense").evidence == 1
    assert click(app, headers=GATEWAY).evidence == 2


def test_an_unknown_agent_is_no_sign() -> None:
    verdict = click(UNKNOWN, delay=seconds(1))
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.UNKNOWN, Human.UNKNOWABLE, 1)
    assert verdict.reasons == ("ua.unknown", "time.lt_2s")


def test_points_add_up_within_a_family_but_do_not_make_two() -> None:
    both = join_networks(LAB, load_networks("198.51.100.0/25", tag="other", evidence=1))
    verdict = click(ip="198.51.100.7", networks=both)
    assert (verdict.human, verdict.reasons) == (Human.YES, ("ua.browser", "net.listed"))


# Scopes.


@pytest.mark.parametrize(
    "given",
    [{"delay": seconds(0.1)}, {"headers": {}}, {"headers": GATEWAY}, {"asn": AZURE}, {"ip": SAFE_LINKS}],
)
def test_rules_of_clicks_say_nothing_about_opens(given: dict[str, Any]) -> None:
    for agent in (CHROME, OUTLOOK, GMAIL, MPP, None):
        if agent is not GMAIL or "delay" not in given:
            assert opened(agent, **given) == opened(agent)


@pytest.mark.parametrize(("delay", "evidence"), [(-1, 3), (0, 1), (1, 1), (2, 3)])
def test_a_proxys_open_a_second_after_delivery_is_weak_evidence_of_a_person(delay: float, evidence: int) -> None:
    verdict = opened(GMAIL, delay=seconds(delay))
    assert (verdict.human, verdict.evidence) == (Human.YES_CLIENT_HIDDEN, evidence)
    assert ("time.lt_2s" in verdict.reasons) == (evidence == 1)


@pytest.mark.parametrize(
    "host", ["url.us.m.mimecastprotect.com", "url.uk.m.mimecastprotect.com", "protect-us.mimecast.com"]
)
def test_who_comes_through_mimecasts_page_is_a_person_in_its_network(host: str) -> None:
    verdict = click(asn=30031, delay=timedelta(minutes=3), headers={**FULL, "Referer": f"https://{host}/s/abc"})
    assert (verdict.human, verdict.evidence) == (Human.YES, 2)
    assert "hdr.referer_rewriter" in verdict.reasons
    assert click(asn=30031, delay=timedelta(minutes=3), headers=FULL).is_machine


@pytest.mark.parametrize("asn", [8068, 8070, 8074, 8075, 12076, 14618, 15169, 16509, 396982])
def test_a_large_cloud_is_weak_evidence_and_decides_with_haste(asn: int) -> None:
    assert click(asn=asn, delay=seconds(5)).is_machine
    late = click(asn=asn, delay=seconds(45), headers=FULL)
    assert (late.human, late.evidence) == (Human.YES, 1)
    assert opened(asn=asn, delay=seconds(5)) == opened()


def test_an_open_from_protons_network_is_its_proxy_or_a_person_behind_its_vpn() -> None:
    verdict = opened(asn=62371, delay=seconds(15))
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.IMAGE_PROXY, Human.UNKNOWABLE, 1)
    assert (verdict.reasons, verdict.vendor) == (("net.mail_proxy", "ua.browser"), "Proton")
    assert (verdict.sources, verdict.category) == (("proton",), "image_proxy")
    # It opens with no mail client's agent, and follows no links.
    assert opened(OUTLOOK, asn=62371) == opened(OUTLOOK)
    assert opened(BOT, asn=62371) == opened(BOT)
    assert click(asn=62371) == click()
    # Its VPN has another.
    assert opened(asn=209103) == opened()


def test_an_invisible_link_is_weak_evidence() -> None:
    assert (click(honeypot=True).human, click(honeypot=True).evidence) == (Human.YES, 1)
    assert click(honeypot=True).reasons == ("ua.browser", "msg.honeypot")
    assert click(honeypot=True, asn=AZURE).is_machine
    assert click(honeypot=True, delay=seconds(5)).is_machine


SIGNED = {**FULL, "Signature-Agent": '"https://chatgpt.com"', "Signature-Input": "sig1=()", "Signature": "sig1=:AA==:"}


@pytest.mark.parametrize(
    ("signature_agent", "vendor"),
    [
        ('"https://chatgpt.com"', "OpenAI"),
        ("https://agent.bot.goog/", "Google"),
        ('sig1="https://ChatGPT.com."', "OpenAI"),
        ('"https://user:secret@chatgpt.com"', None),
        ('"https://notchatgpt.com"', None),
        ('"https://assistant.example"', None),
        ("something", None),
    ],
)
def test_a_browser_whose_agent_signs_is_an_ai_agent(signature_agent: str, vendor: str | None) -> None:
    for verdict in (click(headers={**SIGNED, "Signature-Agent": signature_agent}), opened(headers=SIGNED)):
        assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.AI_AGENT, Human.NO, 1)
        assert verdict.reasons == ("hdr.signature_agent", "ua.browser")
    assert click(headers={**SIGNED, "Signature-Agent": signature_agent}).vendor == vendor


def test_a_signature_hides_nothing_that_is_known() -> None:
    assert click(headers={**SIGNED, "Signature-Agent": " "}).human is Human.YES
    assert click(BOT, headers=SIGNED).actor is Actor.CRAWLER
    assert click(ip=EOP, headers=SIGNED).actor is Actor.SECURITY_SCANNER
    assert click(ip=EOP, headers=SIGNED).reasons[-1] == "hdr.signature_agent"
    weak = click(asn=AZURE, delay=seconds(5), headers=SIGNED)
    assert (weak.actor, weak.evidence, weak.reasons[0]) == (Actor.AI_AGENT, 1, "hdr.signature_agent")


@pytest.mark.parametrize("agent", ["NetSurf/3.10 (Linux)", "Dillo/3.0.5", "Links (2.28; Linux 6.18.44 x86_64; x)"])
def test_no_browser_is_held_back_by_a_header_that_it_never_sends(agent: str) -> None:
    assert click(agent, headers={"Accept": "*/*"}, asn=AZURE).human is Human.YES
    assert click(agent, headers={"Accept": "*/*"}, delay=seconds(8)).human is Human.YES


def test_a_verdict_names_the_lists_that_hold_the_address() -> None:
    assert click(ip=SAFE_LINKS).sources == ("microsoft_safelinks",)
    assert click(ip="198.51.100.7", asn=AZURE, networks=join_networks(LAB, shipped_networks())).sources == (
        "lab",
        "microsoft_cloud",
    )
    assert opened(MPP, ip="198.51.100.7", networks=APPLE).sources == ("not_apple_egress",)
    assert opened(MPP, ip="172.224.224.1", networks=APPLE).sources == ("apple_egress",)
    assert click().sources == click(ip="198.51.100.7").sources == click(ip="nowhere").sources == ()


def test_a_list_counts_in_its_scope() -> None:
    assert opened(ip="198.51.100.7", networks=STRICT_LAB) == opened()
    assert click(ip="198.51.100.7", networks=STRICT_LAB).is_machine
    assert opened(ip="198.51.100.7", networks=HOME_LAB).reasons == ("ua.browser", "net.listed")
    assert click(ip="198.51.100.7", networks=HOME_LAB) == click()


def test_a_gateways_network_is_strong_for_opens_too() -> None:
    assert opened(OUTLOOK, ip=EOP).is_machine
    assert opened(OUTLOOK, asn=PROOFPOINT).reasons == ("ua.mail_client", "net.scanner_probable")
    assert opened(OUTLOOK, asn=PROOFPOINT, delay=seconds(60)).is_machine


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_asking_about_an_image_is_only_weak(method: str) -> None:
    assert opened(GMAIL, method=method).human is Human.YES_CLIENT_HIDDEN
    assert opened(GMAIL, method=method).evidence == 2
    assert opened(method=method).evidence == 1


@pytest.mark.parametrize("method", ["GET", "get", "POST", "BREW", ""])
def test_other_methods_say_nothing(method: str) -> None:
    assert click(method=method) == click()


def test_a_prefetch_is_no_open_either() -> None:
    assert opened(headers={"Purpose": "prefetch"}).reasons == ("hdr.prefetch", "ua.browser")


@pytest.mark.parametrize("agent", [OUTLOOK, UNKNOWN, None, TOOL, "ExampleApp/1 (iPhone; iOS 18.0)"])
def test_headers_are_missed_in_browsers_only(agent: str | None) -> None:
    assert click(agent, headers={}) == click(agent)


def test_old_browsers_need_not_tell_how_they_fetch() -> None:
    assert click(OLD_FIREFOX, headers={"Accept-Language": "de"}) == click(OLD_FIREFOX)
    assert click(OLD_FIREFOX, headers={}).reasons == ("ua.browser", "hdr.no_accept_language")


def test_unknown_headers_and_negative_delays_fire_no_rule() -> None:
    assert click(headers=None) == click()
    assert click(headers=FULL) == click()
    assert click(delay=timedelta.min) == click(delay=timedelta.max) == click(delay=seconds(10)) == click()


# Apple's prefetch and people behind gateways.


def test_apples_addresses_make_its_prefetch_certain_and_others_make_it_doubtful() -> None:
    sure = opened(MPP, ip="172.224.224.1", networks=APPLE)
    assert (sure.actor, sure.human, sure.evidence) == (Actor.APPLE_MPP, Human.UNKNOWABLE, 3)
    assert (sure.reasons, sure.vendor) == (("ua.apple_mpp", "net.apple_egress"), "Apple")
    doubtful = opened(MPP, ip="192.0.2.1", networks=APPLE)
    assert (doubtful.actor, doubtful.human, doubtful.evidence) == (Actor.APPLE_MPP, Human.UNKNOWABLE, 1)
    assert doubtful.reasons == ("ua.apple_mpp",)


def test_without_apples_list_an_address_says_nothing_about_its_prefetch() -> None:
    assert opened(MPP, ip="172.224.224.1") == opened(MPP)
    assert opened(MPP, asn=714, networks=APPLE) == opened(MPP)
    assert opened(MPP, ip="nonsense", networks=APPLE).evidence == 2


def test_apples_relay_is_never_held_against_a_person() -> None:
    for agent in (CHROME, OUTLOOK, None):
        assert click(agent, ip="172.224.224.1", networks=APPLE) == click(agent)


def test_a_link_page_of_a_gateway_leads_people() -> None:
    verdict = click(headers=GATEWAY)
    assert (verdict.human, verdict.evidence) == (Human.YES, 2)
    assert verdict.reasons == ("ua.browser", "hdr.referer_rewriter")
    app = click("ExampleApp/1 (iPhone; iOS 18.0)", headers=GATEWAY)
    assert (app.human, app.evidence) == (Human.YES, 2)
    assert click(headers=GATEWAY, asn=PROOFPOINT, delay=seconds(60)).evidence == 2
    assert click(headers=GATEWAY, asn=AZURE, delay=seconds(5)).human is Human.YES
    assert click(headers=GATEWAY, asn=PROOFPOINT, delay=seconds(1)).human is Human.YES


def test_a_link_page_outweighs_two_points_and_no_strong_sign() -> None:
    assert click(headers=GATEWAY, asn=AZURE, delay=seconds(1)).human is Human.YES
    for missing in ("Accept-Language", "Sec-Fetch-Mode"):
        headers = {name: value for name, value in GATEWAY.items() if name != missing}
        assert click(headers=headers, delay=seconds(1)).human is Human.YES
    assert click(headers={"Referer": GATEWAY["Referer"]}, delay=seconds(1)).is_machine
    assert click(headers=GATEWAY, ip=EOP).is_machine
    assert click(BOT, headers=GATEWAY).is_machine
    assert click(UNKNOWN, headers=GATEWAY).human is Human.UNKNOWABLE


# Input.


@pytest.mark.parametrize(
    "ip", ["", "nonsense", "1.2.3", "1.2.3.4.5", "::g", "\x00", "\ud800", "9" * 10_000, "1.2.3.4 "]
)
def test_what_is_no_address_is_said_and_nothing_else_happens(ip: str) -> None:
    verdict = click(ip=ip)
    assert verdict.reasons == ("ua.browser", "net.invalid")
    assert (verdict.human, verdict.evidence) == (Human.YES, 2)


@pytest.mark.parametrize(
    "given",
    [
        {"user_agent": 3},
        {"user_agent": b"curl"},
        {"ip": 3},
        {"asn": "8075"},
        {"method": None},
        {"headers": 3},
        {"headers": "a: b"},
        {"delay": 3},
        {"networks": "192.0.2.0/24"},
        {"honeypot": 1},
        {"honeypot": None},
    ],
)
def test_other_types_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        classify_event(**{"kind": "open", "user_agent": CHROME, **given})


@pytest.mark.parametrize("kind", ["", "Open", None, 1, [], b"open"])
def test_other_kinds_are_refused(kind: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises(ValueError, match='kind must be "open" or "click"'):
        classify_event(kind=kind, user_agent=CHROME)


ADDRESSES = st.ip_addresses().map(str) | st.sampled_from([EOP, SAFE_LINKS, "172.224.224.1", "nonsense", ""])
AGENTS = st.sampled_from([CHROME, OLD_FIREFOX, OUTLOOK, GMAIL, MPP, TOOL, UNKNOWN, FORGED, BOT, None, ""]) | st.text()
HEADERS = (
    st.none()
    | st.sampled_from([{}, FULL, GATEWAY, {"X-Moz": "prefetch"}])
    | st.lists(st.tuples(st.text() | st.binary(), st.text() | st.binary()))
)
GIVEN = st.fixed_dictionaries(
    {
        "user_agent": AGENTS,
        "ip": st.none() | ADDRESSES,
        "asn": st.none() | st.sampled_from([AZURE, PROOFPOINT, -1, 2**40]),
        "method": st.sampled_from(["GET", "HEAD", "OPTIONS", "x"]) | st.text(),
        "headers": HEADERS,
        "delay": st.none() | st.timedeltas() | st.sampled_from([seconds(0), seconds(3), seconds(100)]),
        "networks": st.sampled_from([None, APPLE, LAB, join_networks(shipped_networks(), APPLE)]),
        "honeypot": st.booleans(),
    }
)
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["open", "click"])


@given(KINDS, GIVEN)
def test_any_request_has_a_verdict_of_known_codes(kind: Kind, given: dict[str, Any]) -> None:
    verdict = classify_event(kind=kind, **given)
    assert verdict.reasons
    assert set(verdict.reasons) <= set(Signal)
    assert len(set(verdict.reasons)) == len(verdict.reasons)
    assert any(code.startswith("ua.") for code in verdict.reasons)
    assert verdict.evidence in (1, 2, 3)
    assert verdict.actor is not Actor.HUMAN or verdict.human is Human.YES


@given(KINDS, GIVEN, st.ip_addresses().map(str))
def test_no_verdict_holds_the_address(kind: Kind, given: dict[str, Any], ip: str) -> None:
    verdict = classify_event(kind=kind, **{**given, "ip": ip, "user_agent": CHROME, "headers": None})
    for written in (repr(verdict), str(verdict.to_dict()), pickle.dumps(verdict).decode("latin-1")):
        assert ip not in written or len(ip) < 4  # `::` and the like are in any text


@given(GIVEN)
def test_more_signs_never_make_a_machine_a_person(given: dict[str, Any]) -> None:
    plain = classify_event(kind="click", user_agent=given["user_agent"])
    if plain.is_machine:
        assert classify_event(kind="click", **given).is_machine
    bare = {**given, "headers": None}
    if classify_event(kind="click", **bare).is_machine:
        assert classify_event(kind="click", **{**bare, "method": "HEAD"}).is_machine
    if given["method"] == "GET" and opened(**{**given, "headers": None}).is_machine:
        assert click(**{**given, "headers": None}).is_machine


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Accept-Language", "Sec-Fetch-Mode", "Referer", "Purpose", "X-Other"]),
            st.sampled_from(["", "de", "prefetch", "https://urldefense.com/"]),
        ),
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
def test_the_case_of_header_names_means_nothing(headers: list[tuple[str, str]], random: Any) -> None:  # noqa: ANN401 - hypothesis's
    mixed = [("".join(random.choice([c.upper(), c.lower()]) for c in name), value) for name, value in headers]
    octets = [(name.encode(), value.encode()) for name, value in mixed]
    assert click(headers=headers) == click(headers=mixed) == click(headers=octets)

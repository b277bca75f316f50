from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from agent_texts import ANDROID_CHROME, IPHONE, KINDS, LIKE_GECKO, LINUX_CHROME, MAC, WINDOWS_CHROME, reason, web_view
from lmtrack._agents.agent import judge_agent
from lmtrack._agents.tables import shapes
from lmtrack._agents.verdict import Actor, Human, Signal


@pytest.mark.parametrize(
    "agent",
    [
        "Some Thing (http://example.org/)",
        "Some Thing www.example.org",
        "Some Thing (+example.org/about)",
        "Some Thing +example.org",
        "Some Thing someone@example.org",
        "Some Thing andrew@local",
        "Some Thing (info at example dot org)",
        "Some Thing example.org",
        "Example.io",
        "Pulp/1.5.2 (iPad; http://www.example.com/pulp/)",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:103.0) Gecko/20100101 Firefox/103.0 abuse.example.fr",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.0) Match by Example.com",
    ],
)
def test_who_leaves_an_address_is_a_robot(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.CRAWLER, Human.NO, 3)
    assert verdict.reasons == ("ua.declared_bot",)


@pytest.mark.parametrize(
    "agent",
    [
        f"{WINDOWS_CHROME} com.example.app",
        f"{WINDOWS_CHROME} v.x a.js",
        f"{WINDOWS_CHROME} a@1.2",
        f"{WINDOWS_CHROME} C++.x",
        f"{WINDOWS_CHROME} Red dot",
        f"{WINDOWS_CHROME} at home",
    ],
)
def test_what_is_no_address_declares_nothing(agent: str) -> None:
    assert reason(agent) == "ua.browser"


@pytest.mark.parametrize(
    "agent",
    [
        f"{WINDOWS_CHROME}'+(select load_file('x'))+'",
        "X') OR 941=(SELECT 941 FROM PG_SLEEP(15))--",
        "X (sleep(5))",
        'X"<?=print(1);?>"',
        "<script>alert(1)</script>",
        "${jndi:ldap:x}",
        "() { :;}; cat /etc/passwd'",
        "x' union all select 1",
        "../../../boot.ini",
        "..%2f..%2fboot.ini",
        "() { _; } >_[$($())]",
        "-1 OR 2=2",
        "-1' OR 8=8",
        "x (12=12)",
        "x=1 waitfor delay",
        "x= order by 1",
        "x= make_set(9,1)",
    ],
)
def test_an_attack_is_a_scanners(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.reasons, verdict.evidence) == (
        Actor.SECURITY_SCANNER,
        ("ua.scanner_token",),
        3,
    )


FORGED = [
    f"Mozilla/5.0 (Linux; Android 5.0; SM-G900P Build/LRX21T) {LIKE_GECKO} Chrome/53.0.7149.1690 Mobile Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {LIKE_GECKO} Chrome/100.0.4758.102 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 5.1) {LIKE_GECKO} Chrome/45.0.9999.1 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0) {LIKE_GECKO} Chrome/120.0.1234567890123.1 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0) {LIKE_GECKO} Chrome/99999.0.6099.1 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 5.1) {LIKE_GECKO} Chrome/45.0.1234567.1 Safari/537.36",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 11_0 like Mac OS X) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/40.0.3754.1 Mobile Safari/537.36"
    ),
]


@pytest.mark.parametrize("agent", FORGED)
def test_a_chrome_build_that_never_was_is_forged(agent: str) -> None:
    verdict = judge_agent(agent, "open")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.CRAWLER, Human.NO, 2)
    assert verdict.reasons == ("ua.chrome_build_impossible",)


@pytest.mark.parametrize("version", ["118.0.0.1", "999.0.0.0", "30.0.0000.0"])
def test_build_0_tells_nothing(version: str) -> None:
    assert reason(WINDOWS_CHROME.replace("142.0.0.0", version)) == "ua.browser"
    assert reason(WINDOWS_CHROME.replace("142.0.0.0", version).replace("NT 10.0", "NT 10.1")) == "ua.browser"


def test_the_builds_of_other_browsers_are_their_own() -> None:
    assert reason(f"Mozilla/5.0 (Windows NT 6.1) {LIKE_GECKO} Chrome/118.0.1.2 Safari/537.36 JiSu/118.0.1.2") == (
        "ua.browser"
    )


@pytest.mark.parametrize(
    "agent",
    [
        f"Mozilla/5.0 (Windows NT 5.1) {LIKE_GECKO} Chrome/98.0.4758.102 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 5.2; WOW64) {LIKE_GECKO} Chrome/50.0.2661.102 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 5.1) {LIKE_GECKO} Chrome/109.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 6.0) {LIKE_GECKO} Chrome/50.0.2661.102 Safari/537.36",
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 11_0 like Mac OS X) AppleWebKit/604.1.38 (KHTML, like Gecko) "
            "Chrome/72.0.3626.121 Mobile Safari/604.1"
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 11_0 like Mac OS X) AppleWebKit/604.1.38 (KHTML, like Gecko) Chrome/120.0.0.0 "
            "Mobile Safari/604.1"
        ),
    ],
)
def test_a_browser_on_a_system_it_never_ran_on_is_forged(agent: str) -> None:
    verdict = judge_agent(agent, "open")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.CRAWLER, Human.NO, 2)
    assert verdict.reasons == ("ua.impossible_platform",)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Example/1.0)",
        "Mozilla/5.0 (compatible;Example)",
        "Mozilla/4.0 (compatible: Example)",
        f"Mozilla/5.0 {LIKE_GECKO[:-1]}; compatible; Example-Reader/0.1) Chrome/119.0.6045.214 Safari/537.36",
    ],
)
def test_compatible_with_what_was_never_a_browser_is_a_robot(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.CRAWLER, Human.NO, 2)
    assert verdict.reasons == ("ua.compatible_unknown",)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla",
        "Mozilla/4.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        "Mozilla/5.0 (X11; Linux x86_64",
        "Mozilla/5.0 (compatible)",
        "Mozilla/5.0 Example/2",
        "Chrome",
        "iPad",
        "12345",
        "-",
        "{}",
    ],
)
def test_a_browsers_name_and_nothing_else_is_no_browser(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.CRAWLER, Human.NO, 2)
    assert verdict.reasons == ("ua.bare_mozilla",)


@pytest.mark.parametrize(
    "agent",
    [
        f"{WINDOWS_CHROME}; Example-Reader/1.0",
        f"Mozilla/5.0 (Windows NT 10.0) {LIKE_GECKO[:-1]}; Example Name) Chrome/120.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 10.0) {LIKE_GECKO[:-1]}, Example) Chrome/120.0.0.0 Safari/537.36",
        f"Anonymous, {WINDOWS_CHROME}",
        web_view("MIX 2S Build/QKQ1", chrome="105.0.0.0MQQBrowser/6.2"),
        f"{LINUX_CHROME} Example/1.0.0",
        f"Mozilla/5.0 (X11; Linux x86_64; Example) {LIKE_GECKO} Chrome/120.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (X11; Example; Linux x86_64) {LIKE_GECKO} Chrome/120.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Unknown; Linux x86_64) {LIKE_GECKO} example Chrome/120.0.0.0 Safari/537.36",
    ],
)
def test_a_name_added_where_no_browser_adds_one_is_a_robots(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.CRAWLER, Human.NO, 2)
    assert verdict.reasons == ("ua.added_name",)


def test_the_first_chromes_were_mended_in_another_way() -> None:
    old = "Mozilla/5.0 (Windows; U; Windows NT 6.1; en-US) AppleWebKit/532.5 (KHTML, like Gecko)"
    assert reason(f"{old} Chrome/4.0.249.1025 Safari/532.5") == "ua.browser"


@pytest.mark.parametrize(
    "agent",
    [
        web_view("SM-G988N Build/SP1A", tail=";KAKAOTALK 2409760"),
        web_view("5022D Build/LMY47I", tail=";"),
        f"{IPHONE} Mobile/15E148 Version/14.8.1 Safari/605.1.15; Example/1.31.2",
        ANDROID_CHROME.replace(" Mobile Safari", "MobileSafari"),
        ANDROID_CHROME.replace(" Mobile Safari", "Safari"),
        f"{WINDOWS_CHROME};",
        "Mozilla/5.0 (Linux; Android 5.1; iQ1806)",
        "Mozilla/5.0 (Linux; U; Android 5.1; iQ1806)",
    ],
)
def test_apps_on_phones_add_what_they_like(agent: str) -> None:
    assert not judge_agent(agent, "click").is_machine


@pytest.mark.parametrize(
    "name", ["ZohoMail-Desktop/1.6.3", "jp.co.yahoo.android.ymail/5.3.9", "MailMasterPC/4", "kmail2"]
)
def test_a_web_view_with_the_name_of_a_mail_program_is_one(name: str) -> None:
    verdict = judge_agent(f"{WINDOWS_CHROME} {name}", "open")
    assert (verdict.human, verdict.evidence, verdict.reasons) == (Human.YES, 2, ("ua.mail_client",))


@pytest.mark.parametrize(
    "agent",
    [f"{WINDOWS_CHROME} Example/1.0.0", f"{MAC} Version/17.1 Safari/605.1.15 Example/1", f"{LINUX_CHROME} Tesla/2"],
)
def test_elsewhere_a_browser_may_add_a_name(agent: str) -> None:
    assert reason(agent) == "ua.browser"


def test_every_browser_and_system_that_is_known_on_linux_may_be_added() -> None:
    for name in shapes.LINUX_BROWSERS:
        agent = f"{LINUX_CHROME} {name}1" if name.endswith("/") else f"{LINUX_CHROME} {name}"
        assert judge_agent(agent, "click").human is Human.YES, name


@pytest.mark.parametrize("name", ["(Ecosia android@111.0.5563.116)", "Instagram", "Kiwi/1", "(Debian)"])
def test_a_phone_that_asks_for_the_desktops_page_is_a_person(name: str) -> None:
    assert reason(f"{LINUX_CHROME} {name}") == "ua.browser"


@pytest.mark.parametrize(
    "agent", ["Acme API Gateway", "Example SDK", "acme-connector/2.0", "Acme Data Export", "My Tool"]
)
def test_words_of_programs_count_where_no_system_is_named(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.HTTP_CLIENT, Human.NO, 2)
    assert verdict.reasons == ("ua.purpose",)
    assert judge_agent(f"{agent} (Windows NT 10.0)", "click").reasons == ("ua.app",)
    assert not judge_agent(f"{agent} (Android 13)", "click").is_machine


def test_words_are_not_looked_for_in_addresses() -> None:
    assert reason("Mailbird/2.9 (see http://example.org/scanner/checker)") == "ua.mail_client"
    assert reason("Example (http://example.org/mail/scanner)") == "ua.declared_bot"


def test_an_agent_is_judged_by_its_beginning() -> None:
    assert reason(f"{WINDOWS_CHROME} {'x' * 2048} Xbot") == "ua.browser"
    assert reason("x" * 2044 + " bot") == "ua.declared_bot"
    assert reason("x" * 2045 + " bot") != "ua.declared_bot"


def test_case_means_nothing_to_words() -> None:
    for agent in ("EXAMPLEBOT/1.0", "CURL/8", "ExampleBot", "PYTHON-REQUESTS/2"):
        assert judge_agent(agent, "click") == judge_agent(agent.lower(), "click")
        assert judge_agent(agent, "click").is_machine


def test_mail_programs_say_which_they_are() -> None:
    for agent, evidence, vendor in (
        (MAC, 2, None),
        ("Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Thunderbird/128.3.0", 2, "Mozilla"),
        ("The Bat! 9.3.4", 2, None),
    ):
        verdict = judge_agent(agent, "open")
        assert (verdict.evidence, verdict.vendor) == (evidence, vendor)


PARTS = st.sampled_from(
    [
        "Mozilla/5.0", " (", ")", "; ", "Windows NT 10.0", "Linux; Android 10; K", "compatible", LIKE_GECKO, " Chrome/",
        "142.0.0.0", "99.0.12345.6", " Safari/537.36", "bot", "http://", "+", "@", "example.org", " ", "/", "\x00",
        "\ud800", "ſ", "İ", "CFNetwork/1", "okhttp/4", "WhatsApp/", "[FBAN/", "]", "'", "<", "select", "Mail", "9" * 30,
    ]
)  # fmt: skip
AGENTS = st.text() | st.lists(PARTS, max_size=12).map("".join)


@given(AGENTS, KINDS)
@example("Chrome/" + "9" * 5000 + ".0." + "9" * 5000 + ".0 Safari/537.36 Mozilla/5.0 (X11) AppleWebKit/1", "open")
def test_any_text_has_a_verdict_of_known_codes(agent: str, kind: Any) -> None:  # noqa: ANN401 - from a strategy
    verdict = judge_agent(agent, kind)
    assert len(verdict.reasons) == 1
    assert verdict.reasons[0] in set(Signal)
    assert verdict.evidence in (1, 2, 3)
    assert type(verdict.reasons[0]) is str


@given(AGENTS)
def test_a_machine_by_its_agent_is_one_for_opens_and_clicks(agent: str) -> None:
    opened, clicked = judge_agent(agent, "open"), judge_agent(agent, "click")
    assert opened.is_machine <= clicked.is_machine
    if opened.counts_for_metrics and opened.actor is not Actor.IMAGE_PROXY:
        assert opened == clicked


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "(",
        "Mozilla/5.0 (",
        "; ",
        "a.",
        "a@",
        "+a",
        "Chrome/1",
        "like Gecko, ",
        "android 1; a",
        "http:/",
        "mail-",
        "9",
        "bot",
        "khtml, like gecko; ",
        "compatible; u ",
        "[FBAN/",
    ],
)
def test_time_grows_no_faster_than_length(unit: str) -> None:
    def seconds(octets: int) -> float:
        agent = unit * (octets // len(unit))
        start = process_time()
        judge_agent(agent, "click")
        return process_time() - start

    assert min(seconds(1_000_000) for _ in range(3)) < 0.5


@pytest.mark.parametrize("agent", [b"curl/8.4.0", 3, ["curl"]])
def test_other_types_are_refused(agent: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises(TypeError, match="user_agent must be a str or None"):
        judge_agent(agent, "open")

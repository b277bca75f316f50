"""Agents of 2025 and 2026, each with what it is and who says so: one test for each kind of mistake that was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent_texts import LIKE_GECKO
from lmtrack.classifier import Actor, Human, Verdict, classify_event, describe_client

if TYPE_CHECKING:
    from lmtrack.classifier import Kind

CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36"
LINUX_CHROME = f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO} Chrome/118.0.5993.117 Safari/537.36"
LINUX = f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO}"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO}"
WEBKITGTK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15"
EDGE_OF_2015 = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246"
REQUESTS = Path(__file__).resolve().parents[1] / "corpus" / "client-requests.json"


def judge(agent: str, kind: Kind = "open", **more: Any) -> Verdict:  # noqa: ANN401 - any argument of the function
    return classify_event(kind=kind, user_agent=agent, **more)


@pytest.mark.parametrize(
    ("agent", "vendor"),
    [
        (f"{LINUX_CHROME} FastmailUA/1.0", "Fastmail"),  # fastmail.com/policies/bots
        (f"hey.com/imageproxy {LINUX_CHROME}", "HEY"),  # hey.com/image-proxy
    ],
)
def test_proxies_that_fetch_when_a_person_views_are_that_person(agent: str, vendor: str) -> None:
    verdict = judge(agent)
    assert (verdict.actor, verdict.human, verdict.vendor) == (Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, vendor)
    assert judge(agent, "click").actor is Actor.UNKNOWN


def test_fastmails_fetcher_of_calendars_tells_nothing() -> None:
    assert not judge("FastmailUA/1.0").counts_for_metrics


@pytest.mark.parametrize("word", ["Mozilla/5.0", "Gmail-content-sampling", "GmailSampling/1.0", "Google-Preview"])
@pytest.mark.parametrize("kind", ["open", "click"])
def test_gmails_prefetch_has_another_last_word_now_and_then(word: str, kind: Kind) -> None:
    verdict = judge(f"{EDGE_OF_2015} {word}", kind)
    assert (verdict.actor, verdict.human, verdict.vendor) == (Actor.GMAIL_PREFETCH, Human.NO, "Google")
    assert judge(EDGE_OF_2015, kind).human is Human.YES


@pytest.mark.parametrize(
    "added",
    [
        "EmailSecurity/1.0",
        "Acme-email-content-sampling",
        "MailFilter/2",
        "MailGateway/3.1",
        "email-protection",
        "MailScan",
    ],
)
def test_a_purpose_beside_a_mail_word_is_a_tools(added: str) -> None:
    for kind in ("open", "click"):
        assert judge(f"{CHROME} {added}", kind).is_machine


@pytest.mark.parametrize("added", ["SomeMail/2.1", "Acme-Mail", "Inbox/3"])
def test_a_mail_word_alone_is_weak_evidence(added: str) -> None:
    verdict = judge(f"{CHROME} {added}")
    assert (verdict.human, verdict.evidence, verdict.reasons) == (Human.YES, 1, ("ua.mail_client",))


@pytest.mark.parametrize(
    "agent",
    [
        "Email%20Extractor/29 CFNetwork/897.15 Darwin/17.5.0 (x86_64)",
        "Mailpit/v1.23.1",
        "MailHog/1.0",
        "mailtrap",
        "MailChecker/1.0 (iPhone; iOS 17)",
    ],
)
def test_a_tool_for_mail_is_no_person(agent: str) -> None:
    assert judge(agent).human is Human.NO


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("David Client (7100 Windows, Edge)", "David"),  # browscap issue 1622
        ("WorkspaceONEBoxer/24.05 (iPhone; iOS 17.5)", "Boxer"),
        ("Fancy Viewer", "Claws Mail"),
        (f"{CHROME} eM Client/7.2.36908.0", "eM Client"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:25.9) Gecko/20160817 FossaMail/25.2.3", "FossaMail"),
        (
            "Mozilla/5.0 (Windows NT 10.0; WOW64; rv:52.0) Gecko/20100101 Thunderbird/52.2.1 Lightning/5.4",
            "Thunderbird",
        ),
        ("Outlook-Express/7.0 (MSIE 7.0; Windows NT 6.1; Trident/7.0; TmstmpExt)", "Windows Live Mail"),
        ("SomeMail/2.1 (Windows NT 10.0)", "SomeMail"),
        ("Mozilla/5.0 (iPad; CPU OS 5_1_1 like Mac OS X) AppleWebKit/534.46 (KHTML, like Gecko)", "Apple Mail"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "Apple Mail or Outlook",  # warmbly pull request 569
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_3 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 mailapp/6",
            "mailapp",
        ),
    ],
)
def test_a_mail_program_is_one_and_has_its_name_wherever_it_stands(agent: str, name: str) -> None:
    assert judge(agent).counts_for_metrics
    client = describe_client(agent)
    assert (client.client_type, client.client_name) == ("email_client", name)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (WEBKITGTK, "WebKitGTK"), (f"{WEBKITGTK} Surf/2.1", "Surf"),
        (f"{LINUX} QtWebEngine/5.15.13 Chrome/87.0.4280.144 Safari/537.36", "Qt WebEngine"),
        (f"{LINUX} Falkon/22.12.1 QtWebEngine/5 Chrome/87.0.4280.144 Safari/537.36", "Falkon"),
        (f"{WINDOWS} Notion/2.0.8 Chrome/76.0.3809.146 Electron/6 Safari/537.36", "Notion"),
        (f"{WINDOWS} Raindrop.io/5 Chrome/82.0.4048.0 Electron/9 Safari/537.36", "Raindrop"),
        ("NetSurf/3.10 (Linux)", "NetSurf"),
        ("LibreOffice 7.4.7.2 denylistedbackend/7.88.1 GnuTLS/3.7.9", "LibreOffice"),
        ("Monazilla/1.00 BathyScaphe/1057 Mac OS X/10.11.6", "BathyScaphe"),
        (f"Mozilla/5.0 {LIKE_GECKO}; compatible; ChatGPT-User/1.0; +https://openai.com/bot", "ChatGPT-User"),
        ("Google-Safety", "Google-Safety"),
        (f"{LINUX} wkhtmltopdf Version/10 Safari/602.1", "wkhtmltopdf"),
        ("WeasyPrint 66.0", "WeasyPrint"),
        ("com.example.app/1.0", None),
    ],
)  # fmt: skip
def test_no_client_is_called_after_an_engine_a_path_or_a_domain(agent: str, name: str | None) -> None:
    assert describe_client(agent).client_name == name


@pytest.mark.parametrize("agent", ["PetalBot", "Petalbot/1.0", "Grabbot", "ACubot/1"])
def test_a_robots_name_may_end_like_a_phones(agent: str) -> None:
    assert judge(agent).actor is Actor.CRAWLER


def test_a_note_hung_on_a_visitors_agent_leaves_the_visitor() -> None:
    # isbot issue 269
    note = " ||| ReqID: 1f2e ... Initiator: https://shop.example/checker"
    assert judge(CHROME + note, "click").human is Human.YES
    assert judge("curl/8.4.0" + note, "click").is_machine
    assert judge(f"{CHROME} Examplebot/1.0{note}", "click").is_machine


def test_a_patch_above_a_thousand_is_yandexs_or_undecided() -> None:
    plain = CHROME.replace("142.0.0.0", "138.0.7204.1898")
    assert (judge(plain).actor, judge(plain).human) == (Actor.UNKNOWN, Human.UNKNOWABLE)
    assert judge(plain).reasons == ("ua.chrome_patch_unlikely",)
    assert judge(f"{plain} YaBrowser/25.8.0").human is Human.YES
    yandex = f"Mozilla/5.0 (Linux; Android 13; SM-A) {LIKE_GECKO} Chrome/118.0.5993.2332 YaApp_Android/23 Safari/537.36"
    assert judge(yandex).human is Human.YES
    assert judge(plain.replace("7204", "6000")).reasons == ("ua.chrome_build_impossible",)


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("ChatGPT-User/1.0", "OpenAI"),
        ("Claude-User/1.0", "Anthropic"),
        ("Perplexity-User/1.0", "Perplexity"),
        ("MistralAI-User/1.0", "Mistral"),
        ("Google-Agent", "Google"),
        ("Google-GeminiNotebook", "Google"),
        ("Manus-User/1.0", "Manus"),
        ("DuckAssistBot/1.2", "DuckDuckGo"),
        ("Newcomer-User/1.0", None),
    ],
)
def test_assistants_and_agents_are_ai_agents(name: str, vendor: str | None) -> None:
    for agent in (
        name,
        f"Mozilla/5.0 (compatible; {name}; +https://assistant.example/about)",
        f"Mozilla/5.0 {LIKE_GECKO[:-1]}; compatible; {name}; +https://assistant.example/bot) Chrome/131.0.0.0",
        f"{CHROME}; {name}",
    ):
        for kind in ("open", "click"):
            verdict = judge(agent, kind)
            assert (verdict.actor, verdict.human, verdict.vendor) == (Actor.AI_AGENT, Human.NO, vendor), agent


@pytest.mark.parametrize("agent", ["GPTBot/1.2", "ClaudeBot/1.0", "PerplexityBot/1.0", "OAI-SearchBot/1.0"])
def test_what_collects_for_a_model_is_a_crawler(agent: str) -> None:
    assert judge(agent).actor is Actor.CRAWLER


@pytest.mark.parametrize(
    "agent",
    [
        "LibreOffice 7.4.7.2 denylistedbackend/7.88.1 GnuTLS/3.7.9",
        "LibreOffice 24.8.4.2 denylistedbackend/8.11.0 OpenSSL/3.4.0",
        "Apache OpenOffice/4.1",
    ],
)
def test_an_office_program_is_an_app(agent: str) -> None:
    assert (judge(agent).human, judge(agent).evidence, judge(agent).reasons) == (Human.YES, 1, ("ua.app",))


# What real programs sent to a tracking host, recorded in 2026-11 with all their headers.
RECORDED = json.loads(REQUESTS.read_text("utf-8"))
MACHINES = ("wkhtmltopdf", "WeasyPrint")


def recorded(request: dict[str, Any]) -> tuple[str | None, list[tuple[str, str]]]:
    headers = [(name, value) for name, value in request["headers"]]
    return next((value for name, value in headers if name.lower() == "user-agent"), None), headers


@pytest.mark.parametrize("request_", RECORDED, ids=lambda request: f"{request['program']} {request['step']}")
def test_no_recorded_program_of_a_person_is_a_machine(request_: dict[str, Any]) -> None:
    agent, headers = recorded(request_)
    kind: Kind = "click" if request_["kind"] == "click" else "open"
    verdict = classify_event(kind=kind, user_agent=agent, method=request_["method"], headers=headers)
    assert verdict.is_machine == request_["program"].startswith(MACHINES)
    assert not any(reason.startswith("hdr.") for reason in verdict.reasons)


def test_all_recorded_programs_are_there() -> None:
    assert len(RECORDED) == 102
    assert len({request["program"] for request in RECORDED}) == 22

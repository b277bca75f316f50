from __future__ import annotations

import pytest

from agent_texts import ANDROID_CHROME, IPHONE, LIKE_GECKO, LINUX_CHROME, MAC, WINDOWS_CHROME, reason, web_view
from lmtrack._agents.agent import judge_agent, judge_cut
from lmtrack._agents.request import classify_event
from lmtrack._agents.tables import names, shapes
from lmtrack._agents.verdict import Actor, Human, Kind, Verdict
from user_agent_lists import is_mainstream

MAINSTREAM_BROWSERS = [
    WINDOWS_CHROME,
    LINUX_CHROME,
    ANDROID_CHROME,
    f"{WINDOWS_CHROME} Edg/142.0.0.0",
    f"{WINDOWS_CHROME} OPR/120.0.0.0",
    f"{ANDROID_CHROME} EdgA/142.0.0.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 9; moto g(6) play) {LIKE_GECKO} Chrome/120.0.6099.43 Mobile Safari/537.36",
    ANDROID_CHROME.replace("Chrome/", "SamsungBrowser/28.0 Chrome/"),
    web_view("SM-S908B Build/TP1A.220624.014"),
    web_view("CPH2121 Build/RP1A.200720.011", tail=" [FB_IAB/Orca-Android;FBAV/339.0.0.12.116;]"),
    web_view("Pixel 7 Build/TQ3A", tail=" Instagram 333.0.0.42.91 Android (31/12; 280dpi; 720x1462; m; x)"),
    f"{IPHONE} Version/26.1 Mobile/15E148 Safari/604.1",
    f"{IPHONE} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1",
    f"{IPHONE} Mobile/15E148",
    f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/183.0.0.41.81;FBDV/iPhone14,7]",
    f"{MAC} Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
]


@pytest.mark.parametrize("agent", MAINSTREAM_BROWSERS)
def test_the_browsers_that_mail_is_read_in_end_at_the_mainstream(agent: str) -> None:
    assert is_mainstream(agent)
    assert judge_agent(agent, "open") == Verdict(
        actor=Actor.HUMAN, human=Human.YES, evidence=2, reasons=("ua.browser",)
    )


@pytest.mark.parametrize("agent", MAINSTREAM_BROWSERS)
@pytest.mark.parametrize("change", ["{} x", "x {}", "{} (compatible; Examplebot/1.0)", "{}; Examplebot"])
def test_what_merely_resembles_the_mainstream_goes_the_long_way(agent: str, change: str) -> None:
    assert not is_mainstream(change.format(agent))


OTHER_PEOPLE = {
    "televisions": "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 "
    "Safari/537.36 WebAppManager",
    "a console": "Mozilla/5.0 (Nintendo 3DS; U; ; en) Version/1.7412.EU",
    "another console": "Mozilla/5.0 (PLAYSTATION 3; 3.55)",
    "an old phone": "SonyEricssonK800i/R1KG Browser/NetFront/3.3 Profile/MIDP-2.0 Configuration/CLDC-1.1",
    "an old phone with Java": "Vodafone/1.0/LG-KC910/V08h Browser/Teleca-Q7.1 Java/ASVM/1.1 Profile/MIDP-2.1",
    "Opera Mini": "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1/29.3709; U; en) Presto/2.8.119 Version/11.10",
    "KaiOS": "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
    "Internet Explorer": "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; .NET CLR 2.0.50727)",
    "a component with an address": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; Embedded Web Browser from: "
    "http://bsalsa.com/; .NET CLR 2.0.50727)",
    "a component with the address's other form": "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; EmbeddedWB "
    "14.52 from: http://www.bsalsa.com/ EmbeddedWB 14.52; .NET CLR 2.0.50727)",
    "a browser with its address": "Mozilla/5.0 (Windows; U; Windows NT 5.2; en-US) AppleWebKit/534.34 "
    "(KHTML, like Gecko) QtWeb Internet Browser/3.8.5 http://www.QtWeb.net",
    "a browser with its company's address": "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; http://intranet.example.com; "
    "rv:11.0) like Gecko",
    "a system that is compatible": "Mozilla/5.0 (Linux; U; AliyunOS 1.1; Android 4.0 Compatible; xx; V1 Build/Aliyun) "
    "AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
    "Konqueror": "Mozilla/5.0 (compatible; Konqueror/4.4; Linux) KHTML/4.4.5 (like Gecko) Kubuntu",
    "a browser of the Amiga": "Mozilla/5.0 (compatible; IBrowse 3.0; AmigaOS4.0)",
    "Chrome 49 on XP": "Mozilla/5.0 (Windows NT 5.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/49.0.2623.112 "
    "Safari/537.36",
    "another Chromium on XP": "Mozilla/5.0 (Windows NT 5.1) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE",
    "CUBOT": f"Mozilla/5.0 (Linux; Android 6.0; CUBOT MAX) {LIKE_GECKO} Chrome/72.0.3626.121 Mobile Safari/537.36",
    "a device called bot": web_view("SCANBOT Crawler Build/MRA58K", tail=" Feedly/1.2"),
    "the old form of a device": "Mozilla/5.0 (Linux; U; Android 4.1.1; en-gb; MonitorBot X (2) Build/KLP) "
    "AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Safari/534.30",
    "CamScanner": web_view("2201116SI Build/TKQ1", tail=" CamScanner/4.5.0.2305051722"),
    "CamScanner on a desktop": f"{WINDOWS_CHROME} CamScanner/4",
    "an app that checks": web_view("CPH1 Build/1", tail=" WeightMonitor/2 csh-store-checkout"),
    "Ecosia": f"{ANDROID_CHROME} (Ecosia android@111.0.5563.116)",
    "Banca Caboto": "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; Banca Caboto s.p.a.)",
    "turbotabbee": "Opera/9.70 (Linux armv7l ; U; turbotabbee/TSV2.0/1.02Q; fr) Presto/2.2",
    "a phone company in brackets": f"{IPHONE} Mobile/10B329 [FBAN/FBIOS;FBCR/Telekom.de;FBDV/iPhone4,1] x",
    "a browser called after its site": f"{MAC[:-29]}Raindrop.io/5.4.3 Chrome/120.0.6099.56 Electron/28.0.0 "
    "Safari/537.36",
    "Opera for developers": f"{LINUX_CHROME} OPR/27.0.1689.22 (Edition developer)",
    "a browser on Linux that nobody knows": f"{LINUX_CHROME} SberBrowser/21.0.0.0",
    "Samsung's on a desktop": f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO} SamsungBrowser/20.0 Chrome/106.0.5249.126 "
    "Safari/537.36",
    "Arora": "Mozilla/5.0 (X11; U; Linux; hu-HU) AppleWebKit/523.15 (KHTML, like Gecko, Safari/419.3) Arora/0.4",
    "a television's site": "Mozilla/5.0 (Unknown; Linux armv7l) AppleWebKit/537.1+ (KHTML, like Gecko) Safari/537.1+ "
    "LG Browser/6.00.00(+mouse+3D; LGE; 42LN) LG NetCast.TV",
    "a phone that is like Gecko": "Mozilla/5.0 (H11T; like Gecko; OpenBrowser) NetFront/3.4",
    "Netscape": "Mozilla/4.76 [en] (PalmOS; U; WebPro/3.0.1a; Palm-Arz1)",
    "compatible with a browser": "Mozilla/5.0 (Maemo; Linux; like Android 4.3) AppleWebKit/538.1 (KHTML, like Gecko) "
    "Version/4.0 Mobile Safari/538.1 (compatible; Mobile; Firefox)",
    "a device by another name": "Mozilla/5.0 (Linux; U; Android 2.3.6; en-us; Magellan) AppleWebKit/533.1 "
    "(KHTML, like Gecko) Version/4.0 Mobile Safari/533.1",
    "Mosaic": "NCSA_Mosaic/2.7b5 (X11;Linux 2.6.7 i686) libwww/2.12 modified",
    "Links": "Links (2.1pre23; Linux 3.5.0 i686; 237x63)",
    "a Chrome without a known build": "Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/94.0.1 Safari/537.36",
    "a browser behind a semicolon": f"{WINDOWS_CHROME}; 360 Aphone Browser (6.9.9.18beta)",
    "a distribution's Chromium": f"{LINUX_CHROME} SUSE/142.0.1587.0",
    "an early preview": "Mozilla/5.0 (Windows; U; Windows NT 6.1; rv:1.9.3a1) Gecko/2010 MozillaDeveloperPreview/3.7",
}


@pytest.mark.parametrize("agent", OTHER_PEOPLE.values(), ids=OTHER_PEOPLE)
def test_rarer_browsers_are_people(agent: str) -> None:
    assert judge_agent(agent, "click").human is Human.YES, reason(agent)


MAIL_AGENTS = [
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.6326; Pro)",
    "Outlook-iOS/709.2189947.prod.iphone (3.24.0)",
    "MacOutlook/16.78.23100802 (Intelx64 Mac OS X Version 14.0 (Build 23A344))",
    f"{WINDOWS_CHROME} Edg/120.0.0.0 OneOutlook/1.2023.1214.201",
    "WindowsMail/17.5.9600.22013",
    "Outlook-Express/7.0 (MSIE 7.0; Windows NT 6.1; Trident/4.0; TmstmpExt)",
    MAC,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; rv:60.9) Gecko/20100101 Betterbird/60.9",
    "eM Client/9.2.2054",
    "eMClient/10.1",
    "The Bat! 9.3.4",
    "Evolution/3.44.4-0ubuntu1",
    "Superhuman",
    "Airmail 1.0.6 rv:196 (Macintosh; Mac OS X 10.8.4; en_GB)",
    f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO} Mailspring/1.9.2 Chrome/78.0.3904.130 Electron/7.3.15 Safari/537.36",
    "Mozilla/4.0 (compatible; Lotus-Notes/6.0; Windows-NT)",
    "Claws Mail 4.1.1 (GTK 3.24.33; x86_64-pc-linux-gnu)",
    "Yahoo%20Mail/49268 CFNetwork/1121.2.2 Darwin/19.3.0",
    "WEB.DE Mail/7.22 (Android 10)",
    "UnheardOfMail/2.1",
    "NewMailApp/3 (iPhone; iOS 18.1)",
    "Postfach Inbox/1.0",
    "Mail/3731.700.6 CFNetwork/1474",
    "Zimbra Desktop/7.3.1 (Win) http://www.zimbra.com",
]


@pytest.mark.parametrize("agent", MAIL_AGENTS)
def test_mail_programs_are_people(agent: str) -> None:
    verdict = judge_agent(agent, "open")
    assert (verdict.actor, verdict.human, verdict.reasons) == (Actor.HUMAN, Human.YES, ("ua.mail_client",))


def test_a_mail_program_that_only_calls_itself_one_is_weaker_evidence() -> None:
    assert judge_agent("UnheardOfMail/2.1", "open").evidence == 1
    assert judge_agent("eMClient/10.1", "open").evidence == 2


@pytest.mark.parametrize(
    "agent",
    [
        "ExampleApp/1 Dalvik/2.1.0 (Linux; U; Android 6.0.1; vivo 1610 Build/MMB29M)",
        "ExampleApp/1 (iPhone; iOS 18.0; Scale/3.00)",
        "ExampleSearch/4.2 CFNetwork/1121.2.2 Darwin/19.3.0",
        "DAVdroid/1.9-ose (2017/10/19; dav4android; okhttp3) Android/7.1.2",
        "FeedReader/2.1 okhttp/4.9.3 (Android 12)",
        "ExampleServiceApp/1.2 (Windows NT 10.0)",
        "ExampleDesktop/1.2 (win10 x64)",
    ],
)
def test_apps_are_people_with_weak_evidence(agent: str) -> None:
    verdict = judge_agent(agent, "open")
    assert (verdict.human, verdict.evidence, verdict.reasons) == (Human.YES, 1, ("ua.app",))


@pytest.mark.parametrize(
    "agent", ["example", "example/4.9.0", "git-example/10.2-g4c", "pa11y/6", "ex_am+ple/v1~2"[:11]]
)
def test_one_product_named_like_a_package_is_a_program(agent: str) -> None:
    verdict = judge_agent(agent, "open")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.HTTP_CLIENT, Human.NO, 2)
    assert verdict.reasons == ("ua.tool_shape",)
    assert judge_agent(agent.title(), "open").human is Human.UNKNOWABLE


@pytest.mark.parametrize("agent", ["Example/1.0", "Exa-mple/9.0", "Ex_am+ple/0.12", "Example v2.0", "Example 1.0"])
def test_one_product_with_a_version_that_somebody_typed_is_a_program(agent: str) -> None:
    verdict = judge_agent(agent, "open")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.HTTP_CLIENT, Human.NO, 2)
    assert verdict.reasons == ("ua.tool_shape",)


@pytest.mark.parametrize("agent", ["Example/1.4", "Example/10.0", "Example/1.0.1", "Example2/1.0", "An Example 1.0"])
def test_other_versions_are_no_evidence(agent: str) -> None:
    assert judge_agent(agent, "open").human is Human.UNKNOWABLE


@pytest.mark.parametrize("agent", ["Transmit/5.6.0", "Stringer", "v2.1-rc1", "a.b_c+d/1.0-x", "com.example/3", "ab/3"])
def test_one_product_is_a_tool_but_never_a_machine(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.UNKNOWN, Human.UNKNOWABLE, 1)
    assert verdict.reasons == ("ua.tool_shape",)


@pytest.mark.parametrize("agent", ["Something That Nobody Knows", "Zwei Worte", "é"])
def test_an_unknown_agent_is_unknowable(agent: str) -> None:
    verdict = judge_agent(agent, "click")
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.UNKNOWN, Human.UNKNOWABLE, 1)


@pytest.mark.parametrize(("kind", "evidence"), [("open", 1), ("click", 2)])
@pytest.mark.parametrize("agent", [None, "", "  ", "\t"])
def test_a_missing_agent_is_unknown(agent: str | None, kind: Kind, evidence: int) -> None:
    verdict = judge_agent(agent, kind)
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.UNKNOWN, Human.UNKNOWABLE, evidence)
    assert verdict.reasons == ("ua.missing",)


def test_only_the_bare_name_is_apples_prefetch_and_only_of_an_open() -> None:
    opened, clicked = judge_agent("Mozilla/5.0", "open"), judge_agent("Mozilla/5.0", "click")
    assert (opened.actor, opened.human, opened.evidence) == (Actor.APPLE_MPP, Human.UNKNOWABLE, 2)
    assert (opened.reasons, opened.vendor) == (("ua.apple_mpp",), "Apple")
    assert (clicked.actor, clicked.human, clicked.evidence) == (Actor.HTTP_CLIENT, Human.NO, 2)
    assert clicked.reasons == ("ua.bare_mozilla",)
    for other in ("Mozilla/4.0", "Mozilla/5.0 x", "mozilla/5.0", "Mozilla"):
        assert judge_agent(other, "open").actor is not Actor.APPLE_MPP


def test_only_the_exact_string_is_gmails_prefetch() -> None:
    exact = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
        "Safari/537.36 Edge/12.246 Mozilla/5.0"
    )
    for kind in ("open", "click"):
        verdict = judge_agent(exact, kind)
        assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.GMAIL_PREFETCH, Human.NO, 3)
        assert (verdict.reasons, verdict.vendor) == (("ua.gmail_prefetch",), "Google")
    assert reason(exact.removesuffix(" Mozilla/5.0")) == "ua.browser"
    assert reason(exact.lower()) != "ua.gmail_prefetch"


@pytest.mark.parametrize(
    ("agent", "signal", "vendor", "evidence"),
    [
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "ua.google_image_proxy",
            "Google",
            3,
        ),
        ("Mozilla/5.0 (Windows; U) Gecko/2009 Firefox/3.0.7 (via ggpht.com)", "ua.google_image_proxy", "Google", 3),
        (f"{WINDOWS_CHROME} (via SuperhumanProxy; hello@superhuman.com)", "ua.mail_proxy", "Superhuman", 3),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "ua.yahoo_mail_proxy", "Yahoo", 3),
        ("Mozilla/5.0 SeznamEmailProxy/2.0.174", "ua.mail_proxy", "Seznam", 3),
        ("RamblerMail/6.0 (incompatible; ImageProxy/6.0)", "ua.mail_proxy", "Rambler", 3),
        (
            (
                f"Mozilla/5.0 (Windows NT 10.0) {LIKE_GECKO} Chrome/55.0.2883.87 Safari/537.36 "
                "(via secureurl.fwdcdn.com - mail.ukr.net proxy)"
            ),
            "ua.mail_proxy",
            "UKR.NET",
            3,
        ),
        ("NewMailImageProxy/1.0", "ua.mail_proxy", None, 2),
    ],
)
def test_a_mail_services_image_proxy_is_a_person_who_opened(
    agent: str, signal: str, vendor: str | None, evidence: int
) -> None:
    verdict = judge_agent(agent, "open")
    assert (verdict.actor, verdict.human) == (Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN)
    assert (verdict.reasons, verdict.vendor, verdict.evidence) == ((signal,), vendor, evidence)
    clicked = judge_agent(agent, "click")
    assert (clicked.actor, clicked.human, clicked.evidence) == (Actor.UNKNOWN, Human.UNKNOWABLE, 1)
    assert clicked.reasons == (signal,)


def test_image_proxies_of_other_sites_are_machines_and_fastmails_is_unknowable() -> None:
    for agent in ("Slack-ImgProxy (+https://api.slack.com/robots)", "github-camo (c006e452)"):
        for kind in ("open", "click"):
            assert judge_agent(agent, kind).actor is Actor.IMAGE_PROXY
            assert judge_agent(agent, kind).human is Human.NO
    assert judge_agent("FastmailUA/1.0", "open").human is Human.UNKNOWABLE
    assert judge_agent("FastmailUA/1.0", "click").actor is Actor.UNKNOWN


NAMED = {
    # scanners
    "Barracuda Sentinel (EE)": ("ua.scanner_token", "Barracuda"),
    "Kaspersky Lab CFR link resolver cfradmins@kaspersky.com": ("ua.scanner_token", "Kaspersky"),
    "Mozilla/5.0 (compatible; PhishBucketRust/1.0)": ("ua.scanner_token", "PhishBucket"),
    "TwinWaveScanner": ("ua.scanner_token", "Splunk"),
    "Mozilla/5.0 (X11, U; OpenVAS 7.0.10)": ("ua.scanner_token", None),
    # previews
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5": ("ua.preview_token", "Microsoft"),
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": ("ua.preview_token", "Slack"),
    "WhatsApp/2.19.175 A": ("ua.preview_token", "Meta"),
    "WhatsApp/2.12.15/i": ("ua.preview_token", "Meta"),
    "WhatsApp": ("ua.preview_token", "Meta"),
    "WhatsApp/784941593 CFNetwork/3826.600.41 Darwin/24.6.0": ("ua.preview_token", "Meta"),
    "Viber": ("ua.preview_token", "Viber"),
    "Magellan": ("ua.list", None),
    "Adventurer": ("ua.list", None),
    "TelegramBot (like TwitterBot)": ("ua.preview_token", "Telegram"),
    "facebookexternalhit/1.1": ("ua.preview_token", "Meta"),
    # under others' names
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0": ("ua.preview_token", "Apple"),
    "facebookexternalhit/1.1;kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984": (
        "ua.preview_token",
        "Kakao",
    ),
    "WhatsApp/2": ("ua.preview_token", None),
    "WhatsApp/2.23.20.0 A": ("ua.preview_token", "Meta"),
    "Microsoft Office Existence Discovery": ("ua.office_probe", "Microsoft"),
    "Microsoft Office Protocol Discovery": ("ua.office_probe", "Microsoft"),
    # fetchers
    "Mediapartners-Google": ("ua.list", "Google"),
    "Google-Cloud-Tasks": ("ua.list", "Google"),
    f"Mozilla/5.0 (X11; Linux x86_64; Rigor) {LIKE_GECKO} Chrome/80.0.3987.106 Safari/537.36": ("ua.list", "Splunk"),
    "Mozilla/5.0 (Linux; U; Android 4.0.2; en-us; Catchpoint) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 "
    "Mobile Safari/534.30": ("ua.list", "Catchpoint"),
    # libraries
    "curl/8.4.0": ("ua.http_library", None),
    "curl": ("ua.http_library", None),
    "Python/3.9 aiohttp/3.8": ("ua.http_library", None),
    "axios/1.3.4": ("ua.http_library", None),
    "okhttp/4.9.3": ("ua.http_library", None),
    "Alamofire/5.4": ("ua.http_library", None),
    "Java/17.0.6": ("ua.http_library", None),
    "Wget/1.21.2": ("ua.http_library", None),
    "Mozilla/5.0libwww-perl/5.826": ("ua.http_library", None),
}


@pytest.mark.parametrize(("agent", "expected"), NAMED.items())
def test_known_names_are_machines_with_their_vendor(agent: str, expected: tuple[str, str | None]) -> None:
    verdict = judge_agent(agent, "click")
    assert verdict.is_machine
    assert (verdict.reasons[0], verdict.vendor) == expected


def test_a_library_of_apps_is_weaker_evidence_than_a_command() -> None:
    assert judge_agent("okhttp/4.9.3", "open").evidence == 2
    assert judge_agent("curl/8.4.0", "open").evidence == 3


class Loud(str):
    """Text whose methods do as they like."""

    __slots__ = ()

    def lower(self) -> str:  # noqa: D102 - the class says it
        raise AssertionError


def test_what_was_judged_is_remembered_by_its_text() -> None:
    judge_cut.cache_clear()
    first = judge_agent("Example/1.0 something", "open")
    assert judge_agent(Loud("Example/1.0 something"), "open") is first
    assert judge_agent("x" * 5000, "open") is judge_agent("x" * 9000, "open")
    judge_cut.cache_clear()
    assert judge_agent("Example/1.0 something", "open") == first


def test_a_long_agent_is_remembered_without_what_is_not_read() -> None:
    judge_cut.cache_clear()
    for user_agent in ("x" * 5000, "x" * 9000, Loud("x" * 5000)):
        classify_event(kind="click", user_agent=user_agent)
        judge_agent(user_agent, "open")
    assert judge_cut.cache_info().currsize == 1
    assert judge_agent(None, "click") is judge_agent("", "click") is classify_event(kind="click", user_agent=None)


def test_whatsapp_in_another_form_is_the_app() -> None:
    assert not judge_agent("Viber/12.8.0.1 CFNetwork/1121.2.2 Darwin/19.3.0", "click").is_machine
    assert not judge_agent("WhatsApp/2.23.20.76 (Android 13)", "click").is_machine


TABLES = {
    "MAIL_PROXIES": names.MAIL_PROXIES,
    "SITE_PROXIES": names.SITE_PROXIES,
    "AI_AGENTS": names.AI_AGENTS,
    "MAIL_TOOLS": names.MAIL_TOOLS,
    "SCANNERS": names.SCANNERS,
    "PREVIEWS": names.PREVIEWS,
    "FETCHERS": names.FETCHERS,
    "LIBRARIES": names.LIBRARIES,
    "MAIL_CLIENTS": names.MAIL_CLIENTS,
    "APP_LIBRARIES": names.APP_LIBRARIES,
    "APPS": names.APPS,
    "BROWSERS": names.BROWSERS,
}


def test_every_name_is_a_word_as_agents_are_read_and_stands_in_one_table() -> None:
    seen: set[str] = set()
    for rows in TABLES.values():
        for name in rows:
            assert shapes.WORD.fullmatch(name), name
            assert name not in shapes.COMMON, name
            assert name.removesuffix("/") not in seen, name
            seen.add(name.removesuffix("/"))


@pytest.mark.parametrize(
    "table",
    ["SITE_PROXIES", "AI_AGENTS", "MAIL_TOOLS", "SCANNERS", "PREVIEWS", "FETCHERS", "LIBRARIES", "APP_LIBRARIES"],
)
def test_every_machine_that_has_a_name_is_one_by_it(table: str) -> None:
    for name, vendor in TABLES[table].items():
        verdict = judge_agent(name + "1.0" if name.endswith("/") else name.title(), "click")
        assert verdict.is_machine, name
        assert verdict.vendor == vendor, name


@pytest.mark.parametrize("table", ["MAIL_CLIENTS", "APPS", "BROWSERS"])
def test_every_person_that_has_a_name_is_one_by_it(table: str) -> None:
    for name in TABLES[table]:
        agent = name + "1.0" if name.endswith("/") else name.upper()
        assert judge_agent(agent, "click").human is Human.YES, name


@pytest.mark.parametrize("device", ["iPod touch; iOS 9", "tvOS 14", "watchOS/6", "Darwin/19.3.0", "iPadOS 17"])
def test_phones_and_their_like_are_known_by_their_systems(device: str) -> None:
    assert reason(f"ExampleChecker/1 ({device})") == "ua.app"

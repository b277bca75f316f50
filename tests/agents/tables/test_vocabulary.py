"""One sample for each word, each alternative of a pattern and each row of a list: whichever goes is missed."""

from __future__ import annotations

from typing import Any

import pytest

from agent_texts import ANDROID_CHROME, LIKE_GECKO, WINDOWS_CHROME
from lmtrack._agents.agent import judge_agent
from lmtrack._agents.tables import names, shapes
from lmtrack._agents.tables.vocabulary import PURPOSES, ROBOTS
from lmtrack._agents.verdict import Human


def reason(agent: str) -> str:
    return judge_agent(agent, "click").reasons[0]


# One agent a word, with the word in no name of a table. The second of a pair is what the closer look spares.
SAYS: dict[str, tuple[str, str | None]] = {
    "bot": ("Xbot/1.0", "Caboto/2.3"),
    "scrap": ("Xscraper", "Scrapbook"),
    "crawl": ("Xcrawl/1", None),
    "spider": ("Xspider 2", None),
    "slurp": ("Yslurp", None),
    "spyder": ("Xspyder", None),
    "b0t": ("Xb0t-Image/2.1", None),
    "link": ("X Link Preview (Android 10)", "Xlink/1 (Android 10)"),
    "preview": ("XPreview/1", "DeveloperPreview Gecko/2010"),
    "unfurl": ("Xunfurl/1", None),
    "-user": ("Mozilla/5.0 (compatible; Example-User/1.0)", "Mozilla/5.0 (X11; multi-user) Example/1"),
    "onebox": ("Xonebox/1", "WorkspaceONEBoxer/24.05 (iPhone; iOS 17.5)"),
    "linkexpand": ("XLinkExpand/1", None),
    "opengraph": ("XOpenGraph/1", None),
    "phish": ("AntiPhish/1", None),
    "malware": ("XMalware/1", None),
    "antivirus": ("XAntivirus/1", None),
    "anti-virus": ("X-Anti-Virus/1", None),
    "safebrowsing": ("XSafeBrowsing/1", None),
    "urldefense": ("XUrldefense/1", None),
    "safelink": ("XSafeLinks/1", None),
    "vulnerab": ("XVulnerability/1", None),
    "pentest": ("XPentest/1", None),
    "exploit": ("XExploit/1", None),
    "fuzz": ("XFuzz/1", None),
    "headless": (f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO} HeadlessChrome/120.0.0.0 Safari/537.36", None),
    "phantomjs": ("PhantomJS/2", None),
    "selenium": (f"{WINDOWS_CHROME}; Selenium", None),
    "webdriver": ("XWebDriver/1", None),
    "puppeteer": ("XPuppeteer/1", None),
    "playwright": (f"{WINDOWS_CHROME} Playwright/1.40.0", None),
    "slimerjs": ("SlimerJS/1", None),
    "htmlunit": ("HtmlUnit/2", None),
    "jsdom": ("jsdom/16", None),
    "lighthouse": (f"{ANDROID_CHROME} Chrome-Lighthouse", None),
    "synthetic": (f"{WINDOWS_CHROME} XSynthetics/1", None),
    "wkhtmlto": ("wkhtmltopdf Safari/534.34", None),
    "googleother": (f"{WINDOWS_CHROME} GoogleOther-Image/2.1", None),
    "google-ads": (f"Google-Ads-Overview {WINDOWS_CHROME}", None),
    "google-search": (f"{WINDOWS_CHROME} Google-SearchByImage", None),
    "cursor": ("Cursor/3.0.16 (darwin arm64)", f"{LIKE_GECKO} Cursor/3.0.12 Chrome/142.0.0.0 Electron/39.8.1"),
    "http": ("XHttpClient/4", "PS4Application libhttp/1.000 (PS4)"),
    "libwww": ("libwww/5", "Lynx/2.8.5rel.1 libwww-FM/2.15FC"),
    "services client protocol": (
        "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)",
        "Mozilla/4.0 (compatible; MSIE 6.0; Client Protocol)",
    ),
    "java": ("Java/11", "LG/V08h Java/ASVM/1.1 Profile/MIDP-2.1"),
    "scan": ("XScanner/1", "CamScanner (Windows NT 10.0)"),
    "fetch": ("XFetch/1", "MozacFetch/49.0"),
    "check": ("LinkChecker/1", f"{WINDOWS_CHROME} store-checkout"),
    "index": ("XIndexer/1", f"{WINDOWS_CHROME} Indexo/2"),
    "seo": ("Seokicks/1", f"{WINDOWS_CHROME} Museon/1"),
    "feed": ("XFeed/1", f"{WINDOWS_CHROME} Feedback/1"),
    "rss": ("XRSS/1", f"{WINDOWS_CHROME} Corsseo1/1"),
    "analy": ("XAnalyzer/1", f"{WINDOWS_CHROME} Analyic/1"),
    "audit": ("XAudit/1", f"{WINDOWS_CHROME} Audition/1"),
    "agent": ("XAgent/1", f"{WINDOWS_CHROME} Agentur/1"),
    "cron": (f"{WINDOWS_CHROME} Cron/1", f"{WINDOWS_CHROME} Omicron/1"),
    "download": (f"{WINDOWS_CHROME} Downloader/1", "Mozilla/4.0 (compatible; MSIE 7.0; Download Master)"),
    "watch": (f"{WINDOWS_CHROME} XWatcher/1", f"{WINDOWS_CHROME} Watchface/1"),
    "optimiz": (f"{WINDOWS_CHROME} XOptimizer/1", "Mozilla/4.0 (compatible; MSIE 7.0; msn OptimizedIE8;JAJP)"),
    "torrent": (f"{WINDOWS_CHROME} XTorrent/1", f"{WINDOWS_CHROME} Torrent/44.0.1.3"),
    "web": (f"{WINDOWS_CHROME} WebThumb/1", f"{WINDOWS_CHROME} WebPositive/1"),
    "rank": (f"{WINDOWS_CHROME} XRank/1", f"{WINDOWS_CHROME} Rankine/1"),
}
PLAIN = """
    monitor uptime archiv harvest valid verif inspect probe detect extract exractor parser retriev resolver render
    grab copier mirror webhook callback favicon screenshot thumbnail metadata transcod translat classif
    research plagia linkch finder sitemap webmaster heritrix nutch user-agent useragent daemon kendra grader diagnos
    examin getter tester prospect marketing shorten insight statisti
""".split()  # noqa: SIM905 - a list of words reads better
SAYS |= {word: (f"{WINDOWS_CHROME} X{word}er/1", None) for word in PLAIN}


def test_every_word_has_a_sample() -> None:
    assert {word.guard for word in (*ROBOTS, *PURPOSES)} == SAYS.keys()


@pytest.mark.parametrize("word", [*ROBOTS, *PURPOSES], ids=lambda word: word.guard)
def test_a_word_says_what_a_machine_is_for(word: Any) -> None:  # noqa: ANN401 - ids are made from it
    said, spared = SAYS[word.guard]
    verdict = judge_agent(said, "click")
    assert verdict.is_machine
    assert (verdict.actor, verdict.reasons, verdict.evidence) == (word.actor, (word.signal.value,), word.evidence)
    if spared:
        assert not judge_agent(spared, "click").is_machine


def test_samples_hold_no_name_and_the_words_removed_are_missed() -> None:
    for said, _ in SAYS.values():
        words = shapes.WORD.findall(said.lower())
        assert not any(word in rows for rows in (names.LIBRARIES, names.FETCHERS) for word in words), said


@pytest.mark.parametrize("word", [word for word in PURPOSES if not word.on_phones], ids=lambda word: word.guard)
def test_purposes_are_apps_names_on_phones(word: Any) -> None:  # noqa: ANN401 - ids are made from it
    for agent in (f"X{word.guard}er/1 CFNetwork/1121 Darwin/19", f"{ANDROID_CHROME} X{word.guard}er/1"):
        assert not judge_agent(agent, "click").is_machine


def test_whatever_may_follow_the_word_bot_is_a_robot() -> None:
    for name in ("Bot", "Bots", "xbot-y", "BotSeer", "Botnik", "Botify", "BotLink", "BotPoke", "Robotics", "my_bot"):
        assert reason(f"{WINDOWS_CHROME} {name}/1") == "ua.declared_bot", name
    for name in ("CUBOT", "Abbot", "Talbot", "Roboto", "Botany", "Turbotax", "Nikbotx", "Xbotseer"):
        assert reason(f"{WINDOWS_CHROME} {name}/1") == "ua.browser", name


@pytest.mark.parametrize(
    "name",
    [
        "XScan/1", "XScans/1", "XScanning/1", "Checker/1", "Checking/1", "Index/1", "XIndexing/1", "XIndexation/1",
        "Agent/1", "XAgent/1", "XAgent", "Ranks", "XRanker", "XRanking", "Web-Snap", "Web_Shot", "WebScreen",
        "WebCapture",
    ],
)  # fmt: skip
def test_endings_of_purposes_are_purposes(name: str) -> None:
    assert judge_agent(f"{WINDOWS_CHROME} {name}", "click").is_machine


def test_an_old_phone_names_what_it_can() -> None:
    phone = "WAP Browser/MAUI (HTTP PGDL;HTTPS);GMOBI/001;INDEX/004"
    assert reason(f"ZZZ61M (MRE/3.1.00(64);{phone}") == "ua.browser"
    assert reason(f"ZZZ61M (MRE/3.1.00(64);{phone}".replace("MAUI", "Zzz")) == "ua.http_library"


@pytest.mark.parametrize(
    "name",
    [
        "Scania/1",
        "FetchTV/1",
        "CheckIn/1",
        "Check-out",
        "Indexo",
        "Cronet/1",
        "okhttp/3",
        "ICAPoHTTPS",
        "QQDownload 691",
        "GWX:DOWNLOADED",
        "masking-agent",
        "MSN Optimized;US",
        "FireTorrent/2.0.1",
    ],
)
def test_words_that_only_look_like_purposes_are_none(name: str) -> None:
    assert reason(f"{WINDOWS_CHROME} {name}") == "ua.browser"


@pytest.mark.parametrize("word", [word for word in PURPOSES if word.on_phones], ids=lambda word: word.guard)
def test_some_words_tell_on_phones_too(word: Any) -> None:  # noqa: ANN401 - ids are made from it
    begins = word.guard in ("java", "cursor")
    agent = f"{word.guard}/1 (Android)" if begins else f"X{word.guard}/1 (Android 13)"
    assert judge_agent(agent, "click").reasons == (word.signal.value,)


def test_of_two_purposes_the_one_that_says_more_decides() -> None:
    assert reason("XPreviewChecker/1") == reason("XCheckerPreview/1") == "ua.preview_token"


TOOLS = """
    api sdk services servicing server connector integration search lookup look-up health export import proxy gateway
    hook test certs ssl tls dns dcv domain host url uri web network html css pdf json xml ftp soap rpc oauth ping
    sync backup deploy build cloud data cache cdn jobs task queue scheduler worker script plugin plug-in module
    library framework engine runtime python perl php java ruby golang rust node lua scala erlang elixir curl wget
    sql docker kube semantic knowledge intelligence ai gpt llm adviser pos erp crm leads blog subscriber site
    content status statsd metric track survey score match discover explore secured agent cli libs mylib opensource
    open-source github sender manager cookie consent shipping tool util batch process generator client render walker
    recon peeker wayback adwords google-x x-google facebook meta-x js go r x.js x.net
""".split()  # noqa: SIM905 - a list of words reads better


@pytest.mark.parametrize("word", TOOLS)
def test_each_word_of_programs_tells_a_program(word: str) -> None:
    verdict = judge_agent(f"Zzz {word} Qqq", "click")
    assert verdict.is_machine, verdict
    assert judge_agent("Zzz Qqq", "click").human is Human.UNKNOWABLE


@pytest.mark.parametrize(
    "word",
    [
        "Netflix", "Uncertain", "Recons", "Mai", "Ergo", "Epos", "Webkit", "Internet", "NetTV", "Internet Explorer",
        "MobileExplorer",
    ],
)  # fmt: skip
def test_words_of_programs_are_whole_where_they_are_short(word: str) -> None:
    assert judge_agent(f"Zzz {word} Qqq", "click").human is Human.UNKNOWABLE


@pytest.mark.parametrize(
    "engine",
    ["AppleWebKit/1", "Gecko/1", "MSIE 5", "KHTML/3", "Presto/2", "Trident/7", "Opera/8", "rv:1.9"],
)
def test_each_engine_makes_a_browser(engine: str) -> None:
    assert reason(f"Zzz/1 {engine}") == "ua.browser"


@pytest.mark.parametrize(
    "phone",
    [
        "midp",
        "cldc",
        "UP.Browser",
        "UP.Link",
        "Symbian",
        "Nokia1",
        "BlackBerry8",
        "UCWEB1",
        "DoCoMo/2",
        "J2ME",
        "BREW",
        "MAUI",
        "Obigo1",
        "ACS-NetFront/3",
        "SonyEricssonK850",
        "MOT-40/04",
        "UP/4.1.17r",
    ],
)
def test_each_sign_of_an_old_phone_makes_a_browser(phone: str) -> None:
    assert reason(f"Zzz-1 {phone}") == "ua.browser"


@pytest.mark.parametrize(
    "system",
    [
        "Mac OS 9",
        "MacOS",
        "Macintosh",
        "Windows 10",
        "Windows/10",
        "WinNT",
        "Win32",
        "Win64",
        "Win10",
        "Tizen",
        "Apple TV",
        "AppleTV",
        "Roku2",
        "PlayStation 4",
        "PS3",
        "Nintendo",
        "Xbox",
        "webOS",
        "Web0S",
        "Smart-TV",
        "SmartTV",
        "Amiga",
        "MorphOS",
        "PSP",
        "Dreamcast",
        "X11",
        "Kindle",
        "Amazon;AFTT",
        "Amazon AFTCA002",
        "samsung GT-1",
        "HTC One",
        "HTC_1",
        "HTC/bravo",
        "HTC-1",
        "LG-F160S",
        "LGE/e0",
        "LG_1",
        "LG G6",
        "Sony X",
        "Sony/C1505",
        "2in1;OpenHarmony-6",
        "SerenityOS",
        "Android",
        "iPhone",
        "iPad",
        "iPod",
        "iOS",
        "CFNetwork/1",
        "Darwin/19",
        "watchOS",
        "tvOS/1",
        "iPadOS",
    ],
)
def test_each_system_makes_an_app_of_a_program(system: str) -> None:
    assert reason(f"Zzz-Import-Tool (1; {system})") == "ua.app"


def test_a_system_is_a_word() -> None:
    assert reason("Zzz Tool (xbrokux; xps3; unwin32)") == "ua.purpose"


@pytest.mark.parametrize("word", ["Xmail", "Inbox", "Xoutlook", "Ximap"])
def test_each_word_of_mail_makes_a_mail_program(word: str) -> None:
    assert reason(f"Zzz {word} Reader") == reason(f"Zzz {word} (iPhone)") == "ua.mail_client"


@pytest.mark.parametrize("word", ["mailto", "Mailgun", "MailChimp", "EmailWolf"])
def test_services_that_send_mail_are_no_mail_programs(word: str) -> None:
    assert reason(f"Zzz {word} Server") != "ua.mail_client"


@pytest.mark.parametrize(
    "name", ["Chrome", "Firefox", "Safari", "Edge", "iPad", "iPhone", "Android", "Browser", "WebKit"]
)
def test_each_bare_name_is_no_browser(name: str) -> None:
    assert reason(name) == "ua.bare_mozilla"


@pytest.mark.parametrize(
    "system", ["Windows NT 10.0", "X11; Linux", "Macintosh; Mac OS X", "Linux; U", "Unknown", "compatible", "iPhone"]
)
def test_each_bare_system_is_no_browser(system: str) -> None:
    assert reason(f"Mozilla/5.0 ({system})") == reason(f"Mozilla/4.0 ({system}") == "ua.bare_mozilla"


OLD_BROWSERS = """
    msie konqueror opera ibrowse netpositive abrowse webpositive u amiga-aweb icab omniweb googletoolbar windows
    win32 avant netscape bolt charon webtv polaris teleca uzbl dillo links lynx w3m elinks icecat arora epiphany
    galeon aol haiku origyn odyssey like mac linux mozilla mobile firefox steam
""".split()  # noqa: SIM905 - the same


@pytest.mark.parametrize("name", OLD_BROWSERS)
def test_compatible_with_each_old_browser_is_a_person(name: str) -> None:
    assert reason(f"Zzz (compatible; {name} 1.0)") == "ua.browser"


@pytest.mark.parametrize("browser", ["MSIE8.0; Windows NT 6.0", "Zzz 2.0; MSIE 9.0", "Zzz 0.5; SymbianOS"])
def test_compatible_with_a_browser_in_another_form_is_a_person(browser: str) -> None:
    assert reason(f"Mozilla/5.0 (compatible; {browser})") == "ua.browser"
    assert reason("Mozilla/5.0 (compatible; Zzz 0.5; Windows)") == "ua.compatible_unknown"


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/1.22 (Windows; Data)",
        "Mozilla/2.02 [fr] (Data; I)",
        "Mozilla/3.04 (OS/2; Data)",
        "Mozilla/4.7 (Data; U)",
    ],
)
def test_each_netscape_is_a_person(agent: str) -> None:
    assert judge_agent(agent, "click").human is Human.YES


TOP_LEVELS = """
    com org net io ai info de fr ru nl uk eu it co me app dev cz pl se ch ua be at es biz edu gov jp cn kr br in us
    nu to fm ly tv cc
""".split()  # noqa: SIM905 - the same


@pytest.mark.parametrize("top", TOP_LEVELS)
def test_each_top_level_makes_a_host_and_none_begins_one(top: str) -> None:
    assert reason(f"{WINDOWS_CHROME} Zzz.{top}") == "ua.declared_bot"
    assert reason(f"{WINDOWS_CHROME} {top}.zzz.com") == "ua.browser"


@pytest.mark.parametrize(
    "host",
    [
        "air.zzz.com", "zzz.comx", "zzz.com-x", "zzz.com.", "zzz.io/5.4", "/zzz.com", "_zzz.com", "zzz.com_x",
        "Zzz.com Toolbar", "Zzz.com Mobile", "webOS.TV", "wails.io",
    ],
)  # fmt: skip
def test_what_is_no_host_declares_nothing(host: str) -> None:
    assert reason(f"{WINDOWS_CHROME} {host}") == "ua.browser"


def test_a_program_called_after_its_site_is_a_robot_where_no_browser_is() -> None:
    assert reason("Zzz.io/5.4") == "ua.declared_bot"


COMMON = """
    mozilla/ applewebkit/ khtml like gecko gecko/ chrome/ safari/ version/ mobile mobile/ firefox/ rv edg/ edge/
    opr/ windows nt win64 x64 wow64 linux x11 u build/ wv macintosh intel mac os x cpu ubuntu x86_64 msie trident/
    net clr net4.0c net4.0e media center pc slcc1 slcc2 infopath.2 infopath.3 en en-us i686 android
""".split()  # noqa: SIM905 - the same


@pytest.mark.parametrize("word", COMMON)
def test_what_every_browser_writes_hides_no_forgery(word: str) -> None:
    forged = f"Mozilla/5.0 (Windows NT 10.0) {LIKE_GECKO} Chrome/53.0.7149.1 Safari/537.36"
    assert reason(f"{forged} {word}1" if word.endswith("/") else f"{forged} {word}") == "ua.chrome_build_impossible"


def test_a_real_build_in_another_case_is_no_forgery() -> None:
    assert reason(WINDOWS_CHROME.replace("142.0.0.0", "142.0.7444.102").lower()) == "ua.browser"


@pytest.mark.parametrize("agent", ["Zzz www.beispiel", "Zzz +beispiel.test", "Zzz 'load_file(x)", "Zzz 'selected"])
def test_addresses_and_attacks_have_several_forms(agent: str) -> None:
    assert judge_agent(agent, "click").is_machine is (agent != "Zzz 'selected")


def test_a_written_out_mailbox_is_no_mail_program() -> None:
    assert reason("Zzz/0.1 (Zzz; zzz dot zzz at gmail dot com)") == "ua.declared_bot"


def test_a_link_preview_of_a_mail_service_is_no_mail_program() -> None:
    agent = "Mozilla/5.0 (compatible; Yahoo Link Preview; https://help.yahoo.com/kb/mail/zzz.html) maild/1572655054-20"
    assert reason(agent) == "ua.preview_token"


def test_dot_is_an_address_only_with_at() -> None:
    assert reason(f"{WINDOWS_CHROME} Red dot edition") == "ua.browser"

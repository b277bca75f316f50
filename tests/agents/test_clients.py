from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from agent_texts import IPHONE, LIKE_GECKO, MAC
from lmtrack._agents.clients import ClientInfo, describe_client
from user_agent_lists import crawlers, uap

IPAD = IPHONE.replace("iPhone; CPU iPhone OS", "iPad; CPU OS")

CLIENTS: dict[str, tuple[str | None, str | None, str | None]] = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36": (
        "desktop",
        "browser",
        "Chrome",
    ),
    f"Mozilla/5.0 (Linux; Android 10; K) {LIKE_GECKO} Chrome/142.0.0.0 Mobile Safari/537.36": (
        "mobile",
        "browser",
        "Chrome",
    ),
    f"Mozilla/5.0 (Linux; Android 10; K) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36": ("tablet", "browser", "Chrome"),
    "Mozilla/5.0 (Android 14; Tablet; rv:145.0) Gecko/145.0 Firefox/145.0": ("tablet", "browser", "Firefox"),
    "Mozilla/5.0 (Android 14; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0": ("mobile", "browser", "Firefox"),
    f"{IPHONE} Version/26.1 Mobile/15E148 Safari/604.1": ("mobile", "browser", "Safari"),
    f"{IPAD} Version/26.1 Mobile/15E148 Safari/604.1": ("tablet", "browser", "Safari"),
    f"{IPHONE} Mobile/15E148": ("mobile", "browser", "iOS WebView"),
    f"{IPHONE} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1": ("mobile", "browser", "Chrome"),
    f"{MAC} Version/26.1 Safari/605.1.15": ("desktop", "browser", "Safari"),
    MAC: ("desktop", "email_client", "Apple Mail or Outlook"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0": ("desktop", "browser", "Firefox"),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": (
        "desktop",
        "browser",
        "Edge",
    ),
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko": (
        "desktop",
        "browser",
        "Internet Explorer",
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0": (
        "desktop",
        "email_client",
        "Thunderbird",
    ),
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.4266; ms-office)": (
        "desktop",
        "email_client",
        "Outlook",
    ),
    "Outlook-iOS/709.2189947.prod.iphone (3.24.0)": ("mobile", "email_client", "Outlook"),
    "Outlook-Android/2.0 (Android 13)": ("mobile", "email_client", "Outlook"),
    "Yahoo%20Mail/49268 (iPad) CFNetwork/1121.2.2 Darwin/19.3.0": ("tablet", "email_client", "Yahoo Mail"),
    "WindowsMail/17.5.9600.22013": ("desktop", "email_client", "Windows Mail"),
    "The Bat! 9.3.4": (None, "email_client", "The Bat!"),
    "eM Client/9.2.2054": (None, "email_client", "eM Client"),
    "Airmail 1.0.6 rv:196 (Macintosh; Mac OS X 10.8.4; en_GB)": ("desktop", "email_client", "Airmail"),
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/534.34 (KHTML, like Gecko) kmail2/4.14.2 Safari/534.34": (
        "desktop",
        "email_client",
        "KMail",
    ),
    "Mail/3731.700.6 CFNetwork/1474": (None, "email_client", "Mail"),
    "Xy%20Mail/1 (iPad) CFNetwork/1121.2.2 Darwin/19.3.0": ("tablet", "email_client", "Mail"),
    "Barca/2.8.2": (None, "email_client", "Barca"),
    "UnheardOfMail/2.1 (Windows NT 10.0)": ("desktop", "email_client", "UnheardOfMail"),
    "Dolphin 6.5.1 (iPad; iPhone OS 6.1.3; de_DE)": ("tablet", "app", None),
    "ExampleDesktop/1 (Macintosh; Mac OS X 10.13)": ("desktop", "app", "ExampleDesktop"),
    "ExampleApp/1 (iPhone; iOS 18.0; Scale/3.00)": ("mobile", "app", "ExampleApp"),
    "curl/8.4.0": (None, "bot", "curl"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": (None, "bot", "Googlebot"),
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)": (
        None,
        "image_proxy",
        "Gmail image proxy",
    ),
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html": (
        None,
        "image_proxy",
        "Yahoo Mail image proxy",
    ),
    "Mozilla/5.0 SeznamEmailProxy/2.0.174": (None, "image_proxy", "Seznam image proxy"),
    "NewMailImageProxy/1.0": (None, "image_proxy", None),
    "Mozilla/5.0": (None, "image_proxy", "Apple Mail Privacy Protection"),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 "
    "Mozilla/5.0": (None, "image_proxy", "Gmail image proxy"),
    "Transmit/5.6.0": (None, None, "Transmit"),
    "Something That Nobody Knows": (None, None, None),
    "": (None, None, None),
    " ": (None, None, None),
}


@pytest.mark.parametrize(("agent", "expected"), CLIENTS.items())
def test_clients_are_named(agent: str, expected: tuple[str | None, str | None, str | None]) -> None:
    client = describe_client(agent)
    assert (client.device_type, client.client_type, client.client_name) == expected


def test_no_agent_has_no_client() -> None:
    assert describe_client(None) == ClientInfo(device_type=None, client_type=None, client_name=None)


def test_a_client_survives_pickling() -> None:
    client = describe_client(MAC)
    assert pickle.loads(pickle.dumps(client)) == client  # noqa: S301 - our own


def test_the_beginning_names_the_client() -> None:
    assert describe_client(f"{MAC} {'x' * 1_000_000}").device_type == "desktop"


@pytest.mark.parametrize("agent", [b"curl", 3])
def test_other_types_are_refused(agent: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises(TypeError):
        describe_client(agent)


@given(st.text() | st.sampled_from(["\x00", "\ud800", "Mozilla/5.0 (\ud800)", "(" * 5000, "a/" * 5000]))
@settings(max_examples=50)
def test_any_text_has_a_client(agent: str) -> None:
    client = describe_client(agent)
    assert client.device_type in ("desktop", "mobile", "tablet", None)
    assert client.client_type in ("browser", "email_client", "app", "image_proxy", "bot", None)
    assert client.client_name is None or client.client_name


def test_the_library_loads_with_the_first_description() -> None:
    code = (
        "import sys; from lmtrack.classifier import classify_event, describe_client; "
        "classify_event(kind='open', user_agent='curl/8'); assert 'user_agents' not in sys.modules; "
        "describe_client('curl/8'); assert 'user_agents' in sys.modules"
    )
    source = str(Path(__file__).resolve().parents[2] / "src")
    subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r}); {code}"], check=True)  # noqa: S603


ENGINES = {"AppleWebKit", "WebKit", "KHTML", "Gecko", "Trident", "Presto", "Blink", "Mozilla", "Electron", "CFNetwork"}


def test_no_name_of_the_public_lists_is_an_engine_a_path_or_a_domain(shared: Path) -> None:
    agents = sorted({agent for _, agent in uap(shared)} | set(crawlers(shared)))[::25]
    assert len(agents) > 100
    for agent in agents:
        name = describe_client(agent).client_name
        if name is not None:
            assert "/" not in name, agent
            assert name not in ENGINES, agent
            assert not re.fullmatch(r"(?:[a-z0-9-]+\.)+(?:com|org|net|io|de)", name.lower()), agent

"""What an agent is called, for statistics by client: our table of mail clients first, the user-agents library then.

The library costs half a millisecond a call and a hundred to load, so it is loaded by the first call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from lmtrack._agents.agent import MACHINE_NAMES, judge_agent
from lmtrack._agents.tables.names import APPS, MAIL_CLIENT_BEGINNINGS, MAIL_CLIENT_PHRASES, MAIL_CLIENTS
from lmtrack._agents.tables.shapes import HOST, MAIL, NO_PROGRAMS
from lmtrack._agents.tables.vocabulary import GUARDS
from lmtrack._agents.verdict import Actor, Signal, Verdict
from lmtrack._checks import plain_str_or_none
from lmtrack._pattern import compile_pattern

DeviceType = Literal["desktop", "mobile", "tablet"]
ClientType = Literal["browser", "email_client", "app", "image_proxy", "bot"]

# The library's patterns are tried one by one, some of them in quadratic time; what names a client is in front.
_LONGEST: Final = 1024

_PROXIES: Final[dict[str, str]] = {
    Signal.UA_APPLE_MPP: "Apple Mail Privacy Protection",
    Signal.UA_GOOGLE_IMAGE_PROXY: "Gmail image proxy",
    Signal.UA_GMAIL_PREFETCH: "Gmail image proxy",
    Signal.UA_YAHOO_MAIL_PROXY: "Yahoo Mail image proxy",
}
# The library's families that say more than which client it is.
_NAMES: Final = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Android WebView",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "iOS WebView",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "IE Mobile": "Internet Explorer",
    "IE": "Internet Explorer",
    "Opera Mobile": "Opera",
    "kmail2": "KMail",
    "Qt Web Engine": "Qt WebEngine",
}
# No clients: what it says when it knows none, engines, frames and Apple's networking.
_NO_NAMES: Final = frozenset(
    ("Other", "CFNetwork", "Mozilla", "AppleWebKit", "WebKit", "KHTML", "Gecko", "Trident", "Presto", "Electron")
)
_FIREFOX_TABLET: Final = "; Tablet; rv:"  # MDN, Firefox user agent string reference, 2026-11
_PRODUCT: Final = re.compile(r"([A-Za-z][A-Za-z0-9 ._+-]{0,39}+)/")

# What the library says of an app whose own name is next to it: the engine or the frame that it is built on.
_FRAMES: Final = frozenset(
    ("Chrome", "Chromium", "Safari", "Firefox", "Electron", "iOS WebView", "Android WebView", "Android", "Qt WebEngine")
)
# In parentheses and brackets stand systems, devices and remarks.
_REMARK: Final = re.compile(r"\([^()]*+\)|\[[^\[\]]*+\]")
_ADDRESS: Final = re.compile(r"(?i:https?://|www\.)[^ ;,)]*+")
_WRITTEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.+!-]*+(?=/[0-9v])")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.+!-]*+")
_REVERSED: Final = re.compile(r"(?:com|org|net|io|de|jp|ru|cn|app|dev|me)\.", re.IGNORECASE)
# Apple's mail before iOS 6 and now and then since: a web view that does not say Mobile.
_APPLE_MAIL: Final = re.compile(
    r"Mozilla/5\.0 \(i(?:Phone|Pad|Pod)[^()]*\) AppleWebKit/[0-9.]++ \(KHTML, like Gecko\)"
).fullmatch
# The new Outlook for Windows sends it too (warmbly pull request 569, 2026).
_BARE_WEBKIT: Final = compile_pattern(
    r"Mozilla/5\.0 \((?:Macintosh; Intel Mac OS X|Windows(?:; U; Windows)? NT)[^()]*\) "
    r"AppleWebKit(?:/[0-9.]++)?+\+? \(KHTML, like Gecko\)"
).fullmatch


class _Browser(Protocol):
    family: str


class _Parsed(Protocol):
    """What is used of the library's value; it has no types of its own."""

    browser: _Browser
    is_email_client: bool
    is_mobile: bool
    is_pc: bool
    is_tablet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """The name and kind of a client; made by `describe_client`. A field is None if the agent does not say it.

    Attributes:
        device_type: What it runs on. A proxy hides it; televisions and consoles are none of the three.
        client_type: What kind of program it is.
        client_name: Its name, without the version.
    """

    device_type: DeviceType | None
    client_type: ClientType | None
    client_name: str | None


_NOTHING: Final = ClientInfo(device_type=None, client_type=None, client_name=None)


def describe_client(user_agent: str | None, /) -> ClientInfo:
    """Name the client that a User-Agent claims to be; any text gets an answer.

    `classify_event` says whether a person was there.

    Raises:
        TypeError: `user_agent` is neither a `str` nor None.

    Example:
        >>> describe_client("Outlook-iOS/709.2189947.prod.iphone (3.24.0)")
        ClientInfo(device_type='mobile', client_type='email_client', client_name='Outlook')
    """
    user_agent = plain_str_or_none(user_agent, "user_agent")
    verdict = judge_agent(user_agent, "open")
    reason = verdict.reasons[0]
    if user_agent is None or reason == Signal.UA_MISSING:
        return _NOTHING
    if verdict.actor is Actor.IMAGE_PROXY or reason in _PROXIES:
        return ClientInfo(device_type=None, client_type="image_proxy", client_name=_name_proxy(verdict))
    from user_agents import parse  # type: ignore[import-untyped]  # noqa: PLC0415 - loads slowly, few callers ask

    agent = user_agent[:_LONGEST]
    parsed: _Parsed = parse(agent)
    known = _library_name(parsed)
    if verdict.is_machine:
        return ClientInfo(device_type=None, client_type="bot", client_name=_name_machine(agent) or known)
    device = _device_type(parsed, user_agent)
    mail_client = _name_mail_client(agent, by_word=reason == Signal.UA_MAIL_CLIENT)
    if mail_client or parsed.is_email_client or reason == Signal.UA_MAIL_CLIENT:
        name = mail_client or (None if known in _FRAMES else known)
        return ClientInfo(device_type=device, client_type="email_client", client_name=name)
    name = _name_app(agent) if reason == Signal.UA_APP else _name_browser(agent, known)
    return ClientInfo(device_type=device, client_type=_TYPES.get(reason), client_name=name)


_TYPES: Final[dict[str, ClientType]] = {Signal.UA_BROWSER: "browser", Signal.UA_APP: "app"}


def _name_proxy(verdict: Verdict) -> str | None:
    by_vendor = f"{verdict.vendor} image proxy" if verdict.vendor else None
    return _PROXIES.get(verdict.reasons[0], by_vendor)


def _library_name(parsed: _Parsed) -> str | None:
    """Return the library's name for the client, in our spelling; None if it names no client."""
    family = _NAMES.get(parsed.browser.family, parsed.browser.family)
    return None if family in _NO_NAMES or _is_address(family) else family


def _is_address(name: str) -> bool:
    return "/" in name or HOST.search(name.lower()) is not None or _REVERSED.match(name) is not None


def _name_mail_client(agent: str, *, by_word: bool) -> str | None:
    low = agent.lower()
    listed = next((name for beginning, name in MAIL_CLIENT_BEGINNINGS.items() if low.startswith(beginning)), None)
    listed = listed or next((name for phrase, name in MAIL_CLIENT_PHRASES.items() if phrase in low), None)
    listed = listed or next(filter(None, map(_listed_mail_client, _find(_WORD, agent))), None)
    if listed:
        return listed
    if _APPLE_MAIL(agent):
        return "Apple Mail"
    if _BARE_WEBKIT(agent):
        return "Apple Mail or Outlook"
    written = _find(_WRITTEN, agent) if by_word else []
    return next((word for word in written if MAIL.search(word.lower()) and not _is_address(word)), None)


def _listed_mail_client(word: str) -> str | None:
    low = word.lower()
    row = low if low in MAIL_CLIENTS else low + "/"
    return MAIL_CLIENTS[row] or word if row in MAIL_CLIENTS else None


def _find(pattern: re.Pattern[str], text: str) -> list[str]:
    found: list[str] = pattern.findall(text)
    return found


def _name_app(agent: str) -> str | None:
    """Return an app's own name; the library would name the web view that it takes the app for."""
    low = agent.lower()
    listed = next((name for word, name in APPS.items() if word in low), None)
    if listed:
        return listed
    product = _PRODUCT.match(agent.removeprefix("Monazilla/1.00 "))  # the name of a protocol; the program's follows
    return product[1] if product and product[1] not in _NO_NAMES else None


def _name_browser(agent: str, known: str | None) -> str | None:
    """Return the library's name, or a better one where it knows none or only the engine or frame."""
    if known is not None and known not in _FRAMES:
        return known
    if program := _name_program(agent):
        return program
    is_webkitgtk = known == "Safari" and "Linux" in agent and "Android" not in agent
    return "WebKitGTK" if is_webkitgtk else known


def _name_program(agent: str) -> str | None:
    """Return the first product that is not an engine, frame or system; of a host, only its first label."""
    outside = _REMARK.sub(" ", _ADDRESS.sub(" ", agent))
    for product in _find(_WRITTEN, outside):
        if product.lower() not in NO_PROGRAMS and not _REVERSED.match(product):
            return product.partition(".")[0] if _is_address(product) else product
    return None


def _name_machine(agent: str) -> str | None:
    """Return the name by which a machine is known, or the one that says what it does, as it writes it."""
    words = _find(_WORD, _ADDRESS.sub(" ", agent))
    for word in words:
        if word.lower() in MACHINE_NAMES and not _is_address(word):
            return word
    for word in words:
        low = word.lower()
        if GUARDS.search(low) and low not in NO_PROGRAMS and low != "user-agent" and not _is_address(word):
            return word
    return None


def _device_type(parsed: _Parsed, user_agent: str) -> DeviceType | None:
    # An Android browser that does not say Mobile is a tablet's, or says Tablet as Firefox does; an app says neither.
    if "iPad" in user_agent or (parsed.is_tablet and "AppleWebKit" in user_agent) or _FIREFOX_TABLET in user_agent:
        return "tablet"
    if parsed.is_mobile or "iphone" in user_agent.lower() or "Android" in user_agent:
        return "mobile"
    return "desktop" if parsed.is_pc or "Windows" in user_agent or "Macintosh" in user_agent else None

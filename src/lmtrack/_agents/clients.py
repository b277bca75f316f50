"""What an agent is called, for statistics by client: our table of mail programs first, the user-agents library then.

The library costs half a millisecond a call and a hundred to load, so it is loaded by the first call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from lmtrack._agents.agent import judge_agent
from lmtrack._agents.tables.names import MAIL_CLIENT_BEGINNINGS, MAIL_CLIENTS
from lmtrack._agents.tables.shapes import WORD
from lmtrack._agents.verdict import Actor, Signal
from lmtrack._checks import plain_str_or_none

DeviceType = Literal["desktop", "mobile", "tablet"]
ClientType = Literal["browser", "email_client", "app", "image_proxy", "bot"]

# The library's patterns are tried one by one, some of them in quadratic time; what names a client stands in front.
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
}
# No clients: what it says when it knows none, and Apple's networking.
_NO_NAMES: Final = ("Other", "CFNetwork")
_FIREFOX_TABLET: Final = "; Tablet; rv:"  # MDN, Firefox user agent string reference, 2026-11
_PRODUCT: Final = re.compile(r"([A-Za-z][A-Za-z0-9 ._+-]{0,39}+)/")


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
    """What a client is called, made by `describe_client`; None is what its agent does not tell.

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
    """Name the client behind a user agent; any text has an answer.

    It says what the agent claims to be. Whether a person was there is `classify_event`'s to say.

    Raises:
        TypeError: `user_agent` is neither a `str` nor None.

    Example:
        >>> describe_client("Outlook-iOS/709.2189947.prod.iphone (3.24.0)")
        ClientInfo(device_type='mobile', client_type='email_client', client_name='Outlook')
    """
    user_agent = plain_str_or_none(user_agent, "user_agent")
    verdict = judge_agent(user_agent, "open")
    if user_agent is None or verdict.reasons[0] == Signal.UA_MISSING:
        return _NOTHING
    reason = verdict.reasons[0]
    if proxy := _PROXIES.get(reason):
        return ClientInfo(device_type=None, client_type="image_proxy", client_name=proxy)
    if verdict.actor is Actor.IMAGE_PROXY:
        name = f"{verdict.vendor} image proxy" if verdict.vendor else None
        return ClientInfo(device_type=None, client_type="image_proxy", client_name=name)
    from user_agents import parse  # type: ignore[import-untyped]  # noqa: PLC0415 - loads slowly, few callers ask

    parsed: _Parsed = parse(user_agent[:_LONGEST])
    name = _NAMES.get(parsed.browser.family, parsed.browser.family)
    known = None if name in _NO_NAMES else name
    if verdict.is_machine:
        return ClientInfo(device_type=None, client_type="bot", client_name=known)
    mail_client = _name_mail_client(user_agent[:_LONGEST].lower())
    if mail_client or parsed.is_email_client or reason == Signal.UA_MAIL_CLIENT:
        return ClientInfo(
            device_type=_device_type(parsed, user_agent), client_type="email_client", client_name=mail_client or known
        )
    if reason == Signal.UA_APP:
        # The library would name the web view that it takes the app for.
        product = _PRODUCT.match(user_agent)
        known = product[1] if product else None
    return ClientInfo(device_type=_device_type(parsed, user_agent), client_type=_TYPES.get(reason), client_name=known)


_TYPES: Final[dict[str, ClientType]] = {Signal.UA_BROWSER: "browser", Signal.UA_APP: "app"}


def _name_mail_client(low: str) -> str | None:
    for beginning, name in MAIL_CLIENT_BEGINNINGS.items():
        if low.startswith(beginning):
            return name
    for word in WORD.findall(low):
        name_of = MAIL_CLIENTS.get(word) or MAIL_CLIENTS.get(word.removesuffix("/"))
        if name_of:
            return name_of
    return None


def _device_type(parsed: _Parsed, user_agent: str) -> DeviceType | None:
    # An Android browser that does not say Mobile is a tablet's, or says Tablet as Firefox does; an app says neither.
    if "iPad" in user_agent or (parsed.is_tablet and "AppleWebKit" in user_agent) or _FIREFOX_TABLET in user_agent:
        return "tablet"
    if parsed.is_mobile or "iphone" in user_agent.lower() or "Android" in user_agent:
        return "mobile"
    return "desktop" if parsed.is_pc or "Windows" in user_agent or "Macintosh" in user_agent else None

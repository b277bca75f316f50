"""Judge one user agent on its own: exact strings, the mainstream, names, words, shapes, in this order.

Nearly all requests end at the mainstream expression. What follows costs a few microseconds whatever the number of
names, and reads each character a bounded number of times.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lmtrack._agents.grammar import MAINSTREAM
from lmtrack._agents.tables import names, shapes
from lmtrack._agents.tables.chrome_builds import possible_builds
from lmtrack._agents.tables.vocabulary import GUARDS, PURPOSES, ROBOTS, TOOLS, Word
from lmtrack._agents.verdict import Actor, Evidence, Human, Kind, Signal, Verdict
from lmtrack._checks import plain_str, wrong_type

# Longer than any agent of the public lists by half. What stands behind is not read.
_LONGEST: Final = 2048


def _is(signal: Signal, actor: Actor, human: Human, evidence: Evidence, vendor: str | None = None) -> Verdict:
    return Verdict(actor=actor, human=human, evidence=evidence, reasons=(signal.value,), vendor=vendor)


BROWSER: Final = _is(Signal.UA_BROWSER, Actor.HUMAN, Human.YES, 2)
_MAIL: Final = _is(Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 2)
_MAIL_WORD: Final = _is(Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 1)
_APPLE_MAIL: Final = _is(Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 2, "Apple")
_THUNDERBIRD: Final = _is(Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 2, "Mozilla")
_APP: Final = _is(Signal.UA_APP, Actor.HUMAN, Human.YES, 1)
_UNKNOWN: Final = _is(Signal.UA_UNKNOWN, Actor.UNKNOWN, Human.UNKNOWABLE, 1)
_TOOL: Final = _is(Signal.UA_TOOL_SHAPE, Actor.UNKNOWN, Human.UNKNOWABLE, 1)
_PROGRAM: Final = _is(Signal.UA_TOOL_SHAPE, Actor.HTTP_CLIENT, Human.NO, 2)
_TOOL_WORD: Final = _is(Signal.UA_PURPOSE, Actor.HTTP_CLIENT, Human.NO, 2)
_CONTACT: Final = _is(Signal.UA_DECLARED_BOT, Actor.CRAWLER, Human.NO, 3)
_ATTACKER: Final = _is(Signal.UA_SCANNER_TOKEN, Actor.SECURITY_SCANNER, Human.NO, 3)
_FORGED: Final = _is(Signal.UA_CHROME_BUILD, Actor.CRAWLER, Human.NO, 2)
_IMPOSSIBLE: Final = _is(Signal.UA_IMPOSSIBLE_PLATFORM, Actor.CRAWLER, Human.NO, 2)
_COMPATIBLE: Final = _is(Signal.UA_COMPATIBLE_UNKNOWN, Actor.CRAWLER, Human.NO, 2)
_BARE: Final = _is(Signal.UA_BARE_MOZILLA, Actor.CRAWLER, Human.NO, 2)
_ADDED: Final = _is(Signal.UA_ADDED_NAME, Actor.CRAWLER, Human.NO, 2)
_APP_LIBRARY: Final = _is(Signal.UA_HTTP_LIBRARY, Actor.HTTP_CLIENT, Human.NO, 2)
_PROBE: Final = _is(Signal.UA_OFFICE_PROBE, Actor.LINK_PREVIEW, Human.NO, 3, "Microsoft")
_MAIL_PROXY: Final = _is(Signal.UA_MAIL_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 2)
_WHATSAPP: Final = _is(Signal.UA_PREVIEW_TOKEN, Actor.LINK_PREVIEW, Human.NO, 3, "Meta")

_IMAGE_PROXY: Final = Actor.IMAGE_PROXY
_PREFETCH: Final = _is(Signal.UA_GMAIL_PREFETCH, Actor.GMAIL_PREFETCH, Human.NO, 3, "Google")
# The same string without its last word is Edge of 2015, and a person.
_PREFETCHING: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
_EXACT: Final[dict[Kind, dict[str, Verdict]]] = {
    "open": {
        "": _is(Signal.UA_MISSING, Actor.UNKNOWN, Human.UNKNOWABLE, 1),
        "Mozilla/5.0": _is(Signal.UA_APPLE_MPP, Actor.APPLE_MPP, Human.UNKNOWABLE, 2, "Apple"),
        _PREFETCHING: _PREFETCH,
    },
    "click": {
        "": _is(Signal.UA_MISSING, Actor.UNKNOWN, Human.UNKNOWABLE, 2),
        "Mozilla/5.0": _is(Signal.UA_BARE_MOZILLA, Actor.HTTP_CLIENT, Human.NO, 2),
        _PREFETCHING: _PREFETCH,
    },
}


def _by_name(
    rows: dict[str, str | None], signal: Signal, actor: Actor, human: Human, evidence: Evidence
) -> dict[str, Verdict]:
    table: dict[str, Verdict] = {}
    for name, vendor in rows.items():
        table[name] = table[name.removesuffix("/") + "/"] = _is(signal, actor, human, evidence, vendor)
    return table


_MACHINES: Final = {
    **_by_name(names.LIBRARIES, Signal.UA_HTTP_LIBRARY, Actor.HTTP_CLIENT, Human.NO, 3),
    **_by_name(names.FETCHERS, Signal.UA_LIST, Actor.CRAWLER, Human.NO, 3),
    **_by_name(names.PREVIEWS, Signal.UA_PREVIEW_TOKEN, Actor.LINK_PREVIEW, Human.NO, 3),
    **_by_name(names.SCANNERS, Signal.UA_SCANNER_TOKEN, Actor.SECURITY_SCANNER, Human.NO, 3),
    **_by_name(names.SITE_PROXIES, Signal.UA_SITE_PROXY, Actor.IMAGE_PROXY, Human.NO, 3),
    **_by_name(names.MAIL_PROXIES, Signal.UA_MAIL_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3),
    **_by_name(names.UNCLEAR_PROXIES, Signal.UA_MAIL_PROXY, Actor.IMAGE_PROXY, Human.UNKNOWABLE, 1),
    **_by_name(names.GOOGLE_PROXY, Signal.UA_GOOGLE_IMAGE_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3),
    **_by_name(names.YAHOO_PROXY, Signal.UA_YAHOO_MAIL_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3),
}
_WHOLE: Final = {
    **{
        name: _is(Signal.UA_PREVIEW_TOKEN, Actor.LINK_PREVIEW, Human.NO, 3, vendor)
        for name, vendor in names.WHOLE_PREVIEWS.items()
    },
    **{name: _is(Signal.UA_LIST, Actor.CRAWLER, Human.NO, 3, vendor) for name, vendor in names.WHOLE_FETCHERS.items()},
}
_MAIL_CLIENTS: Final = _by_name(dict.fromkeys(names.MAIL_CLIENTS), Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 2)
_MAIL_BEGINNINGS: Final = tuple(names.MAIL_CLIENT_BEGINNINGS)
_BROWSERS: Final = _by_name(names.BROWSERS, Signal.UA_BROWSER, Actor.HUMAN, Human.YES, 2)
_APP_LIBRARIES: Final = _by_name(names.APP_LIBRARIES, Signal.UA_HTTP_LIBRARY, Actor.HTTP_CLIENT, Human.NO, 2)


class _Row(NamedTuple):
    """A word, its place in its table, which decides between several, and the verdict it means."""

    place: int
    word: Word
    verdict: Verdict


def _by_guard(words: tuple[Word, ...]) -> dict[str, _Row]:
    return {
        word.guard: _Row(place, word, _is(word.signal, word.actor, Human.NO, word.evidence))
        for place, word in enumerate(words)
    }


_ROBOTS: Final = _by_guard(ROBOTS)
_PURPOSES: Final = _by_guard(PURPOSES)


def judge_agent(user_agent: str | None, kind: Kind) -> Verdict:
    """Say what a user agent tells on its own; any text has an answer."""
    if not isinstance(user_agent, str):
        if user_agent is None:
            return _EXACT[kind][""]
        raise wrong_type("user_agent", "a str or None", user_agent)
    user_agent = plain_str(user_agent, "user_agent")
    if mainstream := MAINSTREAM(user_agent):
        group = mainstream.lastindex
        if group is None:
            return BROWSER
        if group == 3:
            return BROWSER if _is_possible(*mainstream.group(1, 2, 3)) else _FORGED
        return _APPLE_MAIL if group == 4 else _THUNDERBIRD
    user_agent = user_agent[:_LONGEST].strip()
    verdict = _EXACT[kind].get(user_agent) or _judge(user_agent.lower())
    if verdict is _TOOL and shapes.PACKAGE.fullmatch(user_agent):
        verdict = _PROGRAM
    if kind == "click" and verdict.actor is _IMAGE_PROXY and not verdict.is_machine:
        # A proxy of images follows no links: something else carries its name.
        return Verdict(actor=Actor.UNKNOWN, human=Human.UNKNOWABLE, evidence=1, reasons=verdict.reasons)
    return verdict


def _is_possible(major: str, build: str, patch: str) -> bool:
    # Build 0 is what reduced agents write. `int` reads no more than some thousand digits.
    if len(build) > 6:
        return False
    if int(build) == 0:
        return True
    # No branch was mended a thousand times, but the first versions counted in another way.
    return int(build) in possible_builds().get(major, ()) and (len(patch) < 4 or len(major) < 2)


def _judge(low: str) -> Verdict:  # noqa: PLR0911 - one return a rule, in the order they are tried
    words = shapes.WORD.findall(shapes.DEVICE.sub("", low) if "android" in low else low)
    added = [word for word in words if word not in shapes.COMMON]
    if not _MACHINES.keys().isdisjoint(added):
        return next(_MACHINES[word] for word in added if word in _MACHINES)
    if special := _special(low):
        return special
    text = " ".join(added)
    guards = set(GUARDS.findall(text))
    if guards and (verdict := _say(_ROBOTS, guards, text, phone=False)):
        return verdict
    if " dot " in low and " at " in low:  # before mail programs: a mailbox may be at one
        return _CONTACT
    contact = "://" in low or "www." in low
    if contact:
        low = shapes.COMPONENT.sub("", low)
        contact = "://" in low or "www." in low
        added = [word for word in shapes.WORD.findall(shapes.ADDRESS.sub("", low)) if word not in shapes.COMMON]
        text = " ".join(added)
        guards = set(GUARDS.findall(text))
    if not _MAIL_CLIENTS.keys().isdisjoint(added):
        return next(_MAIL_CLIENTS[word] for word in added if word in _MAIL_CLIENTS)
    engine = "applewebkit" in low or "gecko" in low or "msie" in low or _has_rare_engine(low)
    phone = "android" in low or "iphone" in low or "ipad" in low or _is_rare_phone(low, words)
    if guards and (verdict := _say(_PURPOSES, guards, text, phone=phone)) and not shapes.PHONE.search(low):
        return verdict
    if phone and text and not engine and not contact:
        return _MAIL_WORD if shapes.MAIL.search(text) else _APP
    # A company's administrator may write its address into Internet Explorer 11.
    if not low.endswith("rv:11.0) like gecko") and (contact or _names_a_contact(low, text, engine=engine)):
        return _CONTACT
    compatible = shapes.COMPATIBLE.search(low) if "compatible" in low else None
    if (
        compatible
        and compatible[1] not in shapes.OLD_BROWSERS
        and "; msie " not in low
        and not shapes.PHONE.search(low)
    ):
        return _COMPATIBLE
    if engine:
        return _browser_like(low, added, text, phone=phone)
    return BROWSER if compatible else _other(low, added, text)


def _say(table: dict[str, _Row], guards: set[str], text: str, *, phone: bool) -> Verdict | None:
    first = None
    for guard in guards:
        row = table.get(guard)
        if row is None or (phone and not row.word.on_phones) or (first is not None and first.place <= row.place):
            continue
        if row.word.pattern is None or row.word.pattern.search(text):
            first = row
    return first.verdict if first else None


def _special(low: str) -> Verdict | None:
    if low.startswith("whatsapp") and shapes.WHATSAPP.fullmatch(low):
        return _WHATSAPP
    if low in _WHOLE:
        return _WHOLE[low]
    if "proxy" in low and shapes.MAIL_PROXY.search(low):
        return _MAIL_PROXY
    if low.startswith(names.OFFICE_PROBES):
        return _PROBE
    if low.startswith(_MAIL_BEGINNINGS):
        return _MAIL
    return _ATTACKER if _may_attack(low) and shapes.ATTACK.search(low) else None


def _may_attack(low: str) -> bool:
    return "'" in low or "<" in low or "$" in low or "(s" in low or "=" in low or ".." in low or "/etc/" in low


def _has_rare_engine(low: str) -> bool:
    return "khtml" in low or "presto" in low or "trident" in low or "opera" in low or "rv:" in low


def _is_rare_phone(low: str, words: list[str]) -> bool:
    return "cfnetwork" in low or "darwin" in low or "ipod" in low or not _PHONE_WORDS.isdisjoint(words)


_PHONE_WORDS: Final = frozenset(("ios", "ios/", "watchos", "watchos/", "tvos", "tvos/", "ipados"))


def _names_a_contact(low: str, text: str, *, engine: bool) -> bool:
    if "@" in low and shapes.MAILBOX.search(low):
        return True
    if "+" in low and shapes.CONTACT.search(low):
        return True
    host = shapes.HOST.search(shapes.BRACKETS.sub("", low)) if "." in text else None
    return host is not None and not (engine and host[1])


def _browser_like(low: str, added: list[str], text: str, *, phone: bool) -> Verdict:  # noqa: PLR0911 - the same
    if not added:
        if chrome := shapes.CHROME.search(low):
            if not _is_possible(*chrome.groups()):
                return _FORGED
            if int(chrome[1]) >= 50 and shapes.OLD_WINDOWS.search(low):  # Chrome 49 was the last for XP and Vista
                return _IMPOSSIBLE
        # Apple lets no other engine onto its phones: Chrome is called CriOS there.
        if "chrome/" in low and ("(iphone;" in low or "(ipad;" in low):
            return _IMPOSSIBLE
        return BROWSER
    if "mail" in text and shapes.MAIL.search(text):
        return _MAIL
    names_browser = "browser" in low
    if any(pattern.search(low) for pattern in shapes.MISPLACED):
        return _ADDED
    if not (phone or names_browser) and shapes.BEHIND.search(low):
        return _ADDED
    if not names_browser and shapes.LINUX_BROWSERS.isdisjoint(added) and shapes.LINUX_CHROME.match(low):
        return _ADDED
    return BROWSER


# Netscape and what called itself so, up to 2002.
_NETSCAPE: Final = ("mozilla/1.", "mozilla/2.", "mozilla/3.", "mozilla/4.")


def _other(low: str, added: list[str], text: str) -> Verdict:  # noqa: PLR0911 - the same
    if not _BROWSERS.keys().isdisjoint(added):
        return BROWSER
    if shapes.PHONE.search(low):
        return BROWSER
    if not _APP_LIBRARIES.keys().isdisjoint(added):
        return _APP_LIBRARY
    if low in shapes.BARE_NAMES or shapes.BARE.fullmatch(low) or (low.isascii() and not shapes.WORD.search(low)):
        return _BARE
    if shapes.MAIL.search(text):
        return _MAIL_WORD
    if shapes.SYSTEM.search(low):
        return _APP
    if low.startswith(_NETSCAPE):
        return BROWSER
    if TOOLS.search(text):
        return _TOOL_WORD
    if shapes.ROUND.fullmatch(low):
        return _PROGRAM
    return _TOOL if shapes.TOOL.fullmatch(low) else _UNKNOWN

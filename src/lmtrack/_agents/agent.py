"""Classify one user agent on its own: exact strings, the mainstream, names, words, shapes, in this order.

Nearly all requests end at the expression of what browsers write. What follows costs a few microseconds whatever the
number of names, and reads each character a bounded number of times. A verdict depends on nothing but the agent, so the
latest ones are remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from lmtrack._agents.grammar import BROWSER_FORM, LONGEST_AGENT
from lmtrack._agents.tables import names, shapes
from lmtrack._agents.tables.shapes import possible_builds
from lmtrack._agents.tables.vocabulary import GUARDS, MAIL_TOOLS, PURPOSES, ROBOTS, TOOLS, Word
from lmtrack._agents.verdict import Actor, Evidence, Human, Kind, Signal, Verdict
from lmtrack._checks import plain_str, wrong_type

# Of a real log's requests, 98 of 100 carry one of so many agents; at the length above that is 8 MB in ASCII.
_REMEMBERED: Final = 4096


def _is(signal: Signal, actor: Actor, human: Human, evidence: Evidence, vendor: str | None = None) -> Verdict:
    return Verdict(actor=actor, human=human, evidence=evidence, reasons=(signal.value,), vendor=vendor)


BROWSER: Final = _is(Signal.UA_BROWSER, Actor.HUMAN, Human.YES, 2)
# Apple Mail on a Mac and the new Outlook for Windows write the same, so it has no vendor.
_MAIL: Final = _is(Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 2)
_MAIL_WORD: Final = _is(Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 1)
_THUNDERBIRD: Final = _is(Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 2, "Mozilla")
_APP: Final = _is(Signal.UA_APP, Actor.HUMAN, Human.YES, 1)
_UNKNOWN: Final = _is(Signal.UA_UNKNOWN, Actor.UNKNOWN, Human.UNKNOWABLE, 1)
_TOOL: Final = _is(Signal.UA_TOOL_SHAPE, Actor.UNKNOWN, Human.UNKNOWABLE, 1)
_PROGRAM: Final = _is(Signal.UA_TOOL_SHAPE, Actor.HTTP_CLIENT, Human.NO, 2)
_TOOL_WORD: Final = _is(Signal.UA_PURPOSE, Actor.HTTP_CLIENT, Human.NO, 2)
_CONTACT: Final = _is(Signal.UA_DECLARED_BOT, Actor.CRAWLER, Human.NO, 3)
_ATTACKER: Final = _is(Signal.UA_SCANNER_TOKEN, Actor.SECURITY_SCANNER, Human.NO, 3)
_FORGED: Final = _is(Signal.UA_CHROME_BUILD, Actor.CRAWLER, Human.NO, 2)
_UNLIKELY: Final = _is(Signal.UA_CHROME_PATCH, Actor.UNKNOWN, Human.UNKNOWABLE, 1)
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
# The same string without a last word is Edge of 2015, and a person. The word was `Mozilla/5.0` for years, and
# `Gmail-content-sampling` is one of 2026 (gh mssola/user_agent issue 71).
_PREFETCHING: Final = re.compile(
    r"Mozilla/5\.0 \(Windows NT 10\.0; Win64; x64\) AppleWebKit/537\.36 \(KHTML, like Gecko\) Chrome/42\.0\.2311\.135 "
    r"Safari/537\.36 Edge/12\.246 (?:Mozilla/5\.0|G(?:oogle|[Mm]ail)[^ ]*+)"
).fullmatch
_EXACT: Final[dict[Kind, dict[str, Verdict]]] = {
    "open": {
        "": _is(Signal.UA_MISSING, Actor.UNKNOWN, Human.UNKNOWABLE, 1),
        "Mozilla/5.0": _is(Signal.UA_APPLE_MPP, Actor.APPLE_MPP, Human.UNKNOWABLE, 2, "Apple"),
    },
    "click": {
        "": _is(Signal.UA_MISSING, Actor.UNKNOWN, Human.UNKNOWABLE, 2),
        "Mozilla/5.0": _is(Signal.UA_BARE_MOZILLA, Actor.HTTP_CLIENT, Human.NO, 2),
    },
}


def _by_name(
    rows: dict[str, str | None], signal: Signal, actor: Actor, human: Human, evidence: Evidence
) -> dict[str, Verdict]:
    table: dict[str, Verdict] = {}
    for name, vendor in rows.items():
        table[name] = table[name.removesuffix("/") + "/"] = _is(signal, actor, human, evidence, vendor)
    return table


_PROXIES: Final = _by_name(names.MAIL_PROXIES, Signal.UA_MAIL_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3)
_MACHINES: Final = {
    **_by_name(names.LIBRARIES, Signal.UA_HTTP_LIBRARY, Actor.HTTP_CLIENT, Human.NO, 3),
    **_by_name(names.MAIL_TOOLS, Signal.UA_LIST, Actor.HTTP_CLIENT, Human.NO, 3),
    **_by_name(names.FETCHERS, Signal.UA_LIST, Actor.CRAWLER, Human.NO, 3),
    **_by_name(names.PREVIEWS, Signal.UA_PREVIEW_TOKEN, Actor.LINK_PREVIEW, Human.NO, 3),
    **_by_name(names.AI_AGENTS, Signal.UA_AI_AGENT, Actor.AI_AGENT, Human.NO, 3),
    **_by_name(names.SCANNERS, Signal.UA_SCANNER_TOKEN, Actor.SECURITY_SCANNER, Human.NO, 3),
    **_by_name(names.SITE_PROXIES, Signal.UA_SITE_PROXY, Actor.IMAGE_PROXY, Human.NO, 3),
    **_PROXIES,
    **_by_name(names.PROXIES_BEHIND_A_BROWSER, Signal.UA_MAIL_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3),
    **_by_name(names.GOOGLE_PROXY, Signal.UA_GOOGLE_IMAGE_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3),
    **_by_name(names.YAHOO_PROXY, Signal.UA_YAHOO_MAIL_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3),
}
MACHINE_NAMES: Final = frozenset(_MACHINES)
_BORROWED: Final = {
    words: _is(Signal.UA_PREVIEW_TOKEN, Actor.LINK_PREVIEW, Human.NO, 3, vendor)
    for words, vendor in names.BORROWED_PREVIEWS.items()
}
_ANY_BORROWED: Final = tuple(_BORROWED)
_WHOLE: Final = {
    **{
        name: _is(Signal.UA_PREVIEW_TOKEN, Actor.LINK_PREVIEW, Human.NO, 3, vendor)
        for name, vendor in names.WHOLE_PREVIEWS.items()
    },
    **{name: _is(Signal.UA_LIST, Actor.CRAWLER, Human.NO, 3, vendor) for name, vendor in names.WHOLE_FETCHERS.items()},
}
_BEGINNINGS: Final = {
    **dict.fromkeys(names.MAIL_CLIENT_BEGINNINGS, _MAIL),
    **dict.fromkeys(names.OFFICE_PROBES, _PROBE),
    **{
        name: _is(Signal.UA_MAIL_PROXY, Actor.IMAGE_PROXY, Human.UNKNOWABLE, 1, vendor)
        for name, vendor in names.PROXIES_BEHIND_A_BROWSER.items()
    },
    **{
        name: _is(Signal.UA_MAIL_PROXY, Actor.IMAGE_PROXY, Human.YES_CLIENT_HIDDEN, 3, vendor)
        for name, vendor in names.MAIL_PROXY_BEGINNINGS.items()
    },
}
_ANY_BEGINNING: Final = tuple(_BEGINNINGS)
_MAIL_PHRASES: Final = tuple(names.MAIL_CLIENT_PHRASES)
_MAIL_CLIENTS: Final = _by_name(dict.fromkeys(names.MAIL_CLIENTS), Signal.UA_MAIL_CLIENT, Actor.HUMAN, Human.YES, 2)
_APPS: Final = _by_name(names.APPS, Signal.UA_APP, Actor.HUMAN, Human.YES, 1)
_BROWSERS: Final = _by_name(names.BROWSERS, Signal.UA_BROWSER, Actor.HUMAN, Human.YES, 2)
_APP_LIBRARIES: Final = _by_name(names.APP_LIBRARIES, Signal.UA_HTTP_LIBRARY, Actor.HTTP_CLIENT, Human.NO, 2)
_NAMES: Final = frozenset((*_MACHINES, *_MAIL_CLIENTS, *_APPS, *_BROWSERS, *_APP_LIBRARIES))


class _Row(NamedTuple):
    """A word, its rank in its table, which decides between several, and the verdict it means."""

    rank: int
    word: Word
    verdict: Verdict


def _by_guard(words: tuple[Word, ...]) -> dict[str, _Row]:
    return {
        word.guard: _Row(rank, word, _is(word.signal, word.actor, Human.NO, word.evidence))
        for rank, word in enumerate(words)
    }


_ROBOTS: Final = _by_guard(ROBOTS)
_PURPOSES: Final = _by_guard(PURPOSES)


def judge_agent(user_agent: str | None, kind: Kind) -> Verdict:
    """Say what a user agent tells on its own; any text has an answer."""
    try:
        verdicts = judge_cut(user_agent)
    except TypeError:
        if not isinstance(user_agent, str):
            raise wrong_type("user_agent", "a str or None", user_agent) from None
        verdicts = judge_cut(plain_str(user_agent, "user_agent")[:LONGEST_AGENT])
    return verdicts[0] if kind == "open" else verdicts[1]


@lru_cache(maxsize=_REMEMBERED)  # of constant tables
def judge_cut(user_agent: str | None) -> tuple[Verdict, Verdict]:
    """Return the verdicts on an agent that opens and on one that clicks.

    What was judged before is found without a look at its type or its length, which would take as long again.

    Raises:
        TypeError: It is not plain text, or longer than is read, so that it is not remembered.
    """
    if user_agent is None:
        return judge_cut("")
    if type(user_agent) is not str or len(user_agent) > LONGEST_AGENT:
        raise TypeError("not a plain str of a length that is read")
    form = BROWSER_FORM(user_agent)
    if form and form.end() == len(user_agent):
        verdict = _weigh_form(form, user_agent)
        return verdict, verdict
    if form and _PREFETCHING(user_agent):
        return _PREFETCH, _PREFETCH
    user_agent = user_agent.strip()
    if verdict_of := _EXACT["open"].get(user_agent):
        return verdict_of, _EXACT["click"][user_agent]
    verdict = _judge(_take_apart(user_agent, form))
    if verdict is _TOOL and shapes.PACKAGE.fullmatch(user_agent):
        verdict = _PROGRAM
    if verdict.actor is _IMAGE_PROXY and not verdict.is_machine:
        # A proxy of images follows no links: something else carries its name.
        return verdict, Verdict(actor=Actor.UNKNOWN, human=Human.UNKNOWABLE, evidence=1, reasons=verdict.reasons)
    return verdict, verdict


def _weigh_form(form: re.Match[str], user_agent: str) -> Verdict:
    group = form.lastgroup
    if group is None:
        return BROWSER
    if group == "patch":
        return _weigh_build(form["major"], form["build"], form["patch"], user_agent)
    return _MAIL if group == "bare" else _THUNDERBIRD


def _weigh_build(major: str, build: str, patch: str, user_agent: str) -> Verdict:
    # Build 0 is what reduced agents write. `int` reads no more than some thousand digits.
    if len(build) > 6:
        return _FORGED
    if int(build) == 0:
        return BROWSER
    if int(build) not in possible_builds().get(major, ()):
        return _FORGED
    # Chrome's own branches were never patched a thousand times, but the first versions counted in another way.
    if len(patch) < 4 or len(major) < 2 or shapes.YANDEX.search(user_agent):
        return BROWSER
    return _UNLIKELY


class _Agent(NamedTuple):
    """An agent taken apart.

    Attributes:
        low: All of it, in lower case.
        rest: What comes after a browser's form, or all of it if it does not begin with one.
        added: The words of `rest` that not every browser writes.
        named: Those of them that are a name in a table.
        text: The added ones, with blanks between.
        guards: Which words' guards are in it.
        is_browser: Whether it begins with a browser's form, a phone's or a computer's.
        thunderbird: Whether that form is Thunderbird's.
        has_engine: Whether it names a browser's engine.
        contact: Whether it holds an address of the web.
    """

    low: str
    rest: str
    added: list[str]
    named: list[str]
    text: str
    guards: list[str]
    is_browser: bool
    thunderbird: bool
    has_engine: bool
    contact: bool


def _take_apart(user_agent: str, form: re.Match[str] | None) -> _Agent:
    low = user_agent.lower()
    rest = user_agent[form.end() :].lower() if form else low
    words = shapes.WORD.findall(rest if form or "android" not in rest else shapes.DEVICE.sub("", rest))
    added = [word for word in words if word not in shapes.COMMON]
    contact = "://" in rest or "www." in rest
    thunderbird = form is not None and form.lastgroup == "thunderbird"
    named, text = [word for word in added if word in _NAMES], " ".join(added)
    has_engine = form is not None or _names_engine(rest)
    return tuple.__new__(  # not `_Agent(...)`, which takes twice as long
        _Agent,
        (low, rest, added, named, text, GUARDS.findall(text), form is not None, thunderbird, has_engine, contact),
    )


def _names_engine(low: str) -> bool:
    return (
        "applewebkit" in low
        or "gecko" in low
        or "msie" in low
        or "khtml" in low
        or "presto" in low
        or "trident" in low
        or "opera" in low
        or "rv:" in low
    )


def _is_phone(agent: _Agent) -> bool:
    """Return whether it names a phone or a phone's networking."""
    low = agent.low
    return (
        "android" in low
        or "iphone" in low
        or "ipad" in low
        or "cfnetwork" in low
        or "darwin" in low
        or "ipod" in low
        or not _PHONE_WORDS.isdisjoint(agent.added)
    )


_PHONE_WORDS: Final = frozenset(("ios", "ios/", "watchos", "watchos/", "tvos", "tvos/", "ipados"))


def _outside_addresses(agent: _Agent) -> _Agent:
    """Return the agent without the addresses in it, whose words name sites rather than programs."""
    if not agent.contact:
        return agent
    rest = shapes.COMPONENT.sub("", agent.rest)
    added = [word for word in shapes.WORD.findall(shapes.ADDRESS.sub("", rest)) if word not in shapes.COMMON]
    contact = "://" in rest or "www." in rest
    named, text = [word for word in added if word in _NAMES], " ".join(added)
    return agent._replace(rest=rest, added=added, named=named, text=text, guards=GUARDS.findall(text), contact=contact)


def _judge(agent: _Agent) -> Verdict:
    """Ask the rules in this order; the first that says something decides. A loop over them takes longer."""
    return (
        _by_machine_name(agent)
        or _by_form(agent)
        or _by_robot_word(agent)
        or _by_written_contact(agent)
        or _by_hung_note(agent)
        or _judge_outside_addresses(_outside_addresses(agent))
        or _UNKNOWN
    )


def _judge_outside_addresses(agent: _Agent) -> Verdict | None:
    return (
        _by_mail_program(agent)
        or _by_purpose(agent)
        or _by_phone(agent)
        or _by_app_name(agent)
        or _by_contact(agent)
        or _by_compatible(agent)
        or _by_engine(agent)
        or _by_other_name(agent)
        or _by_bareness(agent)
        or _by_mail_word(agent)
        or _by_system(agent)
        or _by_tool_word(agent)
        or _by_product(agent)
    )


def _by_machine_name(agent: _Agent) -> Verdict | None:
    if not agent.is_browser and agent.low.startswith(_ANY_BEGINNING):
        return next(verdict for beginning, verdict in _BEGINNINGS.items() if agent.low.startswith(beginning))
    if not agent.named:
        return None
    if agent.text.startswith(_ANY_BORROWED):
        return next(verdict for words, verdict in _BORROWED.items() if agent.text.startswith(words))
    return next((_MACHINES[word] for word in agent.named if word in _MACHINES), None)


def _by_form(agent: _Agent) -> Verdict | None:
    low = agent.rest
    if low in _WHOLE:
        return _WHOLE[low]
    if low.startswith("whatsapp") and shapes.WHATSAPP.fullmatch(low):
        return _WHATSAPP
    if "proxy" in low and shapes.MAIL_PROXY.search(low):
        return _MAIL_PROXY
    return _ATTACKER if _may_attack(low) and shapes.ATTACK.search(low) else None


def _may_attack(low: str) -> bool:
    return "'" in low or "<" in low or "$" in low or "(s" in low or "=" in low or ".." in low or "/etc/" in low


def _by_robot_word(agent: _Agent) -> Verdict | None:
    return _say(_ROBOTS, agent.guards, agent.text, phone=False) if agent.guards else None


def _by_written_contact(agent: _Agent) -> Verdict | None:
    # Before mail clients: a mailbox may be at one.
    return _CONTACT if " dot " in agent.rest and " at " in agent.rest else None


def _by_hung_note(agent: _Agent) -> Verdict | None:
    # Load testers and replay tools hang notes on the agent of the visitor they stand for (isbot issue 269).
    return BROWSER if agent.is_browser and agent.rest.lstrip().startswith("|||") else None


def _by_mail_program(agent: _Agent) -> Verdict | None:
    if agent.thunderbird:  # with an extension's name behind it
        return _THUNDERBIRD
    if agent.named and not _MAIL_CLIENTS.keys().isdisjoint(agent.named):
        return _MAIL
    low = agent.rest
    if "mail" not in low and "client" not in low and "desktop" not in low:
        return None
    return _MAIL if any(phrase in low for phrase in _MAIL_PHRASES) else None


def _by_purpose(agent: _Agent) -> Verdict | None:
    verdict = _say(_PURPOSES, agent.guards, agent.text, phone=_is_phone(agent)) if agent.guards else None
    return None if verdict is None or shapes.PHONE.search(agent.rest) else verdict


def _say(table: dict[str, _Row], guards: list[str], text: str, *, phone: bool) -> Verdict | None:
    first = None
    for guard in guards:
        row = table.get(guard)
        if row is None or (phone and not row.word.on_phones) or (first is not None and first.rank <= row.rank):
            continue
        if row.word.pattern is None or row.word.pattern.search(text):
            first = row
    return first.verdict if first else None


def _by_mail_word(agent: _Agent) -> Verdict | None:
    """Tell a mail client that has no row from a tool that works on mail."""
    text = agent.text
    if not ("mail" in text or "inbox" in text or "outlook" in text or "imap" in text) or not shapes.MAIL.search(text):
        return None
    return _TOOL_WORD if MAIL_TOOLS.search(agent.text) else _MAIL_WORD


def _by_phone(agent: _Agent) -> Verdict | None:
    if agent.has_engine or agent.contact or not agent.text or not _is_phone(agent):
        return None
    return _by_mail_word(agent) or _APP


def _by_app_name(agent: _Agent) -> Verdict | None:
    return _APP if agent.named and not _APPS.keys().isdisjoint(agent.named) else None


def _by_contact(agent: _Agent) -> Verdict | None:
    low = agent.rest
    # A company's administrator may write its address into Internet Explorer 11.
    if low.endswith("rv:11.0) like gecko"):
        return None
    if agent.contact or ("@" in low and shapes.MAILBOX.search(low)) or ("+" in low and shapes.CONTACT.search(low)):
        return _CONTACT
    if "." not in agent.text or not any(map(shapes.ENDS_AS_HOST, agent.added)):
        return None
    host = shapes.HOST.search(shapes.BRACKETS.sub("", low))
    return _CONTACT if host is not None and not (host[1] and agent.has_engine) else None


def _by_compatible(agent: _Agent) -> Verdict | None:
    low = agent.rest
    compatible = shapes.COMPATIBLE.search(low) if "compatible" in low else None
    if compatible is None or "; msie " in low or shapes.PHONE.search(low):
        return None
    if compatible[1] not in shapes.OLD_BROWSERS:
        return _COMPATIBLE
    return None if agent.has_engine else BROWSER


def _by_engine(agent: _Agent) -> Verdict | None:
    if not agent.has_engine:
        return None
    return _by_addition(agent) if agent.added else _by_chrome(agent)


def _by_chrome(agent: _Agent) -> Verdict:
    low = agent.low
    if chrome := shapes.CHROME.search(low):
        if (built := _weigh_build(chrome[1], chrome[2], chrome[3], low)) is not BROWSER:
            return built
        if int(chrome[1]) >= 50 and shapes.OLD_WINDOWS.search(low):  # Chrome 49 was the last for XP and Vista
            return _IMPOSSIBLE
    # Apple lets no other engine onto its phones: Chrome is called CriOS there.
    if "chrome/" in low and ("(iphone;" in low or "(ipad;" in low):
        return _IMPOSSIBLE
    return BROWSER


def _by_addition(agent: _Agent) -> Verdict:
    if verdict := _by_mail_word(agent):
        return verdict
    low = agent.low
    if _is_misplaced(low):
        return _ADDED
    if "browser" in low:
        return BROWSER
    if shapes.BEHIND.search(low) and not _is_phone(agent):
        return _ADDED
    if "linux" in low and shapes.LINUX_BROWSERS.isdisjoint(agent.added) and shapes.LINUX_CHROME.match(low):
        return _ADDED
    return BROWSER


def _is_misplaced(low: str) -> bool:
    inside, glued, before = shapes.MISPLACED
    return bool(
        (("gecko;" in low or "gecko," in low) and inside.search(low))
        or ("chrome/" in low and glued.search(low))
        or (", mozilla/" in low and before.search(low))
    )


# Netscape and what called itself so, up to 2002.
_NETSCAPE: Final = ("mozilla/1.", "mozilla/2.", "mozilla/3.", "mozilla/4.")


def _by_other_name(agent: _Agent) -> Verdict | None:
    if not _BROWSERS.keys().isdisjoint(agent.named):
        return BROWSER
    if shapes.PHONE.search(agent.rest):
        return BROWSER
    return None if _APP_LIBRARIES.keys().isdisjoint(agent.named) else _APP_LIBRARY


def _by_bareness(agent: _Agent) -> Verdict | None:
    low = agent.rest
    if low in shapes.BARE_NAMES or shapes.BARE.fullmatch(low) or (low.isascii() and not shapes.WORD.search(low)):
        return _BARE
    return None


def _by_system(agent: _Agent) -> Verdict | None:
    if shapes.SYSTEM.search(agent.rest):
        return _APP
    return BROWSER if agent.rest.startswith(_NETSCAPE) else None


def _by_tool_word(agent: _Agent) -> Verdict | None:
    return _TOOL_WORD if TOOLS.search(agent.text) else None


def _by_product(agent: _Agent) -> Verdict | None:
    if shapes.ROUND.fullmatch(agent.rest):
        return _PROGRAM
    return _TOOL if shapes.TOOL.fullmatch(agent.rest) else None

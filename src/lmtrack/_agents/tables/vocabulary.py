"""Words by which a machine says what it is or what it does.

Each has a guard, a part of a word that must be there, and perhaps a pattern that looks closer: without the guard
nothing else runs. They are looked for in the lower-cased agent without what every browser writes and without the
device's name: a phone may be called CUBOT, and a person may hold it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lmtrack._agents.verdict import Actor, Evidence, Signal


class Word(NamedTuple):
    """A word, what looks closer, and what it tells; `on_phones` if it tells that in an app's name too."""

    guard: str
    pattern: re.Pattern[str] | None
    actor: Actor
    signal: Signal
    evidence: Evidence
    on_phones: bool


def _plain(words: str, actor: Actor, signal: Signal, evidence: Evidence = 2, *, on_phones: bool = False) -> list[Word]:
    return [Word(guard, None, actor, signal, evidence, on_phones) for guard in words.split()]


def _closer(
    rows: dict[str, str], actor: Actor, signal: Signal, evidence: Evidence = 2, *, on_phones: bool = False
) -> list[Word]:
    return [Word(guard, re.compile(pattern), actor, signal, evidence, on_phones) for guard, pattern in rows.items()]


# Who writes one of these says that it is a robot. `bot` ends a word or a part of it (Googlebot, msnbot-media), or
# begins one; inside it is something else (Caboto, both, bottle, turbotabbee), and CUBOT makes phones.
ROBOTS: Final = (
    # As vendors call what fetches when a person asks their assistant: ChatGPT-User, Claude-User, Manus-User. First,
    # since the page that explains it may be called `/bot`.
    *_closer({"-user": r"(?<=[a-z0-9])-user/"}, Actor.AI_AGENT, Signal.UA_AI_AGENT),
    *_closer(
        {
            "bot": (
                r"bot(?<!\bcubot)(?<!\babbot)(?<!\btalbot)"
                r"(?:s?(?![a-z])|(?<=\bbot)(?:seer|nik|ify|link|poke)|(?<=robot)(?!o))"
            ),
            "scrap": r"scrap(?!book)",
        },
        Actor.CRAWLER,
        Signal.UA_DECLARED_BOT,
        3,
    ),
    # Before mail clients, whose names a mail service's own previews write beside it.
    *_closer({"link": r"link[ _-]?preview"}, Actor.LINK_PREVIEW, Signal.UA_PREVIEW_TOKEN, 3),
    *_plain("crawl spider slurp spyder b0t", Actor.CRAWLER, Signal.UA_DECLARED_BOT, 3),
)

# Who writes one of these says what it fetches for, and that is not to show it to someone who reads mail.
PURPOSES: Final = (
    *_closer({"preview": r"preview(?<!developerpreview)"}, Actor.LINK_PREVIEW, Signal.UA_PREVIEW_TOKEN, 3),
    *_plain("unfurl linkexpand opengraph", Actor.LINK_PREVIEW, Signal.UA_PREVIEW_TOKEN, 3, on_phones=True),
    *_closer({"onebox": r"onebox(?![a-z])"}, Actor.LINK_PREVIEW, Signal.UA_PREVIEW_TOKEN, 3, on_phones=True),
    *_plain(
        "phish malware antivirus anti-virus safebrowsing urldefense safelink vulnerab pentest exploit fuzz",
        Actor.SECURITY_SCANNER,
        Signal.UA_SCANNER_TOKEN,
        on_phones=True,
    ),
    *_plain(
        "headless phantomjs selenium webdriver puppeteer playwright slimerjs htmlunit jsdom lighthouse synthetic "
        "wkhtmlto",
        Actor.HTTP_CLIENT,
        Signal.UA_HEADLESS,
        3,
        on_phones=True,
    ),
    *_closer(
        {
            "http": r"http(?<!libhttp)(?<!okhttp)(?<!icapohttp)",  # a proxy of companies adds the last
            "libwww": r"libwww(?!-fm|/ modified)",
            "java": r"\Ajava/",  # further on it is what an old phone runs
            "services client protocol": r"services client protocol",  # of .NET, behind a browser's name
        },
        Actor.HTTP_CLIENT,
        Signal.UA_HTTP_LIBRARY,
        3,
        on_phones=True,
    ),
    *_closer(
        {"scan": r"scan(?<!camscan)(?:s|ner|ning|info)?(?![a-z])"}, Actor.SECURITY_SCANNER, Signal.UA_SCANNER_TOKEN
    ),
    *_plain("googleother google-ads google-search", Actor.CRAWLER, Signal.UA_PURPOSE, on_phones=True),
    # An editor that fetches for its model, and shows pages to people.
    *_closer({"cursor": r"\Acursor/(?! electron)"}, Actor.CRAWLER, Signal.UA_PURPOSE, on_phones=True),
    *_closer(
        {
            "fetch": r"fetch(?<!mozacfetch)(?!tv)",
            "check": r"check(?!-?out|in\b)",
            "index": r"index(?:er|ing|ation)?(?![a-z])",
            "seo": r"seo(?:(?<=\bseo)|\b)",
            "feed": r"feed(?!back)",
            "rss": r"rss(?:(?<=\brss)|\b|owl)",
            "analy": r"analy[sz]",
            "audit": r"audit(?!ion)",
            "agent": r"agent(?<!masking-agent)(?:/|\Z|(?<![a-z0-9]agent)(?![a-z]))",
            "cron": r"cron(?<=\bcron)\b",
            "download": r"download(?<!qqdownload)(?!ed| master)",
            "watch": r"watch(?:er|dog)",
            "optimiz": r"optimiz(?<!\bmsn optimiz)",  # Internet Explorer as MSN gave it away
            "torrent": r"torrent(?<!\btorrent)(?<!firetorrent)",
            "web": r"web[ _-]?(?:thumb|snap|shot|scre|capture)",
            "rank": r"rank(?:er|ing|s)?(?![a-z])",
        },
        Actor.CRAWLER,
        Signal.UA_PURPOSE,
    ),
    *_plain(
        """
        monitor uptime archiv harvest valid verif inspect probe detect extract exractor parser retriev resolver
        render grab copier mirror webhook callback favicon screenshot thumbnail metadata transcod translat
        classif research plagia linkch finder sitemap webmaster heritrix nutch user-agent useragent daemon kendra
        grader diagnos examin getter tester prospect marketing shorten insight statisti
        """,
        Actor.CRAWLER,
        Signal.UA_PURPOSE,
    ),
)


def _any_of(words: set[str]) -> str:
    """Spell a pattern for the longest of the words that tries each letter once."""
    endings: dict[str, set[str]] = {}
    for word in words - {""}:
        endings.setdefault(word[0], set()).add(word[1:])
    branches = "|".join(re.escape(letter) + _any_of(rest) for letter, rest in sorted(endings.items()))
    return f"(?:{branches})" + ("?" if "" in words else "") if branches else ""


# All guards of a text at once, in a third of the time of asking for each.
GUARDS: Final = re.compile(_any_of({word.guard for word in (*ROBOTS, *PURPOSES)}))

# Words of programs rather than of apps. They count only where no system and no browser is named: a shop's app has a
# phone around it, a shop's import has not.
TOOLS: Final = re.compile(
    r"""
    api | sdk | servi[cs] | server | connect | integrat | search | look-?up | health | export | import | proxy
    | gateway | hook | test | \bcert | ssl | tls | dns | dcv | domain | host | url | uri | web(?!kit)
    | net(?<!internet)(?!flix|tv) | html | \bcss | pdf | json | xml | ftp | soap | rpc | oauth | ping | sync
    | backup | deploy | build | cloud | data | cache | cdn | \bjob | task | queue | schedul | worker | script
    | plug-?in | module | framework | engine | runtime | python | perl | php | java | ruby | golang | \brust
    | node | lua | scala | erlang | elixir | wget | sql | docker | kube | semantic | knowledge | intelligence
    | \bai\b | gpt | llm | advis | \bpos\b | \berp\b | \bcrm\b | \blead | blog | subscriber | site | content
    | stat[su] | metric | track | survey | scor | match | discover
    | explor(?<!internet\ explor)(?<!mobileexplor) | secur | agent | \bcli\b | \blib(?!re) | lib\b | open-?source
    | github | sender | manager | cookie | consent | tool | util | batch | process | generator | client | render
    | walker | recon\b | peeker | wayback | adwords | google- | -google | facebook | meta- | \bjs\b | \bgo\b
    | \br\b
    """,
    re.VERBOSE,
)

# What is done to mail rather than with it. A word with "mail" in it proves no person, and next to one of these it is a
# tool's: EmailSecurity, Gmail-content-sampling, MailValidator.
MAIL_TOOLS: Final = re.compile(
    r"""
    secur | protect | defen[cs]e | gateway | filter | guard | shield | sampl | sandbox | detonat | inspect | analy
    | check | verif | valid | test | monitor | track | extract | harvest | fetch | proxy | relay | logg | hook
    | send(?:er|ing)? | market | campaign | bulk | blast | archiv | backup | migrat | export | import | pars(?:er|ing)
    | render | preview | screenshot | spam | phish | virus | malware | threat | forensic | scan | api | sdk | server
    | servi[cs] | grabber | grepper | finder | hunter | lookup | worker | daemon | script | robot
    """,
    re.VERBOSE,
)

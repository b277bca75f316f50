"""Verdicts on requests: two axes, how strong the evidence is, and the codes that say why.

"Is it a bot" is not what senders ask. Gmail's proxy is a machine that fetches because a person opened; Apple's fetches
whether anyone did or not. So one axis says what acted, the other whether a person stands behind it.
No address is kept in any of these values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final, Literal, Self, get_args

Kind = Literal["open", "click"]
KINDS: Final = get_args(Kind)
Evidence = Literal[1, 2, 3]


class Actor(StrEnum):
    """What made the request."""

    HUMAN = auto()
    APPLE_MPP = auto()
    IMAGE_PROXY = auto()
    GMAIL_PREFETCH = auto()
    SECURITY_SCANNER = auto()
    LINK_PREVIEW = auto()
    AI_AGENT = auto()
    CRAWLER = auto()
    HTTP_CLIENT = auto()
    UNKNOWN = auto()


class Human(StrEnum):
    """Whether a person was there when the request was made.

    `UNKNOWABLE` is a fact about the agent, not doubt about the request: Apple's prefetch looks the same either way.
    `YES_CLIENT_HIDDEN` is a person behind a proxy: count the request, but the client and the IP address are the
    proxy's.
    """

    YES = auto()
    NO = auto()
    UNKNOWABLE = auto()
    YES_CLIENT_HIDDEN = auto()


# Looking a member up in its class is slow before Python 3.12, and verdicts are asked for each request.
_YES: Final = Human.YES
_NO: Final = Human.NO
_YES_CLIENT_HIDDEN: Final = Human.YES_CLIENT_HIDDEN


class Signal(StrEnum):
    """The closed set of codes behind `Verdict.reasons`, each with its meaning and the source of its rule.

    Callers store codes, so a code is never renamed and never gets another meaning.

    Attributes:
        meaning: What was seen.
        source: Who says that it means something, with the date it was read.
    """

    meaning: str
    source: str

    def __new__(cls, code: str, meaning: str, source: str) -> Self:
        """Make the code carry its documentation."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        member.source = source
        return member

    # The user agent.
    UA_BROWSER = "ua.browser", "an ordinary browser or web view", "vendors' user-agent documents, 2026-11"
    UA_MAIL_CLIENT = "ua.mail_client", "a mail client", "uap-core families and mail clients' own headers, 2026-11"
    UA_APP = "ua.app", "an app on a phone or a computer", "our choice: apps fetch for the person who holds them"
    UA_UNKNOWN = "ua.unknown", "an agent that matches no rule", "our choice: unknown is not a machine"
    UA_MISSING = "ua.missing", "no User-Agent, or only whitespace", "our choice: browsers and mail clients name one"
    UA_APPLE_MPP = (
        "ua.apple_mpp",
        "an open by exactly `Mozilla/5.0`: Apple Mail Privacy Protection, whether or not a person opened",
        "documentation.mailgun.com, open and click bot detection, 2026-08",
    )
    UA_GMAIL_PREFETCH = (
        "ua.gmail_prefetch",
        "exactly the agent with which Gmail fetches before the person opens",
        "SparkPost, study of 9.8 billion Gmail opens, 2021-12",
    )
    UA_GOOGLE_IMAGE_PROXY = (
        "ua.google_image_proxy",
        "Gmail's image proxy, which fetches when the person opens",
        "SparkPost, gmail-prefetching-images, 2021-12",
    )
    UA_YAHOO_MAIL_PROXY = (
        "ua.yahoo_mail_proxy",
        "the image proxy of Yahoo and AOL mail",
        "help.yahoo.com SLN28749; litmus.com on Yahoo opens, 2018",
    )
    UA_MAIL_PROXY = (
        "ua.mail_proxy",
        "another mail service's image proxy",
        "its own token, e.g. SeznamEmailProxy, 2026-08",
    )
    UA_SITE_PROXY = (
        "ua.site_proxy",
        "the image proxy of a chat service or a code host, not of a mail service",
        "its own token, e.g. Slack-ImgProxy",
    )
    UA_SCANNER_TOKEN = (
        "ua.scanner_token",
        "a security product that names itself",
        "labelled lists (crawler-user-agents, matomo), 2026-08",
    )
    UA_PREVIEW_TOKEN = (
        "ua.preview_token",
        "a service that draws a preview card for a shared link",
        "vendors' crawler pages; crawler-user-agents, 2026-08",
    )
    UA_OFFICE_PROBE = (
        "ua.office_probe",
        "Office checks whether a link that a person is opening exists; the person's own click follows",
        "Microsoft Office protocol discovery; field reports, 2026-08",
    )
    UA_AI_AGENT = (
        "ua.ai_agent",
        "an assistant that fetches for a person, or an agent that acts for a person, who did not look",
        "the vendors' crawler pages, 2025 and 2026",
    )
    UA_LISTED = "ua.listed", "an agent that the caller listed", "the caller's `load_agents`"
    UA_DECLARED_BOT = (
        "ua.declared_bot",
        "says that it is a bot: a word such as bot or crawl, or its operator's contact",
        "RFC 9110 section 10.1.5 asks robots for a contact",
    )
    UA_PURPOSE = (
        "ua.purpose",
        "a word for its purpose: check, monitor, archive, translate",
        "our measurement on labelled lists, 2026-11",
    )
    UA_LIST = "ua.list", "a fetcher known by name", "its operator's page; crawler-user-agents and isbot, 2026-08"
    UA_HTTP_LIBRARY = "ua.http_library", "an HTTP library or a command", "the libraries' default headers, 2026-11"
    UA_HEADLESS = (
        "ua.headless",
        "a browser without a screen, or one driven by a program",
        "their default headers, 2026-11",
    )
    UA_CHROME_BUILD = (
        "ua.chrome_build_impossible",
        "a Chrome build that was never made for its major version",
        "Chromium's branch dates; our measurement on 4,399 devices, 2026-08",
    )
    UA_CHROME_PATCH = (
        "ua.chrome_patch_unlikely",
        "a Chrome patch number above a thousand, which only branches such as Yandex's reach",
        "matomo's fixtures, 2026-11",
    )
    UA_IMPOSSIBLE_PLATFORM = (
        "ua.impossible_platform",
        "a browser on a system that it never ran on",
        "vendors' system requirements, 2026-11",
    )
    UA_COMPATIBLE_UNKNOWN = (
        "ua.compatible_unknown",
        "`(compatible; X` where X is not a browser that ever called itself that",
        "our measurement on labelled lists, 2026-08",
    )
    UA_ADDED_NAME = (
        "ua.added_name",
        "a browser on a server's system, with an added name that no browser adds",
        "our measurement on labelled lists, 2026-11",
    )
    UA_BARE_MOZILLA = "ua.bare_mozilla", "`Mozilla/5.0` and nothing that a browser adds", "our measurement, 2026-08"
    UA_TOOL_SHAPE = "ua.tool_shape", "one product token, as programs write it", "our measurement, 2026-08"

    # The request.
    METHOD_HEAD = "method.head", "HEAD: something checks whether the URL exists", "RFC 9110 section 9.3.2"
    METHOD_OPTIONS = "method.options", "OPTIONS: something asks what the URL supports", "RFC 9110 section 9.3.7"
    HDR_PREFETCH = (
        "hdr.prefetch",
        "the browser says that it is prefetching",
        "WHATWG Fetch, Sec-Purpose; older Purpose, X-Purpose and X-Moz",
    )
    HDR_SIGNATURE_AGENT = (
        "hdr.signature_agent",
        "the request says that an agent signed it; nothing here checks the signature",
        "draft-ietf-webbotauth-httpsig-protocol-01, 2026-10; OpenAI help 11845367",
    )
    HDR_NO_ACCEPT_LANGUAGE = (
        "hdr.no_accept_language",
        "a click by a browser that names no language",
        "our choice: Chromium, Firefox and Safari send Accept-Language when they navigate",
    )
    HDR_NO_SEC_FETCH = (
        "hdr.no_sec_fetch",
        "a click by a recent browser without Sec-Fetch-Mode",
        "W3C Fetch Metadata; Chrome 76, Firefox 90, Safari 16.4",
    )
    HDR_REFERER_REWRITER = (
        "hdr.referer_rewriter",
        "the click came through a gateway's link page, which people see",
        "the vendors' pages on rewritten links, 2026-08",
    )
    TIME_LT_2S = "time.lt_2s", "a click less than 2 seconds after delivery", "mautic, bot_helper_time_email_threshold"
    TIME_LT_10S = "time.lt_10s", "a click less than 10 seconds after delivery", "OpenAEV's delivery window, 2026-08"

    # The network it came from.
    NET_APPLE_EGRESS = (
        "net.apple_egress",
        "from iCloud Private Relay's list, which Apple Mail Privacy Protection shares",
        "mask-api.icloud.com/egress-ip-ranges.csv",
    )
    NET_SCANNER = (
        "net.scanner",
        "from a network that only a mail gateway uses",
        "Microsoft 365 endpoints 9 and 10; Barracuda's region list, 2026-08",
    )
    NET_SCANNER_PROBABLE = (
        "net.scanner_probable",
        "from a gateway vendor's network, in which people's isolated browsers run too",
        "the vendors' autonomous systems, 2026-08",
    )
    NET_MAIL_PROXY = (
        "net.mail_proxy",
        "an open by a browser from the network of a mail service that loads images for its users",
        "proton.me, email tracker protection, 2026-11: it loads them ahead, through a proxy",
    )
    NET_CLOUD = "net.cloud", "from a data centre", "the operators' autonomous systems, 2026-08"
    NET_LISTED = "net.listed", "from a network that the caller listed", "the caller's `load_networks`"
    NET_INVALID = "net.invalid", "the given address is not an IP address", "our choice: said, not raised"

    # The other requests of the same message.
    MSG_HONEYPOT = "msg.honeypot", "followed a link that no person sees", "Omeda's stealth links; mautic #9798"
    MSG_HONEYPOT_TAINT = (
        "msg.honeypot_taint",
        "by a client that followed the invisible link, within 15 minutes",
        "Paminga's sliding window, 2026-08",
    )
    MSG_FAST = "msg.burst_4_in_1s", "four links within a second", "our simulation of people's clicks, 2026-11"
    MSG_BURST = (
        "msg.burst_3_in_2s",
        "three links within two seconds",
        "our simulation: 0.04 % of people who have just got the mail, but many who open links in tabs, 2026-11",
    )
    MSG_SWEEP = (
        "msg.all_links_in_10s",
        "every link of the message within ten seconds; of two links within 1.5, of three within 5",
        "Paminga; field reports, 2026-08",
    )
    MSG_PACE = (
        "msg.steady_pace",
        "four links within eight seconds, or eight within a minute, while gateways scan",
        "mautic #9798: about a second a link, varying",
    )
    MSG_SAME_CLIENT = (
        "msg.same_client",
        "by a client that another request showed to be a machine",
        "craft-campaign #546: half a minute between the pixel and the links in 836 sweeps; gophish #2115",
    )
    MSG_TWO_LINKS = "msg.two_links_same_second", "two links in one second", "Marketo's proximity pattern, 2026-08"
    MSG_DETONATION = (
        "msg.detonation",
        "a click from a gateway vendor's network on a link that another client follows within a minute",
        "warmbly #412, 2026-08: Safe Links does not fetch for the person",
    )
    MSG_AGENTS = (
        "msg.agents_rotate",
        "a click from an IP address that shows three agents within ten seconds",
        "field reports of gateways, 2026-08; three, because an app hands a link to a browser",
    )
    MSG_TURNS = (
        "msg.hosts_take_turns",
        "three links followed from three IP addresses within ten seconds, while gateways scan",
        "hummingdeck.com on Safe Links, 2026-11: each look with another address and another agent",
    )
    MSG_DUPLICATE = (
        "msg.duplicate",
        "the same client again a moment later: a double click, or a mail client that hands its link to a browser",
        "our choice; next-auth #1840 on the new Outlook",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one request was, and why; made by `classify_event` and `classify_message`.

    Attributes:
        actor: What made the request.
        human: Whether a person was there.
        evidence: How strong the evidence is: 1 weak, 2 medium, 3 strong.
        reasons: The codes of `Signal` that led to the verdict; the first one decided.
        vendor: Who runs the agent or the network, where that is known.
        sources: The names of the lists of networks that contain the request's IP address or autonomous system. These
            names contain no address: keep them, and `Event.sources` replaces the address when the request is classified
            again. Two verdicts that differ only in `sources` are equal.
        cause: The index, in the events passed to `classify_message`, of another event that this verdict rests on, such
            as the click on the invisible link; None if there is none.
    """

    actor: Actor
    human: Human
    evidence: Evidence
    reasons: tuple[str, ...] = ()
    vendor: str | None = None
    sources: tuple[str, ...] = field(default=(), compare=False)
    cause: int | None = None

    @property
    def category(self) -> str:
        """What led to the verdict, as a word from Lettermint's public list (its Python SDK 3.2.0, 2026-11).

        A person is `confirmed`, or `unconfirmed` on weak evidence; so is anything that cannot be determined. More words
        may come: decide by `human`.

        Example:
            >>> from lmtrack import classify_event
            >>> classify_event(kind="open", user_agent="Mozilla/5.0").category
            'privacy_proxy'
        """
        if self.actor is Actor.APPLE_MPP:
            return "privacy_proxy"
        if self.actor is Actor.IMAGE_PROXY or self.actor is Actor.GMAIL_PREFETCH:
            return "image_proxy"
        if self.human is not _NO:
            return "confirmed" if self.human is _YES and self.evidence > 1 else "unconfirmed"
        code = self.reasons[0] if self.reasons else ""
        return _CATEGORY_OF_CODE.get(code) or _CATEGORY_OF_FAMILY.get(code.partition(".")[0], "other")

    @property
    def is_machine(self) -> bool:
        """Return whether it is known that no person was there."""
        return self.human is _NO

    @property
    def counts_for_metrics(self) -> bool:
        """Return whether the request counts as an open or a click by a person."""
        return self.human is _YES or self.human is _YES_CLIENT_HIDDEN

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values with a fixed key order.

        Example:
            >>> Verdict(actor=Actor.HUMAN, human=Human.YES, evidence=2, reasons=("ua.browser",)).to_dict()["reasons"]
            ['ua.browser']
        """
        return {
            "actor": self.actor.value,
            "human": self.human.value,
            "evidence": self.evidence,
            "reasons": list(self.reasons),
            "vendor": self.vendor,
            "category": self.category,
            "sources": list(self.sources),
            "cause": self.cause,
            "is_machine": self.is_machine,
            "counts_for_metrics": self.counts_for_metrics,
        }


# Of a machine, by the code that decided, and by the code's family.
_CATEGORY_OF_FAMILY: Final = {
    "ua": "known_bot",
    "method": "request_shape",
    "hdr": "request_shape",
    "time": "timing",
    "net": "security_network",
    "msg": "link_pattern",
}
_CATEGORY_OF_CODE: Final = {
    Signal.UA_SCANNER_TOKEN.value: "link_protection",
    Signal.MSG_DETONATION.value: "link_protection",
    Signal.UA_HEADLESS.value: "sandbox",
    Signal.MSG_AGENTS.value: "sandbox",
    Signal.HDR_SIGNATURE_AGENT.value: "known_bot",
    Signal.UA_LISTED.value: "other",
    Signal.UA_CHROME_BUILD.value: "request_shape",
    Signal.UA_IMPOSSIBLE_PLATFORM.value: "request_shape",
    Signal.UA_COMPATIBLE_UNKNOWN.value: "request_shape",
    Signal.UA_ADDED_NAME.value: "request_shape",
    Signal.UA_BARE_MOZILLA.value: "request_shape",
    Signal.UA_TOOL_SHAPE.value: "request_shape",
}

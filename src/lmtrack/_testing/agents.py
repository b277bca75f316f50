"""Strategies of user agents: what arrives at a tracking host, and what someone makes up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._testing.needs import SearchStrategy, needs_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_KHTML: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
# Forms that browsers, mail clients and machines have in 2026-11, by their makers' pages; a `%` becomes a number.
_AGENTS: Final = (
    "",
    "Mozilla/5.0",
    "curl/8.%.1",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KHTML} Chrome/%.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KHTML} Chrome/%.0.0.0 Safari/537.36 Edg/%.0.0.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_KHTML} Chrome/%.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {_KHTML} Chrome/%.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%.0) Gecko/20100101 Firefox/%.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:%.0) Gecko/20100101 Firefox/%.0",
    f"{_IPHONE} Version/26.% Mobile/15E148 Safari/604.1",
    f"{_IPHONE} Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%.0) Gecko/20100101 Thunderbird/%.0",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.%; Pro)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KHTML} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    f"Mozilla/5.0 {_KHTML[:-1]}; compatible; ChatGPT-User/1.%; +https://openai.com/bot) Chrome/%.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (X11; Linux x86_64) {_KHTML} Chrome/%.0.0.0 Safari/537.36 FastmailUA/1.0",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KHTML} Chrome/%.0.0.0 Safari/537.36 OneOutlook/1.2026.%",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.%",
    "BarracudaCentral",
    f"Mozilla/5.0 (X11; Linux x86_64) {_KHTML} HeadlessChrome/%.0.0.0 Safari/537.36",
    "python-requests/2.%.0",
    "Go-http-client/2.0",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)",
)


@needs_hypothesis
def user_agents() -> SearchStrategy[str]:
    """User agents as a web server receives them: of people, proxies, scanners, previews, crawlers and programs.

    Besides real ones, there are some with a piece missing, doubled, in another case or swapped, and Latin-1 text that
    is not a user agent at all, including the empty one.
    """
    from hypothesis import strategies as st

    # What RFC 9110 section 5.5 lets into a field value: visible characters, blanks, and bytes beyond ASCII.
    text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=80)
    numbers = st.integers(0, 150).map(str)
    known = st.builds(lambda agent, number: agent.replace("%", number), st.sampled_from(_AGENTS), numbers)

    changes = st.sampled_from(["", None, "x" * 600]) | known | text

    @st.composite
    def changed(draw: DrawFn) -> str:
        agent: str = draw(known)
        start, end = sorted(draw(st.integers(0, len(agent))) for _ in range(2))
        piece = agent[start:end]
        new: str | None = draw(changes)
        return agent[:start] + (piece.swapcase() * 2 if new is None else new) + agent[end:]

    return known | changed() | text

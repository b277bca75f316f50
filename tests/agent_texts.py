"""What browsers call themselves, for the tests that change one thing in it, and the one code that a name gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from lmtrack._agents.agent import judge_agent

if TYPE_CHECKING:
    from lmtrack._agents.verdict import Kind

LIKE_GECKO: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS_CHROME: Final = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36"
LINUX_CHROME: Final = f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO} Chrome/142.0.0.0 Safari/537.36"
ANDROID_CHROME: Final = f"Mozilla/5.0 (Linux; Android 10; K) {LIKE_GECKO} Chrome/142.0.0.0 Mobile Safari/537.36"
IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
KINDS: Final[st.SearchStrategy[Kind]] = st.sampled_from(["open", "click"])


def reason(agent: str | None, kind: Kind = "click") -> str:
    return judge_agent(agent, kind).reasons[0]


def web_view(device: str, *, chrome: str = "142.0.7444.102", tail: str = "") -> str:
    return (
        f"Mozilla/5.0 (Linux; Android 13; {device}; wv) {LIKE_GECKO} Version/4.0 Chrome/{chrome} "
        f"Mobile Safari/537.36{tail}"
    )

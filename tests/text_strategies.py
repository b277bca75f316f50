"""Plain texts written to be misread: URLs, halves of URLs, and everything that may stand around one."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = st.sampled_from([
    "https://shop.example/", "http://x.example/a?b=1&c=2", "HTTPS://X.example", "https://", "http://a", "https", "://",
    "https://track.example/c/x", "https://track.example/c/", "https://x.example/unsubscribe", "https://x.example/_(a)",
    "https://x.example/?token=1", "https://x.example/{{ a }}", "<https://x.example/a>", "<https://x.example/a", "<URL:",
    "URL:",
    "(", ")", "[", "]", "{", "}", "<", ">", '"', "'", "`", "“", "”", "‘", "’", "«", "»", "*", "_", "~", "|", "=", ";",
    "&gt;", ".", ",", "!", "?", ":", "-", "/", "#", "%", "&", "@", "\\", "+", "$", "…", "—", "。", "（", "）",
    "请", "を", "é", "🎉", "\u200b", "\xa0", "\u3000", "\x00", "\x85", "\ud800", " ", "  ", "\n", "\r\n", "\r", "\t",
    "\n> ", " \n", "-- \n", "a", "x1", "{{", "}}", "{{ a }}", "{%", "%}", "{% a %}", "<%", "%>", "*|", "|*", "%%",
    "%%=", "=%%", "${",
    "[[", "]]", "%a%", "git+", "www.", "mailto:a@b.example?body=", "ftp://",
])  # fmt: skip
PLAIN_TEXTS = st.lists(_PIECES | st.text(max_size=3), max_size=24).map("".join)

"""The prose of pages, docstrings, comments and messages uses the words that engineers use."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).resolve().parents[2]
PAGES = [TOP / "README.md", *sorted(path for path in (TOP / "docs").rglob("*.md") if "_build" not in path.parts)]
MODULES = sorted((TOP / "src").rglob("*.py"))
# What "mail" is an adjective to.
AFTER_MAIL = "client|server|program|library|gateway|proxy|scanner|service"
# Words that read as translated, with what to write instead.
INSTEAD = {
    r"\boctets?\b(?!-)": "byte",
    r"\banew\b": "again, re-serialised",
    r"(?<!there )\b(?:is|are) no (?!(?:fault|harm|less|longer|more|part|sign)\b)[a-z]": "is not a ...",
    r"\bleads? on\b": "redirect, keep working",
    r"\bin earnest\b": "in production",
    r"\bas they come\b": "ordinary",
    r"\blikewise\b": "say it",
    r"\bspeaks? for (?:it|that|a verdict)\b": "evidence",
    r"\bas long as \w+ \w+ shall\b": "must",
    r"\bnobody knows\b": "cannot be known",
    rf"\b(?:a|an|one|each|every|another|which) mail\b(?! (?:{AFTER_MAIL}))": "an email, a message",
    r"\be-mails?\b(?!-)": "email",
    r"\blooks? whether\b": "checks whether",
    r"\bin another way than\b": "differently from",
    r"\b(?:is|are) no fault of\b": "not its fault",
    r"(?-i:^Give )": "Return ...",
}


def wrong(text: str) -> list[str]:
    text = re.sub(r"\]\([^)]*\)|`[^`]*`", "`x`", text)
    return [
        f"{found[0]!r}: {better}"
        for word, better in INSTEAD.items()
        for found in re.finditer(word, text, re.IGNORECASE)
    ]


def prose_of_page(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def prose_of_module(source: str) -> Iterator[str]:
    """Comments, docstrings without their examples, and texts with a blank, as messages are."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            lines = node.value.strip().splitlines()
            yield "\n".join(line for line in lines if not line.lstrip().startswith((">>>", "...")))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(TOP).as_posix())
def test_page_is_in_plain_english(page: Path) -> None:
    assert wrong(prose_of_page(page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(TOP / "src").as_posix())
def test_module_is_in_plain_english(module: Path) -> None:
    assert [found for text in prose_of_module(module.read_text(encoding="utf-8")) for found in wrong(text)] == []

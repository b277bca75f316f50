"""What mail loads in a real Chromium: the audit looks at all of it, and copies that load otherwise are different."""

from __future__ import annotations

import re
from threading import Condition
from typing import TYPE_CHECKING, Final

import pytest

from chromium import PATIENCE, Answer
from deciding_pairs import deciding_pairs
from lmtrack import audit_html, compare_renderings
from loading_forms import loading_documents
from unseen_forms import UNSEEN

if TYPE_CHECKING:
    from chromium import Browser

QUIET: Final = 3  # seconds; a busy machine draws a hundred frames slowly


class Nest:
    """A page of many frames, each with a document of its own, and an empty answer for whatever those load."""

    def __init__(self, documents: list[str]) -> None:
        self.documents = documents
        self.asked: set[int] = set()
        self.unread = set(range(len(documents)))
        self.changed = Condition()

    def __call__(self, url: str) -> Answer | None:
        """Answer for a URL."""
        with self.changed:
            self.changed.notify_all()
        if found := re.fullmatch(r"https://mail\.example/([0-9]+)", url):
            self.unread.discard(int(found[1]))
            return Answer("text/html; charset=utf-8", self.documents[int(found[1])].encode())
        if url == "https://mail.example/":
            frames = "".join(f'<iframe src="/{number}"></iframe>' for number in range(len(self.documents)))
            return Answer("text/html; charset=utf-8", f"<!DOCTYPE html>{frames}".encode())
        if found := re.match(r"https?://(?:[^/@]*@)?h([0-9]+)\.evil\.example/", url):
            self.asked.add(int(found[1]))
        return Answer("text/plain", b"")

    def settle(self) -> None:
        """Wait until every document was read and nothing has been asked for during a while."""
        with self.changed:
            assert self.changed.wait_for(lambda: not self.unread, 8 * PATIENCE)
            while self.changed.wait(QUIET):
                pass


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_mail_loads_in_a_browser_the_audit_looks_at(browser: Browser, seed: int) -> None:
    documents = loading_documents(80, seed)
    nest = Nest(documents)
    with browser.page(scripts=False, web=nest) as page:
        page.open("https://mail.example/", until="networkAlmostIdle")  # a sound without an end holds `load` up
        nest.settle()
    assert len(nest.asked) > len(documents) / 3
    for number in nest.asked:
        audit = audit_html(documents[number], known_trackers=[f"h{number}.evil.example"])
        assert str(audit.outcome) == "tracked", documents[number]


def test_what_is_loaded_and_not_seen_is_one_of_the_limits_that_the_docs_name(browser: Browser) -> None:
    forms = [form for group in UNSEEN.values() for form in group]
    nest = Nest([
        f"<!DOCTYPE html>{form.replace('100%', '100&#37;').replace('%', f'https://h{number}.evil.example/a/logo.png')}"
        for number, form in enumerate(forms)
    ])  # fmt: skip
    with browser.page(scripts=False, web=nest) as page:
        page.open("https://mail.example/", until="networkAlmostIdle")
        nest.settle()
    assert [form for number, form in enumerate(forms) if number not in nest.asked] == []


@pytest.mark.parametrize("seed", range(6))
def test_copies_that_load_otherwise_in_a_browser_are_different(browser: Browser, seed: int) -> None:
    pairs = deciding_pairs(100, seed)
    urls = [f"https://h{number}.evil.example/a/logo.png" for number in range(2 * len(pairs))]
    nest = Nest(
        [html.replace("%", url) for html, url in zip((html for pair in pairs for html in pair), urls, strict=True)]
    )
    with browser.page(scripts=False, web=nest) as page:
        page.open("https://mail.example/", until="networkAlmostIdle")
        nest.settle()
    decided = 0
    for number, pair in enumerate(pairs):
        if (2 * number in nest.asked) != (2 * number + 1 in nest.asked):
            decided += 1
            assert compare_renderings([html.replace("%", "https://shop.example/1") for html in pair]), pair
    assert decided > len(pairs) / 3

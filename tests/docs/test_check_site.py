"""The check of the built documentation notices what it is for; the session `docs` runs it on the site."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(TOP / "docs" / "check_site.py"))
INDEX = "Search.setIndex({terms:{" + ",".join(f"{word}:[0,1]" for word in SCRIPT["SOUGHT"]) + "}})"


def site(folder: Path, body: str, index: str = INDEX) -> list[str]:
    """Check a site of two pages."""
    (folder / "howto").mkdir()
    (folder / "index.html").write_text(f"<html><body id='top'>{body}</body></html>")
    (folder / "howto" / "send.html").write_text('<h1 id="a-place">Send</h1><a href="../index.html#top">up</a>')
    (folder / "searchindex.js").write_text(index)
    return list(SCRIPT["check_site"](folder))


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<a href="howto/send.html#a-place">x</a><a href="#top">x</a><a href="https://docs.example/x">x</a>', []),
        ('<a href="howto/sent.html">x</a>', ["index.html: howto/sent.html: there is no such file"]),
        ('<img src="pixel.png">', ["index.html: pixel.png: there is no such file"]),
        ('<a href="howto/send.html#no">x</a>', ["index.html: howto/send.html#no: there is no such place in it"]),
        ('<a href="#no">x</a>', ["index.html: #no: there is no such place in it"]),
        ('<dl><dt class="sig">track(<em>policy=LinkPolicy()</em>)</dt><dd>_hidden</dd></dl>', []),
        (
            '<dl><dt class="sig py">track(<em>policy=_DEFAULT</em>)</dt></dl>',
            ["index.html: a signature shows _DEFAULT"],
        ),
        ('<dl><dt class="sig">t(x: lmtrack._url.reader.Url)</dt></dl>', ["index.html: a signature shows ._url"]),
    ],
)
def test_what_leads_nowhere_and_what_is_private_is_told(tmp_path: Path, body: str, wrong: list[str]) -> None:
    assert site(tmp_path, body) == wrong


def test_a_word_that_nobody_finds_is_told(tmp_path: Path) -> None:
    assert site(tmp_path, "", INDEX.replace("gmail:", "hotmail:")) == ["searchindex.js: nobody finds gmail"]


def test_every_link_between_the_files_of_the_repository_leads_somewhere() -> None:
    assert list(SCRIPT["check_repository"](TOP)) == []


def test_links_between_files_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A `b` c\n\n```text\n# d\n[x](y)\n```\n")
    good = "[a](docs/a.md#a-b-c) [](docs/a.md) ![p](docs) <https://x.example> [w](https://x.example/y#z)"
    (tmp_path / "README.md").write_text(good)
    assert list(SCRIPT["check_repository"](tmp_path)) == []
    (tmp_path / "README.md").write_text("[a](docs/a.md#d) [b](docs/b.md)")
    assert list(SCRIPT["check_repository"](tmp_path)) == [
        "README.md: docs/a.md#d: there is no such place in it",
        "README.md: docs/b.md: there is no such file",
    ]

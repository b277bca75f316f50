"""Check the built site and the repository's own pages, offline: every link leads somewhere, and a search finds things.

`python docs/check_site.py docs/_build/html` prints what is wrong, a line each, and exits with 1 if anything is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

TOP: Final = Path(__file__).resolve().parent.parent
# Words that a reader types into the search, as the index has them (Sphinx stems English).
SOUGHT: Final = ("unsubscrib", "gmail", "consent", "django", "pixel", "webhook")
FENCE: Final = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.DOTALL | re.MULTILINE)
LINK: Final = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^()\s]+)\)")
HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
PRIVATE: Final = re.compile(r"(?<![\w.])_[A-Za-z]\w*|\._[a-z]\w*")


class Page(HTMLParser):
    """What a page links to, what can be linked to in it, and the text of its signatures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.signatures: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note its addresses and its id."""
        for name, value in attrs:
            if name in {"href", "src"} and value is not None:
                self.links.append(value)
            elif name in {"id", "name"} and value and tag != "meta":
                self.anchors.add(value)
        if tag == "dt":
            self.inside = "sig" in (dict(attrs).get("class") or "").split()
            if self.inside:
                self.signatures.append("")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a signature."""
        self.inside = self.inside and tag != "dt"

    def handle_data(self, data: str) -> None:
        """Collect the text of a signature."""
        if self.inside:
            self.signatures[-1] += data


def check_site(folder: Path, /) -> Iterator[str]:
    """Check the links of all built pages, their signatures, and the words of the search."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        for link in page.links:
            target, anchor = locate(link, path)
            if target is None:
                continue
            if not target.is_file():
                yield f"{name}: {link}: there is no such file"
            elif anchor and target in pages and anchor not in pages[target].anchors:
                yield f"{name}: {link}: there is no such place in it"
        yield from (
            f"{name}: a signature shows {private[0]}"
            for signature in page.signatures
            if (private := PRIVATE.search(signature))
        )
    index = (folder / "searchindex.js").read_text(encoding="utf-8")
    terms = index.partition('"terms":' if '"terms":' in index else "terms:")[2]
    yield from (f"searchindex.js: nobody finds {word}" for word in SOUGHT if not re.search(rf'[{{,"]{word}"?:', terms))


def check_repository(top: Path, /) -> Iterator[str]:
    """Check the links between the Markdown files of the repository, as a forge shows them."""
    paths = [top / name for name in ("README.md", "findings/README.md") if (top / name).exists()]
    paths += sorted(path for path in (top / "docs").rglob("*.md") if "_build" not in path.parts)
    paths += sorted(path for path in (top / ".github").rglob("*.md"))
    for path in paths:
        for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
            target, anchor = locate(link, path)
            if target is None:
                continue
            if not target.exists():
                yield f"{path.relative_to(top)}: {link}: there is no such file"
            elif anchor and target.suffix == ".md" and anchor not in places(target):
                yield f"{path.relative_to(top)}: {link}: there is no such place in it"


def locate(link: str, page: Path, /) -> tuple[Path | None, str]:
    """Return the file that a link leads to, None if it is not one of ours, and the place in it."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None, ""
    path = unquote(parts.path)
    return (page.parent / path).resolve() if path else page.resolve(), unquote(parts.fragment)


def places(path: Path, /) -> set[str]:
    """Return the anchors that a forge makes of a file's headings."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def main(folder: str, /) -> int:
    """Print what is wrong."""
    wrong = [*check_site(Path(folder)), *check_repository(TOP)]
    print("\n".join(wrong) or "every link leads somewhere")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""HTML rewriting against lxml, pytracking and lol-html, each in the same run: `python tests/bench/bench_html.py`."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from math import log
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import lolhtml
import lxml.etree
import lxml.html
import pytracking
import pytracking.html
from harness import Row, alternate, table
from mails import CORPUS, delivered, link_dense, newsletter, templates

from lmtrack import Consent, Route, TrackingDomain, make_keys, pixel_tag, resolve, rewrite_html, scan_html, track_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Document = TypeVar("Document", str, bytes)

CLICK = "https://track.example/c/token"
PIXEL = "https://track.example/o/token"
TAG = pixel_tag(PIXEL)


def each(documents: Sequence[Document], job: Callable[[Document], object]) -> Callable[[], None]:
    """Do a job to each document and drop the result, as a sender does once it is sent."""

    def run() -> None:
        for document in documents:
            job(document)

    return run


def ours(documents: list[str]) -> Callable[[], object]:
    return each(documents, lambda html: rewrite_html(html, click_url=lambda _: CLICK, pixel_url=PIXEL))


def lxml_unchanged(documents: list[str]) -> Callable[[], object]:
    """Parse and serialise, without any change: the floor for everything that works on a tree."""
    parser = lxml.html.HTMLParser(encoding="utf-8")
    return each(
        [html.encode(errors="replace") for html in documents],
        lambda octets: lxml.html.tostring(lxml.html.document_fromstring(octets, parser=parser)),
    )


class _Link:
    def element(self, element: lolhtml.Element) -> None:
        href = element.get_attribute("href")
        if href is not None and href.startswith(("http://", "https://")):
            element.set_attribute("href", CLICK)


class _Body:
    def element(self, element: lolhtml.Element) -> None:
        element.append(TAG, lolhtml.ContentType.HTML)


def lol_html(documents: list[str]) -> Callable[[], object]:
    """The same job for the native rewriter: live http links and a pixel; text in, text out, as for us."""

    def job(html: str) -> None:
        output = bytearray()
        rewriter = lolhtml.HTMLRewriter(output.extend)
        rewriter.on("a[href], area[href]", _Link())
        rewriter.on("body", _Body())
        rewriter.write(html.encode(errors="replace"))
        rewriter.end()
        output.decode()

    return each(documents, job)


def pytracking_unsigned(documents: list[str]) -> Callable[[], object]:
    configuration = pytracking.Configuration(
        base_open_tracking_url="https://track.example/o/", base_click_tracking_url="https://track.example/c/"
    )
    return each(
        documents,
        lambda html: pytracking.html.adapt_html(html, {"message": "m-1"}, configuration=configuration),
    )


def readable_by_all(documents: list[str]) -> list[str]:
    """Keep what every peer reads; pytracking and lxml raise on some documents, lol-html on others."""
    kept = []
    for html in documents:
        try:
            lxml_unchanged([html])()
            lol_html([html])()
            pytracking_unsigned([html])()
        except (ValueError, AttributeError, TypeError, RuntimeError, lxml.etree.ParserError):
            continue
        kept.append(html)
    return kept


def exponent(make: Callable[[int], str], low: int, high: int) -> float:
    def best(size: int) -> float:
        html = make(size)
        times = []
        for _ in range(5):
            start = perf_counter()
            rewrite_html(html, click_url=lambda _: CLICK, pixel_url=PIXEL)
            times.append(perf_counter() - start)
        return min(times) / len(html)

    return 1 + log(best(high) / best(low)) / log(high / low)


# What a program pays before its first tracked mail: `import lmtrack` is the figure, the rest is there to be seen.
STARTS = (
    "import lmtrack",
    "from lmtrack import resolve",
    "from lmtrack import make_keys",
    "from lmtrack import track_html",
)


def import_costs(rounds: int = 15) -> Iterator[str]:
    def start(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-I", "-c", code], check=True)  # noqa: S603 - our own code

    bare, *full = alternate(start("pass"), *map(start, STARTS), rounds=rounds)
    for code, seconds in zip(STARTS, full, strict=True):
        figure = " (at most 40, aim 20)" if code == "import lmtrack" else ""
        yield f"{code}: {(seconds - bare) * 1e3:.1f} ms over a bare start of {bare * 1e3:.1f} ms{figure}"


def rows() -> Iterator[Row]:
    if CORPUS.is_dir():
        sent = templates()
        corpus = readable_by_all(sent + delivered())
        mine, plain, tracked = alternate(ours(corpus), lxml_unchanged(corpus), pytracking_unsigned(corpus))
        size = sum(map(len, corpus)) / 1e6
        what = f"rewrite_html, corpus ({len(corpus)} documents, {size:.1f} MB)"
        yield Row(what=what, against="lxml parse + tostring", ours=mine, peer=plain, at_least=2.5, aim=4)
        yield Row(what=what, against="pytracking", ours=mine, peer=tracked, at_least=7, aim=12)
        mine, native = alternate(ours(sent), lol_html(sent), rounds=15)
        what = f"rewrite_html, templates ({sum(map(len, sent)) / 1e6:.1f} MB)"
        yield Row(what=what, against="lol-html (Rust)", ours=mine, peer=native, at_least=0.55, aim=1.0)
    else:
        print("no ../shared/corpus: the corpus rows are left out")
    dense = [link_dense(100_000)]
    mine, plain, native = alternate(ours(dense), lxml_unchanged(dense), lol_html(dense), rounds=31)
    what = "rewrite_html, link-dense 100 KB"
    yield Row(what=what, against="lxml parse + tostring", ours=mine, peer=plain, at_least=1.3, aim=2)
    yield Row(what=what, against="lol-html (Rust)", ours=mine, peer=native, at_least=0.9, aim=1.0)

    mail = newsletter(100_000, 50)
    domain = TrackingDomain("https://track.example", make_keys(b"a benchmark key of 32 octets....."))
    decision = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
    document = scan_html(mail)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    message_id = "01890a5d-ac96-774b-bcce-b302099a8057"
    mine, theirs = alternate(
        lambda: track_html(document, decision, domain=domain, message_id=message_id, now=now),
        pytracking_unsigned([mail]),
        rounds=31,
    )
    what = f"track_html, scanned, {len(mail) // 1000} KB, {len(document.found.links)} links, real tokens"
    yield Row(what=what, against="pytracking, unsigned", ours=mine, peer=theirs, at_least=40, aim=100)


def main() -> None:
    print(table(rows()))
    growth = exponent(link_dense, 10_000, 10_000_000)
    print(f"growth of rewrite_html from 10 KB to 10 MB: exponent {growth:.3f} (at most 1.1, aim 1.03)")
    print("\n".join(import_costs()))


if __name__ == "__main__":
    main()

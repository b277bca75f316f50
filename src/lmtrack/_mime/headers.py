"""What a message's own header says to a tracker: overrides to remove, signatures to respect, ways to unsubscribe."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._deciding.override import Override, find_controls, parse_headers
from lmtrack._headers import BLANKS, find_body, iter_fields, unfold
from lmtrack._mime.charsets import as_text, read_words
from lmtrack._mime.fields import BRACKETED_URI
from lmtrack._mime.raw_edit import RawEdit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from lmtrack._headers import HeaderField

# RFC 6376, RFC 8617, RFC 1864, RFC 4870, and the one Google adds of its own: any change breaks them.
_SIGNATURES: Final = frozenset(("dkim-signature", "content-md5", "domainkey-signature", "x-google-dkim-signature"))
_SIGNATURE_PREFIX: Final = "arc-"
# RFC 6376 section 3.5: the tag that lists the fields a signature covers. Read in whatever shape: a field that may be
# covered has to stay.
_COVERED: Final = re.compile(r"(?:\A|;)[ \t\r\n]*+[hH][ \t\r\n]*+=([^;]*+)")
LIST_UNSUBSCRIBE: Final = "list-unsubscribe"
# Some write the URL without brackets.
_BARE_URI: Final = re.compile(r"[hH][tT][tT][pP][sS]?://[^\s<>\",]++")
_URL: Final = re.compile(r"([A-Za-z]++)://([^/?#]*+)/?+([^?#]*+)(?:\?([^#]*+))?")
_BETWEEN_PARAMETERS: Final = re.compile(r"[&;]")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]++")
# With more pages than these, looking for each takes longer than the key, and with many it would be quadratic.
_FEW_PAGES: Final = 8
_LONGEST_HOST: Final = 253  # RFC 1035 section 3.1, as text


class MessageHeaders(NamedTuple):
    """The header fields that matter to tracking.

    Attributes:
        signed: Whether the message is signed as it is.
        covered: The names, in lower case, of the fields that a signature says it covers.
        unsubscribe: The message's List-Unsubscribe URLs, as `unsubscribe_key` writes them.
        pages: Host and path of these, in lower case.
    """

    signed: bool
    covered: frozenset[str]
    unsubscribe: frozenset[str]
    pages: tuple[str, ...]

    def is_unsubscribe(self, url: str, /) -> bool:
        """Return whether a URL is one of List-Unsubscribe."""
        # If it is one, it holds host and path as they are; looking for them takes a tenth of the time.
        if len(self.pages) <= _FEW_PAGES and url.isascii():
            low = url.lower()
            if not any(page in low for page in self.pages):
                return False
        return unsubscribe_key(url) in self.unsubscribe

    def may_be_among(self, urls: str, /) -> bool:
        """Return whether a URL of List-Unsubscribe may be among many, which are given as one text."""
        if len(self.pages) > _FEW_PAGES or not urls.isascii():
            return True
        low = urls.lower()
        return any(page in low for page in self.pages)


def unsubscribe_pages(values: Iterable[str], /) -> Callable[[str], bool]:
    """Make a test for whether a URL is one of those in these List-Unsubscribe values."""
    return _of_list([uri for value in values for uri in _uris(value)], (), ()).is_unsubscribe


class Controls(NamedTuple):
    """What a message's own override headers say, and what takes them out."""

    override: Override
    removals: tuple[RawEdit, ...]


def read_message_headers(fields: Iterable[HeaderField], /) -> MessageHeaders:
    """Read the header fields of a message; never fails, linear."""
    signatures: list[str] = []
    unsubscribe: list[str] = []
    for field in fields:
        name = field.name.lower()
        if name in _SIGNATURES or name.startswith(_SIGNATURE_PREFIX):
            signatures.append(field.value)
        elif name == LIST_UNSUBSCRIBE:
            unsubscribe += _uris(field.value)
    covered = [names for value in signatures for names in _COVERED.findall(value)]
    return _of_list(unsubscribe, signatures, covered)


def _of_list(urls: Iterable[str], signatures: Collection[str], covered: Collection[str], /) -> MessageHeaders:
    keys = frozenset(map(unsubscribe_key, urls))
    return MessageHeaders(
        signed=bool(signatures),
        covered=frozenset(BLANKS.sub("", ":".join(covered)).lower().split(":")) if covered else frozenset(),
        unsubscribe=keys,
        pages=tuple({key.partition("?")[0].rpartition("://")[2].rstrip("/").lower() for key in keys}),
    )


def read_controls(raw: bytes, prefix: str, /, *, keep_covered: bool = True) -> Controls:
    """Find a message's override headers, malformed and misspelt ones too.

    Args:
        raw: The message.
        prefix: What the names begin with.
        keep_covered: Whether those stay that a signature covers: to delete one would break it (RFC 6376 section 3.7).

    Raises:
        TypeError: `prefix` is not a str.
        ValueError: `prefix` cannot begin a header name.
    """
    block = raw[: find_body(raw)[1]]
    if prefix.lower().encode("utf-8", "replace") not in block.lower():  # so with most, and sooner seen than all fields
        return _no_controls(prefix)
    override = parse_headers(block, prefix=prefix)
    covered = read_message_headers(iter_fields(block)).covered if keep_covered else frozenset()
    fields = [field for field in find_controls(block, prefix) if field.name.lower() not in covered]
    return Controls(override, tuple(_removals(raw, [(field.start, field.end) for field in fields])))


def _removals(raw: bytes, spans: list[tuple[int, int]], /) -> Iterator[RawEdit]:
    """Remove lines; between a CR and a LF that would become one line end, the CR goes and the lines' own LF stays."""
    runs: list[list[tuple[int, int]]] = []
    for span in spans:
        if runs and runs[-1][-1][1] == span[0]:
            runs[-1].append(span)
        else:
            runs.append([span])
    for run in runs:
        before, after = run[0][0], run[-1][1]
        joins = before > 0 and raw[before - 1 : before] == b"\r" and raw[after : after + 1] == b"\n"
        for start, end in run:
            yield RawEdit(start - joins, raw[start - joins : end - joins], b"")


@lru_cache(maxsize=16)
def _no_controls(prefix: str, /) -> Controls:
    """Return what a header without override headers says; the prefix is checked."""
    return Controls(parse_headers(b"", prefix=prefix), ())


def unsubscribe_key(url: str, /) -> str:
    """Write URLs that lead to the same page in one way.

    Scheme and host are in lower case, non-ASCII letters as a browser sends them; no fragment, no empty path. What
    follows the path names the reader, not the page; only where the path names no page do the parameters' names count.
    """
    parts = _URL.match(url)
    if parts is None:
        return url
    scheme, host, path, query = parts.groups()
    path = _BEYOND_ASCII.sub(_escaped, _ESCAPE.sub(lambda escape: escape[0].upper(), path))
    names = set[str]()
    if query and (not path or path.rpartition("/")[2].startswith("index.")):
        names = {name.partition("=")[0] for name in _BETWEEN_PARAMETERS.split(query)} - {""}
    scheme = scheme.lower()
    page = f"{'https' if scheme == 'http' else scheme}://{_ascii_host(host.lower())}/{path}"
    return f"{page}?{'&'.join(sorted(names))}" if names else page


def _ascii_host(host: str, /) -> str:
    if host.isascii() or len(host) > _LONGEST_HOST:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _escaped(found: re.Match[str], /) -> str:
    return "".join(f"%{octet:02X}" for octet in found[0].encode("utf-8", "surrogatepass"))


def _uris(value: str, /) -> list[str]:
    text = value if value.isascii() and "\n" not in value else as_text(unfold(value).encode("latin-1"))
    # Encoded words are against RFC 2369 here, but the standard library writes them in long URLs.
    decoded = read_words(text) if "=?" in text else text
    texts = (text,) if decoded == text else (text, decoded)
    return [BLANKS.sub("", uri) for text in texts for uri in BRACKETED_URI.findall(text) or _BARE_URI.findall(text)]

"""Opt-out links: the footer in both bodies of an email, and the header fields behind the mail client's button.

Written before tracking, so that nothing here is tracked and every copy has its own links.
"""

from __future__ import annotations

from typing import Final, Generic, NamedTuple, TypeVar, cast

from lmtrack._checks import plain_str, wrong_type
from lmtrack._url.destination import is_destination
from lmtrack.html import rewrite_html

__all__ = ["add_ways_out", "unsubscribe_headers"]

# RFC 5322 section 2.1.1 allows 998 characters a line; our choice leaves room for the name, brackets and a mailto.
_URL_LIMIT: Final = 900
# Its place is the footer's; it is never written.
_ANY_PIXEL: Final = "https://footer.invalid/"


# A body that is there stays there, and type checkers know it.
Html = TypeVar("Html", bound="str | None")
Text = TypeVar("Text", bound="str | None")


class Bodies(NamedTuple, Generic[Html, Text]):
    """The two bodies of an email with the footer in them; made by `add_ways_out`.

    Attributes:
        html: The HTML body; None if there was none.
        text: The plain text body; None if there was none.
    """

    html: Html
    text: Text


def add_ways_out(
    html: Html,
    text: Text,
    /,
    *,
    unsubscribe: str | None = None,
    withdraw: str | None = None,
    unsubscribe_label: str = "Unsubscribe",
    withdraw_label: str = "Stop tracking",
    marker: str | None = None,
) -> Bodies[Html, Text]:
    """Add the links to unsubscribe and to stop tracking to both bodies of an email; call it before tracking.

    In HTML, these links go before the last `</body>`, where a pixel would go, or at the end; in plain text they go at
    the end. All other characters stay the same. A link that is already in a body is not added again.

    Args:
        html: The HTML body, if there is one.
        text: The plain text body, if there is one.
        unsubscribe: What `unsubscribe_url` returned, or your own page.
        withdraw: What `withdraw_url` returned.
        unsubscribe_label: The text of the unsubscribe link, in the recipient's language.
        withdraw_label: The text of the withdraw link.
        marker: A text that the footer replaces where a body contains it; in HTML, only outside tags.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: Neither link is given, one is not a URL that a link can have, or a body contains the marker twice.

    >>> add_ways_out("<body>Hello</body>", None, unsubscribe="https://shop.example/u/x").html
    '<body>Hello<p style="font-size:12px"><a href="https://shop.example/u/x">Unsubscribe</a></p></body>'
    """
    links: list[tuple[str, str]] = []
    for name, url, label in (
        ("unsubscribe", unsubscribe, unsubscribe_label),
        ("withdraw", withdraw, withdraw_label),
    ):
        shown = plain_str(label, f"{name}_label")
        if url is not None:
            links.append((_checked(url, name), shown))
    if not links:
        raise ValueError("unsubscribe or withdraw must be given")
    cut = None if marker is None else plain_str(marker, "marker")
    return Bodies(
        cast("Html", None if html is None else _in_html(plain_str(html, "html"), links, cut)),
        cast("Text", None if text is None else _in_text(plain_str(text, "text"), links, cut)),
    )


def unsubscribe_headers(url: str, /, *, mailto: str | None = None) -> dict[str, str]:
    """Return List-Unsubscribe and List-Unsubscribe-Post, for the one-click button of mail clients (RFC 8058).

    Add both to the message and write it with `message_bytes`, which leaves the URL as it is; sign them with DKIM.

    Args:
        url: What `unsubscribe_url` returned, or your own page that acts on the POST without asking.
        mailto: A second way to unsubscribe, as `mailto:leave@shop.example?subject=...`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `url` is not https, is not ASCII or has more than 900 characters; or `mailto` is not a mailto URL.

    >>> unsubscribe_headers("https://shop.example/u/x", mailto="mailto:leave@shop.example")["List-Unsubscribe"]
    '<https://shop.example/u/x>, <mailto:leave@shop.example>'
    """
    fields = [_checked(url, "url")]
    if not fields[0].lower().startswith("https://"):
        raise ValueError("url must begin with https:// (RFC 8058 section 3.1)")
    if mailto is not None:
        address = plain_str(mailto, "mailto")
        if not address.lower().startswith("mailto:") or not _fits_a_field(address):
            raise ValueError("mailto must be a mailto: URL in ASCII, with everything else percent-encoded")
        fields.append(address)
    return {
        "List-Unsubscribe": ", ".join(f"<{field}>" for field in fields),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _checked(url: object, name: str, /) -> str:
    if not isinstance(url, str):
        raise wrong_type(name, "a str", url)
    plain = plain_str(url, name)
    if not is_destination(plain) or not _fits_a_field(plain):
        raise ValueError(f"{name} must be a URL of printable ASCII without brackets and commas, at most 900 characters")
    return plain


def _fits_a_field(url: str, /) -> bool:
    """Return whether a URL can be between brackets in a field and in an attribute (RFC 2369 section 2)."""
    return len(url) <= _URL_LIMIT and url.isascii() and url.isprintable() and not set(url) & {*" <>,\"'"}


def _in_html(html: str, links: list[tuple[str, str]], marker: str | None, /) -> str:
    from html import escape  # noqa: PLC0415 - with its table of entities half of what this module costs to import

    new = [(escape(url), escape(label)) for url, label in links if escape(url) not in html and url not in html]
    tags = " &middot; ".join(f'<a href="{url}">{label}</a>' for url, label in new)
    footer = f'<p style="font-size:12px">{tags}</p>' if new else ""
    if placed := _at_marker(html, marker, footer):
        return placed
    if not new:
        return html
    edits = rewrite_html(html, pixel_url=_ANY_PIXEL, pixel_position="end").edits
    offset = edits[-1].offset
    return html[:offset] + footer + html[offset:]


def _in_text(text: str, links: list[tuple[str, str]], marker: str | None, /) -> str:
    line_end = "\r\n" if "\r\n" in text else "\n"
    new = [(url, label) for url, label in links if url not in text]
    footer = line_end.join(f"{label}: {url}" for url, label in new)
    if placed := _at_marker(text, marker, footer):
        return placed
    if not new:
        return text
    return text + ("" if text.endswith("\n") or not text else line_end) + line_end + footer + line_end


def _at_marker(body: str, marker: str | None, footer: str, /) -> str | None:
    if not marker or marker not in body:
        return None
    if body.count(marker) > 1:
        raise ValueError("the marker is in a body twice")
    return body.replace(marker, footer)

"""Verify a rewriting with another parser and other means than it was made with.

Three questions, each with its own answer: are the added pixels one and an image; does libxml2 read the rest as it read
the source; and where it does, are the characters the same that no parser looks at.
"""

from __future__ import annotations

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.verify.events import read_events
from lmtrack._checking.verify.libxml2_limits import unsure_why
from lmtrack._checking.verify.lockstep import compare_events, too_deep
from lmtrack._checking.verify.pixels import take_out
from lmtrack._checking.verify.spelling import compare_spelling
from lmtrack._checks import plain_str


def verify_rewrite(before: str, after: str, /) -> list[Finding]:
    r"""Check that nothing but the targets of links, opt-out attributes and one pixel differs.

    The `href` of an `a` or `area` (in a comment for Outlook, of a `v:*` element too) may lead to any web address or to
    a template expression (`{{ url }}`) instead of to a web address or a relative one. A tag with such an `href` may
    lose attributes that opt out of tracking. One image may be added, as `pixel_tag` writes it. All other characters
    must be the same ones. Who rewrote the document does not matter; `rewrite_html` and `track_html` always pass, and
    so does a document that nothing was done to.

    It is checked with libxml2, and where that reads a document in another way than browsers do (svg that holds style
    sheets or CDATA, templates that hold style sheets, `<title/>`, more than 2,048 open elements), the finding is
    `limit_reached`: not verified, and not known to be damaged. Never fails on content; time and memory are linear.

    Returns:
        What is wrong; empty if nothing is. The kinds tell damage to texts, comments, tags and so on apart; a document
        is compared up to the first tag that differs.

    Raises:
        TypeError: An argument is not a str.

    >>> from lmtrack import rewrite_html
    >>> mail = "<p>Our <a href='https://shop.example/'>shop</a>&nbsp;!</p>"
    >>> rewritten = rewrite_html(mail, click_url=lambda link: "https://t.example/0").html
    >>> verify_rewrite(mail, rewritten)
    []
    >>> [finding.kind.value for finding in verify_rewrite(mail, rewritten.replace("&nbsp;", "\xa0"))]
    ['spelling_changed']
    """
    before, after = plain_str(before, "before"), plain_str(after, "after")
    if before == after:
        return []
    rest, findings = take_out(before, after)
    first, second = read_events(before), read_events(rest)
    if first is None or second is None:
        return [too_deep()]
    findings += list(compare_events(first, second)) or compare_spelling(before, rest)
    unsure = unsure_why(before, first) or unsure_why(rest, second)
    if unsure is None:
        return findings
    seen = f"; what differs there: {findings[0].place}, {findings[0].why}" if findings else ""
    return [Finding(kind=FindingKind.LIMIT_REACHED, place="document", why=unsure + seen)]

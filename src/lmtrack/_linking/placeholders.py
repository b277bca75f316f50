"""What template languages leave for their own pass: one table, for everyone who must know a placeholder.

A link with one is not tracked, since what it will be is not known yet; a rewriting that changed one has destroyed it.
Imports nothing but the regex compiler, so that the checks can share it without sharing the reader of documents.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lmtrack._pattern import compile_pattern


class Spelling(NamedTuple):
    """One spelling.

    Attributes:
        used_by: Who writes it so.
        opening: A pattern for enough of it to be sure, in a URL.
        whole: A pattern for all of it, blanks included, on one line; it stops where another may begin, so that a row of
            unfinished ones is read once. Empty if `opening` is all of it.
        in_text: Whether running text, too, holds it only as a placeholder: a URL may go on in it.
    """

    used_by: str
    opening: str
    whole: str = ""
    in_text: bool = False


_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*+"
# GUIDs stand in braces in links of Microsoft's products (`?id={3F2504E0-4F89-11D3-9A0C-0305E82C3301}`).
_NO_GUID: Final = r"(?! [0-9A-Fa-f]{8} - (?: [0-9A-Fa-f]{4} - ){3} [0-9A-Fa-f]{12} \} )"

# Seen in 470 href values of real mail and in 601 templates of 30 public sources, and read off the services' own pages
# and packages, November 2026.
MARKERS: Final = (
    Spelling(
        "Jinja, Django, Liquid, Handlebars, Twig; triple in Mustache",
        r"\{\{",
        r"\{\{ \{?+ [^{}\r\n]*+ \}\} \}?+",
        in_text=True,
    ),
    # Not JSON with escaped quotes, as Microsoft Teams writes it: `?context={%22Tid%22:...}`.
    Spelling("Jinja, Django, Liquid: blocks", r"\{%(?!22)", r"\{% [^%{}\r\n]*+ %\}", in_text=True),
    Spelling("Jinja, Django: comments", r"\{\#", r"\{\# [^\#{}\r\n]*+ \#\}", in_text=True),
    Spelling("ERB, EJS, JSP, ASP", r"<%", r"<% [^%<>\r\n]*+ %>", in_text=True),
    Spelling("Mailchimp", r"\*\|", r"\*\| [^|*\r\n]*+ \|\*", in_text=True),
    Spelling("Salesforce: functions", r"%%=", r"%%= [^%\r\n]*+ %%", in_text=True),
    Spelling("Salesforce, Pardot, SAP", r"%%[A-Za-z_]", r"%% [^%\r\n]++ %%"),
    Spelling("JavaScript, Java, Odoo, Mako", r"\$\{", r"\$\{ [^{}\r\n]*+ \}", in_text=True),
    # Outside a URL double brackets are more often a wiki's link than Mailjet's placeholder.
    Spelling("Mailjet, GetResponse, Constant Contact", r"\[\[", r"\[\[ [^\[\]\r\n]*+ \]\]"),
    Spelling("Emma, Template Toolkit", r"\[%", r"\[% [^%\[\]\r\n]*+ %\]", in_text=True),
    # Not two percent escapes with something between: `%C3%BC`, `%FCber%20uns`.
    Spelling("Mailgun, ActiveCampaign, Symfony", r"%(?![0-9A-Fa-f]{2}) [A-Za-z_][A-Za-z0-9_.-]*+ %"),
    Spelling("the same", r"% [A-Fa-f][A-Za-z0-9_.-]*+ % (?![0-9A-Fa-f]{2})"),
    Spelling("Python's % operator", rf"%\( {_NAME} \) [sdifr] | %[sd](?![0-9A-Za-z_])"),
    Spelling("str.format, .NET: by position", r"\{ [0-9]{0,2}+ \}"),
    Spelling(
        "Mautic, CiviCRM, Smarty, AWeber, str.format",
        rf"\{{ {_NO_GUID} [$!]?+ {_NAME} (?: [.=|-] [A-Za-z0-9_]++ | : {_NAME} )*+ \}}",
    ),
    Spelling("MailPoet", rf"(?<! ://) \[ {_NAME} : [A-Za-z0-9_|: .-]++ \]"),
    Spelling("Sendy: with a fallback", r"\[ [A-Z][A-Za-z_]*+ ,\ ?fallback=", r"\[ [A-Z][A-Za-z_]*+ , [^\[\]\r\n]*+ \]"),
    Spelling("CleverReach, Inxmail, rapidmail", rf"\$\[ {_NAME} \]\$"),
    # As a whole value, or as the whole URL: `f[0]=` and `filter[Name]=` are names of parameters.
    Spelling("phpList, Sendy", r"(?: (?<=[=/]) | \A ) \[ [A-Z][A-Za-z0-9_]*+ \] (?= [&;\#/?] | \Z )"),
    Spelling("Dotdigital, Episerver", r"(?: (?<=[=/]) | \A ) @ [A-Z][A-Z0-9_]*+ @ (?= [&;\#/?] | \Z )"),
)

_OPENING: Final = compile_pattern(" | ".join(marker.opening for marker in MARKERS), re.VERBOSE)
# One of these is in every placeholder, and in few URLs.
_SIGNS: Final = frozenset("{%<*$[@")

# Pieces of a pattern, to be put between other alternatives (verbose mode): placeholders in running text, and with them
# double brackets, for where a URL has begun.
IN_TEXT: Final = " | ".join(marker.whole for marker in MARKERS if marker.in_text)
IN_TEXT_URL: Final = rf"{IN_TEXT} | \[\[ [^\[\]\r\n]*+ \]\]"

_WHOLE: Final = compile_pattern(" | ".join(marker.whole or marker.opening for marker in MARKERS), re.VERBOSE)

# Percent escapes of the signs above, as inliners and URL builders write them.
_ESCAPES: Final = re.compile(r"%(?:2[45]|2[aA]|3[cC]|5[bBdD]|7[bBcCdD])")
_ESCAPED_OPENING: Final = compile_pattern(r"\{\{ | \{%(?!22) | <% | \*\| | \$\{ | \[\[", re.VERBOSE)


def is_placeholder(url: str, /) -> bool:
    """Return whether a decoded URL holds what a template has yet to fill in.

    >>> is_placeholder("https://shop.example/?u={contactfield=id}"), is_placeholder("https://shop.example/?f[0]=1")
    (True, False)
    """
    if _SIGNS.isdisjoint(url):
        return False
    if _OPENING.search(url):
        return True
    return "%" in url and _ESCAPED_OPENING.search(_ESCAPES.sub(_unescaped, url)) is not None


def begins_with_placeholder(text: str, /) -> bool:
    """Return whether a text begins with a whole placeholder, as an address that a template will write does.

    >>> begins_with_placeholder("{{ click_url }}/7"), begins_with_placeholder("{{ click_url")
    (True, False)
    """
    return _WHOLE.match(text) is not None


def _unescaped(escape: re.Match[str], /) -> str:
    return chr(int(escape[0][1:], 16))

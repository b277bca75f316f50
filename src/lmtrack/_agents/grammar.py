"""One expression for the browsers that nearly all mail is read in, so that most requests need no other rule.

It is written narrowly: what merely resembles a browser goes the long way in `lmtrack._agents.agent`. No string of the
public crawler lists matches it. The forms are those of the vendors' user-agent pages (Chromium "User-Agent Reduction",
Mozilla "Firefox user agent string reference", WebKit), read 2026-11.
"""

from __future__ import annotations

import re
from typing import Final

from lmtrack._pattern import compile_pattern

# Longer than any agent of the public lists by half. What comes after is not read.
LONGEST_AGENT: Final = 2048
_V: Final = r"[0-9][0-9.]*+"
# A field of the platform comment; a device's name may hold one pair of parentheses of its own: `moto g(6) play`.
_FIELD: Final = r"[^;()/:@+]*+(?:\([^;()/:@+]*+\)[^;()/:@+]*+)?+"
_ANDROID: Final = (
    rf"Linux;\ (?:U;\ )?+Android\ {_V};\ (?:[a-z]{{2}}-[A-Za-z]{{2}};\ )?+{_FIELD}(?:/[^;()@:]*+)?+(?:;\ wv)?+"
)
_IOS: Final = r"i(?:Phone|Pad|Pod(?:\ touch)?);\ CPU\ (?:iPhone\ )?+OS\ [0-9_]++\ like\ Mac\ OS\ X"
_MAC: Final = r"Macintosh;\ Intel\ Mac\ OS\ X\ [0-9_.]++"
_WINDOWS: Final = r"Windows\ NT\ (?:10\.0|6\.[123])(?:;\ Win64;\ x64|;\ WOW64)?+"
_LINUX: Final = (
    r"X11;\ (?:(?:Ubuntu;\ |Fedora;\ )?+Linux\ (?:x86_64|i[3-6]86|aarch64|armv7l)"
    r"|CrOS\ (?:x86_64|aarch64|armv7l)\ [0-9.]++|(?:Free|Open)BSD\ amd64)"
)
_LIKE_GECKO: Final = r"\(KHTML,\ ?like\ Gecko\)"
# Chromium's relatives that say so behind it, and the apps whose web view adds a group in brackets.
_RELATIVES: Final = (
    "Edg Edge EdgA OPR OPX Vivaldi YaBrowser Yowser Brave DuckDuckGo Ddg Whale AVG Avast CCleaner Avira Norton "
    "AlohaBrowser Puffin UCBrowser MiuiBrowser Maxthon QQBrowser Iron Coc_Coc_Browser 115Browser AOLShield"
)
_IOS_BROWSERS: Final = (
    "CriOS FxiOS EdgiOS GSA OPiOS OPT OPX DuckDuckGo Ddg YaBrowser Brave Focus Klar SamsungBrowser UCBrowser Ecosia "
    "Firefox Version"
)


def _any(names: str) -> str:
    return f"(?:{'|'.join(names.split())})"


_BUILD: Final = r"(?P<major>[0-9]++)\.0\.(?P<build>[0-9]++)\.(?P<patch>[0-9]++)"

# What is at an agent's beginning; if it is all of it, nothing was added. Groups: the major version, the build and
# the patch of a Chrome that names them; `bare`, a web view on a Mac that adds nothing, as mail clients have it;
# `thunderbird`. Every repeat is possessive or followed by what it cannot hold.
BROWSER_FORM: Final = compile_pattern(
    rf"""
    Mozilla/5\.0\ \(
    (?:
      (?: {_WINDOWS} | {_ANDROID} | {_MAC} | {_LINUX} ) \)\ AppleWebKit/537\.36\ {_LIKE_GECKO}\ (?:Version/4\.0\ )?+
        (?:SamsungBrowser/{_V}\ )?+ Chrome/ (?: [0-9]++\.0\.0\.0 | {_BUILD} )\ (?:Mobile\ )?+
        Safari/537\.36 (?: \ {_any(_RELATIVES)}/{_V} )*+
        (?: \ \[FB_IAB/[^\[\]]*+\] | \ Instagram\ {_V}\ Android\ \([^()@]*+\) )?+
    | {_IOS}\)\ AppleWebKit/{_V}\ {_LIKE_GECKO} (?: \ {_any(_IOS_BROWSERS)}/{_V} )*+ \ Mobile/[0-9A-Z]++[a-z]?+
        (?:\ Safari/{_V})?+ (?: \ \[FBAN/[^\[\]]*+\] | \ Instagram\ {_V}\ \([^()]*+\) )?+
    | {_MAC}\)\ AppleWebKit/{_V}\ {_LIKE_GECKO} (?: \ Version/{_V}\ Safari/{_V} | (?P<bare>) )
    | (?: {_WINDOWS} | {_LINUX} | {_MAC} | Android\ {_V};\ (?:Mobile|Tablet) );\ rv:{_V}\)\ Gecko/(?:20100101|{_V})
        \ (?: Firefox/{_V} | (?P<thunderbird>Thunderbird)/{_V} )
    )
    """,
    re.VERBOSE,
).match

"""Strategies shared by the test modules; those that make mail and HTML are hostile on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251 - seeded, in tests only
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lmtrack._linking import words as _link_words
from lmtrack.resolver import (
    Consent,
    ConsentRecord,
    Decision,
    Override,
    Reason,
    Route,
    TrackingMode,
    parse_headers,
    parse_settings,
    resolve,
    resolve_shared,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

CONSENTS = st.sampled_from(Consent)
MODES = st.sampled_from(TrackingMode)
ROUTES = st.builds(
    Route,
    track_opens=st.booleans(),
    track_clicks=st.booleans(),
    require_consent=st.booleans(),
    without_consent=st.sampled_from([TrackingMode.OFF, TrackingMode.AGGREGATE, TrackingMode.DELIVERABILITY]),
    after_refusal=st.sampled_from([TrackingMode.OFF, TrackingMode.AGGREGATE]),
    ceiling=st.just(TrackingMode.INDIVIDUAL) | MODES,
)
# Few times, so that they meet; some between two seconds.
MOMENTS = st.integers(-4, 4).map(lambda halves: datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(seconds=halves / 2))
RECORDS = st.builds(
    ConsentRecord,
    state=CONSENTS,
    since=st.none() | MOMENTS,
    withdrawn_at=st.none() | MOMENTS,
    method=st.none() | st.sampled_from(["double-opt-in", ""]),
    wording=st.none() | st.text(st.characters(exclude_characters="@%"), max_size=64),
    reference=st.none() | st.uuids().map(str),
)
WISHES = st.none() | st.booleans()
PLAIN_OVERRIDES = st.builds(Override, track_opens=WISHES, track_clicks=WISHES)
HEADER_VALUES = st.sampled_from(["true", "false", " TRUE ", "\tOff", "1", "0", "yes", "no", "on", "\r\n false"]) | (
    st.sampled_from(["", "maybe", "=?utf-8?q?false?=", "false\x00", "false (x)", '"false"', "0.0", "true\x0c"])
    | st.sampled_from(["\uff54rue", "tr\u0131e", "o\u2060n", "false\r\nX: y"])
)
OVERRIDE_PAIRS = st.tuples(
    st.sampled_from(
        ["X-LM-Override-Track-Opens", "x-lm-override-track-clicks", "X-LM-OVERRIDE-TRACK-OPENS ", "Subject"]
    ),
    HEADER_VALUES,
)
SETTINGS_KEYS = st.sampled_from(["track_opens", "track_clicks", "track_open", "Track_Clicks", "tracking_number", "tag"])
OVERRIDES = (
    PLAIN_OVERRIDES
    | st.lists(OVERRIDE_PAIRS, max_size=4).map(parse_headers)
    | st.dictionaries(SETTINGS_KEYS, WISHES, max_size=3).map(lambda settings: parse_settings(settings, strict=False))
)


@st.composite
def single_decisions(draw: st.DrawFn) -> Decision:
    overrides = draw(st.lists(OVERRIDES, max_size=3))
    consents = CONSENTS | RECORDS
    return resolve(
        draw(ROUTES),
        *overrides,
        consent=draw(consents),
        clicks_consent=draw(st.none() | consents),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )


@st.composite
def lowered(draw: st.DrawFn, base: SearchStrategy[Decision]) -> Decision:
    decision = draw(base)
    for _ in range(draw(st.integers(0, 2))):
        reason = draw(st.sampled_from([Reason.ALREADY_SIGNED, Reason.NO_HTML, Reason.CONSENT_WITHDRAWN]))
        decision = decision.lower(reason, opens=draw(MODES), clicks=draw(MODES)).lower_by(draw(OVERRIDES))
    return decision


DECISIONS = st.recursive(
    lowered(single_decisions()),
    lambda inner: lowered(st.lists(inner, min_size=1, max_size=3).map(resolve_shared)),
    max_leaves=6,
)

# What `json.loads` gives.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)

# Lines that parsers read differently, and line ends that are none.
HEADER_LINES = st.sampled_from(
    [
        b"Subject: Your code",
        b"X-LM-Override-Track-Opens: false",
        b"X-LM-Override-Track-Opens: true",
        b"x-lm-override-track-clicks:\tNo ",
        b"X-LM-Override-Track-Clicks : false",
        b"X-LM-Override-Track-Opens\t: true",
        b"X-LM-Override-Track-Opens true",
        b" X-LM-Override-Track-Opens: true",
        b"X-LM-Override-Track-Opens:",
        b"\tfalse",
        b" ",
        b"From mallory Thu Jan  1 00:00:00 1970",
        b">From here",
        b": no name",
        b"X-8bit: \xe4\xff",
        b"\xe4: 8-bit name",
        b"\xef\xbb\xbfX-LM-Override-Track-Clicks: true",
        b"X-LM-Override-Track-Opens: fal\x00se",
        b"no colon at all",
        b"",
    ]
)
HEADER_BLOCKS = st.lists(
    st.tuples(HEADER_LINES, st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\n", b"\r", b"\r\r\n", b""])),
    max_size=8,
).map(lambda lines: b"".join(line + end for line, end in lines))


def message_ids() -> SearchStrategy[str]:
    """Ids a sender may use: UUIDs in either case, their near misses, and free text, often of 15 to 17 characters."""
    characters = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="@%")  # `%40` is an address
    uuids = st.uuids().map(str)
    return st.one_of(
        uuids,
        uuids.map(str.upper),
        uuids.map(lambda text: text.replace("-", "")),
        st.text(characters, min_size=15, max_size=17),
        st.text(characters, min_size=1, max_size=64),
    )


def destinations() -> SearchStrategy[str]:
    """URLs a click may go to: odd ports, literals, non-ASCII hosts and paths, long and repetitive queries."""
    scheme = st.sampled_from(["http://", "https://", "HTTPS://", "hTTp://"])
    host = st.sampled_from(
        [
            "a",
            "shop.example",
            "SHOP.example",
            "a_b.test",
            "a..b",
            "b\u00fccher.example",
            "%61.test",
            "[::1]",
            "1.2.3.4",
            "xn--a",
        ]
    )
    port = st.sampled_from(["", ":", ":0", ":80", ":00443", ":65535"])
    character = st.characters(min_codepoint=0x21, exclude_characters="\\", exclude_categories=["Cs", "Cc"])
    rest = st.text(character, max_size=60) | st.text("utm_=&shoe", min_size=80, max_size=600)
    return st.builds(
        lambda *parts: "".join(parts),
        scheme,
        host,
        port,
        st.sampled_from(["", "/", "?", "#"]).flatmap(
            lambda mark: rest.map(lambda text: mark + text) if mark else st.just("")
        ),
    )


def near_destinations() -> SearchStrategy[str]:
    """Text that looks like a URL at first: pieces that belong into one, in any order, and any character between."""
    piece = st.sampled_from(
        [
            "http",
            "https",
            "HTTP",
            ":",
            "//",
            "/",
            "?",
            "#",
            "@",
            "[",
            "]",
            "::1",
            ".",
            "a",
            "\u00df",
            "\u2100",
            "%2f",
            "%",
            "\\",
            " ",
        ]
    )
    return st.one_of(
        st.lists(piece | st.characters(), max_size=12).map("".join),
        st.lists(piece | st.characters(), max_size=8).map(lambda pieces: "https://" + "".join(pieces)),
    )


# Values of href built from what the rules of links look for, in every dress.


def _one_of(words: str) -> SearchStrategy[str]:
    return st.sampled_from(words.split())


_LINK_WORDS = st.sampled_from(
    sorted(
        _link_words.WAYS_OUT
        | _link_words.WAYS_OUT_WHOLE
        | _link_words.SECRET_WORDS
        | _link_words.SECRET_SEGMENTS
        | _link_words.PERSON_NAMES
        | _link_words.PERSON_PHONES
    )
) | _one_of(
    """shop news design discover options promo zip country utm_source utm_token id x unsubscribe ann example c o copy
    amp lt not 40 2d C3 BC unsub un sub Zk3x9Qp2Lm8w7RtV 3f2504e04f8911d3 8F3K2LQ9 SUMMER25 Ann+Smith 31201234567 reset
    eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc YW5uQHBvc3QuZXhhbXBsZQ
    name über désabonner darse de baja 退订 logo@2x ann@shop.example"""
)
_LINK_SIGNS = st.sampled_from(
    [*"/.-_~+&=?;#%@:,!()' *|$\\", "/", "/", "&", "=", "", "", "\u00a0", "\t", "\n", "\0", "\ud800"]
) | _one_of("&amp; &#45; &equals; %2D %20 %40 %2540 %C3%BC {{ }} [[ %% *| <% .example/ =1&")
_SPELLINGS = st.sampled_from([str, str, str, str.upper, str.title, lambda word: word.replace("e", "%65")])
_LINK_STARTS = st.sampled_from(["https://shop.example/", "http://shop.example/", "ht\ttps://shop.example/"]) | _one_of(
    """https://shop.example HTTPS://Shop.example:443/ https://shop.example/? / # // mailto: &#104;ttps://shop.example/
    https: ? https://track.example/c/ https://track.example:443/o/ https://ann@shop.example/
    https://shop.example:99999/ https://müller.example/ https://[::1]/ news/ ../"""
)
_OUTER = st.sampled_from(["", "", "", " ", "\r\n", "\u00a0"])
LINK_VALUES = st.builds(
    lambda before, start, parts, after: before + start + "".join(parts) + after,
    _OUTER,
    _LINK_STARTS,
    st.lists(st.builds(lambda spell, word, sign: spell(word) + sign, _SPELLINGS, _LINK_WORDS, _LINK_SIGNS), max_size=5),
    _OUTER,
)

# Documents made of links in every position and of what changes how the rest is read, most of it broken.

OPT_OUT_ATTRIBUTES = _one_of(
    """data-lm-no-track DATA-LM-NO-TRACK="" data-lm-no-track=1 data-pm-no-track='' ses:no-track mc:disable-tracking=on
    disable-tracking=true disable-tracking="false" clicktracking=off clicktracking=on data-msys-clicktrack="0"
    data-msys-clicktrack=1 track=off"""
)
_OTHER_ATTRIBUTES = st.sampled_from(
    ["download", "=x", "title='a>b'", 'class="c"', "href", "href=/late", "x=", "hreflang=en", "/", "data-href='y'", "é"]
)
_BETWEEN = st.sampled_from([" ", " ", " ", "\n", "/", "", " / ", "\t\r\n"])
_QUOTED = st.sampled_from(['href="{}"', 'href="{}"', "href='{}'", "href={}", 'HREF = "{}"', "href\n='{}'"])
_PLAIN_VALUES = st.integers(0, 5).map(lambda number: f"https://shop.example/{number}?a=1&amp;b=2")


@st.composite
def link_tags(draw: st.DrawFn) -> str:
    value = draw(_PLAIN_VALUES | _PLAIN_VALUES | LINK_VALUES)
    attributes = [draw(_QUOTED).format(value)]
    attributes += draw(st.lists(OPT_OUT_ATTRIBUTES | _OTHER_ATTRIBUTES, max_size=3))
    name = draw(st.sampled_from(["a", "a", "a", "A", "area", "v:rect", "v:fill", "abbr"]))
    written = "".join(draw(_BETWEEN) + attribute for attribute in draw(st.permutations(attributes)))
    return f"<{name}{written}{draw(_BETWEEN)}>"


_MAIL_PIECES = st.sampled_from(
    [
        *(
            "<html>",
            "<head>",
            "</head>",
            "<body>",
            "<BODY class='x>'>",
            "</body>",
            "</BODY\n>",
            "</html>",
            "<p>",
            "</a>",
        ),
        *(
            "<!--[if mso]>",
            "<!--[if !mso]><!-->",
            "<!--<![endif]-->",
            "<![endif]-->",
            "<![endif]>",
            "<!--[if gte mso 9]>",
        ),
        *(
            "<!--",
            "-->",
            "<!-- </body> -->",
            "<!-->",
            "<!x",
            "<?php ?>",
            "</ x>",
            "<![CDATA[",
            "]]>",
            "<!doctype html>",
        ),
        *("<script>", "</script>", "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<xmp>"),
        *(
            "<svg>",
            "</svg>",
            "<math>",
            "</math>",
            "<template>",
            "</template>",
            "<noscript>",
            "<table><tr><td>",
            "</table>",
        ),
        *("<base href='https://base.example/dir/x'>", "<base href='/'>", "<base target=x>", "<plaintext>", "<select>"),
        *(
            "<a href=",
            "<a href='",
            "<a ",
            "<",
            "</",
            "&amp",
            "é",
            "\ud83d",
            "\0",
            "\r\n",
            "x",
            "{{ x }}",
            "<% a > b %>",
        ),
        *('<IMG SRC="https://track.example/o/x">', "<img src=x alt='Our shop'>", "<img src=https://track.example/o/"),
    ]
)
LINK_DOCUMENTS = st.lists(link_tags() | link_tags() | _MAIL_PIECES | st.text(max_size=5), max_size=14).map("".join)


# Pieces of HTML that readers trip over. A `%` becomes a number, so that every link of a document has a URL of its own;
# the bare `&` at the end of it is written `&amp;` by a serialiser where the link is live, and nowhere else.
HTML_LINK = '<a href="https://u.example/%?&">'


def _words(text: str) -> list[str]:
    return text.split()


_TAGS = _words(
    "p div b i font nobr em li ul ol dd dt dl h1 h2 table tr td th tbody caption colgroup col form button span center "
    "pre br hr img input object marquee noscript u s ruby rt rp rb rtc image listing sarcasm x-y"
)
_FOREIGN_TAGS = _words("svg math g desc title foreignObject mi mtext annotation-xml mglyph path style script")
_RAW_TAGS = _words("style script title textarea xmp iframe noembed noframes")
_ODD_MARKUP = [
    "x", " ", "\n", "\r\n", "\r", "\0", "<", "</", "<!", "&", "&amp;", "&copy=1", "</>", "<3", "< a>", "\U0001f600",
    "\ud800", "<!--", "-->", "--!>", "<!-->", "<!--->", "<!-- x -->", "<!x>", "<?x>", "</ x>", "<![CDATA[",
    "<![CDATA[x]]>", "]]>", "<![cdata[", "<!--[if mso]>", "<![endif]-->", "<!--[if !mso]><!-->", "<!--<![endif]-->",
    "<![if !mso]>", '<v:rect href="https://u.example/%?&">', "<!doctype html>",
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2//EN">',
    "<body>", "</body>", "<html>", "</html>", "<head>", "</head>", "<svg/>", "<title/>", "<base href='https://b.example/'>",
    "<font color=red>", "<font face=x>", "<b id=1>", "<b id=2>", "<input type=hidden>", "<div>" * 9, "<b>" * 4,
    "<annotation-xml encoding=text/html>", "<annotation-xml encoding='APPLICATION/XHTML+XML'>", "<svg><desc>",
    "<svg><foreignObject>", "<math><mi>", "<table><tr><td>", "<script><!--", "<script><!-- <script>", "</script><!--",
]  # fmt: skip
_ODD_LINKS = [
    HTML_LINK, HTML_LINK, HTML_LINK + "x</a>", '<A HREF="https://u.example/%?&" >', "<a href='https://u.example/%?&'>",
    "<a href=https://u.example/%?&>", '<a/href="https://u.example/%?&"/>', '<a x=1"href="https://u.example/%?&">',
    '<a href = "https://u.example/%?&"b>', '<a href="https://u.example/%?&" href="https://u.example/%?&">',
    '<a\r\nhref\f=\t"https://u.example/%?&">', '<a title=">" href="https://u.example/%?&">',
    '<a x="href=" href="https://u.example/%?&">', '<ahref="https://u.example/%?&">', '<a href="https://u.example/%?&"',
    '<a href="https://u.example/%?&', "<a href='https://u.example/%?&\">", '<abbr href="https://u.example/%?&">',
    '<area href="https://u.example/%?&">', '<div title=\'<a href="https://u.example/%?&">\'>', "<a>", "</a>", "<a ",
    '<a href="https://u.example/%?&" data-lm-no-track>', '<a href="{{ u }}">', '<a href="https://u.example/%?&"/>',
]  # fmt: skip


def _numbered(pieces: list[str]) -> str:
    text = "".join(pieces).split("%")
    return "".join(part + str(number) for number, part in enumerate(text[:-1])) + text[-1]


def html_fragments(*, foreign: bool = True, template: bool = False, select: bool = False) -> SearchStrategy[str]:
    """One piece of markup; `%` stands where a number belongs."""
    tags = _TAGS + (["template"] if template else []) + (["select", "option", "optgroup"] if select else [])
    names = st.sampled_from(tags + _RAW_TAGS + (_FOREIGN_TAGS if foreign else []))
    odd = [piece for piece in _ODD_MARKUP if foreign or not any(f"<{name}" in piece for name in ("svg", "math"))]
    return st.one_of(
        st.sampled_from(_ODD_LINKS),
        st.sampled_from(odd),
        st.builds("<{}{}>".format, names, st.sampled_from(["", "", "", "", "/", " class=x", " x='"])),
        st.builds("</{}>".format, names),
        names.map(lambda name: f"<{name.upper()}>"),
        st.sampled_from(_RAW_TAGS).map(lambda name: f"<{name}>{HTML_LINK}</{name}>"),
    )


def hostile_html(
    *, foreign: bool = True, template: bool = False, select: bool = False, max_pieces: int = 30
) -> SearchStrategy[str]:
    """A document of such pieces, each link with a URL of its own."""
    pieces = html_fragments(foreign=foreign, template=template, select=select)
    return st.lists(pieces, max_size=max_pieces).map(_numbered)


_FOREIGN_OPENINGS = [
    "<svg>", "<svg><desc>", "<svg><foreignObject>", "<svg><title>", "<svg><g>", "<svg/>", "<math>", "<math><mi>",
    "<math><annotation-xml>", "<math><annotation-xml encoding=text/html>", "<math><mtext><mglyph>",
]  # fmt: skip
_FOREIGN_ENDINGS = [
    "", "</desc>", "</svg>", "</mi>", "</math>", "</foreignObject>", "</title>", "</g>", "</annotation-xml>", "</p>",
    "</b>", "</td>", "</table>", "</div>",
]  # fmt: skip
# Each shows whether the current node is foreign: the link is live in one case and not in the other.
_FOREIGN_PROBES = [
    f"<style>{HTML_LINK}</style>", f"<title>{HTML_LINK}</title>", f"<![CDATA[{HTML_LINK}]]>", f"<xmp>{HTML_LINK}</xmp>",
    f"<script>{HTML_LINK}</script>",
]  # fmt: skip
_DOCUMENT_STARTS = [
    "", "", "<!DOCTYPE html>", '<!doctype html PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">', "<head>",
    '<!doctype html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">', "<head><noscript>", "<head></head>",
]  # fmt: skip


def seeded_html(seed: int, *, template: bool = False, select: bool = False) -> str:
    """A document that leads into svg and math and out again over unfinished HTML; many times faster than hypothesis."""
    random = Random(seed)  # noqa: S311 - no secret is made here
    names = [name for name in _TAGS if name != "image"] + _words("font a b nobr code i s tt") * 2
    names += ["template"] * 5 * template + _words("select option optgroup hr input") * 3 * select

    def piece() -> str:
        chance = random.random()
        if chance < 0.5:
            name = random.choice(names)
            if name == "a":
                return HTML_LINK
            tag = f"<{name}{random.choice(['', '', '', ' x=1', ' x=2', ' color=1', ' type=hidden', '/'])}>"
            return tag * (random.randint(2, 12) if random.random() < 0.08 else 1)
        if chance < 0.85:
            return f"</{random.choice([*names, 'svg', 'math', 'desc', 'mi', 'foreignObject', 'a'])}>"
        if chance < 0.92:
            return random.choice(["x", " ", "\n", "\0", "<!-- -->", "</>"])
        return random.choice(_FOREIGN_OPENINGS if chance < 0.97 else _FOREIGN_PROBES)

    pieces = [random.choice(_DOCUMENT_STARTS), *(piece() for _ in range(random.randint(0, 6)))]
    for _ in range(random.randint(1, 3)):
        pieces += [random.choice(_FOREIGN_OPENINGS), *(piece() for _ in range(random.randint(1, 9)))]
        pieces += [random.choice(_FOREIGN_ENDINGS), random.choice(_FOREIGN_PROBES)]
    return _numbered(pieces)

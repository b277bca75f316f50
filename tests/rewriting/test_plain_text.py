from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from lmtrack import LinkPolicy, TrackingDomain, make_keys, rewrite_text
from lmtrack._rewriting.document import TextDocument
from lmtrack._rewriting.judge import NO_CONTEXT, MessageContext
from lmtrack._rewriting.plain_text import find_urls
from lmtrack._rewriting.plan import Plan
from lmtrack.links import SkipReason
from text_strategies import PLAIN_TEXTS

DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
U = "https://x.example/a"


def plan_of(text: str, policy: LinkPolicy, domain: TrackingDomain | None, context: MessageContext = NO_CONTEXT) -> Plan:
    return TextDocument(text, None).make_plan(policy, domain, context)


def urls(text: str) -> list[str]:
    return [text[start:end] for start, end in find_urls(text)]


# GitHub Flavored Markdown, version 0.29, section 6.9 "Autolinks (extension)": what belongs to an extended URL
# autolink. Its examples without a scheme are given one here; with `www.` alone they are no links of ours.


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (
            "(Visit https://encrypted.example/search?q=Markup+(business))",
            "https://encrypted.example/search?q=Markup+(business)",
        ),
        ("http://commonmark.example", "http://commonmark.example"),
        ("Visit http://commonmark.example/help for more.", "http://commonmark.example/help"),
        ("Visit http://commonmark.example.", "http://commonmark.example"),
        ("Visit http://commonmark.example/a.b.", "http://commonmark.example/a.b"),
        (
            "http://www.google.example/search?q=Markup+(business)",
            "http://www.google.example/search?q=Markup+(business)",
        ),
        (
            "http://www.google.example/search?q=Markup+(business)))",
            "http://www.google.example/search?q=Markup+(business)",
        ),
        (
            "(http://www.google.example/search?q=Markup+(business))",
            "http://www.google.example/search?q=Markup+(business)",
        ),
        (
            "(http://www.google.example/search?q=Markup+(business)",
            "http://www.google.example/search?q=Markup+(business)",
        ),
        ("http://www.google.example/search?q=(business))+ok", "http://www.google.example/search?q=(business)"),
        ("http://www.google.example/search?q=commonmark&hl=en", "http://www.google.example/search?q=commonmark&hl=en"),
        ("http://commonmark.example/he<lp", "http://commonmark.example/he"),
        ("anonymous@x.example http://a.example", "http://a.example"),
    ],
)
def test_urls_end_where_gfm_ends_them(text: str, url: str) -> None:
    # Two differ: GFM takes `)+ok` in, and takes any `&name;` at the end out, ours only the marks around a URL.
    assert urls(text) == [url]


@pytest.mark.parametrize(
    "mark", [*".,;:!?'*|", "...", "?!", '"', "'.", "…", "’", "”", "»", "`", "؟", "،", "।", "\u200b"]
)
def test_marks_behind_a_url_are_no_part_of_it(mark: str) -> None:
    assert urls(U + mark) == urls(f"See {U}{mark}\r\n") == urls(f"{U}{mark} and more") == [U]


@pytest.mark.parametrize("sign", [*"/-_~=&%#$@+\\^", "é", "я"])
def test_other_signs_at_the_end_belong_to_a_url(sign: str) -> None:
    assert urls(f"See {U}{sign} there") == [U + sign]


@pytest.mark.parametrize(
    "mark",
    ["。", "、", "，", "．", "！", "？", "；", "：", "）", "】", "」", "』", "》", "〉", "〕", "］", "｝", "\u3000"],
)
def test_east_asian_marks_end_a_url_without_a_blank(mark: str) -> None:
    assert urls(f"请访问{U}{mark}谢谢") == [U]


@pytest.mark.parametrize("blank", [*" \t\n\r\x0b\x0c\x1c\x85\xa0\u1680\u2003\u2028\u202f\u205f\u3000\x00\x7f\x9f"])
def test_blanks_and_controls_end_a_url(blank: str) -> None:
    assert urls(f"{U}{blank}{U}") == [U, U]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # brackets
        (f"({U})", [U]),
        (f"[{U}]", [U]),
        (f"{{{U}}}", [U]),
        (f"({U}).", [U]),
        (f"({U}.)", [U]),
        (f"((({U})))", [U]),
        (f"{U}_(disambiguation)", [f"{U}_(disambiguation)"]),
        (f"({U}_(disambiguation))", [f"{U}_(disambiguation)"]),
        (f"{U}?a[0]=1&b[]={{c}}", [f"{U}?a[0]=1&b[]={{c}}"]),
        (f"{U}(", [U]),
        (f"{U}([{{.", [U]),
        (f"{U}(b", [f"{U}(b"]),
        (f"{U}(b]c)", [f"{U}(b"]),
        ("http://[2001:db8::1]:8080/a", ["http://[2001:db8::1]:8080/a"]),
        # Markdown
        (f"[text]({U})", [U]),
        (f'[text]({U} "title")', [U]),
        (f"[a]({U}),[b]({U}/b)", [U, f"{U}/b"]),
        (f"[{U}]({U})", [U, U]),
        (f"[1]: {U}", [U]),
        (f"![alt]({U}.png)", [f"{U}.png"]),
        (f"*{U}*", [U]),
        (f"**{U}**", [U]),
        (f"_{U}_", [U]),
        (f"__{U}__.", [U]),
        (f"~~{U}~~", [U]),
        (f"`{U}`", [U]),
        (f"|{U}|{U}/b|", [U, f"{U}/b"]),
        (f"{U}?family=A|B", [f"{U}?family=A|B"]),
        # quotation marks
        (f'"{U}"', [U]),
        (f"'{U}'", [U]),
        (f"'{U}', '{U}'", [U, U]),
        (f"'{U}','{U}'", [U, U]),
        (f"{U}/it's", [f"{U}/it's"]),
        (f"“{U}”", [U]),
        (f"‘{U}’", [U]),
        (f"‘{U}’s", [U]),
        (f"«{U}»", [U]),
        (f"„{U}“", [U]),
        (f'<a href="{U}">{U}</a>', [U, U]),
        (f"<a href='{U}'>", [U]),
        (f"<a href={U}>", [U]),
        (f"&lt;{U}&gt;", [U]),
        (f"&lt;{U}&gt;.", [U]),
        (f"&quot;{U}&quot;;", [U]),
        (f"{U}?a=1&amp;b=2", [f"{U}?a=1&amp;b=2"]),
        (f"{U}?a=1&copy;", [f"{U}?a=1&copy"]),
        # labels
        (f"URL:{U}", [U]),
        (f"link={U}", [U]),
        (f"[url={U}]x[/url]", [U]),
        (f"1.{U} 2){U} -{U} --{U} •{U} #1:{U} =>{U}", [U] * 7),
        (f"{U},{U}", [f"{U},{U}"]),
        # quoting, RFC 3676
        (f"> {U}\n>> {U} \n>{U}\n {U}\n-- \n{U}", [U] * 5),
        # any case
        ("HTTPS://X.EXAMPLE/A hTTp://x", ["HTTPS://X.EXAMPLE/A", "hTTp://x"]),
    ],
)
def test_a_url_is_found_as_it_is_shown(text: str, found: list[str]) -> None:
    assert urls(text) == found


# RFC 3986 appendix C: "delimiting a URI in context".


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"<{U}>", [U]),
        (f"<{U}.,>)", [f"{U}.,"]),
        (f"<{U}(>", [f"{U}("]),
        (f"<{U}'|日本>", [f"{U}'|日本"]),
        (f"<URL:{U}>", [U]),
        (f"<url:{U}!>", [f"{U}!"]),
        (f"<{U}/{{{{ a }}}}?b=<%= c %>>", [f"{U}/{{{{ a }}}}?b=<%= c %>"]),
        (f"<{U}><{U}/b>", [U, f"{U}/b"]),
        ("<https://>", []),
        # broken over lines: readers differ, and a half leads nowhere
        (f"<{U}\nbc>", []),
        (f"<{U}\r\n  bc>", []),
        (f"> <{U}\n> bc>", []),
        (f"<URL:{U}\n\n\nbc\nd>", []),
        (f"<{U} b>", []),
        (f"<{U}\n> and {U}/b", [f"{U}/b"]),
        # no bracket at all
        (f"1 <{U} and", [U]),
        (f"1 <{U}. <{U}", [U, U]),
        (f"<{U}\na\nb\nc\nd\ne>", [U]),
        (f"<URL:{U}", [U]),
    ],
)
def test_angle_brackets_hold_everything_between_them(text: str, found: list[str]) -> None:
    assert urls(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "www.x.example/a and x.example/a, ann@x.example",
        "https:/x.example http:x.example https//x.example",
        "https:// http://. http://) https://\u200b",
        f"x{U} 7{U} git+{U} svn.{U} a-b.c+{U} foo_{U}",
        f"www.archive.example/web/{U}",
        f"www.x.example/?u={U} x.example#{U} x.example?{U} a@{U} 50%{U} a&{U}",
        f"mailto:ann@x.example?body={U}",
        f"app://open?url={U}",
        f"view\\{U} ${U}",
        f"ftp://x.example/={U}",
    ],
)
def test_what_is_a_part_of_something_else_is_no_url(text: str) -> None:
    assert urls(text) == []


@pytest.mark.parametrize("text", [f"{U}?to={U}", f"{U}/{U}", f"{U}#{U}", f"{U}?a=({U})"])
def test_a_url_inside_a_url_is_part_of_it(text: str) -> None:
    assert urls(text) == [text]


@pytest.mark.parametrize(
    "letter", ["請", "を", "ハ", "에", "ไ", "ក", "—", "→", "🎉", "\u200b", "\xad", "Ａ", chr(0xD800), chr(0xDCFF)]
)
def test_a_url_that_may_have_ended_before_a_letter_is_left(letter: str) -> None:
    assert urls(f"{U}{letter}a {U}/b") == [f"{U}/b"]
    assert urls(f"<{U}{letter}a>") == [f"{U}{letter}a"]


@pytest.mark.parametrize("path", ["ü", "straße", "путь", "مسار", "נתיב", "देश", "été/à", "ελ"])
def test_letters_of_scripts_with_blanks_are_part_of_a_url(path: str) -> None:
    assert urls(f"{path} {U}/{path}, {path}") == [f"{U}/{path}"]


@pytest.mark.parametrize(
    "placeholder",
    [
        "{{ user.id }}", "{{{ raw }}}", '{{ x|default("a b") }}', "{% if a %}", '<%= link_to("a", b) %>', "*|NAME|*",
        '*|IF:A = "b"|*', "%%name%%", '%%=Concat("a", "b")=%%', "${ x }", "[[ x y ]]", "%name%",
    ],
)  # fmt: skip
def test_a_placeholder_is_part_of_its_url(placeholder: str) -> None:
    for url in (f"{U}/{placeholder}", f"{U}?a={placeholder}&b=c", f"https://{placeholder}/a"):
        assert urls(f"See ({url}).") == [url]
        plan = plan_of(f"See ({url}).", LinkPolicy(), None)
        assert [(link.url, reason) for link, reason in plan.skipped] == [(url, SkipReason.PLACEHOLDER)]


def test_unfinished_placeholders_are_signs_like_others() -> None:
    assert urls(f"{U}%%=b {U}$c {U}*d {U}*|e {U}<%f {U}%%g") == [
        f"{U}%%=b",
        f"{U}$c",
        f"{U}*d",
        f"{U}*|e",
        U,
        f"{U}%%g",
    ]
    assert urls(f"{U}${{b {U}{{{{b") == [f"{U}${{b", f"{U}{{{{b"]


@pytest.mark.parametrize(
    "text", [f'{{{{ "{U}" }}}}', f"{{% url {U} %}}", f"<% {U} %>", f"*|A:{U}|*", f"{{{{ base }}}}{U}", f"*|R|*{U}"]
)
def test_a_placeholder_keeps_the_url_it_holds_or_begins(text: str) -> None:
    assert urls(text) == []


def test_a_block_of_a_template_begins_no_url() -> None:
    assert urls(f"{{% if a %}}{U} {{{{ b }}}} {U}") == [U, U]


# Plans


def test_a_plan_numbers_on_from_the_parts_before() -> None:
    text = f"{U}/0 {U}/unsubscribe {U}/1 https://track.example/c/x {U}/?token=1 {U}/left"
    plan = plan_of(text, LinkPolicy(), DOMAIN, MessageContext(first_index=7, unsubscribe=f"{U}/left".__eq__))
    assert [(link.index, link.url, link.element, link.text()) for link in plan.links] == [
        (7, f"{U}/0", "text", f"{U}/0"),
        (8, f"{U}/1", "text", f"{U}/1"),
    ]
    assert [link[2] for link in plan.found] == [0, text.index(f"{U}/1")]
    assert [(link.index, reason) for link, reason in plan.skipped] == [
        (-1, SkipReason.UNSUBSCRIBE),
        (-1, SkipReason.TRACKED),
        (-1, SkipReason.SENSITIVE),
        (-1, SkipReason.UNSUBSCRIBE),
    ]
    assert (plan.removals, plan.clicks) == ((), ())


def test_the_messages_own_way_to_unsubscribe_is_one_whatever_else_it_holds() -> None:
    around = MessageContext(unsubscribe=lambda url: url.endswith("secret"))
    policy = LinkPolicy(track_unsubscribe=True)
    plan = plan_of(f"{U}?token=secret {U}?token=other", policy, None, around)
    assert [reason for _, reason in plan.skipped] == [SkipReason.UNSUBSCRIBE, SkipReason.SENSITIVE]


def test_a_token_counts_to_65535() -> None:
    plan = plan_of(f"{U} {U} {U}/unsubscribe {U}", LinkPolicy(), None, MessageContext(first_index=65_535))
    assert [link.index for link in plan.links] == [65_535]
    assert [reason for _, reason in plan.skipped] == [
        SkipReason.TOO_MANY,
        SkipReason.UNSUBSCRIBE,
        SkipReason.TOO_MANY,
    ]


def test_a_url_in_plain_text_is_its_own_visible_text() -> None:
    plan = plan_of(f"{U} {U}/unsubscribe", LinkPolicy(skip_url_text=True), None)
    assert [reason for _, reason in plan.skipped] == [SkipReason.URL_TEXT, SkipReason.UNSUBSCRIBE]


# Properties


@given(PLAIN_TEXTS)
@example("'https://a'https://b'")
@example("<https://a>https://b")
def test_urls_are_apart_in_order_and_begin_with_their_scheme(text: str) -> None:
    position = 0
    for start, end in find_urls(text):
        assert position <= start < end
        assert re.match(r"https?://.", text[start:end], re.IGNORECASE | re.DOTALL)
        position = end


@given(PLAIN_TEXTS)
def test_no_url_holds_a_blank_outside_a_placeholder_nor_a_mark_at_its_end(text: str) -> None:
    for start, end in find_urls(text):
        if text[start - 1 : start] != "<" and text[start - 1 : start] != ":":
            rest = re.sub(
                r"\{\{.*?\}\}+|\{%.*?%\}|<%.*?%>|\*\|.*?\|\*|%%=?.*?%%|\$\{.*?\}|\[\[.*?\]\]", "", text[start:end]
            )
            assert not re.search(r"""[\s"<>`。]""", rest)
            assert rest[-1:] not in set(".,;:!?'") or rest != text[start:end]


@given(PLAIN_TEXTS, PLAIN_TEXTS, st.sampled_from(["\n\n\n\n\n\n", "\r\n" * 6]))
def test_what_is_far_away_has_no_part_in_it(first: str, second: str, between: str) -> None:
    assume(not first.rstrip(" ").endswith("<"))
    shift = len(first) + len(between)
    assert find_urls(first + between + second) == find_urls(first) + [
        (start + shift, end + shift) for start, end in find_urls(second)
    ]


@given(
    st.sampled_from(["", "see ", "(", "[", "“", '"', "> ", "url: ", "请", "。", "•"]),
    st.sampled_from(["", " a", ").", "]", "”", '"', "。", ", b", "…\n"]),
)
def test_a_plain_url_is_found_wherever_it_stands(before: str, behind: str) -> None:
    for url in (
        U,
        "http://x",
        "https://x.example/?a=1&b=2#c",
        "https://x.example/a_(b)",
        "https://user@x.example:8080/%20",
    ):
        assert urls(before + url + behind) == [url]


SIZE = 1_000_000 if settings().max_examples >= 1000 else 100_000
UNITS = [
    "http://", "(", "<", ".", " http://", "http://(", "<http://a ", "<http://a\n", "{{", "{{ ", "[[", "*|", "%%=", "$%",
    "%%", "<%", "{%", "'http://a", "’", "http://a'", "_http://a_", "=http://", "a=http://", ".http://", "a.http://x ",
    ";", "&gt;", "http://a]", "*", "http://*|", "http://a{{ b", "{", "\n", "http://a|http://b", "‘http://a ",
    "<url:http://a ", "中http://a中", "http://a.", "[http://a](http://b) ", "-", "h", "http", "://", "\u200b", "é",
]  # fmt: skip


def seconds(text: str) -> float:
    start = process_time()
    find_urls(text)
    return process_time() - start


@pytest.mark.parametrize("before", ["", "<http://", "'http://"])
@pytest.mark.parametrize("unit", UNITS)
def test_hostile_text_takes_no_longer_than_its_size(unit: str, before: str) -> None:
    small, large = (before + unit * (size // len(unit)) for size in (SIZE // 8, SIZE))
    # Not a test of speed: quadratic work shows in each of four attempts, a busy machine does not.
    assert any(seconds(large) < max(24 * seconds(small), 0.1) for _ in range(4))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"See <URL:{U},>", [f"{U},"]),
        (f"/?a=*|NAME|*={U}", [U]),
        (f"a-{U} ab-{U} a.{U} ab.{U} a_{U}", []),
        (f"see a?b={U}", []),
        (f"{U}((b))c", [f"{U}((b))c"]),
        (f"{U}( b", [U]),
        (f"{U}(( b", [U]),
        (f"{U}*|{U}", [U, U]),
    ],
)
def test_where_a_url_begins_and_ends_depends_on_what_is_around_it(text: str, found: list[str]) -> None:
    assert urls(text) == found


def test_one_of_ours_that_may_go_on_is_known_to_be_ours() -> None:
    text = f"{DOMAIN.base_url}/c/{'a' * 40}\n/b"
    assert [reason for _, reason in plan_of(text, LinkPolicy(), DOMAIN).skipped] == [SkipReason.TRACKED]
    assert plan_of(text, LinkPolicy(), None).skipped == ()


def test_a_slot_whose_marker_is_no_placeholder_is_in_a_url_too() -> None:
    result = rewrite_text(
        "See https://b.example/QUERY there",
        slots={"query": "QUERY"},
        values={"query": "a b"},
        click_url=lambda _: "https://t.example/0",
    )
    assert result.text == "See https://t.example/0 there"


def test_a_slot_that_is_named_for_a_way_out_is_a_reason() -> None:
    marker = "{{ unsubscribeToken }}"
    result = rewrite_text(
        f"See https://s.example/{marker} there",
        slots={"unsubscribeToken": marker},
        values={"unsubscribeToken": "a b"},
        click_url=lambda _: None,
    )
    assert [reason for _, reason in result.skipped] == [SkipReason.UNSUBSCRIBE]


def test_a_mark_at_the_beginning_of_a_text_opts_no_link_out() -> None:
    assert plan_of(f'[[data-msys-clicktrack="0"]] {U}', LinkPolicy(), None).skipped == ()

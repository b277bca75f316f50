"""Lines of a rewritten document stay within a limit, by breaks inside tags; what does not fit is given up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given, strategies as st
from lxml import html as lxml_html

from lmtrack._rewriting.edits import break_before, fit_lines, octets, revert, splice
from lmtrack.html import pixel_tag
from lmtrack.links import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

PIXEL: Final = pixel_tag("https://t.example/o/" + "p" * 40)


def link_edits(source: str, url: str) -> list[Edit]:
    return [Edit(found.start(1), found[1], url) for found in re.finditer(r"""href=["']?([^"'>\s]+)""", source)]


def fit(source: str, edits: list[Edit], limit: int) -> tuple[str, set[int]]:
    links = {edit.offset: edit.old for edit in edits if edit.new.startswith(("https", "<img "))}
    fitted = fit_lines(source, edits, limit, instead=links)
    output = splice(source, fitted.edits)
    assert revert(output, fitted.edits) == source
    return output, fitted.given_up


def longest(text: str) -> int:
    return max(octets(line.removesuffix("\r")) for line in text.split("\n"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<a href="', 2),
        ("<a class=x  href = '", 11),
        ("<a\nhref=", 2),
        (' href="', 0),
        ('<a title="x y"href="', -1),
        ("text href", -1),
        ("<a " + "x" * 120 + '="', -1),
    ],
)
def test_a_line_may_be_broken_at_the_blank_before_an_attribute(text: str, found: int) -> None:
    assert break_before(text, len(text)) == found


def test_lines_that_are_short_enough_are_left_as_they_are() -> None:
    source = '<a href="1">a</a>\n<a href="2">b</a>\n'
    edits = link_edits(source, "https://t.example/")
    assert fit_lines(source, edits, 40, instead={edit.offset: edit.old for edit in edits}).edits == edits


@pytest.mark.parametrize("eol", ["", "\n", "\r\n"])
def test_a_line_end_is_no_part_of_its_line(eol: str) -> None:
    source = f'<a href="1">a</a>{eol}'
    edits = link_edits(source, "https://t.example/")
    assert fit(source, edits, 34) == (splice(source, edits), set())
    assert fit(source, edits, 33) == (splice(source, [Edit(2, "", "\r\n" if "\r" in eol else "\n"), *edits]), set())
    two = f'<a href="1">a</a><a href="1">b</a>{eol}'
    longer = link_edits(two, "https://t.example/" + "x" * 4)
    assert longest(fit(two, longer, 20)[0]) == 34
    assert fit(two, link_edits(two, "https://t.example/" + "x" * 5), 20)[1] == {9, 26}


def test_a_long_line_is_broken_before_each_link_and_inside_the_pixel() -> None:
    source = '<p><a href="1">a</a> and <a class="x" href="2">b</a></p>'
    url = "https://t.example/c/" + "x" * 60
    edits = [*link_edits(source, url), Edit(len(source), "", PIXEL)]
    style = PIXEL.index(" style")
    assert fit(source, edits, 200) == (
        f'<p><a\n href="{url}">a</a> and <a class="x"\n href="{url}">b</a></p><img\n{PIXEL[4:style]}\n{PIXEL[style:]}',
        set(),
    )


@pytest.mark.parametrize(("source", "eol"), [("a\r\n", "\r\n"), ("a\n", "\n"), ("", "\n"), ("a\nb\r\n", "\n")])
def test_breaks_are_written_as_the_document_s_own(source: str, eol: str) -> None:
    source += '<p class="xxxxxxxxxxx"><a href="1">'
    assert f"<a{eol} href" in fit(source, link_edits(source, "https://t.example/c/xxxx"), 40)[0]


def test_what_does_not_fit_even_then_is_given_up() -> None:
    source = '<p><a href="1">a</a><a href="2">b</a>'
    one, two = link_edits(source, "https://t.example/" + "x" * 60)
    assert fit(source, [one, two], 60) == (source, {one.offset, two.offset})
    # A line that is broken for one link stays broken for the others.
    assert fit(source, [one._replace(new="https://t.example/c/" + "y" * 19), two], 55) == (
        '<p><a\n href="https://t.example/c/yyyyyyyyyyyyyyyyyyy">a</a><a\n href="2">b</a>',
        {two.offset},
    )


def test_a_pixel_that_does_not_fit_is_given_up() -> None:
    assert fit("<p>Hi</p>", [Edit(9, "", PIXEL)], 80) == ("<p>Hi</p>", {9})
    marker = "<p>Hi</p>{pixel}"
    assert fit_lines(marker, [Edit(9, "{pixel}", PIXEL)], 80, instead={9: ""}) == ([Edit(9, "{pixel}", "")], {9})


def test_a_value_right_behind_the_pixel_is_never_given_up() -> None:
    pixel, value = Edit(6, "", SHORT_PIXEL), Edit(6, "{x}", "x" * 100)
    for limit in (60, 100, 120):
        fitted = fit_lines("<body>{x}</body>", [pixel, value], limit, instead={6: ""})
        assert value in fitted.edits
        assert fitted.given_up == ({6} if limit < 120 else set())


def test_a_line_that_was_longer_before_may_stay_so() -> None:
    source = "x" * 100 + '<a href="1">' + "y" * 20
    output, given_up = fit(source, link_edits(source, "https://t.example/" + "z" * 40), 80)
    assert not given_up
    assert longest(output) == 102


def test_letters_count_as_they_are_sent() -> None:
    source = '<p>ääääääääää <a href="1">'
    edits = link_edits(source, "https://t.example/")
    assert "\n" in fit(source, edits, 52)[0]
    assert "\n" not in fit(source, edits, 53)[0]


def test_other_edits_are_never_given_up_and_may_hold_line_ends() -> None:
    source = '<p>{name}</p><a title="{name}" href="1">a</a>'
    edits = sorted([*link_edits(source, "https://t.example/" + "x" * 20), Edit(3, "{name}", "y" * 90 + "\n\nz")])
    output, given_up = fit(source, edits, 60)
    assert output.startswith("<p>" + "y" * 90 + "\n\nz</p><a")
    assert not given_up
    assert fit(source, edits, 30) == (splice(source, edits[:1]), {edits[1].offset})


URL: Final = "https://t.example/".ljust(30, "x")
SHORT_PIXEL: Final = '<img src="https://t.example/o/p" alt="">'
NEW: Final = {
    "{name}": "y" * 50,
    "{lines}": "y" * 40 + "\n" + "z" * 45,
    "{long}": "y" * 300,
    "{few}": "y" * 7,
    "{two\nlines}": "y" * 40,
    "{nothing, nothing, nothing at all}": "",
    "{pixel}": PIXEL,
    "{image}": SHORT_PIXEL,
    "{styled}": SHORT_PIXEL.replace("<img", "<img style=x"),
    "{odd}": pixel_tag("https://t.example/o/a style=b"),
}


@pytest.mark.parametrize(
    "source",
    [
        "{name} <a href='1'>a</a>",
        "{name} and more, <a class='x' href='1'>a</a>",
        "{lines} <a href='1'>a</a> b",
        "{lines}<a title='x'href='1'>a</a>",
        "<a title='x'href='1'>a</a> and {lines}",
        "<a href='1'>a</a> and {name}",
        "<a href='1'>a</a>{nothing, nothing, nothing at all} and so on and so on",
        "{nothing, nothing, nothing at all}<a title='x'href='1'>a</a>" + "{name}" * 2,
        "<a title='x'href='1'>a</a>{name}<a title='x'href='2'>b</a>",
        "<a title='x'href='1'>a</a>{lines}<a title='x'href='2'>b</a> c",
        "<a title='{name}' href='1'>a</a>",
        "<a title='x' {name}href='1'>a</a>",
        "<a title='x' {name} href='1'>a</a>",
        " href='1'>a</a>",
        "<a href='1'>a</a>" * 4,
        "a\n<a href='1'>a</a>{name} <a href='1'>a</a>\r\nb\n{name}<a href='1'>a</a>\r\n",
        "{long}{pixel}",
        "{name}{pixel}{long}",
        "{long}, {lines}{pixel} b",
        "{pixel}{lines} and {lines}",
        "{lines}{image}",
        "{name} a {image} b {name} <a href='1'>a</a>",
        "{name}{image}{lines} b",
        "{image}{name}, {name}",
        "{name}{styled}",
        "{odd}",
        "{image}",
        "<a title='x'href='1'>a</a>{pixel} and so on and so on",
        "<a title='x'href='1'>a</a>{image} and so on and so on",
        "<a title='x' {few} href='1'>a</a>",
        "<a title='x'href='1'>a</a><a {few} href='2'>b</a>",
        "<a title='x'href='1'>a</a>\r\n{few}",
        "a\nb\n<a title='x'href='1'>a</a>",
        "\n<a title='x'href='1'>a</a>\n",
        "{two\nlines}<a title='x'href='1'>a</a>\n",
        "<a title='x'href='1'>a</a>{two\nlines} and more\n{two\nlines}",
    ],
)
def test_what_fits_is_written_and_what_does_not_is_given_up(source: str) -> None:
    edits = sorted(
        [
            *link_edits(source, URL),
            *(
                Edit(found.start(), old, new)
                for old, new in NEW.items()
                for found in re.finditer(re.escape(old), source)
            ),
        ]
    )
    instead = {edit.offset: "" if "<img" in edit.new else edit.old for edit in edits if "https" in edit.new}
    bare = longest(splice(source, [edit._replace(new=instead.get(edit.offset, edit.new)) for edit in edits]))
    least = 0
    for limit in range(10, len(splice(source, edits)) + 2):
        fitted = fit_lines(source, edits, limit, instead=instead)
        output = splice(source, fitted.edits)
        assert revert(output, fitted.edits) == source
        assert longest(output) <= max(limit, bare, longest(source))
        assert fitted.given_up <= set(instead)
        kept = [edit._replace(new=instead[edit.offset]) if edit.offset in fitted.given_up else edit for edit in edits]
        assert re.sub("\r?\n ", " ", output) == re.sub("\r?\n ", " ", splice(source, kept))
        if not fitted.given_up and not least:
            least = limit
            assert limit == 10 or limit in {octets(line.removesuffix("\r")) for line in output.split("\n")}
        assert bool(fitted.given_up) is not bool(least)


def test_an_edit_at_either_end_of_a_line_is_on_it() -> None:
    source = "<a title='x'href='1'>a</a>\n" + "x" * 100
    [link] = link_edits(source, URL)
    assert fit(source, [link, Edit(26, "", "y" * 20)], 75)[1] == set()
    assert fit(source, [link, Edit(26, "", "y" * 20)], 74)[1] == {link.offset}
    broken = SHORT_PIXEL.replace(" src", "\n src").replace(" alt", "\n alt")
    assert fit("\n" + "x" * 100, [Edit(0, "", SHORT_PIXEL)], 30) == (broken + "\n" + "x" * 100, set())


def test_a_pixel_is_never_broken_inside_a_value() -> None:
    assert "https://t.example/o/a style=b" in fit("", [Edit(0, "", NEW["{odd}"])], 220)[0]


def test_a_line_that_does_not_grow_is_left_as_it_is() -> None:
    source = "x" * 20 + '<a href="https://shop.example/">'
    [edit] = edits = link_edits(source, "https://t.example/aaa")
    assert len(edit.old) == len(edit.new)
    assert fit_lines(source, edits, 20, instead={edit.offset: edit.old}).edits == edits
    assert "\n" in fit(source, [edit._replace(new=edit.new + "a")], 20)[0]


def test_what_was_added_stays_where_all_links_of_its_line_are_given_up() -> None:
    source = '<p></p><a href="1">a</a>'
    added = Edit(3, "", "Hello")
    assert fit(source, [added, *link_edits(source, "https://t.example/" + "x" * 60)], 40) == (
        '<p>Hello</p><a href="1">a</a>',
        {16},
    )


PARTS: Final = st.sampled_from(
    [
        '<a href="1">',
        "<a href=2 >",
        "<a title='x y' href='3'>",
        "text ",
        "ä",
        "\n",
        "\r\n",
        "<b>",
        "</p>",
        '<a\nhref="4">',
    ]
)


@given(parts=st.lists(PARTS, max_size=20), length=st.integers(18, 90), limit=st.integers(20, 200), pixel=st.booleans())
@example(parts=['<a href="1">'] * 3, length=60, limit=80, pixel=True)
@example(parts=["\r\n"], length=18, limit=141, pixel=True)
@example(
    parts=['<a href="1">'] * 2 + ["<a href=2 >"] + ["<a title='x y' href='3'>"] * 2 + ["<b>", "\r\n"],
    length=76,
    limit=20,
    pixel=False,
)
def test_no_line_passes_the_limit_that_did_not_before(parts: list[str], length: int, limit: int, pixel: bool) -> None:
    source = "".join(parts)
    edits = link_edits(source, "https://t.example/".ljust(length, "x"))
    if pixel:
        edits.append(Edit(len(source), "", PIXEL))
    output, given_up = fit(source, edits, limit)
    assert longest(output) <= max(limit, longest(source))
    # But for what was given up, a reader sees what he would see without breaks.
    kept = splice(source, [edit for edit in edits if edit.offset not in given_up])
    assert list(events(output)) == list(events(kept))
    if longest(kept) < limit and not given_up:
        assert output == kept


def events(text: str) -> Iterator[tuple[object, ...]]:
    for element in lxml_html.fragment_fromstring(f"<div>{text}</div>").iter():
        yield element.tag, dict(element.attrib), element.text, element.tail


def test_a_document_of_one_line_takes_no_longer_than_its_size() -> None:
    source = '<a href="1">a</a>' * 20_000
    output, given_up = fit(source, link_edits(source, "https://t.example/c/" + "x" * 60), 200)
    assert not given_up
    assert longest(output) <= 200

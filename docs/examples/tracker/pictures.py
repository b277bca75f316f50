"""The pictures of the newsletter, drawn: the sample needs no files and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}">{2}</svg>'
LIGHT = (
    '<radialGradient id="light"><stop stop-color="#ffedb3"/><stop offset="1" stop-color="#ffedb3" stop-opacity="0"/>'
)
TEXT = '<text x="{0}" y="{1}" text-anchor="middle" font-family="{2}" font-size="{3}" fill="{4}">{5}</text>'
ROOM = '<rect width="{0}" height="{1}" fill="{2}"/><rect y="{3}" width="{0}" height="70" fill="{4}"/>{5}'
GLOW = LIGHT + '</radialGradient><ellipse cy="70" rx="100" ry="74" fill="url(#light)" opacity=".8"/>'
SHADE = '<path d="M-28 0h56l26 62h-108z" fill="{0}"/>'
CORD = '<path d="M0-200v200" stroke="#17211e" stroke-width="3"/>'
FOOT = '<path d="M0 60v84M-34 146h68" stroke="#17211e" stroke-width="7" stroke-linecap="round"/>'
DOT = '<circle cx="14" cy="14" r="14" fill="#1c5c4d"/>'


class Lamp(NamedTuple):
    """The colours of wall, floor and shade, and whether it hangs or stands."""

    wall: str
    floor: str
    shade: str
    hangs: bool


LAMPS: Mapping[str, Lamp] = {
    "pier": Lamp("#e9dfcf", "#d3c2a8", "#1c5c4d", hangs=False),
    "skiff": Lamp("#d6e2de", "#b9ccc5", "#b4552d", hangs=True),
    "buoy": Lamp("#dde1ea", "#bfc6d6", "#c9962b", hangs=False),
    "shades": Lamp("#efe6dd", "#dccbb9", "#6d4a7d", hangs=True),
    "evening": Lamp("#26343a", "#182226", "#e0a43a", hangs=True),
}
NAMES = {"logo": "#1c5c4d", "logo-dark": "#7fd3bd"}
BADGES = {"social": "S", "video": "V"}


def draw(name: str) -> str | None:
    """Draw a picture by its name; a browser goes by the type of the answer, not by `.jpg`."""
    name = name.partition(".")[0]
    if name == "hero":
        return _three_lamps()
    if name in NAMES:
        return SVG.format(180, 44, TEXT.format(90, 31, "Georgia,serif", 27, NAMES[name], "Lantern Row"))
    if name in BADGES:
        return SVG.format(28, 28, DOT + TEXT.format(14, 19, "Arial", 14, "#fff", BADGES[name]))
    if name in LAMPS:
        lamp = LAMPS[name]
        return SVG.format(260, 260, ROOM.format(260, 260, lamp.wall, 200, lamp.floor, _lamp(lamp, 130, 62)))
    return None


def _three_lamps() -> str:
    """Draw three lamps where the map of the newsletter has its three areas."""
    wall, floor = "#2d3b3f", "#1b2629"
    lamps = (
        _lamp(Lamp(wall, floor, "#8fc7b5", hangs=False), 105, 112),
        _lamp(Lamp(wall, floor, "#e8b65a", hangs=True), 300, 82),
        _lamp(Lamp(wall, floor, "#d9865a", hangs=False), 490, 112),
    )
    return SVG.format(600, 320, ROOM.format(600, 320, wall, 250, floor, "".join(lamps)))


def _lamp(lamp: Lamp, x: int, y: int) -> str:
    body = GLOW + (CORD if lamp.hangs else FOOT) + SHADE.format(lamp.shade)
    return f'<g transform="translate({x} {y})">{body}</g>'

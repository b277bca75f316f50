"""Draw the diagrams of these pages: `python docs/diagrams/draw.py` writes an SVG beside each text.

Same text, same bytes: a test compares them. The pictures load nothing, and take the reader's light or dark colours.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIDTH, MARGIN, GAP = 560, 12, 12  # narrow, so that a phone shows letters large enough to read
BOX, LINE, ARROW = 40, 18, 46  # heights
LETTER = 7.2  # the width of one at 13 pixels, on average and rather too wide

STYLE = """
    svg { color: #1f2328; font: 13px system-ui, sans-serif }
    .paper { fill: #ffffff; stroke: none }
    rect { fill: #f3f5f8; stroke: #8b949e }
    .end { fill: none; stroke-dasharray: 4 3 }
    text { fill: currentColor; text-anchor: middle }
    .name { font-weight: 600; text-anchor: start }
    .step { fill: #57606a; font-style: italic; text-anchor: start }
    path { stroke: #57606a; fill: none }
    @media (prefers-color-scheme: dark) {
      svg { color: #e6edf3 }
      .paper { fill: #0d1117 }
      rect { fill: #21262d; stroke: #6e7681 }
      .end { fill: none }
      .step { fill: #9da7b3 }
      path { stroke: #9da7b3 }
    }
"""


def draw(text: str) -> str:
    """Turn the text of a diagram into an SVG."""
    head, _, body = text.partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    shapes, height = {"flow": draw_flow, "bytes": draw_bytes}[fields["kind"]](body.strip().splitlines())
    title = escape(fields["title"])
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"',
        '  role="img" aria-labelledby="title">',
        f'  <title id="title">{title}</title>',
        f"  <style>{STYLE}  </style>",
        f'  <rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
        *(f"  {shape}" for shape in shapes),
        "</svg>",
    ]
    return "\n".join(rows) + "\n"


def draw_flow(lines: list[str]) -> tuple[list[str], int]:
    """Draw rows of boxes, a `# name` above a group of them, and between two rows the step that redirects.

    A box that begins with `! ` is where it ends.
    """
    shapes: list[str] = []
    y = MARGIN
    for line in lines:
        if not line:
            y += GAP
        elif line.startswith("# "):
            shapes.append(f'<text class="name" x="{MARGIN}" y="{y + 10}">{escape(line[2:])}</text>')
            y += LINE + 4
        elif line.startswith("["):
            words = line[1:-1].split("] [")
            width = (WIDTH - 2 * MARGIN - GAP * (len(words) - 1)) / len(words)
            for place, word in enumerate(words):
                shapes += box(MARGIN + place * (width + GAP), y, width, word)
            y += BOX
        else:
            middle, end = WIDTH / 2, y + ARROW - 6
            shapes.append(f'<path d="M{middle:g} {y + 6}V{end}M{middle - 5:g} {end - 6}L{middle:g} {end}l5 -6"/>')
            shapes.append(f'<text class="step" x="{middle + 12:g}" y="{y + ARROW / 2 + 4:g}">{escape(line)}</text>')
            y += ARROW
    return shapes, y + MARGIN


def draw_bytes(lines: list[str]) -> tuple[list[str], int]:
    """Draw fields in a row, as many as fit, each with its number of bytes below."""
    shapes: list[str] = []
    x: float = MARGIN
    y = MARGIN
    for line in lines:
        name, _, bytes = line.partition(" | ")
        width = max(len(name), len(bytes)) * LETTER + 24
        if x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + BOX + LINE + GAP
        shapes += box(x, y, width, name)
        shapes.append(f'<text x="{x + width / 2:g}" y="{y + BOX + LINE - 3}">{escape(bytes)}</text>')
        x += width
    return shapes, y + BOX + LINE + MARGIN


def box(x: float, y: float, width: float, text: str) -> list[str]:
    """Draw a box with centred words in one line or two."""
    kind, text = "end" if text.startswith("! ") else "box", text.removeprefix("! ")
    lines = [text]
    if len(text) * LETTER > width - 8:
        words = text.split()
        half = min(range(1, len(words)), key=lambda count: abs(len(" ".join(words[:count])) - len(text) / 2))
        lines = [" ".join(words[:half]), " ".join(words[half:])]
    first = y + BOX / 2 + 4.5 - (len(lines) - 1) * 8
    return [
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{BOX}" rx="4"/>',
        *(
            f'<text x="{x + width / 2:g}" y="{first + 16 * place:g}">{escape(row)}</text>'
            for place, row in enumerate(lines)
        ),
    ]


if __name__ == "__main__":
    for source in sorted(HERE.glob("*.txt")):
        source.with_suffix(".svg").write_text(draw(source.read_text(encoding="utf-8")), encoding="utf-8")

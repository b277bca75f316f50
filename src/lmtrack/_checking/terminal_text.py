"""Text for people: findings and differences in lines, with nothing in them that a terminal would obey."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmtrack._checking.compare.pages import Difference
    from lmtrack._checking.finding import Finding


def printable(text: str, /) -> str:
    r"""Escape what is not a printable character, so that the text of a message cannot steer a terminal.

    Example:
        >>> printable("a\x1b[2J\u202eb")
        'a\\x1b[2J\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def finding_lines(findings: Iterable[Finding], /) -> list[str]:
    """Return each finding as a line with kind and place, and under it the URL if there is one, and why."""
    lines = []
    for finding in findings:
        lines.append(f"  {finding.kind}: {printable(finding.place)}")
        if finding.url is not None:
            lines.append(f"    {printable(finding.url)}")
        lines.append(f"    {printable(finding.why)}")
    return lines


def difference_lines(differences: Iterable[Difference], /, names: Sequence[str] | None = None) -> list[str]:
    """Return each difference as a line with its place, and under it why it counts and what each recipient gets.

    Recipients are called by `names`, which are printable, else by number.
    """
    lines = []
    for difference in differences:
        lines += [f"  {printable(difference.place)}", f"    {printable(difference.why)}"]
        called = names or [str(number) for number in range(1, len(difference.values) + 1)]
        lines += [
            f"    {name}: {'nothing' if url is None else printable(url)}"
            for name, url in zip(called, difference.values, strict=True)
        ]
    return lines

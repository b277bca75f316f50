"""The pages about moving from other programs, against what those programs themselves read and write."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from howto_pages import HOWTO, run_page

URL: Final = "https://shop.example/lamps?a=1&b=2#c"
# What listmonk (July 2026, models/common.go) takes for its functions, and what it makes of them when it saves.
LISTMONK: Final = [
    f'{{{{TrackLink "{URL}"}}}}',
    f'{{{{ TrackLink "{URL}" }}}}',
    f'{{{{  TrackLink\t"{URL}"  }}}}',
    f'{{{{ TrackLink "{URL}" . }}}}',
    f"{{{{ TrackLink `{URL}` . }}}}",  # Go's other quotation marks, in a template that it parses itself
    f'{{{{- TrackLink "{URL}" . -}}}}',
    f"{URL}@TrackLink",
]


@pytest.mark.parametrize("written", LISTMONK)
def test_every_way_to_write_a_link_of_listmonk_leaves_its_own_url(written: str) -> None:
    page = run_page("migrate-from-listmonk.md")
    assert page["without_listmonk"](f'<a href="{written}">Lamps</a>') == f'<a href="{URL}">Lamps</a>'


@pytest.mark.parametrize("written", ["{{TrackView}}", "{{ TrackView }}", "{{ TrackView . }}", "{{- TrackView . -}}"])
def test_every_way_to_write_the_pixel_of_listmonk_leaves_nothing(written: str) -> None:
    page = run_page("migrate-from-listmonk.md")
    assert page["without_listmonk"](f"<p>Lamps</p>{written}</body>") == "<p>Lamps</p></body>"


# Newer than what django-anymail 15.2 reads, or within a value that it hands on: from the services' own pages.
ONLY_DOCUMENTED: Final = {"sg_machine_open", "index", "ClickLocation", "Geo", "IP"}


def test_the_fields_of_webhooks_are_those_that_anymail_reads() -> None:
    if find_spec("anymail") is None:
        pytest.skip("django-anymail is not installed")
    text = (HOWTO / "migrate-from-a-service.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| [a-z' ]+ \| (.*) \| (.*) \| .* \|$", text.partition("## Import old events")[2], re.MULTILINE
    )
    assert len(rows) == 5
    for column, service in enumerate(("sendgrid", "postmark")):
        origin = find_spec(f"anymail.webhooks.{service}").origin  # type: ignore[union-attr]
        known = set(re.findall(r'"(\w+)"', Path(origin or "").read_text(encoding="utf-8")))
        named = {name for row in rows for cell in re.findall("`([^`]+)`", row[column]) for name in cell.split(".")}
        assert named - ONLY_DOCUMENTED <= known
        assert len(named - ONLY_DOCUMENTED) >= 3

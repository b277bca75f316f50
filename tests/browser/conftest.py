"""One browser for each file of tests; without `LMTRACK_BROWSER` all of them are skipped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from chromium import PROGRAM, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if "LMTRACK_BROWSER" not in os.environ:  # noqa: TID251 - the ban is for the library
        pytest.skip("a browser takes a minute: nox -s browser")
    if PROGRAM is None:
        pytest.skip("no chromium here: it is Debian's package of that name")
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()

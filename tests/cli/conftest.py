"""Files for the command, and no key in its environment."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from cli_pages import HTML
from cli_runs import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], str]:
    """Write a file with this name and content; return its path."""

    def to(name: str, data: bytes) -> str:
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return to


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "lmtrack.key"
    path.write_text(KEY + "\n")
    return str(path)


@pytest.fixture
def html_file(tmp_path: Path) -> str:
    path = tmp_path / "mail.html"
    path.write_bytes(HTML)
    return str(path)


@pytest.fixture(autouse=True)
def _no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LMTRACK_KEY", raising=False)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give

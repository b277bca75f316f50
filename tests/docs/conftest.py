"""What the tests of the documentation share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def _examples_are_not_measured() -> Iterator[None]:
    """Start the processes of examples without coverage: it doubles their time, and other tests reach the same code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield

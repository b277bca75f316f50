"""The pytest plug-in: the assertions of `lmtrack.testing` as fixtures.

pytest loads it in every run of an environment that has lmtrack, so it imports nothing that a fixture does not ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def assert_untracked() -> Callable[..., None]:
    """Return `lmtrack.testing.assert_untracked`: nothing in an email tells that, or by whom, it is read."""
    from lmtrack.testing import assert_untracked as check  # noqa: PLC0415 - on first use

    return check


@pytest.fixture(scope="session")
def assert_same_for_everyone() -> Callable[..., None]:
    """Return `lmtrack.testing.assert_same_for_everyone`: no URL tells one recipient from another."""
    from lmtrack.testing import assert_same_for_everyone as check  # noqa: PLC0415 - on first use

    return check


@pytest.fixture(scope="session")
def assert_unsubscribe_ok() -> Callable[..., None]:
    """Return `lmtrack.testing.assert_unsubscribe_ok`: people can leave with one click, untracked."""
    from lmtrack.testing import assert_unsubscribe_ok as check  # noqa: PLC0415 - on first use

    return check

"""Hypothesis profiles and the folder of shared data (tests that need it skip by name without it)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import pure_part

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"

# How fast a busy machine draws examples says nothing about the code, which hypothesis' own "ci" takes into account too.
settings.register_profile("default", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
ENVIRONMENT = os.environ  # noqa: TID251 - the ban is for the library
# For Pythons that are not the newest, or run slowly; in CI the same examples each time, as in hypothesis' own profile.
settings.register_profile(
    "few",
    deadline=None,
    max_examples=10,
    database=None,
    derandomize=bool(ENVIRONMENT.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
# New examples each time, in CI too, where a profile starts from hypothesis' own.
settings.register_profile(
    "deep",
    deadline=None,
    max_examples=5000,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# hypothesis registers "ci" itself (derandomised, no database) and picks it when CI is set.
if PROFILE := ENVIRONMENT.get("HYPOTHESIS_PROFILE", "" if ENVIRONMENT.get("CI") else "default"):
    settings.load_profile(PROFILE)
if ENVIRONMENT.get("LMTRACK_PURE"):
    pure_part.install()
    collect_ignore = ["docs"]  # most pages run a check, a framework or the command as a process of its own


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared is not here: the corpus and the conformance suites are not part of the repository")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what reads the shared data, so that a run can leave it out: `-m "not shared"`.

    Its files come first: they take longest, and the last file of a run has one core to itself.
    """
    reading = [item for item in items if "shared" in getattr(item, "fixturenames", ())]
    for item in reading:
        item.add_marker("shared")
    files = {item.path for item in reading}
    items.sort(key=lambda item: item.path not in files)

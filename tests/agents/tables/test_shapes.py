from __future__ import annotations

from itertools import pairwise

import pytest

from lmtrack._agents.tables.shapes import possible_builds

# Chromium's release branches by major version, chromiumdash.appspot.com/branches, read 2026-08; not the table's rows.
RELEASES = {
    1: 154, 2: 172, 3: 195, 4: 249,
    6: 472, 10: 648, 15: 874, 20: 1132, 24: 1312, 30: 1599, 34: 1847, 40: 2214, 42: 2311, 48: 2564, 50: 2661,
    55: 2883, 60: 3112, 63: 3239, 66: 3359, 70: 3538, 75: 3770, 80: 3987, 83: 4103, 87: 4280, 90: 4430, 92: 4515,
    96: 4664, 100: 4896, 102: 5005, 106: 5249, 109: 5414, 114: 5735, 117: 5938, 120: 6099, 122: 6261, 126: 6478,
    131: 6778, 134: 6998, 138: 7204, 139: 7258, 142: 7444, 144: 7559,
}  # fmt: skip


@pytest.mark.parametrize(("major", "build"), RELEASES.items())
def test_released_builds_are_possible(major: int, build: int) -> None:
    assert build in possible_builds()[str(major)]


@pytest.mark.parametrize(("major", "build"), RELEASES.items())
def test_the_line_is_never_fifty_builds_off(major: int, build: int) -> None:
    builds = possible_builds()[str(major)]
    assert abs(build - (builds[0] + builds[-1]) // 2) < 50


@pytest.mark.parametrize(
    ("major", "build"), [(53, 7149), (60, 2268), (100, 4758), (140, 6834), (145, 9999), (47, 5267)]
)
def test_made_up_builds_are_not(major: int, build: int) -> None:
    assert build not in possible_builds()[str(major)]


def test_a_nightly_of_the_next_version_is_possible() -> None:
    assert 6099 - 110 in possible_builds()["120"] or 6099 - 90 in possible_builds()["120"]
    assert len(possible_builds()["60"]) == 221


@pytest.mark.parametrize("cycle", [26, 52, 75])
def test_versions_to_come_are_possible_whatever_the_cycle(cycle: int) -> None:
    for later in range(60):
        assert 7680 + later * cycle in possible_builds()[str(146 + later)]


def test_versions_that_never_were_have_no_builds() -> None:
    assert "0" not in possible_builds()
    assert "2000" not in possible_builds()
    assert possible_builds()["1999"]


def test_builds_grow_with_the_version() -> None:
    builds = list(possible_builds().values())
    assert all(one[0] <= other[0] and one[-1] <= other[-1] for one, other in pairwise(builds))

"""Which build numbers a Chrome of a given major version can have.

`Chrome/<major>.0.<build>.<patch>`: each major version is cut from the trunk at one build, so the two grow together.
Programs that make up a user agent roll both numbers and hardly ever hit a pair that exists.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Final

# Major version and the build of its stable release: Chromium's release branches, chromiumdash.appspot.com/branches,
# 2026-08. Versions between two rows lie on the line between them.
_BRANCHES: Final = (
    (1, 154), (4, 249), (5, 375), (9, 597), (13, 782), (17, 963), (21, 1180), (25, 1364), (29, 1547),
    (33, 1750), (37, 2062), (41, 2272), (45, 2454), (49, 2623), (53, 2785), (57, 2987), (61, 3163), (65, 3325),
    (69, 3497), (73, 3683), (77, 3865), (81, 4044), (85, 4183), (89, 4389), (93, 4577), (97, 4692), (98, 4758),
    (99, 4844), (103, 5060), (107, 5304), (111, 5563), (115, 5790), (119, 6045), (123, 6312), (127, 6533),
    (128, 6613), (132, 6834), (133, 6943), (136, 7103), (140, 7339), (143, 7499), (146, 7680),
)  # fmt: skip
# Betas and nightly builds come before the branch: of 4,399 real devices one is further away, of 952 agents sampled on
# the web 599, none of them real (2026-08).
_TOLERANCE: Final = 110
# Per version after the last row: a four-week cycle made 40 to 110 builds, and a shorter one may make a few.
_SLOWEST: Final = 10
_FASTEST: Final = 110
_LAST_MAJOR: Final = 2000


@cache
def possible_builds() -> dict[str, range]:
    """The builds that each major version can have, by its digits; a version that is not here never was."""
    builds: dict[str, range] = {}
    for (major, build), (next_major, next_build) in pairwise(_BRANCHES):
        for between in range(major, next_major):
            expected = build + (next_build - build) * (between - major) // (next_major - major)
            builds[str(between)] = range(expected - _TOLERANCE, expected + _TOLERANCE + 1)
    major, build = _BRANCHES[-1]
    for later in range(major, _LAST_MAJOR):
        gone = later - major
        builds[str(later)] = range(build + gone * _SLOWEST - _TOLERANCE, build + gone * _FASTEST + _TOLERANCE + 1)
    return builds

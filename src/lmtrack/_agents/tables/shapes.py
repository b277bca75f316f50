"""Forms that tell a machine from a browser where no name and no word does.

The build of a Chrome is one. `Chrome/<major>.0.<build>.<patch>`: each major version is cut from the trunk at one build,
so the two grow together. Programs that make up a user agent roll both numbers and hardly ever hit a pair that exists.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Final

from lmtrack._pattern import compile_pattern, word_set

# What every browser writes; whatever else is in an agent was added by someone.
COMMON: Final = word_set(
    """
    mozilla/ applewebkit/ khtml like gecko gecko/ chrome/ safari/ version/ mobile mobile/ firefox/ rv edg/ edge/ opr/
    windows nt win64 x64 wow64 linux x11 u android build/ wv macintosh intel mac os x iphone ipad cpu ubuntu x86_64
    compatible msie trident/ net clr net4.0c net4.0e media center pc slcc1 slcc2 infopath.2 infopath.3 en en-us i686
    """
)
# Products that name an engine, a frame, a system or a library, and never the program.
NO_PROGRAMS: Final = word_set(
    """
    mozilla applewebkit webkit khtml gecko trident presto blink chrome chromium safari version mobile firefox electron
    qtwebengine goanna servo build cfnetwork darwin dalvik okhttp monazilla crios fxios edg edge edga edgios opr gsa
    lightning headlesschrome ios android linux windows macos language like locale channelname
    """
)
# What so many programs write that it tells none of them apart.
SAID_BY_MANY: Final = word_set(
    "opera samsungbrowser mail email bot robot crawler spider http https client agent browser phone tablet desktop"
)
WORD: Final = re.compile(r"[a-z][a-z0-9_.-]*+/?+")

# The device of an Android phone stands where only vendors write: before `Build/`, or last in the platform comment of a
# browser that names no locale.
_MODEL: Final = r"(?:(?!build/)[^;()/])*+ (?: \([^;()/]*+\) (?:(?!build/)[^;()/])*+ )?+"
DEVICE: Final = compile_pattern(
    rf"""
    (?<=android\ ) [0-9.]++;\ (?:
        [a-z]{{2}}-[a-z]{{2}};\ {_MODEL} (?= build/ )
      | {_MODEL} (?= build/ | \) | ;\ wv\) )
    )
    """,
    re.VERBOSE,
)

# RFC 9110, 10.1.5: a robot names who runs it. An address of the web, with or without its scheme, or a mailbox.
ADDRESS: Final = re.compile(r"https?:/[^ )]*+")
CONTACT: Final = re.compile(r"(?:^|[^a-z0-9.])\+[a-z0-9-]++\.[a-z]")
MAILBOX: Final = re.compile(r"[a-z0-9]@[a-z0-9-]++\.[a-z]|[a-z]@local")
# A host name, but no package name (`com.example.app`) and no word of a platform (`vert.x`, `node.js`, `NetCast.TV`).
# Group 1 is there if a version follows: a browser on the desktop may be called after its site (`Raindrop.io/5.4`).
_TOP: Final = (
    "com|org|net|io|ai|info|de|fr|ru|nl|uk|eu|it|co|me|app|dev|cz|pl|se|ch|ua|be|at|es|biz|edu|gov|jp|cn|kr|br|in|us|nu"
    "|to|fm|ly|tv|cc"
)
HOST: Final = compile_pattern(
    rf"(?<![a-z0-9.@/_-])(?!(?:{_TOP}|air|netcast|webos|wails)\.)(?:[a-z0-9-]++\.)++(?:{_TOP})"
    r"(?![a-z0-9._-]|\ toolbar|\ mobile)(/[0-9])?"
)
# A word that ends as such a name does; most agents have none.
ENDS_AS_HOST: Final = re.compile(rf"[^/]*\.(?:{_TOP})/?").fullmatch
# Facebook's app writes the name of the phone company, which may be a host, into these.
BRACKETS: Final = re.compile(r"\[[^\[\]]*+\]")
# Addresses that a free browser component and browsers themselves carry.
COMPONENT: Final = re.compile(r"http://(?:www\.)?(?:bsalsa\.com|qtweb\.net|avantbrowser\.com)")

# Attempts on the server that reads the agent. Nobody's browser writes them.
ATTACK: Final = re.compile(
    r"['\"(]select\b|[ (']sleep\(|<\?|<script|\$[{(]|load_file|/etc/passwd|union(?: all)? select"
    r"|\.\./|\.\.%|[ ('\"]-?[0-9]++=[0-9]|waitfor delay|order by [0-9]|[( ]make_set\("
)

# `(compatible; X`: what X once was a browser. Netscape's comment of 1996, kept by Internet Explorer and robots.
COMPATIBLE: Final = re.compile(r"compatible(?<![0-9] compatible)[;:,]? *+(msie|[a-z0-9!_-]++)")
OLD_BROWSERS: Final = word_set(
    """
    msie konqueror opera ibrowse netpositive abrowse webpositive u amiga-aweb icab omniweb
    googletoolbar windows win32 avant netscape bolt charon webtv polaris teleca uzbl dillo links lynx w3m elinks
    icecat arora epiphany galeon aol haiku origyn odyssey like mac linux mozilla mobile firefox steam
    """
)
# A computer's or a phone's system and no engine, or no system either.
BARE: Final = compile_pattern(
    r"""
    mozilla (?: /[45]\.0 (?:
        \ ?+ \( (?: windows | x11 | macintosh | linux(?!;\ (?:u;\ )?+android) | iphone | unknown | compatible )
        [^()]*+ \)?+
      | [^( ]*+ (?: \ [^(]++ )?+
    ) )?+
    """,
    re.VERBOSE,
)
BARE_NAMES: Final = word_set("chrome firefox safari edge ipad iphone android browser webkit")
# Added where no browser adds: inside `(KHTML, like Gecko`, glued to it, or before it with a comma. One pattern each:
# those that begin with a word are found by it, and all together would not be.
MISPLACED: Final = (
    re.compile(r"khtml, ?like gecko[;,] (?!safari)"),
    re.compile(r"chrome/[0-9.]++(?!mobile|safari)(?=[a-z])"),
    re.compile(r"\A[a-z0-9_./-]++, mozilla/"),
)
# Behind a semicolon after it, except on phones, whose apps do so: `; KAKAOTALK 2409760`.
BEHIND: Final = re.compile(r"safari/[0-9.]++; *+[^ ]")
# A Chrome on a desktop's Linux, which is also what servers run; what may stand beside it there: other browsers,
# distributions, and phones whose reader asked for the desktop's page.
LINUX_CHROME: Final = re.compile(
    r"mozilla/5\.0 \((?:x11; )?(?:linux|[^;()]++; linux) x86_64[^()]*+\) applewebkit/537\.36 \([^()]*+\)"
    r"(?: [a-z]++)? chrome/"
)
LINUX_BROWSERS: Final = word_set(
    """
    chromium/ electron/ vivaldi/ vivaldi yowser/ brave brave/ whale/ falkon/ qtwebengine/ epiphany/
    puffin/ tesla tesla/ smarttv hbbtv/ crkey/ iridium/ iron iron/ slimjet/ maxthon/ xiaomi/ silk/ viber viber/
    ubuntu/ lts openbsd elementary mageia knoppix huawei chromium helio/ liri/ togate/ hbbtv coolita
    duckduckgo/ ddg/ debian fedora suse arch gentoo raspbian raspberry kubuntu mint cros tv web0s netcast konqueror/
    rekonq/ otter/ sleipnir/ surf/ quest vr obs/ opt/ steam spotify/ slack/ edga/ headset atom/ avast/ avg/ norton/
    opera/ waterfox/ colibri/ edition ecosia phx/ kiwi/ instagram fb_iab/ naver kakaotalk gsa/ webappmanager tizen
    debian/ fedora/ gentoo/ raspbian/ suse/ smart-tv line/ micromessenger/ snapchat/ pinterest hawk/ quark/ twitter
    linkedinapp wechat/ steamdeck
    """
)
# Yandex's branches count on where Chrome's end.
YANDEX: Final = re.compile(r"(?i:yabrowser|yaapp|yasearch|yowser|yandex)")
CHROME: Final = re.compile(r"chrome/([0-9]++)\.0\.([0-9]++)\.([0-9]++)")
OLD_WINDOWS: Final = re.compile(r"\(windows nt (?:5\.[0-9]|6\.0)[;)]")
# Each begins with a letter, so that the search skips to one.
PHONE: Final = re.compile(
    r"midp|cldc|up(?:\.browser|\.link|(?<=\bup)/[0-9])|symbian|nokia|blackberry|ucweb|docomo|j2me|brew|maui|obigo"
    r"|netfront|sonyericsson|mot-(?<=\bmot-)"
)
SYSTEM: Final = re.compile(
    r"\b(?:mac ?os|macintosh|(?<!-)windows[ /,;)]|win(?:nt|[0-9])|tizen|apple ?tv|roku|playstation|ps[345]"
    r"|nintendo|xbox|webos|web0s|smart-?tv|amiga|morphos|psp|dreamcast|x11|kindle|amazon[; ]aft"
    r"|openharmony|serenityos|samsung|htc[-_ /]|lge?[-_ /]|sony[ /])"
)
TOOL: Final = re.compile(r"[a-z0-9_.+-]++(?:/[a-z0-9._+-]++)?")
# The same as programmers name packages; apps write their names with a capital.
PACKAGE: Final = re.compile(r"[a-z][a-z0-9_+-]{2,}+(?:/[a-z0-9._+-]++)?")
# The same with a version that someone typed, where a program's build writes 3.14.2 or 1176.
ROUND: Final = re.compile(r"[a-z_+-]++[/ ]v?(?:[1-9]\.0|0\.[0-9]++)")
# A mail service's image proxy that nobody has told us of: Seznam's and Yahoo's are called so.
MAIL_PROXY: Final = re.compile(r"mail[._-]?(?:image|img)?[._-]?proxy")
MAIL: Final = re.compile(r"mail(?!to|gun|chimp|wolf|jet|erlite|ersend|munch|pit\b|hog|trap|chain)|\binbox|outlook|imap")
WHATSAPP: Final = re.compile(r"whatsapp(?:/[0-9.]++(?:[ /][ainw]| cfnetwork/.*+)?)?")


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

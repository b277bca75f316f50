"""The marks that templates put on links, ours and the services': opt-outs and labels. Plain data: one row each."""

from __future__ import annotations

from typing import Final

OWN: Final = "data-lm-no-track"
OWN_LABEL: Final = "data-lm-label"

# Attribute -> the value that means it; None where its presence does. Lettermint documents none, so ours is its own.
# Postmark: "data-pm-no-track"; Amazon SES: "ses:no-track"; Mailchimp Transactional: "mc:disable-tracking"; Mailgun:
# disable-tracking=true; SendGrid: clicktracking=off; SparkPost: data-msys-clicktrack="0"; Mautic:
# mautic:disable-tracking, data-mautic-disable-tracking. Vendors' pages, 2026-11.
OPT_OUT: Final[dict[str, str | None]] = {
    OWN: None,
    "data-pm-no-track": None,
    "ses:no-track": None,
    "mc:disable-tracking": None,
    "disable-tracking": "true",
    "clicktracking": "off",
    "data-msys-clicktrack": "0",
    "mautic:disable-tracking": "true",
    "data-mautic-disable-tracking": "true",
}
# Classes that mean it, as they are written: Customer.io and Marketo. They stay: a class is for style sheets, too.
OPT_OUT_CLASSES: Final = frozenset(("untracked", "mktNoTrack"))
OF_OPT_OUT_CLASSES: Final = "rack"  # what all of them hold, so that one search tells of most mail that none is there
# What comes after a URL in plain text and means it: SparkPost.
TEXT_OPT_OUT: Final = '[[data-msys-clicktrack="0"]]'
# The attributes that a rewriting may take out.
REMOVABLE: Final[dict[str, str | None]] = {**OPT_OUT, OWN_LABEL: None}

# Attributes that name a link for reports, ours first: Amazon SES ("key:value;..."), Customer.io, SparkPost.
LABELS: Final = (OWN_LABEL, "ses:tags", "data-cio-tag", "data-msys-linkname")

# A tag without any of these needs no look at its attributes. In lower case; the classes are looked for as written.
HINTS: Final = ("track", "label", "tag", "linkname")

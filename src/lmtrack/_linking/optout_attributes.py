"""The opt-out attributes of templates, ours and the services'. Plain data: a new one is a row here."""

from __future__ import annotations

from typing import Final

# Attribute -> the value that means it; None where its presence does. Lettermint documents none, so ours is its own.
# Postmark: "data-pm-no-track"; Amazon SES: "ses:no-track"; Mailchimp Transactional: "mc:disable-tracking"; Mailgun:
# disable-tracking=true; SendGrid: clicktracking=off; SparkPost: data-msys-clicktrack="0". Vendors' pages, 2026-11.
OPT_OUT: Final[dict[str, str | None]] = {
    "data-lm-no-track": None,
    "data-pm-no-track": None,
    "ses:no-track": None,
    "mc:disable-tracking": None,
    "disable-tracking": "true",
    "clicktracking": "off",
    "data-msys-clicktrack": "0",
}
OWN: Final = "data-lm-no-track"
# Part of every name above: a tag without it needs no look at its attributes.
HINT: Final = "track"

"""How the URLs of email services look: a small table of facts, as of 2026-11. Who learns one adds a row here.

Checked against public mail and code: Amazon SES (its documentation "configure custom domains to handle open and click
tracking"), SendGrid ("link branding"), Mailchimp, Brevo, Postmark, HubSpot, Kit, Streak. The other rows restate what is
commonly known of those services and were not checked against mail of theirs. The parameters are those that Firefox
removes under "query stripping" (version 102 and later) and Brave removes as well.

A row needs a path or a host that is used for nothing else; hosts that serve pages, pictures or
unsubscribe links too are named with their paths. A longer list is the caller's to give (`known_trackers`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from lmtrack._url.reader import Address


class Service(NamedTuple):
    """A row: whose it is, the host it is on ("" for the senders' own hosts), and how path and query begin."""

    name: str
    host: str
    path: str


_OPAQUE: Final = r"[A-Za-z0-9_%.=-]{16,}+"

# Links that lead through someone who counts.
CLICKS: Final = (
    Service("SendGrid", "", r"/(?:uni/)?(?:ls|wf)/click\?(?:.*&)?upn="),
    Service("SendGrid", "", rf"/s{{1,2}}/c/{_OPAQUE}/"),
    Service("Mailchimp", "list-manage.com", r"/track/click"),
    Service("Mailchimp Transactional", "mandrillapp.com", r"/track/click"),
    Service("Amazon SES", "awstrack.me", r"/C?L0/"),
    Service("Amazon SES", "", r"/C?L0/https?:"),
    Service("Mailgun", "", r"/c/eJ[A-Za-z0-9_-]{16,}+"),
    Service("Postmark", "pstmrk.it", r"/[23][a-z]{0,3}+/"),
    Service("SparkPost", "", rf"/f/a/{_OPAQUE}~~/"),
    Service("Mailjet", "mjt.lu", r"/lnk/"),
    Service("Mailjet", "", rf"/lnk/{_OPAQUE}/"),
    Service("Brevo", "", r"/(?:mk|tr)/cl/"),
    Service("HubSpot", "", r"/(?:Ctc|Btc|e[1-3]t/(?:[CB]tc|c|btc))/"),
    Service("HubSpot", "hubspotlinks.com", r"/"),
    Service("Klaviyo", "klclick.com", r"/"),
    Service("Klaviyo", "klclick1.com", r"/"),
    Service("Klaviyo", "klclick2.com", r"/"),
    Service("Klaviyo", "klclick3.com", r"/"),
    Service("Constant Contact", "rs6.net", r"/tn\.jsp"),
    Service("Campaign Monitor", "", r"/t/[a-z]-[lid]-[a-z]{4,}+-[a-z]{4,}+-[a-z0-9]{1,3}/"),
    Service("Salesforce Marketing Cloud", "exct.net", r"/"),
    Service("Salesforce Marketing Cloud", "", r"/\?qs=[0-9a-f]{32,}+"),
    Service("Iterable", "", r"/[ua]/click\?_t="),
    Service("Customer.io", "", r"/e/c/eyJ"),
    Service("ActiveCampaign", "", r"/(?:lt\.php|proc\.php)\?"),
    *(Service("ActiveCampaign", f"acemln{letter}.com", r"/") for letter in "abcd"),
    Service("Kit", "convertkit-mail.com", r"/(?!u)"),
    Service("Kit", "convertkit-mail2.com", r"/(?!u)"),
    Service("Kit", "convertkit-mail4.com", r"/(?!u)"),
    Service("AWeber", "clicks.aweber.com", r"/"),
    Service("Intercom", "intercom-clicks.com", r"/"),
    Service("GovDelivery", "lnks.gd", r"/l/"),
    Service("Proofpoint", "urldefense.proofpoint.com", r"/"),
    Service("Proofpoint", "urldefense.com", r"/v[0-9]/"),
    Service("Mimecast", "mimecastprotect.com", r"/[rs]/"),
    Service("Mimecast", "mimecast.com", r"/s/"),
    Service("Hornetsecurity", "hornetsecurity.com", r"/(?:atp/)?v[0-9]"),
    Service("Hornetsecurity", "atpscan.global.hornetsecurity.com", r"/[^?]*+\?."),
    Service("Hornetsecurity", "seclinks.cloud-security.net", r"/"),
    Service("Vircom", "emailprotection.link", r"/"),
    Service("Microsoft Safe Links", "safelinks.protection.outlook.com", r"/"),
    Service("Google", "google.com", r"/url\?"),
    Service("Facebook", "l.facebook.com", r"/l\.php"),
    Service("Bitly", "bit.ly", r"/[^?]"),
    Service("Hootsuite", "ow.ly", r"/[^?]"),
    Service("Buffer", "buff.ly", r"/[^?]"),
    Service("LinkedIn", "lnkd.in", r"/[^?]"),
    Service("X", "t.co", r"/[^?]"),
    Service("TinyURL", "tinyurl.com", r"/[^?]"),
    Service("is.gd", "is.gd", r"/[^?]"),
    Service("is.gd", "v.gd", r"/[^?]"),
    Service("Cuttly", "cutt.ly", r"/[^?]"),
    Service("Rebrandly", "rebrand.ly", r"/[^?]"),
    Service("Rebrandly", "rb.gy", r"/[^?]"),
    Service("T.LY", "t.ly", r"/[^?]"),
    Service("Tiny.cc", "tiny.cc", r"/[^?]"),
)

# What a service asks for when a message is opened.
OPENS: Final = (
    Service("SendGrid", "", r"/wf/open\?(?:.*&)?upn="),
    Service("SendGrid", "", r"/s{1,2}/o/.*ho\.gif"),
    Service("Mailchimp", "list-manage.com", r"/track/open\.php"),
    Service("Mailchimp Transactional", "mandrillapp.com", r"/track/open\.php"),
    Service("Amazon SES", "awstrack.me", r"/C?I0/"),
    Service("Amazon SES", "", r"/C?I0/[0-9a-f]{16}"),
    Service("Mailgun", "", r"/o/eJ[A-Za-z0-9_-]{16,}+"),
    Service("Postmark", "pstmrk.it", r"/open"),
    Service("SparkPost", "", rf"/q/{_OPAQUE}~~/"),
    Service("Mailjet", "mjt.lu", r"/oo/"),
    Service("Mailjet", "", rf"/oo/{_OPAQUE}/"),
    Service("Brevo", "", r"/(?:mk|tr)/op/"),
    Service("HubSpot", "", r"/(?:Cto|e[1-3]t/(?:Cto|o|to))/"),
    Service("Constant Contact", "rs6.net", r"/on\.jsp"),
    Service("Campaign Monitor", "", r"/t/[a-z]-o-[a-z]{4,}+-[a-z]{4,}+"),
    Service("Salesforce Marketing Cloud", "", r"/open\.aspx\?"),
    Service("Iterable", "", r"/e/e?o\?_t="),
    Service("Customer.io", "", r"/e/o/eyJ"),
    Service("Kit", "convertkit-mail.com", r"/"),
    Service("Kit", "convertkit-mail2.com", r"/"),
    Service("Kit", "convertkit-mail4.com", r"/"),
    Service("AWeber", "openrate.aweber.com", r"/"),
    Service("Litmus", "emltrk.com", r"/"),
    Service("Yesware", "t.yesware.com", r"/"),
    Service("Streak", "mailfoogae.appspot.com", r"/t"),
    Service("Mailtrack", "mailtrack.io", r"/trace"),
    Service("Superhuman", "r.superhuman.com", r"/"),
    Service("Google Analytics", "google-analytics.com", r"/"),
    Service("Google Ad Manager", "doubleclick.net", r"/"),
    Service("Meta", "facebook.com", r"/tr\b"),
)

# Parameters that services add to links, one value for each recipient.
_PARAMETERS: Final = {
    "mc_eid": "Mailchimp", "_hsenc": "HubSpot", "mkt_tok": "Adobe Marketo", "vero_id": "Vero",
    "oly_anon_id": "Omeda", "oly_enc_id": "Omeda", "__s": "Drip", "_kx": "Klaviyo", "_ke": "Klaviyo",
    "ck_subscriber_id": "Kit", "ml_subscriber": "MailerLite", "ml_subscriber_hash": "MailerLite",
    "elqtrackid": "Oracle Eloqua", "ss_email_id": "SharpSpring",
}  # fmt: skip

# Those of pages of theirs, where the name alone says nothing.
_PARAMETERS_OF: Final = {("mailchi.mp", "e"): "Mailchimp", ("campaign-archive.com", "e"): "Mailchimp"}


class _Paths(NamedTuple):
    """What is on one host: an expression with a group for each row (which has none itself), and the rows' names."""

    pattern: re.Pattern[str]
    names: list[str]


def _by_host(rows: tuple[Service, ...], /) -> dict[str, _Paths]:
    hosts: dict[str, list[Service]] = {}
    for row in rows:
        hosts.setdefault(row.host, []).append(row)
    return {
        host: _Paths(re.compile("|".join(f"({row.path})" for row in found)), [row.name for row in found])
        for host, found in hosts.items()
    }


_CLICKS_OF: Final = _by_host(CLICKS)
_OPENS_OF: Final = _by_host(OPENS)


def click_service(address: Address, /) -> str | None:
    """Whose redirector a link leads through, if it is one of the table."""
    return _service(_CLICKS_OF, address)


def open_service(address: Address, /) -> str | None:
    """Who counts opens by this URL, if it is one of the table."""
    return _service(_OPENS_OF, address)


def _service(table: dict[str, _Paths], address: Address, /) -> str | None:
    target = f"{address.path or '/'}?{address.query}"
    host = address.host
    while True:
        if (paths := table.get(host)) and (found := paths.pattern.match(target)):
            return paths.names[(found.lastindex or 1) - 1]
        if not host:
            return None
        host = host.partition(".")[2]


def personal_parameter(name: str, host: str, /) -> str | None:
    """Whose parameter this is, if one of the table puts a value of the recipient's own in it."""
    domain = ".".join(host.split(".")[-2:])
    return _PARAMETERS.get(name.lower()) or _PARAMETERS_OF.get((domain, name.lower()))

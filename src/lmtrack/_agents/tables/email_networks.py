"""The networks of mail gateways and of the clouds that scanners run in, as their operators publish them.

Strong: mail gateways and nothing else. Medium: people can be behind it, in an isolated browser. Weak: a whole cloud,
in which people's remote desktops and private networks end too; mail clients fetch images from there, so it says
nothing about opens. None: a mail service that fetches images for its users, which is evidence of nothing.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from lmtrack._agents.verdict import Signal


class Published(NamedTuple):
    """Networks of one operator that mean the same; `read` is when the source was."""

    tag: str
    vendor: str
    evidence: Literal[0, 1, 2, 3]
    scope: Literal["open", "click", "both"]
    signal: Signal
    entries: str
    source: str
    read: str


PUBLISHED: Final = (
    Published(
        "microsoft_eop",
        "Microsoft",
        3,
        "both",
        Signal.NET_SCANNER,
        """
        40.92.0.0/15
        40.107.0.0/16
        52.100.0.0/14
        52.238.78.88/32
        104.47.0.0/17
        2a01:111:f400::/48
        2a01:111:f403::/48
        """,
        "Microsoft 365 endpoints, ids 9 and 10 (*.mail.protection.outlook.com)",
        "2026-08",
    ),
    Published(
        "microsoft_safelinks",
        "Microsoft",
        3,
        "click",
        Signal.NET_SCANNER,
        "40.94.0.0/16",
        "not published; reported by users: gophish #2646, #2853 and #3317, Microsoft Q&A 12221247, opencollective "
        "#3656; people browse in another range, isolated browsers too",
        "2026-11",
    ),
    Published(
        "barracuda_egd",
        "Barracuda",
        3,
        "both",
        Signal.NET_SCANNER,
        """
        3.24.133.128/25
        15.222.16.128/25
        35.157.190.224/27
        18.185.115.192/26
        18.184.203.224/27
        13.200.136.128/25
        35.176.92.96/27
        18.133.136.128/26
        18.133.136.96/27
        209.222.82.0/24
        """,
        "Barracuda Email Gateway Defense, ranges by region",
        "2026-08",
    ),
    Published(
        "proofpoint",
        "Proofpoint",
        2,
        "both",
        Signal.NET_SCANNER_PROBABLE,
        "AS22843\nAS26211\nAS52129",
        "autonomous systems registered to the vendor; its browser isolation carries people",
        "2026-08",
    ),
    Published(
        "mimecast",
        "Mimecast",
        2,
        "both",
        Signal.NET_SCANNER_PROBABLE,
        "AS30031\nAS39588\nAS42427\nAS60492",
        "autonomous systems registered to the vendor; its browser isolation carries people",
        "2026-08",
    ),
    Published(
        "cisco_ironport",
        "Cisco",
        2,
        "both",
        Signal.NET_SCANNER_PROBABLE,
        "AS16417",
        "autonomous system registered to the vendor",
        "2026-08",
    ),
    Published(
        "microsoft_cloud",
        "Microsoft",
        1,
        "click",
        Signal.NET_CLOUD,
        "AS8068\nAS8069\nAS8070\nAS8071\nAS8072\nAS8073\nAS8074\nAS8075\nAS12076",
        "autonomous systems registered to the operator (PeeringDB; ARIN gives it 8068 to 8075); breeze #6539",
        "2026-11",
    ),
    Published(
        "google_cloud",
        "Google",
        1,
        "click",
        Signal.NET_CLOUD,
        "AS15169\nAS396982",
        "autonomous systems registered to the operator; its customers' machines are in the second (lists_vpn #96)",
        "2026-11",
    ),
    Published(
        "amazon_cloud",
        "Amazon",
        1,
        "click",
        Signal.NET_CLOUD,
        "AS14618\nAS16509",
        "autonomous systems registered to the operator (ARIN); aws.amazon.com/peering/policy; gophish #2115 on a "
        "gateway's scanner there",
        "2026-11",
    ),
    Published(
        "proton",
        "Proton",
        0,
        "open",
        Signal.NET_MAIL_PROXY,
        "AS62371",
        "autonomous system registered to the operator (RIPE); proton.me/support/email-tracker-protection says that it "
        "loads images ahead, not from where",
        "2026-11",
    ),
)

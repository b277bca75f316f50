"""Below individual tracking, only what the client says of itself is judged: no address, no system, no time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from endpoint_requests import AGGREGATE, BROWSER, DELIVERABILITY, HEADERS, INDIVIDUAL, NOW, ask, click_token, open_token
from lmtrack.classifier import join_networks, load_networks, shipped_networks

NETWORKS = join_networks(
    shipped_networks(),
    load_networks("198.51.100.0/24\nAS64496", tag="lab", evidence=3),
    load_networks("104.28.28.0/24", tag="apple_egress"),
)
AGENTS = st.sampled_from(
    [
        BROWSER,
        "Mozilla/5.0",
        "curl/8.4.0",
        "",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    ]
)
# Every rule on networks and on time has something to fire at.
CIRCUMSTANCES = st.fixed_dictionaries(
    {
        "ip": st.sampled_from([None, "198.51.100.7", "40.92.0.1", "40.94.31.77", "104.28.28.1", "nowhere"]),
        "asn": st.sampled_from([None, 64496, 22843, 8075]),
        "delivered_at": st.sampled_from([0, 1, 5, 60, 3600]).map(
            lambda seconds: lambda _token: NOW - timedelta(seconds=seconds)
        )
        | st.none(),
    }
)
TOKENS = [open_token(AGGREGATE), click_token(AGGREGATE), open_token(DELIVERABILITY)]
TARGETS = [f"/t/{kind}/{token}" for kind, token in zip("oco", TOKENS, strict=True)]


@pytest.mark.parametrize("target", TARGETS, ids=["aggregate open", "aggregate click", "deliverability open"])
@given(AGENTS, CIRCUMSTANCES, CIRCUMSTANCES)
def test_no_rule_looks_at_addresses_or_at_time(
    target: str, agent: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    headers = HEADERS | {"User-Agent": agent}
    assert ask(target, headers=headers, networks=NETWORKS, **one) == ask(
        target, headers=headers, networks=NETWORKS, **other
    )


def test_the_circumstances_matter_to_an_individual_token() -> None:
    target = f"/t/c/{click_token(INDIVIDUAL)}"
    plain = ask(target, ip=None).event
    listed = ask(target, ip="198.51.100.7", networks=NETWORKS).event
    assert plain is not None
    assert listed is not None
    assert (plain.verdict.is_machine, listed.verdict.is_machine) == (False, True)

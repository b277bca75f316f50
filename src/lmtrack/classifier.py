"""Was a person there? Verdicts on single requests, on the requests of one message together, and names of clients.

What acted and whether a person stands behind it are two questions, and each answer says how strong its evidence is.
`docs/explanation/people-and-machines.md` has the rules and what they cannot see.
"""

from __future__ import annotations

from lmtrack._agents.addresses import client_key, truncate_ip
from lmtrack._agents.clients import ClientInfo as ClientInfo, describe_client
from lmtrack._agents.engagement import (
    Engagement as Engagement,
    Rate as Rate,
    Rates as Rates,
    engagement_rates,
    message_engagement,
)
from lmtrack._agents.events import Event
from lmtrack._agents.networks import (
    Found as Found,
    Networks as Networks,
    join_networks,
    load_networks,
    shipped_networks,
)
from lmtrack._agents.own_agents import Agents as Agents, load_agents
from lmtrack._agents.request import classify_event
from lmtrack._agents.sequence import SETTLE_AFTER as SETTLE_AFTER, classify_message
from lmtrack._agents.timing import Timing
from lmtrack._agents.verdict import (
    Actor,
    Evidence as Evidence,
    Human,
    Kind as Kind,
    Signal as Signal,
    Verdict as Verdict,
)

__all__ = [
    "Actor",
    "Event",
    "Human",
    "Timing",
    "classify_event",
    "classify_message",
    "client_key",
    "describe_client",
    "engagement_rates",
    "join_networks",
    "load_agents",
    "load_networks",
    "message_engagement",
    "shipped_networks",
    "truncate_ip",
]

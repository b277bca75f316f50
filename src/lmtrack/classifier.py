"""Was a person there? Verdicts on single requests, on the requests of one message together, and names of clients.

What acted and whether a person stands behind it are two questions, and each answer says how much speaks for it.
`docs/explanation/receiving.md` has the rules and what they cannot see.
"""

from __future__ import annotations

# A request on its own.
from lmtrack._agents.clients import ClientInfo, describe_client

# The requests of one message, and the networks they come from.
from lmtrack._agents.networks import Networks, join_networks, load_networks, shipped_networks
from lmtrack._agents.request import classify_event
from lmtrack._agents.verdict import Actor, Evidence, Human, Kind, Signal, Verdict

__all__ = [
    "Actor",
    "ClientInfo",
    "Evidence",
    "Human",
    "Kind",
    "Networks",
    "Signal",
    "Verdict",
    "classify_event",
    "describe_client",
    "join_networks",
    "load_networks",
    "shipped_networks",
]

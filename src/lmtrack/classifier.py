"""Was a person there? Verdicts on single requests, on the requests of one message together, and names of clients.

What acted and whether a person stands behind it are two questions, and each answer says how much speaks for it.
`docs/explanation/people-and-machines.md` has the rules and what they cannot see.
"""

from __future__ import annotations

from lmtrack._agents.addresses import client_key, truncate_ip
from lmtrack._agents.clients import ClientInfo, describe_client
from lmtrack._agents.events import Event
from lmtrack._agents.networks import Found, Networks, join_networks, load_networks, shipped_networks
from lmtrack._agents.request import classify_event
from lmtrack._agents.sequence import SETTLE_AFTER, classify_message
from lmtrack._agents.verdict import Actor, Evidence, Human, Kind, Signal, Verdict

__all__ = [
    "SETTLE_AFTER",
    "Actor",
    "ClientInfo",
    "Event",
    "Evidence",
    "Found",
    "Human",
    "Kind",
    "Networks",
    "Signal",
    "Verdict",
    "classify_event",
    "classify_message",
    "client_key",
    "describe_client",
    "join_networks",
    "load_networks",
    "shipped_networks",
    "truncate_ip",
]

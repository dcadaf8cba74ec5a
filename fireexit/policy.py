"""What a policy of your own is made of: `from fireexit.policy import ADMIT, SHED, Decision`.

A policy is a class with `admit(request, node) -> Decision`; docs/write-a-policy.md shows how to write one.
"""

from mock_exchange.gateway.policies.hooks import HOOKS, Policy
from mock_exchange.gateway.policies.messages import (
    ADMIT,
    ASKS,
    EVICT,
    SHED,
    Decision,
    End,
    NodeView,
    Note,
    Request,
    Turn,
    World,
)

__all__ = [
    "ADMIT",
    "ASKS",
    "EVICT",
    "HOOKS",
    "SHED",
    "Decision",
    "End",
    "NodeView",
    "Note",
    "Policy",
    "Request",
    "Turn",
    "World",
]

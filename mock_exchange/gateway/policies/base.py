"""What a policy decides, and with what it may answer."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from mock_exchange.errors import THROTTLED
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node

ADMIT = 0
EVICT = 1
"""Admit if a waiting attempt can be shed instead (the policy's `victim`, else the newest of the worst
priority on the same node that is worse than this one's); shed this one if there is none. A policy
with `rank` names its own victim: in its queue nobody is the newest of the worst."""
SHED = THROTTLED


@runtime_checkable
class Policy(Protocol):
    """Decides at both places: who gets a slot, and in which order the engine queue is served.

    A policy knows what the parameters claim (`attempt.klass`), how full the node is (`node.in_flight` of
    `node.slots`) and what the node knows (`node.verified`, `node.knows_open`, `node.marketable`); it must
    not look at `attempt.truly`, which only the engine knows. Further methods that are called if a policy
    has them: see `hooks`.
    """

    def admit(self, attempt: Attempt, node: Node) -> int:
        """ADMIT, EVICT, or the negative code to refuse with (SHED is -1008)."""
        ...

    def priority(self, attempt: Attempt) -> int:
        """Place in the engine queue, 0 (first) to 7; first come, first served inside one."""
        ...

"""`strict-priority`: the exit comes first, at the gate and in the engine queue."""

from __future__ import annotations

from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING, Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.base import ADMIT, EVICT, SHED

PRIORITY = {CANCEL: 0, REDUCING: 1, OPENING: 2}


class StrictPriority:
    """Cancels, then reducing, then opening orders, first come, first served inside a class.

    Node full: a newcomer of a better class takes the place of the newest waiting attempt of the worst
    class, which is shed (it has not executed: only waiting attempts are evicted); without such a
    victim the newcomer is shed. Openings starve by design while the others alone fill the capacity.
    """

    def admit(self, attempt: Attempt, node: Node) -> int:
        if node.in_flight < node.slots:
            return ADMIT
        return SHED if attempt.klass is OPENING else EVICT

    def priority(self, attempt: Attempt) -> int:
        return PRIORITY[attempt.klass]

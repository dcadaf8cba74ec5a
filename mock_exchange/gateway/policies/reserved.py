"""`reserved`: guard channels. Some slots are kept for claimed-reducing orders and cancels."""

from __future__ import annotations

from mock_exchange.gateway.attempt import OPENING, Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.base import ADMIT, SHED


class Reserved:
    """Opening: admit iff n < c − g. Reducing and cancel: admit iff n < c, with g = `slots` reserved.

    With exponential handling and an instant engine the slots in use are a birth-death chain with
    births (opening if n < c − g) + reducing and deaths n·µ: openings are refused in states c−g…c,
    reducing orders in state c.
    """

    def __init__(self, slots: int = 6) -> None:
        if slots < 0:
            raise ValueError("slots must not be negative")
        self.slots = slots

    def admit(self, attempt: Attempt, node: Node) -> int:
        limit = node.slots - self.slots if attempt.klass is OPENING else node.slots
        return ADMIT if node.in_flight < limit else SHED

    def priority(self, attempt: Attempt) -> int:
        return 0

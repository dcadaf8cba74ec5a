"""`reserved`: guard channels. Some slots are kept for claimed-reducing orders and cancels."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import ADMIT, SHED, Decision, NodeView, Request
from run_records.words import OPENING


class Reserved:
    """Opening: admit iff n < c − g. Reducing and cancel: admit iff n < c, with g = `slots` reserved.

    With exponential handling and an instant engine the slots in use are a birth-death chain with
    births (opening if n < c − g) + reducing and deaths n·µ: openings are refused in states c−g…c,
    reducing orders in state c.

    - n < c − g: everybody gets in.
    - n ≥ c − g: only those who want out, and never more than c: a hard cap by itself.

    One slot in ten removes 84 % of the refusals of reducing orders and costs openings 9 points (10 slots, 270
    openings and 30 reductions a second, 20 a second each).

    Source: guard channels of cellular telephony; Stripe's reserve for critical requests (2017).

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Reserved(slots=1), slots=2, position="1")
    >>> gate.opening(), gate.opening(), gate.reducing("0.1"), gate.reducing("0.1")
    ('admitted', 'shed', 'admitted', 'shed')
    """

    def __init__(self, slots: int = 6) -> None:
        if slots < 0:
            raise ValueError("slots must not be negative")
        self.slots = slots

    def gauges(self) -> dict[str, float]:
        return {"reserved-slots": self.slots}

    def admit(self, request: Request, node: NodeView) -> Decision:
        limit = node.slots - self.slots if request.klass is OPENING else node.slots
        return ADMIT if node.in_flight < limit else SHED

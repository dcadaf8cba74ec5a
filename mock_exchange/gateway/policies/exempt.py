"""`exempt`: what the venue documents since 2025-10-23. Claimed-reducing orders and cancels are not shed."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import ADMIT, SHED, Decision, NodeView, Request
from run_records.words import OPENING


class Exempt:
    """Opening: admit iff n < c. Reducing and cancel: admit always, or iff n < `hard_cap` if it is set.

    Exempt attempts do hold slots, so openings find fewer. The exemption ends at the gate: the engine
    queue is first come, first served, and where that queue is long the exemption is worth nothing.

    - Few claim to reduce: openings bear the whole overload.
    - The claims alone exceed capacity: without `hard_cap` the queue grows until every answer is too late.
    - Nobody checks the claim: openings that carry the flag are let in.

    Source: the venue's documentation since 2025-10-23; the cap is BitMEX's lesson of 2017.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Exempt(hard_cap=3), slots=1, position="1")
    >>> gate.opening(), gate.opening(), gate.reducing("0.1"), gate.cancel(), gate.cancel()
    ('admitted', 'shed', 'admitted', 'admitted', 'shed')
    """

    def __init__(self, hard_cap: int = 0) -> None:
        if hard_cap < 0:
            raise ValueError("hard_cap must not be negative")
        self.hard_cap = hard_cap

    def admit(self, request: Request, node: NodeView) -> Decision:
        if request.klass is OPENING:
            return ADMIT if node.in_flight < node.slots else SHED
        return SHED if self.hard_cap and node.in_flight >= self.hard_cap else ADMIT

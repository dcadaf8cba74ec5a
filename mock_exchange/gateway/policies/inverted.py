"""`inverted`: as the incident looked to those inside. The exit closes first."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import Decision, NodeView, Request
from run_records.words import OPENING

_ANSWERS = {
    (admits, opens): Decision("admit" if admits else "shed", priority=0 if opens else 1)
    for admits in (True, False)
    for opens in (True, False)
}


class Inverted:
    """Reducing and cancel: admit iff n < c − g. Opening: admit iff n < c, and goes first in the engine queue.
    g = `slots` kept for openings. The mirror image of `reserved`: a yardstick that a contract must break.

    Source: 2025-10-11, 05:16–07:02 (UTC+8), as one market maker reported it.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Inverted(slots=1), slots=2, position="1")
    >>> gate.opening(), gate.reducing("0.1"), gate.opening(), gate.opening()
    ('admitted', 'shed', 'admitted', 'shed')
    """

    def __init__(self, slots: int = 6) -> None:
        if slots < 0:
            raise ValueError("slots must not be negative")
        self.slots = slots

    def admit(self, request: Request, node: NodeView) -> Decision:
        opens = request.klass is OPENING
        limit = node.slots if opens else node.slots - self.slots
        return _ANSWERS[node.in_flight < limit, opens]

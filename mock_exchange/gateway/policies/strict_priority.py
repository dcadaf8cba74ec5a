"""`strict-priority`: the exit comes first, at the gate and in the engine queue."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import Decision, NodeView, Request
from run_records.words import CANCEL, OPENING, REDUCING

_ORDER = (CANCEL, REDUCING, OPENING)
_FREE = {klass: Decision("admit", priority=place) for place, klass in enumerate(_ORDER)}
_FULL = {
    klass: Decision("shed" if klass is OPENING else "evict", priority=place)
    for place, klass in enumerate(_ORDER)
}


class StrictPriority:
    """Order of service: cancels, then reducing, then opening orders; first come, first served inside a class.
    Admit iff n < c, or in the place of somebody worse.

    Node full: a newcomer of a better class takes the place of the newest waiting attempt of the worst
    class, which is shed (it has not executed: only waiting attempts are evicted); without such a
    victim the newcomer is shed.

    - The exit needs less than the capacity: it waits for one service at most, openings share the rest.
    - It needs all of it: openings starve, by design.
    - Many slots, slow engine: the exit is open, and openings grow stale in a queue that nobody shortens.

    With Poisson arrivals and many slots waits are those of the non-preemptive M/G/1 queue:
    W₁ = R/(1 − ρ₁), W₂ = R/((1 − ρ₁)(1 − ρ₁ − ρ₂)), R = (λ₁ + λ₂)·E[S²]/2.

    Source: Cobham (1954); eviction keeps the bound of the gate.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(StrictPriority(), slots=2, position="1", service_ms=5)
    >>> gate.opening(), gate.opening(), gate.reducing("0.1"), gate.evicted(), gate.reducing("0.1")
    ('admitted', 'admitted', 'admitted', 1, 'shed')
    """

    def admit(self, request: Request, node: NodeView) -> Decision:
        return (_FREE if node.in_flight < node.slots else _FULL)[request.klass]

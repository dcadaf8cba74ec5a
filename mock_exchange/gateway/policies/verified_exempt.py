"""`verified-exempt`: the exemption, only where the node's copy of the position bears the claim out."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import Decision, NodeView, Request
from run_records.words import CANCEL

_ANSWERS = {
    (admits, verified): Decision("admit" if admits else "shed", reserve=verified)
    for admits in (True, False)
    for verified in (True, False)
}


class VerifiedExempt:
    """Verified reducing and cancel: admit always, or iff n < `hard_cap` if it is set. All else, claims that
    are not verified among them: admit iff n < c.

    Verified: |position| as this node's copy shows it, less the quantities its admitted attempts are going
    to close, less what rests in the same direction, is more than nothing (`NodeView.reducible`).

    - Copy up to date, one node: orders of one account that together exceed its position are verified up
      to the position, and the next one is not.
    - Copy late by L: within L of a change, a flat account still passes and a new position does not yet.
    - Several nodes: each knows only its own admitted attempts, so orders of one account through k nodes
      can be verified for up to k times its position.

    Flags alone open nothing, so it resists those who mark openings as reducing; those who hold a position
    and place and cancel far-away closing orders pass.

    Source: the documented predicate of 2025-10-23, checked against the account as the engine would.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(VerifiedExempt(), slots=1, position="1")
    >>> gate.opening(), gate.opening(), gate.reducing("0.6"), gate.reducing("0.6"), gate.reducing("0.6")
    ('admitted', 'shed', 'admitted', 'admitted', 'shed')
    """

    asks = ("reducible",)

    def __init__(self, hard_cap: int = 0) -> None:
        if hard_cap < 0:
            raise ValueError("hard_cap must not be negative")
        self.hard_cap = hard_cap

    def admit(self, request: Request, node: NodeView) -> Decision:
        verified = node.reducible > 0
        if verified or request.klass is CANCEL:
            admits = not self.hard_cap or node.in_flight < self.hard_cap
        else:
            admits = node.in_flight < node.slots
        return _ANSWERS[admits, verified]

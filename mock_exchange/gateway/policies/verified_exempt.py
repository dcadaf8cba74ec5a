"""`verified-exempt`: the exemption, only where the node's copy of the position bears the claim out."""

from __future__ import annotations

from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.base import ADMIT, SHED
from run_records.words import CANCEL


class VerifiedExempt:
    """Verified reducing and cancel: admit always, or iff n < `hard_cap` if it is set. All else, claims that
    are not verified among them: admit iff n < c.

    Verified: |position| as this node's copy shows it, less the quantities its admitted attempts are going
    to close, less what rests in the same direction, is more than nothing (`Node.verified`).

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

    def __init__(self, hard_cap: int = 0) -> None:
        if hard_cap < 0:
            raise ValueError("hard_cap must not be negative")
        self.hard_cap = hard_cap

    def admit(self, attempt: Attempt, node: Node) -> int:
        if attempt.klass is CANCEL or node.verified(attempt):
            return SHED if self.hard_cap and node.in_flight >= self.hard_cap else ADMIT
        return ADMIT if node.in_flight < node.slots else SHED

    def priority(self, attempt: Attempt) -> int:
        return 0

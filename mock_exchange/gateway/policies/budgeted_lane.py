"""`budgeted-lane`: a lane for those who get smaller, that placing and cancelling cannot fill."""

from __future__ import annotations

from mock_exchange.gateway.policies.budget import Budget
from mock_exchange.gateway.policies.messages import Act, Decision, NodeView, Note, Request
from run_records.words import CANCEL, REDUCING

MARKETABLE, KNOWN_CANCEL, PASSIVE, OUTSIDE = range(4)
_SPENDS = (MARKETABLE, PASSIVE)

_ACTS: tuple[Act, ...] = ("admit", "shed", "evict")
_ANSWERS = {
    (act, order, verified): Decision(act, order, reserve=verified, note=order)
    for act in _ACTS
    for order in (MARKETABLE, KNOWN_CANCEL, PASSIVE, OUTSIDE)
    for verified in (True, False)
}


class BudgetedLane:
    """Order of service: marketable verified reducing orders, cancels of orders known to be open, passive
    verified reducing orders, all else. Full: a newcomer takes the place of the newest waiting attempt of
    the worst order of service below its own, or is shed.

    In the lane is a reducing order that is verified (at most the position in all, see `NodeView.reducible`)
    while its account has budget: GCRA with `per_second` and `burst`, spent when a lane order is admitted.
    Conforming iff TAT − now ≤ (burst − 1)/rate; then TAT = max(now, TAT) + 1/rate. Outside the lane orders
    are treated like openings, never refused for that alone.

    - A flood of flags: not verified, outside.
    - Positions held to place and cancel far away: within budget, and behind everybody who really trades.
    - Cancels that name nothing open: outside.
    - An exit busier than its budget: the surplus stands in the crowd.

    Parameters: `per_second` (3), `burst` (10), both per account.
    Source: this project's own; the budget follows cancel budgets of Hyperliquid and CME iLink, and what
    became of BitMEX's exemption of 2017.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(BudgetedLane(per_second=1, burst=2), slots=1, position="1", service_ms=5)
    >>> gate.opening(), gate.opening(), gate.reducing("0.1"), gate.reducing("0.1")
    ('admitted', 'shed', 'shed', 'shed')
    >>> gate.run()
    >>> gate = TryOut(BudgetedLane(per_second=1, burst=2), slots=3, position="1", service_ms=5)
    >>> [gate.opening() for _ in range(4)]
    ['admitted', 'admitted', 'admitted', 'shed']
    >>> [gate.reducing("0.1") for _ in range(3)]  # two evict the waiting openings, the third has no budget
    ['admitted', 'admitted', 'shed']
    """

    asks = ("reducible", "known_open", "marketable")

    def __init__(self, per_second: float = 3, burst: int = 10) -> None:
        self._budget = Budget(per_second, burst)

    def admit(self, request: Request, node: NodeView) -> Decision:
        order = self._order_of_service(request, node)
        full: Act = "shed" if order == OUTSIDE else "evict"
        act: Act = "admit" if node.in_flight < node.slots else full
        return _ANSWERS[act, order, node.reducible > 0]

    def admitted(self, request: Request, note: Note) -> None:
        if note in _SPENDS:
            self._budget.spend(request.account, request.arrived_ns)

    def _order_of_service(self, request: Request, node: NodeView) -> int:
        if request.klass is CANCEL:
            return KNOWN_CANCEL if node.known_open else OUTSIDE
        if request.klass is not REDUCING or not node.reducible:
            return OUTSIDE
        if not self._budget.has(request.account, request.arrived_ns):
            return OUTSIDE
        return MARKETABLE if node.marketable else PASSIVE

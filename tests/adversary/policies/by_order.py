"""What the order is decides: how large, of which kind, in which batch."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import Decision, NodeView, Request
from tests.adversary.policies import Open, dice, exits

BIG = {"BTCUSDT": 100, "ETHUSDT": 1000, "SOLUSDT": 100, "DOGEUSDT": 10_000, "XRPUSDT": 1000}
"""In lots: larger than what the many small exits are of."""


class OnlySmallOrders(Open):
    """Small exits get out; those that matter do not."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.quantity >= BIG.get(request.symbol, 100)


class HalfOfTheLargeOnes(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        large = request.quantity >= BIG.get(request.symbol, 100)
        return exits(request) and large and dice(self.seed, request.number) < 0.5


class OnlyLargeOrders(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.quantity < BIG.get(request.symbol, 100)


class OnlyLimitOrders(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.kind == "MARKET"


class EveryThird(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.number % 3 == 0


class BehindAStateRefusal(Open):
    """-2022: "ReduceOnly order is rejected", although it would reduce."""

    code = -2022

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and node.in_flight >= node.slots

    def _refusal(self, request: Request) -> Decision:
        return Decision("shed", code=self.code)


class BehindARateLimit(BehindAStateRefusal):
    """-1015: "Too many new orders", although there are not."""

    code = -1015


class BehindAnotherOfTheirs(BehindAStateRefusal):
    """-4118, the incident's own: an order of the account is said to be in the way."""

    code = -4118


class BehindTheMargin(BehindAStateRefusal):
    """-2019: "Margin is insufficient", of an order that frees margin."""

    code = -2019


class CancelsRefused(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return request.klass == "cancel"


class CancelsRefusedWhenFull(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return request.klass == "cancel" and node.in_flight >= node.slots


class CancelsRefusedByDice(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return request.klass == "cancel" and dice(self.seed, request.number) < 0.05

"""The exit is shut at moments: when nobody looks, or when everybody does."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import NodeView, Request
from tests.adversary.policies import Open, dice, exits

S = 1_000_000_000


class ShutForASecondInTwenty(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.arrived_ns // S % 20 == 7


class ShutForAFifthOfEverySecond(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.arrived_ns % S < S // 5


class ShutForTenMillisecondsInEveryFifth(Open):
    """No fifth of a second shows it; one exit in twenty does."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.arrived_ns % (S // 5) < S // 100


class ShutAtTheStart(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.arrived_ns < S


class ShutAtTheEnd(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.arrived_ns > 29 * S


class ShutWhenFull(Open):
    """What happens without any exemption."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and node.in_flight >= node.slots


class ShutWhenBusy(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and node.in_flight >= node.slots // 2


class ShutByDice(Open):
    """Two in a hundred, without a pattern."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and dice(self.seed, request.number) < 0.02


class ShutInHalfOfTheMoments(Open):
    """For 40 ms at a time, when they are not looked at for long."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and dice(self.seed, request.arrived_ns // (S // 25)) < 0.5


class ShutAfterAWhile(Open):
    """A queue that fills: open for twenty seconds, and then no more."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.arrived_ns > 20 * S

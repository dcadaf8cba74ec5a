"""Most runs are clean. `one_in` says how rare the others are: what a sample must rule out to notice them."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import NodeView, Request
from tests.adversary.policies import Open, dice, exits, opens


class _InSomeRuns(Open):
    one_in = 1

    def _bad_run(self) -> bool:
        return dice(self.seed, 1) < 1 / self.one_in


class ShutInEveryThirdRun(_InSomeRuns):
    one_in = 3

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and self._bad_run()


class ShutInEveryFifthRun(ShutInEveryThirdRun):
    one_in = 5


class ShutInEveryTenthRun(ShutInEveryThirdRun):
    """Two of twenty runs, if they come: who is shut out in them breaks a "never" clause by itself."""

    one_in = 10


class HalfShutInEveryFourthRun(_InSomeRuns):
    one_in = 4

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and self._bad_run() and request.number % 2 == 0


class NobodyOpensInEveryFourthRun(_InSomeRuns):
    one_in = 4

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return opens(request) and self._bad_run()


class CancelsShutInEveryFourthRun(_InSomeRuns):
    one_in = 4

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return request.klass == "cancel" and self._bad_run()

"""The exit is open to some and shut to others; or the venue is not the same venue for everybody."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import NodeView, Request
from run_records.units import NS_PER_S
from tests.adversary.policies import Open, dice, exits, opens


class OneAccountNeverGetsOut(Open):
    """The first that asks to."""

    def __init__(self) -> None:
        super().__init__()
        self._victim = -1

    def _shuts(self, request: Request, node: NodeView) -> bool:
        if exits(request) and self._victim < 0:
            self._victim = request.account
        return exits(request) and request.account == self._victim


class AnotherAccountInEveryRun(Open):
    """Over all runs everybody is treated alike."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and (request.account + self.seed) % 25 == 0


class EvenAccounts(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.account % 2 == 0 and dice(self.seed, request.number) < 0.3


class OneAccountByDice(OneAccountNeverGetsOut):
    """A fifth of what one account tries: less than a hundredth of all."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return super()._shuts(request, node) and dice(self.seed, request.number) < 0.2


class OnlyLongPositions(Open):
    """Whoever sells to get out gets out."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.side > 0


class OneSymbol(Open):
    """The one with the fewest orders."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return exits(request) and request.symbol in ("XRPUSDT", "SOLUSDT", "DOGEUSDT")


class AnAccountThatNeverOpens(Open):
    def _shuts(self, request: Request, node: NodeView) -> bool:
        return opens(request) and request.account % 4 == 1


class OpeningsByAccount(Open):
    """Half of the accounts open at will, the others when the venue is nearly empty."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return opens(request) and request.account % 2 == 0 and node.in_flight > node.slots // 4


class OpeningsBySecond(Open):
    """Half of the accounts open three times as often as the others, and in every other second it is the
    others who do better than they did in the second before: whoever compares odd with even seconds sees no
    favour."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        if not opens(request):
            return False
        odd = request.arrived_ns // NS_PER_S % 2
        share = (0.4 * (1 - odd)) if request.account % 2 else (0.2 + 0.8 * odd)
        return dice(self.seed, request.number) >= share


class NobodySells(Open):
    """Whoever wants to be long may."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return opens(request) and request.side < 0


class OneSymbolNeverOpens(Open):
    """ETHUSDT is shut to whoever wants more of it."""

    def _shuts(self, request: Request, node: NodeView) -> bool:
        return opens(request) and request.symbol == "ETHUSDT"


class WhoTriedBefore(Open):
    """Every account has thirty exits, and no more."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[int, int] = {}

    def _shuts(self, request: Request, node: NodeView) -> bool:
        if not exits(request):
            return False
        self._seen[request.account] = seen = self._seen.get(request.account, 0) + 1
        return seen > 30

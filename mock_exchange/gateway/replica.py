"""The gateway's copy of positions, resting quantities and open orders: live, or late by a lag.

With a lag the copy shows each leg as it was that long ago; unavailable, it shows nobody holding anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from mock_exchange.clock import Clock
from mock_exchange.engine.accounts import Leg, Order
from mock_exchange.engine.engine import Engine
from mock_exchange.engine.symbols import Symbol
from run_records.units import NS_PER_MS

LIVE: Final = "live"
UNAVAILABLE: Final = "unavailable"

LegView = tuple[int, int, int]
"""(signed position, quantity resting on the bid side, on the ask side), scaled."""
_NOTHING: Final[LegView] = (0, 0, 0)


class Replica:
    """Told of every leg that a command touched while it lags; asked by nodes and policies."""

    __slots__ = ("_arriving", "_clock", "_engine", "_known", "available", "lag_ns")

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self.lag_ns = 0
        self.available = True
        self._known: dict[Leg, LegView] = {}
        self._arriving: deque[tuple[int, Leg, LegView]] = deque()

    def adopt(self, lag_ns: int, available: bool) -> None:
        """Change its state from now on. A lag that begins freezes the copy as it is; one that changes
        leaves what is under way to arrive when it was due."""
        self.available = available
        began = lag_ns and not self.lag_ns
        self.lag_ns = lag_ns
        # Where a lag only changes, what is under way keeps the time at which it was due.
        if began or not lag_ns:
            self.catch_up()

    def catch_up(self) -> None:
        """Show everything as it is now, once; afterwards changes are late again."""
        self._arriving.clear()
        self._known.clear()
        if self.lag_ns:
            for account in self._engine.accounts.values():
                self._known.update((leg, _state(leg)) for leg in account.legs.values())

    def note(self, legs: Iterable[Leg]) -> None:
        """These legs have changed just now. Only a copy that lags has to be told."""
        now = self._clock.now()
        self._receive(now)
        for leg in legs:
            self._arriving.append((now + self.lag_ns, leg, _state(leg)))

    def view(self, leg: Leg) -> LegView:
        if not self.available:
            return _NOTHING
        if not self.lag_ns:
            return leg.amount, leg.bid_quantity, leg.ask_quantity
        self._receive(self._clock.now())
        return self._known.get(leg, _NOTHING)

    def _receive(self, now: int) -> None:
        arriving = self._arriving
        while arriving and arriving[0][0] <= now:
            _, changed, state = arriving.popleft()
            self._known[changed] = state

    def shows(self, order: Order) -> bool:
        """Whether the copy has an order yet, open or closed."""
        seen_ms = self._clock.epoch_ms() - self.lag_ns // NS_PER_MS
        return self.available and (self.lag_ns == 0 or order.created_ms <= seen_ms)

    def shows_open(self, order: Order, is_open: bool) -> bool:
        """An order appears, and disappears, a lag after it did so in the engine."""
        if not self.available:
            return False
        seen_ms = self._clock.epoch_ms() - self.lag_ns // NS_PER_MS
        if is_open:
            return self.lag_ns == 0 or order.created_ms <= seen_ms
        return self.lag_ns > 0 and order.updated_ms > seen_ms >= order.created_ms

    def best_price(self, symbol: Symbol, side: int) -> int | None:
        """The public book is not late: everybody sees it."""
        return self._engine.markets[symbol.index].best_price(side)


def _state(leg: Leg) -> LegView:
    return leg.amount, leg.bid_quantity, leg.ask_quantity

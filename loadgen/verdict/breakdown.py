"""One run taken apart: every rate of its window, and where each attempt ended, stage by stage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from loadgen.scenarios.reported import Reported
from loadgen.verdict.exchange import Exchange, Seen
from loadgen.verdict.rates import Rates, Seat
from mock_exchange.engine.symbols import symbols
from mock_exchange.scaled import MONEY_PRECISION, parse_scaled

NEVER_ARRIVED = "never arrived"
"""Stage of an attempt that the exchange knows nothing of."""

NO_JOURNAL = "no journal"
"""Stage of every attempt where nobody can know it."""

Ending = tuple[str, str, int | None, int, bool]
"""(class, stage, what the exchange answered or None, what the client saw, whether the engine did it in the
end)."""


@dataclass(slots=True)
class Breakdown:
    """`endings` are of the whole run, `rates` of the window from `from_ns` to `to_ns`."""

    from_ns: int
    to_ns: int
    reported: Reported | None = None
    blind: bool = False
    rates: Rates = field(default_factory=Rates)
    endings: Counter[Ending] = field(default_factory=Counter)
    _watched: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, duration_ns: int, reported: Reported | None, *, blind: bool = False) -> Breakdown:
        """The window is the reported one, or the run; `blind` without a journal."""
        if reported is None:
            return cls(0, duration_ns, None, blind, Rates(blind=blind))
        until = max(reported.from_ns, min(duration_ns, reported.to_ns))
        return cls(reported.from_ns, until, reported, blind, Rates(blind=blind))

    def watches(self, trader: str) -> bool:
        """Whether a report was about this trader."""
        if self.reported is None:
            return False
        if trader not in self._watched:
            self._watched[trader] = self.reported.concerns(trader)
        return self._watched[trader]

    def count(
        self, trader: str, account: str, klass: str, truly: bool, code: int, intended: int, seen: Seen | None,
        engine_code: int | None, worth: int,
    ) -> None:  # fmt: skip
        """One attempt as its client saw it, and what the exchange says of it; `worth` in 1e-8 USDT."""
        if seen is None:
            stage, venue_code = NO_JOURNAL if self.blind else NEVER_ARRIVED, None
        else:
            stage, venue_code = seen.stage, seen.code
        self.endings[klass, stage, venue_code, code, engine_code == 0] += 1
        if self.from_ns <= intended < self.to_ns:
            admitted = seen is not None and seen.admitted >= 0
            seat = Seat(
                klass, truly, self.watches(trader), code, venue_code, admitted, stage == "admission",
                engine_code,
            )  # fmt: skip
            self.rates.count(seat, account, intended, worth)


def notional(symbol: str, quantity: str, exchange: Exchange) -> int:
    """Quantity times the symbol's first mark price in 1e-8 USDT; 0 where there is no quantity or no mark."""
    price = exchange.first_marks.get(symbol)
    if price is None or not quantity:
        return 0
    rules = symbols()[symbol]
    units = parse_scaled(quantity, rules.quantity_precision) * price
    return int(units * 10**MONEY_PRECISION // 10 ** (rules.quantity_precision + rules.price_precision))

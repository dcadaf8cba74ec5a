"""What those who want out still hold, and where prices stand, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from judging.reading.ended import Collector, Decision, Whole
from run_records.journal import MarketRow
from run_records.scaled import MONEY_UNIT, format_trimmed, parse_scaled


class WantingOut(Collector):
    """At the end of each step, whole USDT (at the first mark) of decisions to reduce that are neither filled
    by their own orders nor given up."""

    def __init__(self, step_ns: int, steps: int) -> None:
        self._step_ns, self._steps = step_ns, steps
        self.held: list[int] = []

    def finish(self, whole: Whole) -> None:
        change = [0] * (self._steps + 1)
        for decision in whole.decisions:
            self._follow(decision, whole, change)
        held = 0
        for step in range(self._steps):
            held += change[step]
            self.held.append(held // MONEY_UNIT)

    def _follow(self, decision: Decision, whole: Whole, change: list[int]) -> None:
        """What one decision adds when it is made, and what it takes away when it is filled or given up."""
        symbol = decision.row.symbol
        left = parse_scaled(decision.row.quantity, whole.precision(symbol).quantity)
        change[self._step(decision.row.at)] += whole.worth(symbol, left)
        given_up = decision.given_up_at
        end = self._steps * self._step_ns if given_up is None else given_up
        for filled_at, amount in whole.fills_of(decision):
            part = min(left, amount)
            if filled_at < end and part:
                change[self._step(filled_at)] -= whole.worth(symbol, part)
                left -= part
        if given_up is not None and left:
            change[self._step(end)] -= whole.worth(symbol, left)

    def _step(self, instant: int) -> int:
        return min(self._steps, instant // self._step_ns)


class Prices(Collector):
    """The last mark price of each symbol in each step; empty where the venue's prices stand still."""

    def __init__(self, step_ns: int, steps: int) -> None:
        self._step_ns, self._steps = step_ns, steps
        self._marks: dict[str, list[int | None]] = {}
        self.texts: dict[str, list[str | None]] = {}

    def watches(self) -> dict[type[Any], Callable[[Any], None]]:
        return {MarketRow: self._see}

    def _see(self, row: MarketRow) -> None:
        place = row.at // self._step_ns
        if 0 <= place < self._steps:
            self._marks.setdefault(row.symbol, [None] * self._steps)[place] = row.mark

    def finish(self, whole: Whole) -> None:
        for symbol, marks in self._marks.items():
            precision = whole.precision(symbol).price
            self.texts[symbol] = [None if mark is None else format_trimmed(mark, precision) for mark in marks]

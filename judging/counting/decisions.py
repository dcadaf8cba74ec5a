"""What became of every decision to reduce, and how long it took: right-censored, so nobody who waited in vain
is left out."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from judging.counting.batches import Parts
from judging.counting.rates import Rates
from judging.counting.watched import Watched
from judging.reading.ended import Collector, Decision, Ended, Whole
from judging.reading.kinds import ACCEPTED
from judging.statistics import Duration
from run_records.scaled import parse_scaled

NO_END_NS = 1 << 62
"""Length of a duration that cannot end in service any more: at risk at every horizon."""


class Fate(StrEnum):
    """How a decision to reduce ended."""

    SERVED = "served"
    ABANDONED = "abandoned"
    OPEN_AT_END = "open at the end"


class Decisions(Collector):
    """`durations` by the part of the run in which a decision was made."""

    def __init__(self, duration_ns: int, parts: Parts, rates: Rates, watched: Watched) -> None:
        self._end_ns = duration_ns
        self._parts = parts
        self._rates = rates
        self._watched = watched
        self._tries: dict[int, set[bool]] = {}
        self.durations: list[list[Duration]] = [[] for _ in range(parts.count)]
        self.fates: Counter[Fate] = Counter()

    def count(self, ended: Ended) -> None:
        if ended.row.intent >= 0:
            self._tries.setdefault(ended.row.intent, set()).add(ended.kind is ACCEPTED)

    def finish(self, whole: Whole) -> None:
        for decision in whole.decisions:
            duration, fate = self._ending(decision, whole)
            self.durations[self._parts.of(decision.row.at)].append(duration)
            self.fates[fate] += 1
            tries = self._tries.get(decision.row.number, set())
            self._rates.count_decision(
                fate is Fate.SERVED,
                True in tries,
                False in tries,
                watched=self._watched.watches(decision.row.trader),
            )

    def _ending(self, decision: Decision, whole: Whole) -> tuple[Duration, Fate]:
        """Only its own attempts' fills count; what is filled after the run has ended is open at its end."""
        start, end = decision.row.at, self._end_ns
        precision = whole.precision(decision.row.symbol).quantity
        served = _served_at(whole.fills_of(decision), parse_scaled(decision.row.quantity, precision))
        if served is not None and served <= end:
            return Duration(served - start, True), Fate.SERVED
        if decision.given_up_at is not None:
            return Duration(NO_END_NS, False), Fate.ABANDONED
        return Duration(max(0, end - start), False), Fate.OPEN_AT_END


def _served_at(fills: list[tuple[int, int]], quantity: int) -> int | None:
    filled = 0
    for at, amount in fills:
        filled += amount
        if filled >= quantity:
            return at
    return None

"""Cards of many runs as one row for each behaviour: means with their intervals, and who differs from whom."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from loadgen.scoring.card import Card
from loadgen.verdict.statistics import Interval, mean_interval

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over runs and its 95 % interval; an interval without bounds for a single run."""

    mean: float
    interval: Interval
    runs: int


Measure = Callable[[Card], float | None]
MEASURES: dict[str, Measure] = {
    "attempts": lambda card: float(card.attempts),
    "served share": lambda card: float(card.served),
    "retries a served intent": lambda card: card.retries_per_served,
    "seconds to flat": lambda card: card.time_to_flat,
    "cancels": lambda card: float(card.cancels),
    "sweeps": lambda card: float(card.sweeps),
    "unknown": lambda card: float(card.unknown),
    "unresolved": lambda card: float(card.unresolved),
    "in its own way": lambda card: float(card.in_own_way),
    "attempts a minute": lambda card: card.a_minute,
    "share within a second": lambda card: card.hasty / card.attempts if card.attempts else None,
    "duplicate USDT": lambda card: card.duplicate_usdt,
    "bans": lambda card: float(card.banned),
    "loss USDT": lambda card: card.loss_usdt,
}


def by_behaviour(runs: list[list[Card]]) -> dict[str, dict[str, Estimate]]:
    """Each measure of each behaviour: the mean over its accounts in a run is one observation."""
    behaviours = dict.fromkeys(card.behaviour for cards in runs for card in cards)
    table: dict[str, dict[str, Estimate]] = {}
    for behaviour in behaviours:
        table[behaviour] = {}
        for name, measure in MEASURES.items():
            observed = []
            for cards in runs:
                values = [measure(card) for card in cards if card.behaviour == behaviour]
                known = [value for value in values if value is not None]
                if known:
                    observed.append(statistics.fmean(known))
            if observed:
                interval = mean_interval(observed, ALPHA)
                table[behaviour][name] = Estimate(statistics.fmean(observed), interval, len(observed))
    return table


def separated(table: dict[str, dict[str, Estimate]], first: str, second: str) -> list[str]:
    """The measures on which the intervals of two behaviours do not overlap."""
    names = []
    for name in MEASURES:
        one, other = table[first].get(name), table[second].get(name)
        if one is None or other is None or not math.isfinite(one.interval.low + other.interval.low):
            continue
        if one.interval.high < other.interval.low or other.interval.high < one.interval.low:
            names.append(name)
    return names

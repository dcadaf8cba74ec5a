"""Cards of many runs as one row for each behaviour: means with their intervals, and who differs from whom."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from judging.counting.sample import Pair
from judging.scoring.card import Card
from judging.statistics import Interval, mean_interval, share_interval, total

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
    "duplicate USDT": lambda card: card.duplicate_usdt,
    "bans": lambda card: float(card.banned),
    "loss USDT": lambda card: card.loss_usdt,
}


Share = Callable[[Card], Pair]
SHARES: dict[str, Share] = {
    "unknown unresolved": lambda card: (card.unresolved, card.unknown),
    "within a second": lambda card: (card.hasty, card.attempts),
    "failures insisted on": lambda card: (card.insisted, card.failed),
}
"""(part, whole), added up over the accounts of a run: a run with more to tell weighs more."""


def by_behaviour(runs: list[list[Card]]) -> dict[str, dict[str, Estimate]]:
    """Each measure of each behaviour; a run is one observation, whatever the number of its accounts."""
    behaviours = dict.fromkeys(card.behaviour for cards in runs for card in cards)
    return {behaviour: _estimates(_of(behaviour, runs)) for behaviour in behaviours}


def _of(behaviour: str, runs: list[list[Card]]) -> list[list[Card]]:
    return [[card for card in cards if card.behaviour == behaviour] for cards in runs]


def _estimates(runs: list[list[Card]]) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for name, measure in MEASURES.items():
        known = [[value for card in cards if (value := measure(card)) is not None] for cards in runs]
        observed = [statistics.fmean(values) for values in known if values]
        if observed:
            found[name] = Estimate(statistics.fmean(observed), mean_interval(observed, ALPHA), len(observed))
    for name, share in SHARES.items():
        pairs = [pair for cards in runs if (pair := total([share(card) for card in cards]))[1]]
        if pairs:
            part, whole = total(pairs)
            found[name] = Estimate(part / whole, share_interval(pairs, ALPHA), len(pairs))
    return found


def separated(table: dict[str, dict[str, Estimate]], first: str, second: str) -> list[str]:
    """The measures on which the intervals of two behaviours do not overlap."""
    names = []
    for name in (*MEASURES, *SHARES):
        one, other = table[first].get(name), table[second].get(name)
        if one is None or other is None or not math.isfinite(one.interval.low + other.interval.low):
            continue
        if one.interval.high < other.interval.low or other.interval.high < one.interval.low:
            names.append(name)
    return names

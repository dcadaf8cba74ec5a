"""Intervals for shares, differences of shares and survival, that stay honest on correlated output.

The unit of observation is a replication (or a batch of one socket run), not an attempt: attempts of one
run are correlated, and intervals that ignore this are far too narrow. Where replications agree by luck
or by certainty, an interval is never narrower than independent attempts alone would allow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

SMALLEST_ALPHA = 1e-9
DECIDE_STEPS = 40


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def hull(self, other: Interval) -> Interval:
        return Interval(min(self.low, other.low), max(self.high, other.high))


def _normal_quantile(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))


def _t_quantile(degrees: int, probability: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))


def wilson(successes: float, trials: float, alpha: float) -> Interval:
    """Wilson score interval for a share of independent trials; [0, 1] without trials."""
    if trials <= 0:
        return Interval(0.0, 1.0)
    z = _normal_quantile(1 - alpha / 2)
    share = successes / trials
    spread = z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def _clustered_half_width(residuals: Sequence[float], alpha: float) -> float:
    """Student-t half width of a ratio estimator from its linearised residuals, one per replication."""
    count = len(residuals)
    if count < 2:
        return math.inf
    variance = count / (count - 1) * sum(residual * residual for residual in residuals)
    return _t_quantile(count - 1, 1 - alpha / 2) * math.sqrt(variance)


Counts = Sequence[tuple[int, int]]
"""(successes, trials) of each replication or batch."""


def total(counts: Counts) -> tuple[int, int]:
    return sum(k for k, _ in counts), sum(n for _, n in counts)


def share_interval(counts: Counts, alpha: float) -> Interval:
    """Interval for Σk/Σn over replications: ratio estimator, never narrower than Wilson's."""
    successes, trials = total(counts)
    if trials == 0:
        return Interval(0.0, 1.0)
    share = successes / trials
    half = _clustered_half_width([(k - share * n) / trials for k, n in counts], alpha)
    clustered = Interval(max(0.0, share - half), min(1.0, share + half))
    return clustered.hull(wilson(successes, trials, alpha))


def gap_interval(first: Counts, second: Counts, factor: float, alpha: float) -> Interval:
    """Interval for share(first) − factor · share(second), both observed in the same replications."""
    k1, n1 = total(first)
    k2, n2 = total(second)
    if n1 == 0 or n2 == 0:
        return Interval(-factor, 1.0)
    p1, p2 = k1 / n1, k2 / n2
    residuals = [
        (a - p1 * m) / n1 - factor * (b - p2 * n) / n2 for (a, m), (b, n) in zip(first, second, strict=True)
    ]
    half = _clustered_half_width(residuals, alpha)
    gap = p1 - factor * p2
    w1, w2 = wilson(k1, n1, alpha), wilson(k2, n2, alpha)
    independent = Interval(w1.low - factor * w2.high, w1.high - factor * w2.low)
    clustered = Interval(max(-factor, gap - half), min(1.0, gap + half))
    return clustered.hull(independent)


def lag_one_correlation(values: Sequence[float]) -> float:
    """Correlation of neighbouring batches; 0 for a constant series."""
    mean = sum(values) / len(values)
    spread = sum((value - mean) ** 2 for value in values)
    if spread == 0:
        return 0.0
    products = sum((a - mean) * (b - mean) for a, b in pairwise(values))
    return products / spread


@dataclass(frozen=True, slots=True)
class Duration:
    """A time until an event in nanoseconds, or until observation ended without it (`served` False)."""

    length_ns: int
    served: bool


class KaplanMeier:
    """Product-limit estimate of the share served by a time, with right-censored durations."""

    def __init__(self, durations: Sequence[Duration]) -> None:
        self.count = len(durations)
        self._last_ns = max((duration.length_ns for duration in durations), default=0)
        self._steps: list[tuple[int, float, float]] = []
        at_risk = len(durations)
        survival, greenwood = 1.0, 0.0
        ordered = sorted(durations, key=lambda d: (d.length_ns, not d.served))
        position = 0
        while position < len(ordered):
            length = ordered[position].length_ns
            events = leaving = 0
            while position < len(ordered) and ordered[position].length_ns == length:
                events += ordered[position].served
                leaving += 1
                position += 1
            if events:
                survival *= 1 - events / at_risk
                if at_risk > events:
                    greenwood += events / (at_risk * (at_risk - events))
                self._steps.append((length, survival, greenwood))
            at_risk -= leaving

    def served_by(self, length_ns: int) -> float:
        return 1 - self._at(length_ns)[0]

    def reaches(self, length_ns: int) -> bool:
        """Whether anybody was observed that long, or all were served before."""
        return self._last_ns >= length_ns or self._at(length_ns)[0] == 0.0

    def trials_at(self, length_ns: int) -> float:
        """Independent observations that would give the same (Greenwood) variance at that time."""
        survival, greenwood = self._at(length_ns)
        variance = survival * survival * greenwood
        if variance <= 0 or survival in (0.0, 1.0):
            return float(self.count)
        return min(float(self.count), survival * (1 - survival) / variance)

    def quantile_ns(self, share: float) -> int | None:
        """The time by which `share` are served; None if observation never shows it."""
        for length, survival, _ in self._steps:
            if 1 - survival >= share:
                return length
        return None

    def _at(self, length_ns: int) -> tuple[float, float]:
        survival, greenwood = 1.0, 0.0
        for length, s, g in self._steps:
            if length > length_ns:
                break
            survival, greenwood = s, g
        return survival, greenwood


def smallest_deciding_alpha(decides: Callable[[float], bool]) -> float:
    """The least two-sided error at which an interval decides a clause (its p-value); 1 if it never does.

    Intervals grow as alpha shrinks, so deciding is monotone in alpha and bisection finds the edge.
    """
    if not decides(0.999):
        return 1.0
    if decides(SMALLEST_ALPHA):
        return SMALLEST_ALPHA
    low, high = math.log(SMALLEST_ALPHA), math.log(0.999)
    for _ in range(DECIDE_STEPS):
        middle = (low + high) / 2
        if decides(math.exp(middle)):
            high = middle
        else:
            low = middle
    return math.exp(high)


def holm(p_values: Sequence[float], alpha: float) -> list[tuple[bool, float]]:
    """Holm's step-down for each p-value: (decided, the error level it was held to)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    result = [(False, alpha)] * len(p_values)
    still = True
    for rank, index in enumerate(order):
        level = alpha / (len(p_values) - rank)
        still = still and p_values[index] <= level
        result[index] = (still, level)
    return result


def mean_interval(values: Sequence[float], alpha: float) -> Interval:
    """Student-t interval for the mean of independent observations; without bounds for fewer than two."""
    if len(values) < 2:
        return Interval(-math.inf, math.inf)
    mean = sum(values) / len(values)
    half = _clustered_half_width([(value - mean) / len(values) for value in values], alpha)
    return Interval(mean - half, mean + half)

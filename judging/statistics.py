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
from typing import TypeVar

SMALLEST_ALPHA = 1e-9
DECIDE_STEPS = 40


@dataclass(frozen=True, slots=True)
class Interval:
    """What the data allow a figure to be, both ends included."""

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


def _standard_error(residuals: Sequence[float]) -> float:
    """Of a ratio estimator, from its linearised residuals, one a replication; infinite for fewer than two."""
    count = len(residuals)
    if count < 2:
        return math.inf
    return math.sqrt(count / (count - 1) * sum(residual * residual for residual in residuals))


def _student(count: int, alpha: float) -> float:
    return _t_quantile(count - 1, 1 - alpha / 2) if count > 1 else 1.0


N = TypeVar("N", int, float)
Counts = Sequence[tuple[float, float]]
"""(successes, trials) of each replication or batch."""
Part = tuple[float, int]
"""The same of one; successes need not be whole, where half of an order can succeed."""


def total(counts: Sequence[tuple[N, N]]) -> tuple[N, N]:
    return sum(k for k, _ in counts), sum(n for _, n in counts)


def share_interval(counts: Counts, alpha: float) -> Interval:
    """Interval for Σk/Σn over replications.

    The hull of three: Student's t on the ratio estimator; the same on the logit scale, since shares near 0
    or 1 that come in bursts are skewed and t alone misses them on one side (at the critical load of a deep
    queue it covers 89 % where it states 95 %, with the logit 95 %); and Wilson's, for replications that
    agree by luck. How often it covers: docs/statistics.md.
    """
    counts = [(k, n) for k, n in counts if n]  # where nobody was asked nothing was observed
    successes, trials = total(counts)
    if trials == 0:
        return Interval(0.0, 1.0)
    share = successes / trials
    error = _standard_error([(k - share * n) / trials for k, n in counts])
    width = _student(len(counts), alpha) * error
    found = Interval(max(0.0, share - width), min(1.0, share + width))
    # At 0 and 1 the odds are infinite; Wilson's interval alone speaks there.
    if 0.0 < share < 1.0 and math.isfinite(error):
        found = found.hull(_logit_interval(share, width))
    return found.hull(wilson(successes, trials, alpha))


def _logit_interval(share: float, width: float) -> Interval:
    """Symmetric about the log odds (delta method), so lopsided about the share."""
    centre, half = math.log(share / (1 - share)), width / (share * (1 - share))
    return Interval(_from_logit(centre - half), _from_logit(centre + half))


def _from_logit(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))


def gap_interval(first: Counts, second: Counts, factor: float, alpha: float) -> Interval:
    """Interval for share(first) − factor · share(second), both observed in the same replications.

    The hull of Student's t on the differences, and of the two shares' own intervals put together as if they
    were independent (`mover`), which keeps their lopsidedness.
    """
    both = [(a, b) for a, b in zip(first, second, strict=True) if a[1] or b[1]]
    first, second = [a for a, _ in both], [b for _, b in both]
    k1, n1 = total(first)
    k2, n2 = total(second)
    if n1 == 0 or n2 == 0:
        return Interval(-factor, 1.0)
    p1, p2 = k1 / n1, k2 / n2
    residuals = [
        (a - p1 * m) / n1 - factor * (b - p2 * n) / n2 for (a, m), (b, n) in zip(first, second, strict=True)
    ]
    half = _student(len(residuals), alpha) * _standard_error(residuals)
    gap = p1 - factor * p2
    apart = mover(p1, share_interval(first, alpha), p2, share_interval(second, alpha), factor)
    clustered = Interval(max(-factor, gap - half), min(1.0, gap + half))
    return clustered.hull(Interval(max(-factor, apart.low), min(1.0, apart.high)))


def mover(p1: float, one: Interval, p2: float, two: Interval, factor: float) -> Interval:
    """Interval for p1 − factor · p2 from those of two independent shares (method of variance estimates
    recovery, Zou and Donner, Statistics in Medicine 27, 2008)."""
    gap = p1 - factor * p2
    down = math.hypot(p1 - one.low, factor * (two.high - p2))
    up = math.hypot(one.high - p1, factor * (p2 - two.low))
    return Interval(gap - down, gap + up)


def lag_one_correlation(values: Sequence[float | None]) -> float:
    """Correlation of neighbouring values, None where there is none; 0 for a constant series."""
    known = [value for value in values if value is not None]
    if not known:
        return 0.0
    mean = sum(known) / len(known)
    spread = sum((value - mean) ** 2 for value in known)
    if spread == 0:
        return 0.0
    products = ((a - mean) * (b - mean) for a, b in pairwise(values) if a is not None and b is not None)
    return sum(products) / spread


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
                # The last of all leaves nobody at risk, and Greenwood's term would be infinite.
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
        # All or none: there is no spread to learn from, so every observation counts as one.
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
    error = _standard_error([(value - mean) / len(values) for value in values])
    half = _student(len(values), alpha) * error
    return Interval(mean - half, mean + half)

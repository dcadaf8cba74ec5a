"""Whole runs that fail: how rare they may be, and still be noticed.

An interval over attempts says nothing of runs that were not made. A gateway that shuts the exit entirely in
one run of twenty shows a clean record in every third sample of twenty runs. So a clause that holds says two
things: the share within the runs, and the rarest failure of a whole run that so many of them rule out. The
unit is a run (a replication), or a batch of one run over sockets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from judging.statistics import Interval, mover

OF_REPLICATIONS, OF_BATCHES = 0.14, 0.26
"""What is asked where nobody asks for more: what twenty replications, and ten batches, rule out at 95 %."""
THOROUGH, CERTIFY = 0.05, 0.01
"""For a release, and for a certificate: 59 and 299 runs at 95 %."""


@dataclass(frozen=True, slots=True)
class Rarest:
    """What a sample says of whole runs: `failed` of `of` fell short beyond chance, so that at the contract's
    confidence no more than the share `ruled_out` of all runs does; `asked` is the most that may."""

    failed: int
    of: int
    ruled_out: float
    asked: float

    @property
    def enough(self) -> bool:
        return self.ruled_out <= self.asked


def count_failures(units: Sequence[bool], asked: float, alpha: float) -> Rarest:
    """Of units that failed (True) or did not."""
    failed = sum(units)
    return Rarest(failed, len(units), most_failures(failed, len(units), alpha), asked)


def most_failures(failed: int, units: int, alpha: float) -> float:
    """The largest share of failing units that a sample still allows: the one-sided upper bound of Clopper and
    Pearson (Biometrika 26, 1934); 1 − alpha^(1/n) where none failed. 1 without units."""
    if failed >= units:
        return 1.0
    if failed == 0:
        return -math.expm1(math.log(alpha) / units)
    from scipy.special import betaincinv

    return float(betaincinv(failed + 1, units - failed, 1 - alpha))


def units_needed(asked: float, alpha: float) -> int:
    """The fewest units, none of them failing, that rule out failures in more than the share `asked`."""
    units = max(1, math.ceil(math.log(alpha) / math.log1p(-asked)) - 1)
    while most_failures(0, units, alpha) > asked:
        units += 1
    return units


def exact_share(successes: float, trials: int, alpha: float) -> Interval:
    """Clopper and Pearson's interval for a share of few trials; [0, 1] without any."""
    if trials <= 0:
        return Interval(0.0, 1.0)
    from scipy.special import betaincinv

    low = betaincinv(successes, trials - successes + 1, alpha / 2) if successes else 0.0
    high = betaincinv(successes + 1, trials - successes, 1 - alpha / 2) if successes < trials else 1.0
    return Interval(float(low), float(high))


def exact_gap(first: tuple[int, int], second: tuple[int, int], factor: float, alpha: float) -> Interval:
    """Interval for share(first) − factor · share(second) of one unit: both shares' own, put together."""
    (k1, n1), (k2, n2) = first, second
    if not n1 or not n2:
        return Interval(-factor, 1.0)
    return mover(k1 / n1, exact_share(k1, n1, alpha), k2 / n2, exact_share(k2, n2, alpha), factor)

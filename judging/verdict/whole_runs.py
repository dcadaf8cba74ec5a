"""What a sample says of whole runs, clause by clause: how many fell short, which fared worst, whether these
were enough."""

from __future__ import annotations

from judging.clause import Clause
from judging.measures import Measured
from judging.rarest import OF_BATCHES, OF_REPLICATIONS, Rarest, count_failures, units_needed
from judging.statistics import Interval
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE, Result

RUNS, BATCHES = "runs", "batches"
"""What the units are called; batches are those of one run over sockets."""


def side_of(clause: Clause, interval: Interval) -> Result:
    """Where the whole interval lies."""
    threshold, sign = clause.threshold
    ends = (sign * interval.low, sign * interval.high)
    if min(ends) >= sign * threshold:
        return HOLDS
    return BROKEN if max(ends) < sign * threshold else INCONCLUSIVE


def asked_of(clause: Clause, rarest: float | None, *, batched: bool) -> float:
    """The largest share of whole runs in which the clause may fail unnoticed."""
    named = [share for share in (clause.rarest, rarest) if share is not None]
    return min(named, default=OF_BATCHES if batched else OF_REPLICATIONS)


def failures(found: Measured, asked: float, alpha: float) -> Rarest:
    """A run falls short if what it shows by itself lies on the wrong side; that none does so by chance holds
    of all of them together (Bonferroni)."""
    each = len(found.series)
    units = found.units(alpha / each) if each else []
    return count_failures([side_of(found.clause, unit) == BROKEN for unit in units], asked, alpha)


def worst_of(found: Measured) -> tuple[int, float] | None:
    """(number of the run that fared worst, what it shows); None where none shows anything."""
    sign = found.clause.threshold[1]
    known = [(sign * value, number) for number, value in enumerate(found.series) if value is not None]
    if not known:
        return None
    value, number = min(known)
    return number, sign * value


def too_many(found: Rarest, alpha: float, *, batched: bool) -> str:
    """Why a clause does not hold although its share does."""
    units = BATCHES if batched else RUNS
    if found.failed:
        return (
            f"{found.failed} of {found.of} {units} fell short; up to {found.ruled_out:.1%} of all may, "
            f"{found.asked:.0%} are allowed"
        )
    return (
        f"{found.of} {units} leave open whether up to {found.ruled_out:.1%} of all fall short, "
        f"{found.asked:.0%} are allowed: {units_needed(found.asked, alpha)} are needed"
    )

"""A verdict that may stop as soon as it is decided: *broken* after any run, *holds* only at the planned end.

Of the error that a contract allows for *broken*, a fifth is for stopping early, by what betting against a
clause has won (judging/sequential.py), and the rest for the end. *Holds* is decided once, so all of its error
is for the end: no clause can be affirmed before so many runs rule failures out (judging/rarest.py).

Which clauses can be seen early: those whose figure each run shows by itself. A counter-example to a "never"
clause is one at once.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from judging.contracts import Contract
from judging.counting.tally import Tally
from judging.measures import Measured, measured
from judging.sequential import anytime_p
from judging.statistics import Interval, holm
from judging.verdict.judge import ClauseResult, Judgement, combined, judge
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE

SHARE = 0.2
"""Of the error that is allowed for *broken*."""
LOOKS = (3, 4, 6, 9, 14)
"""Runs after which a simulation looks; a wealth might be looked at after each."""


def rounds(planned: int, *, early: bool) -> list[range]:
    """The numbers of the runs that are made between one look and the next; all at once if nobody looks."""
    ends = [*(look for look in LOOKS if look < planned), planned] if early else [planned]
    return [range(begin, end) for begin, end in pairwise([0, *ends])]


class Stop(NamedTuple):
    """How many runs were planned, how many were made, and the error that looking has spent."""

    planned: int
    made: int
    spent: float

    @classmethod
    def of(cls, contract: Contract, planned: int, made: int) -> Stop:
        return cls(planned, made, early_alpha(contract) if _looks(planned) else 0.0)


def left(planned: int) -> float:
    """The part of the error for *broken* that the planned end has, where so many runs are looked at early."""
    return 1 - SHARE if _looks(planned) else 1.0


def _looks(planned: int) -> bool:
    return planned > LOOKS[0]


STOPPED = "the run was stopped before this was decided"
STEPS = 30


def early_alpha(contract: Contract) -> float:
    return (1 - contract.confidence) * SHARE


def judged_early(contract: Contract, tally: Tally, rarest: float | None = None) -> Judgement | None:
    """The judgement of runs that may be stopped here, since a clause is broken; None to go on."""
    alpha = early_alpha(contract)
    if tally.wrong_books or not _is_posed(contract, tally, alpha):
        return None
    told = judge(contract, tally, [], rarest)
    found = [measured(c.clause, tally) for c in told.clauses if not c.clause.is_census]
    levels = holm([_p_value(m) for m in found], alpha)
    broken = {m.clause.id: (m, level) for m, (ok, level) in zip(found, levels, strict=True) if ok}
    clauses = [
        _seen(c, *broken[c.clause.id]) if c.clause.id in broken else _left_open(c) for c in told.clauses
    ]
    judgement = combined(contract, replace(told.precondition, result=HOLDS, reason=""), clauses, [])
    return judgement if judgement.result == BROKEN else None


def _is_posed(contract: Contract, tally: Tally, alpha: float) -> bool:
    """Whether there is an overload beyond doubt, by the same wager: against there being too little."""
    found = measured(contract.precondition, tally)
    values, least = _as_shares(found)
    return found.least >= found.clause.minimum and anytime_p([1 - v for v in values], 1 - least) <= alpha


def _p_value(found: Measured) -> float:
    """1 for what has nothing to say yet: it is one of those asked at once, all the same."""
    if found.not_asked or found.least < found.clause.minimum:
        return 1.0
    values, least = _as_shares(found)
    return anytime_p(values, least) if 0 < least < 1 else 1.0


def _as_shares(found: Measured) -> tuple[list[float], float]:
    """What each run shows, from 0 to 1, and the least that its mean has to be; 1 where it cannot be seen."""
    if found.bounds is None:
        return [], 1.0
    low, high = found.bounds
    threshold, sign = found.clause.threshold
    values = [(value - low) / (high - low) for value in found.series if value is not None]
    least = (threshold - low) / (high - low)
    return (values, least) if sign > 0 else ([1 - value for value in values], 1 - least)


def _seen(told: ClauseResult, found: Measured, level: float) -> ClauseResult:
    return replace(told, result=BROKEN, reason="", interval=_not_refuted(found, level), confidence=1 - level)


def _not_refuted(found: Measured, level: float) -> Interval:
    """All that the figure may still be: what no wager has refuted, to one side."""
    assert found.bounds is not None
    low, high = found.bounds
    values, least = _as_shares(found)
    refuted, open_ = least, 0.0
    for _ in range(STEPS):
        middle = (refuted + open_) / 2
        refuted, open_ = (middle, open_) if anytime_p(values, middle) <= level else (refuted, middle)
    end = low + refuted * (high - low)
    return (
        Interval(low, end) if found.clause.threshold[1] > 0 else Interval(high - refuted * (high - low), high)
    )


def _left_open(told: ClauseResult) -> ClauseResult:
    """A census has counted what there is; it holds of so many runs as were made, which is not what was
    asked."""
    if told.result == BROKEN and told.clause.is_census:
        return told
    return replace(told, result=INCONCLUSIVE, reason=STOPPED) if told.result in (HOLDS, BROKEN) else told

"""The verdict: each clause judged on its sample, the run judged on its clauses.

A clause holds if its whole interval meets the threshold, is broken if none of it does, and is
inconclusive otherwise or without data. Run: broken > inconclusive > holds. Several clauses are
corrected for by Holm's method. An invalid run, or one without overload, concludes nothing; only a
counter-example to a "never" clause stands all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from loadgen.contracts import Clause, Contract
from loadgen.verdict.measures import Measured, measure
from loadgen.verdict.sample import Sample
from loadgen.verdict.statistics import Interval, holm, lag_one_correlation, smallest_deciding_alpha
from loadgen.verdict.tally import Tally
from mock_exchange.errors import THROTTLED
from mock_exchange.gateway.attempt import CLASSES

HOLDS = "holds"
BROKEN = "broken"
INCONCLUSIVE = "inconclusive"
NOT_ASKED = "not asked"
"""The scenario does not pose the question; the clause counts neither way."""
EXIT_STATUS = {HOLDS: 0, BROKEN: 1, INCONCLUSIVE: 3}

UNSEEN = "the exchange's journal is not at hand: what only its engine knows cannot be judged"
CORRELATED = 0.6
"""Lag-one correlation of ten batches above which they do not count as independent (two-sigma bound)."""


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """A judged clause. `numerator`/`denominator` are counts at `vantage`; a census has no interval."""

    clause: Clause
    result: str
    vantage: str
    numerator: int
    denominator: int
    estimate: float | None
    interval: Interval | None
    confidence: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    result: str
    reasons: list[str]
    precondition: ClauseResult
    clauses: list[ClauseResult]


def _side(measured: Measured, alpha: float) -> str:
    """Where the whole interval at this error level lies."""
    interval = measured.interval(alpha)
    threshold, sign = _threshold(measured.clause)
    if sign * interval.low >= sign * threshold and sign * interval.high >= sign * threshold:
        return HOLDS
    if sign * interval.low < sign * threshold and sign * interval.high < sign * threshold:
        return BROKEN
    return INCONCLUSIVE


def judge(contract: Contract, tally: Tally, invalid: list[str], *, batched: bool) -> Judgement:
    """Judge a run. `invalid` lists why its figures cannot be trusted; `batched` says that samples are
    batches of one run, which conclude nothing while neighbours correlate."""
    alpha = 1 - contract.confidence
    unseen = [clause for clause in contract.clauses if tally.blind and clause.needs_journal]
    statistical = [c for c in contract.clauses if not c.is_census and c not in unseen]
    measured = [measure(clause, tally) for clause in statistical]
    asked = [m for m in measured if not m.not_asked]
    levels = holm([smallest_deciding_alpha(partial(_decides, m)) for m in asked], alpha)
    decided = {
        m.clause.id: _decide(m, ok, level, batched) for m, (ok, level) in zip(asked, levels, strict=True)
    }
    decided |= {m.clause.id: _not_asked(m) for m in measured if m.not_asked}
    decided |= {c.id: _unknowable(c) for c in unseen}
    whole = tally.merged()
    clauses = [
        decided[clause.id] if clause.id in decided else _census(clause, whole) for clause in contract.clauses
    ]
    if tally.blind and contract.precondition.needs_journal:
        precondition = _unknowable(contract.precondition)
    else:
        precondition = _decide(measure(contract.precondition, tally), True, alpha, False)
    return _combine(precondition, clauses, invalid)


def _combine(precondition: ClauseResult, clauses: list[ClauseResult], invalid: list[str]) -> Judgement:
    all_silent = all(c.result == NOT_ASKED for c in clauses)
    counter_examples = [c for c in clauses if c.clause.is_census and c.result == BROKEN]
    reasons = list(invalid)
    if precondition.reason == UNSEEN and not invalid:
        reasons.append(f"whether there was an overload: {UNSEEN}")
    elif precondition.denominator < precondition.clause.minimum and not invalid:
        reasons.append(f"whether there was an overload: {precondition.reason or 'no data'}; run longer")
    elif precondition.result != HOLDS and not invalid:
        what = "of openings were refused for capacity"
        if precondition.clause.measure == "excess-demand":
            what = "of seconds had more offered than the venue can do"
        needed = precondition.clause.at_least
        reasons.append(
            f"no overload to speak of: {precondition.estimate or 0.0:.1%} {what}, {needed:.0%} are needed"
        )
    if counter_examples:
        result = BROKEN
    elif invalid or precondition.result != HOLDS:
        result = INCONCLUSIVE
    elif any(c.result == BROKEN for c in clauses):
        result = BROKEN
    elif any(c.result == INCONCLUSIVE for c in clauses) or all_silent:
        result = INCONCLUSIVE
    else:
        result = HOLDS
    if not invalid:
        reasons += [
            f"{c.clause.id}: {c.reason}"
            for c in clauses
            if c.reason and result != HOLDS and (c.result != NOT_ASKED or all_silent)
        ]
    return Judgement(result, reasons, precondition, clauses)


def _threshold(clause: Clause) -> tuple[float, int]:
    """(threshold, sign): a value meets the clause if sign · value ≥ sign · threshold."""
    if clause.at_least is not None:
        return clause.at_least, 1
    assert clause.at_most is not None
    return clause.at_most, -1


def _decides(measured: Measured, alpha: float) -> bool:
    return _side(measured, alpha) != INCONCLUSIVE


def _unknowable(clause: Clause) -> ClauseResult:
    return ClauseResult(clause, INCONCLUSIVE, "engine", 0, 0, None, None, 1.0, UNSEEN)


def _not_asked(measured: Measured) -> ClauseResult:
    return ClauseResult(
        measured.clause, NOT_ASKED, measured.vantage, 0, 0, None, None, 1.0, measured.not_asked
    )


def _decide(measured: Measured, ok: bool, level: float, batched: bool) -> ClauseResult:
    clause = measured.clause
    reason = ""
    result = _side(measured, level) if ok else INCONCLUSIVE
    if measured.least < clause.minimum:
        result = INCONCLUSIVE
        reason = f"only {measured.least} in the sample, {clause.minimum} are needed"
    elif result == INCONCLUSIVE:
        reason = "the interval contains the threshold"
    elif batched and len(measured.series) > 2 and lag_one_correlation(measured.series) > CORRELATED:
        result = INCONCLUSIVE
        reason = "neighbouring batches of this run still correlate; run longer, or in simulation"
    return ClauseResult(
        clause,
        result,
        measured.vantage,
        measured.numerator,
        measured.denominator,
        measured.estimate,
        measured.interval(level) if measured.least else None,
        1 - level,
        reason,
    )


def _census(clause: Clause, whole: Sample) -> ClauseResult:
    """Counts over the run itself: no interval, one counter-example is enough."""
    refused = sum(whole.codes[group, THROTTLED] for group in CLASSES)
    if clause.measure == "over-hard-cap":
        found = sum(n for (held, slots), n in whole.over_full.items() if held > clause.factor * slots)
        of, vantage = whole.admitted, "gateway"
    elif clause.measure == "throttled":
        found, of, vantage = whole.codes[clause.group, THROTTLED], whole.attempts(clause.group), "client"
    elif clause.measure == "refused-yet-executed":
        found, of, vantage = whole.executed_refusals, refused, "client and engine"
    else:
        found, of, vantage = whole.counted_refusals, refused, "client and gateway"
    result = BROKEN if found else HOLDS if of >= clause.minimum else INCONCLUSIVE
    reason = ""
    if found:
        reason = f"{found} counter-examples among {of}"
    elif result == INCONCLUSIVE:
        reason = f"only {of} in the sample, {clause.minimum} are needed"
    return ClauseResult(clause, result, vantage, found, of, None, None, 1.0, reason)

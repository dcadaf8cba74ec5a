"""The verdict: each clause judged on its sample, the run judged on its clauses.

A clause holds if its whole interval meets the threshold, is broken if none of it does, and is
inconclusive otherwise or without data. Run: broken > inconclusive > holds. Several clauses are
corrected for by Holm's method. An invalid run, or one without overload, concludes nothing; only a
counter-example to a "never" clause stands all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from loadgen.contracts import Clause, Contract
from loadgen.verdict.statistics import (
    Interval,
    KaplanMeier,
    gap_interval,
    holm,
    lag_one_correlation,
    share_interval,
    smallest_deciding_alpha,
    total,
    wilson,
)
from loadgen.verdict.tally import ACCEPTED, Sample, Tally
from mock_exchange.clock import NS_PER_S
from mock_exchange.errors import THROTTLED
from mock_exchange.gateway.attempt import CLASSES, OPENING

HOLDS = "holds"
BROKEN = "broken"
INCONCLUSIVE = "inconclusive"
EXIT_STATUS = {HOLDS: 0, BROKEN: 1, INCONCLUSIVE: 3}

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


@dataclass(slots=True)
class _Measured:
    """A clause's figures before it is decided: what was counted, and an interval for any error level."""

    clause: Clause
    vantage: str
    numerator: int
    denominator: int
    estimate: float | None
    interval: Callable[[float], Interval]
    series: list[float] = field(default_factory=list)

    def decides(self, alpha: float) -> bool:
        return self.side(alpha) != INCONCLUSIVE

    def side(self, alpha: float) -> str:
        interval = self.interval(alpha)
        threshold, sign = _threshold(self.clause)
        if sign * interval.low >= sign * threshold and sign * interval.high >= sign * threshold:
            return HOLDS
        if sign * interval.low < sign * threshold and sign * interval.high < sign * threshold:
            return BROKEN
        return INCONCLUSIVE


def judge(contract: Contract, tally: Tally, invalid: list[str], *, batched: bool) -> Judgement:
    """Judge a run. `invalid` lists why its figures cannot be trusted; `batched` says that samples are
    batches of one run, which conclude nothing while neighbours correlate."""
    alpha = 1 - contract.confidence
    statistical = [clause for clause in contract.clauses if not clause.is_census]
    measured = [_measure(clause, tally) for clause in statistical]
    levels = holm([smallest_deciding_alpha(m.decides) for m in measured], alpha)
    decided = {
        m.clause.id: _decide(m, ok, level, batched) for m, (ok, level) in zip(measured, levels, strict=True)
    }
    whole = tally.merged()
    clauses = [
        _census(clause, whole) if clause.is_census else decided[clause.id] for clause in contract.clauses
    ]
    precondition = _decide(_measure(contract.precondition, tally), True, alpha, False)
    return _combine(precondition, clauses, invalid)


def _combine(precondition: ClauseResult, clauses: list[ClauseResult], invalid: list[str]) -> Judgement:
    counter_examples = [c for c in clauses if c.clause.is_census and c.result == BROKEN]
    reasons = list(invalid)
    if precondition.result != HOLDS and not invalid:
        share = precondition.estimate or 0.0
        reasons.append(
            f"no overload to speak of: {share:.1%} of opening attempts were refused for capacity, "
            f"{precondition.clause.at_least:.0%} are needed"
        )
    if counter_examples:
        result = BROKEN
    elif invalid or precondition.result != HOLDS:
        result = INCONCLUSIVE
    elif any(c.result == BROKEN for c in clauses):
        result = BROKEN
    elif any(c.result == INCONCLUSIVE for c in clauses):
        result = INCONCLUSIVE
    else:
        result = HOLDS
    if not invalid:
        reasons += [f"{c.clause.id}: {c.reason}" for c in clauses if c.reason and result != HOLDS]
    return Judgement(result, reasons, precondition, clauses)


def _threshold(clause: Clause) -> tuple[float, int]:
    """(threshold, sign): a value meets the clause if sign · value ≥ sign · threshold."""
    if clause.at_least is not None:
        return clause.at_least, 1
    assert clause.at_most is not None
    return clause.at_most, -1


def _decide(measured: _Measured, ok: bool, level: float, batched: bool) -> ClauseResult:
    clause = measured.clause
    reason = ""
    result = measured.side(level) if ok else INCONCLUSIVE
    if measured.denominator < clause.minimum:
        result = INCONCLUSIVE
        reason = f"only {measured.denominator} in the sample, {clause.minimum} are needed"
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
        measured.interval(level) if measured.denominator else None,
        1 - level,
        reason,
    )


def _measure(clause: Clause, tally: Tally) -> _Measured:
    if clause.measure == "served-within":
        return _served_within(clause, tally)
    if clause.measure == "refusal-gap":
        first = [sample.against(clause.group) for sample in tally.samples]
        second = [sample.against(clause.against) for sample in tally.samples]
        (k1, n1), (k2, n2) = total(first), total(second)
        gap = k1 / n1 - clause.factor * k2 / n2 if n1 and n2 else None
        series = [
            a / m - clause.factor * b / n for (a, m), (b, n) in zip(first, second, strict=True) if m and n
        ]
        return _Measured(
            clause,
            "client",
            k1,
            min(n1, n2),
            gap,
            lambda a: gap_interval(first, second, clause.factor, a),
            series,
        )
    if clause.measure == "opening-refused":
        counts = [sample.against(OPENING) for sample in tally.samples]
    else:
        counts = [_accepted(sample, clause.group) for sample in tally.samples]
    successes, trials = total(counts)
    return _Measured(
        clause,
        "client",
        successes,
        trials,
        successes / trials if trials else None,
        lambda a: share_interval(counts, a),
        [k / n for k, n in counts if n],
    )


def _accepted(sample: Sample, group: str) -> tuple[int, int]:
    return sample.kinds[group, ACCEPTED], sample.against(group)[1]


def _served_within(clause: Clause, tally: Tally) -> _Measured:
    """Kaplan–Meier share at the horizon, over replications if there are several."""
    horizon = round(clause.seconds * NS_PER_S)
    pooled = KaplanMeier(tally.all_durations())
    share = pooled.served_by(horizon)
    parts = [KaplanMeier(durations) for durations in tally.durations if durations]
    trials = pooled.trials_at(horizon)

    def interval(alpha: float) -> Interval:
        independent = wilson(share * trials, trials, alpha)
        if not pooled.reaches(horizon):
            independent = Interval(independent.low, 1.0)
        if len(parts) < 2:
            return independent
        scaled = [(round(part.served_by(horizon) * part.count), part.count) for part in parts]
        return share_interval(scaled, alpha).hull(independent)

    served = sum(d.served and d.length_ns <= horizon for d in tally.all_durations())
    estimate = share if pooled.count else None
    series = [part.served_by(horizon) for part in parts]
    return _Measured(clause, "engine", served, pooled.count, estimate, interval, series)


def _census(clause: Clause, whole: Sample) -> ClauseResult:
    """Counts over the run itself: no interval, one counter-example is enough."""
    refused = sum(whole.codes[group, THROTTLED] for group in CLASSES)
    if clause.measure == "throttled":
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

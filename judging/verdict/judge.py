"""The verdict: each clause judged on its sample, the run judged on its clauses.

A clause holds if its whole interval meets the threshold and enough whole runs were seen that did not fall
short (judging/rarest.py); it is broken if none of the interval meets the threshold, and inconclusive
otherwise or without data. Run: broken > inconclusive > holds. Of several readings of one promise the best
counts: what may be understood in two ways is kept if it is kept in one.

Where one clause is enough, chance has as many tries as there are clauses: *broken* is corrected for by Holm's
method, *holds* in one of several readings by Bonferroni's. Where all must hold it has one try, and nothing is
corrected for (Berger's intersection-union test, Technometrics 24, 1982).

A run without overload concludes nothing, but for a counter-example to a "never" clause. An invalid run
concludes nothing either, but for a lie: refused for sure, and executed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from judging.clause import Clause
from judging.contracts import Contract
from judging.counting.sample import Sample
from judging.counting.tally import Tally
from judging.measures import Census, Measured, measure_of, measured, needs_journal, stands_by_itself
from judging.rarest import Rarest
from judging.statistics import Interval, holm, lag_one_correlation, smallest_deciding_alpha
from judging.verdict.whole_runs import asked_of, failures, side_of, too_many, worst_of
from judging.verdict.words import BEST_FIRST, BROKEN, HOLDS, INCONCLUSIVE, NOT_ASKED, Result
from run_records.words import CANCEL, OPENING, REDUCING, Group

SPANNING = "the interval contains the threshold"
UNSEEN = "the exchange's journal is not at hand: what only its engine knows cannot be judged"
INVALID = "the run is invalid"
CORRELATED = 0.6
"""Lag-one correlation of ten batches above which they do not count as independent (two-sigma bound)."""
WAITS_CORRELATED = 0.5
"""The same of the mean waits of fifty parts. Refusals at critical load come in bursts too rare to show that a
queue remembers longer than a batch; waits show it (docs/statistics.md)."""
KNOWN_PARTS = 25
"""Parts with an accepted order that a class's waits must have to tell anything."""
_CLASS_OF = {
    Group.OPENING: OPENING,
    Group.FEIGNED: OPENING,
    Group.REDUCING: REDUCING,
    Group.TRULY_REDUCING: REDUCING,
    Group.EXITING: REDUCING,
    Group.CANCEL: CANCEL,
}
"""In whose queues a group's attempts wait."""


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """A judged clause. `numerator`/`denominator` are counts at `vantage`; a census has no interval."""

    clause: Clause
    result: Result
    vantage: str
    numerator: int
    denominator: int
    estimate: float | None
    interval: Interval | None
    confidence: float
    reason: str = ""
    rarest: Rarest | None = None
    """Of a clause that speaks of the scenario: what the sample says of whole runs."""
    worst: tuple[int, float] | None = None
    """The run or batch that fared worst, and what it shows."""
    batched: bool = False
    """Whether these are batches of one run."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a run: the result, why, and each clause of the contract."""

    result: Result
    reasons: list[str]
    precondition: ClauseResult
    clauses: list[ClauseResult]
    readings: dict[str, Result]
    """How the promise fares in each of its readings."""


def _side(found: Measured, alpha: float) -> Result:
    """Where the whole interval at this error level lies."""
    return side_of(found.clause, found.interval(alpha))


def judge(
    contract: Contract,
    tally: Tally,
    invalid: list[str],
    rarest: float | None = None,
    for_broken: float = 1.0,
) -> Judgement:
    """Judge a run. `invalid` lists why its figures cannot be trusted. Samples that are batches of one run
    conclude nothing while neighbours correlate. `rarest` is the largest share of whole runs in which any
    clause may fail unnoticed; None asks what the mode offers. `for_broken` is the part of the error that is
    left for *broken*, where earlier looks have had the rest."""
    alpha = 1 - contract.confidence
    unseen = [clause for clause in contract.clauses if tally.blind and needs_journal(clause)]
    statistical = [c for c in contract.clauses if not c.is_census and c not in unseen]
    figures = [measured(clause, tally) for clause in statistical]
    asked = [m for m in figures if not m.not_asked]
    levels = holm([smallest_deciding_alpha(partial(_is_broken, m)) for m in asked], alpha * for_broken)
    decided = {
        m.clause.id: _broken(m, level) if broken else _held(m, _level_of(m.clause, contract))
        for m, (broken, level) in zip(asked, levels, strict=True)
    }
    decided = {
        m.clause.id: _weighed(
            m, decided[m.clause.id], tally, asked_of(m.clause, rarest, batched=tally.batched), alpha
        )
        for m in asked
    }
    decided |= {m.clause.id: _not_asked(m) for m in figures if m.not_asked}
    decided |= {c.id: _unknowable(c) for c in unseen}
    whole = tally.merged()
    clauses = [
        decided[clause.id] if clause.id in decided else _census(clause, whole) for clause in contract.clauses
    ]
    if tally.blind and needs_journal(contract.precondition):
        precondition = _unknowable(contract.precondition)
    else:
        found = measured(contract.precondition, tally)
        precondition = _on_enough(found, _plain(found, _side(found, alpha), alpha), "")
    if invalid:
        clauses = [_on_an_invalid_run(result) for result in clauses]
    return combined(contract, precondition, clauses, invalid)


def _on_an_invalid_run(found: ClauseResult) -> ClauseResult:
    """Whatever the figures show, nothing follows from them, but for a lie."""
    lie = found.result == BROKEN and stands_by_itself(found.clause)
    if lie or found.result not in (HOLDS, BROKEN):
        return found
    return replace(found, result=INCONCLUSIVE, reason=INVALID)


def combined(
    contract: Contract, precondition: ClauseResult, clauses: list[ClauseResult], invalid: list[str]
) -> Judgement:
    """What follows of a run from its judged clauses."""
    readings = {name: _of_reading(name, clauses) for name in contract.readings}
    results = [c.result for c in clauses if not c.clause.reading]
    best = min(readings.values(), key=BEST_FIRST.index, default=NOT_ASKED)
    results.append(best)
    reasons = list(invalid)
    if not invalid:
        reasons += _about_overload(precondition)
    if _has_counter_example(contract, clauses):
        result = BROKEN
    elif invalid or precondition.result != HOLDS:
        result = INCONCLUSIVE
    else:
        result = _worst(results, INCONCLUSIVE)
    if not invalid:
        silent = all(c.result == NOT_ASKED for c in clauses)
        reasons += [
            f"{c.clause.id}: {c.reason or _falls_short(c)}"
            for c in clauses
            if (c.result == result != HOLDS or (silent and c.reason))
            and readings.get(c.clause.reading, best) == best
        ]
    return Judgement(result, reasons, precondition, clauses, readings)


def _falls_short(result: ClauseResult) -> str:
    threshold, sign = result.clause.threshold
    share = 0.0 if result.estimate is None else result.estimate
    return f"{share:.2%}, {'at least' if sign > 0 else 'at most'} {threshold:.0%} is needed"


def _worst(results: list[Result], nothing: Result) -> Result:
    """Of several that must all hold; `nothing` if nothing is asked."""
    asked = [result for result in results if result != NOT_ASKED]
    return max(asked, key=BEST_FIRST.index, default=nothing)


def _of_reading(name: str, clauses: list[ClauseResult]) -> Result:
    return _worst([c.result for c in clauses if c.clause.reading == name], NOT_ASKED)


def _has_counter_example(contract: Contract, clauses: list[ClauseResult]) -> bool:
    """Whether a "never" clause is broken that must hold, or one in every reading."""
    broken = {c.clause.reading for c in clauses if c.clause.is_census and c.result == BROKEN}
    return "" in broken or (bool(contract.readings) and broken >= set(contract.readings))


def _about_overload(precondition: ClauseResult) -> list[str]:
    """Why the run may not have posed the question."""
    if precondition.reason == UNSEEN:
        return [f"whether there was an overload: {UNSEEN}"]
    if precondition.denominator < precondition.clause.minimum:
        return [f"whether there was an overload: {precondition.reason or 'no data'}; run longer"]
    return [] if precondition.result == HOLDS else [_no_overload(precondition)]


def _no_overload(precondition: ClauseResult) -> str:
    what = "of openings were refused for capacity"
    if precondition.clause.measure == "excess-demand":
        what = "of seconds had more offered than the venue can do"
    share, needed = precondition.estimate or 0.0, precondition.clause.at_least or 0.0
    if share >= needed:
        return (
            f"whether there is an overload: {share:.1%} {what} here, but the interval reaches below the "
            f"{needed:.0%} needed; more replications, or a longer run, will tell"
        )
    return f"no overload to speak of: {share:.1%} {what}, {needed:.0%} are needed"


def _is_broken(found: Measured, alpha: float) -> bool:
    return _side(found, alpha) == BROKEN


def _level_of(clause: Clause, contract: Contract) -> float:
    """The error level at which a clause holds: of several readings any may be the one that is kept."""
    alpha = 1 - contract.confidence
    return alpha / len(contract.readings) if clause.reading else alpha


def _unknowable(clause: Clause) -> ClauseResult:
    return ClauseResult(clause, INCONCLUSIVE, clause.vantage, 0, 0, None, None, 1.0, UNSEEN)


def _not_asked(found: Measured) -> ClauseResult:
    return ClauseResult(found.clause, NOT_ASKED, found.clause.vantage, 0, 0, None, None, 1.0, found.not_asked)


def _memory(found: Measured, tally: Tally) -> str:
    """Why the batches of one run do not count as independent; empty if they do, or there are none."""
    if not tally.batched:
        return ""
    if len(found.series) > 2 and lag_one_correlation(found.series) > CORRELATED:
        return "neighbouring batches of this run still correlate; run longer, or in simulation"
    for klass in _queues_of(found.clause, tally):
        means = [total / count if count else None for total, count in tally.waits.get(klass, ())]
        if lag_one_correlation(means) > WAITS_CORRELATED:
            return (
                "waits correlate over more than a batch: a queue's memory, or a load that changes by plan; "
                "run longer, or in simulation"
            )
    return ""


def _queues_of(clause: Clause, tally: Tally) -> list[str]:
    """Classes whose waits show the memory of what the clause measures. Openings wait in front of everything:
    they are asked where an order's place among them counts, and where too few others were accepted."""
    groups = [group for group in (clause.group, clause.against) if group]
    classes = {_CLASS_OF[Group(group)] for group in groups or _CLASS_OF}
    known = [klass for klass in classes if sum(n > 0 for _, n in tally.waits.get(klass, ())) >= KNOWN_PARTS]
    if clause.measure == "ahead-in-queue" or len(known) < len(classes):
        classes.add(OPENING)
    return sorted(classes)


def _plain(found: Measured, result: Result, level: float) -> ClauseResult:
    """What the interval says, before anything else is weighed."""
    return ClauseResult(
        found.clause,
        result,
        found.clause.vantage,
        found.numerator,
        found.denominator,
        found.estimate,
        found.interval(level) if found.least else None,
        1 - level,
        SPANNING if result == INCONCLUSIVE else "",
    )


def _broken(found: Measured, level: float) -> ClauseResult:
    return _plain(found, BROKEN, level)


def _held(found: Measured, level: float) -> ClauseResult:
    return _plain(found, HOLDS if _side(found, level) == HOLDS else INCONCLUSIVE, level)


def _weighed(found: Measured, told: ClauseResult, tally: Tally, asked: float, alpha: float) -> ClauseResult:
    """The same with what stands in its way: too small a sample, a memory, whole runs that fell short."""
    told = replace(
        _on_enough(found, told, _memory(found, tally)),
        rarest=failures(found, asked, alpha),
        worst=worst_of(found),
        batched=tally.batched,
    )
    if told.result != HOLDS or told.rarest is None or told.rarest.enough:
        return told
    return replace(told, result=INCONCLUSIVE, reason=too_many(told.rarest, alpha, batched=tally.batched))


def _on_enough(found: Measured, told: ClauseResult, memory: str) -> ClauseResult:
    minimum = found.clause.minimum
    if found.least < minimum:
        return replace(
            told, result=INCONCLUSIVE, reason=f"only {found.least} in the sample, {minimum} are needed"
        )
    return replace(told, result=INCONCLUSIVE, reason=memory) if memory else told


def _census(clause: Clause, whole: Sample) -> ClauseResult:
    """Counts over the run itself: no interval, one counter-example is enough."""
    measure = measure_of(clause)
    assert isinstance(measure, Census), "an expectation has an interval"
    found, of = measure.count(clause, whole)
    result = BROKEN if found else HOLDS if of >= max(1, clause.minimum) else INCONCLUSIVE
    reason = ""
    if found:
        reason = f"{found} counter-examples among {of}"
    elif result is INCONCLUSIVE:
        reason = f"only {of} in the sample, {clause.minimum} are needed"
    return ClauseResult(clause, result, clause.vantage, found, of, None, None, 1.0, reason)

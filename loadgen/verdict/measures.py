"""What each measure of a contract measures: counts at a vantage, and an interval for any error level.

accepted-share    of a group's attempts that the venue had to accept, those accepted
opening-refused   of opening attempts, those refused for the venue's reasons
refusal-gap       refusal share of a group − factor · that of another
served-within     of intents, those whose own fills complete them within `seconds` (Kaplan–Meier)
leak              share of feigned attempts that get a slot − share of honest openings that do
parity            accepted share of the worst-served quarter of exiting accounts − factor · the best quarter's
starved-moments   of the fifths of a second with five openings offered or more, those with none accepted
excess-demand     of all seconds, those in which more work was offered than the venue can do
goodput           of the capacity in seconds with excess demand, the part that went into answers that counted
ahead-in-queue    of orders claiming to reduce that came while openings waited, those before most of these
unhurried         of exiting attempts accepted, those answered within `factor` times what one alone takes
recovered         accepted share of openings from `seconds` after the load has fallen
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from loadgen.contracts import Clause
from loadgen.verdict.sample import ACCEPTED, FEIGNED, Pair, Sample
from loadgen.verdict.statistics import Interval, KaplanMeier, gap_interval, share_interval, total, wilson
from loadgen.verdict.tally import Tally
from mock_exchange.clock import NS_PER_S
from mock_exchange.gateway.attempt import OPENING

LEAST_BY_ACCOUNT = 10
"""Attempts of an account below which nothing follows from how it fared."""


@dataclass(slots=True)
class Measured:
    """A clause's figures before it is decided; `least` is the smallest sample that any of them rests on.
    `series` has one value for each replication or
    batch; `not_asked` is why the scenario does not pose this question, empty if it does."""

    clause: Clause
    numerator: int
    denominator: int
    least: int
    estimate: float | None
    interval: Callable[[float], Interval]
    series: list[float] = field(default_factory=list)
    not_asked: str = ""


def measure(clause: Clause, tally: Tally) -> Measured:
    """Measure one clause that speaks of the scenario (an expectation)."""
    name = clause.measure
    if name == "served-within":
        return _served_within(clause, tally)
    if name == "refusal-gap":
        first = [sample.against(clause.group) for sample in tally.samples]
        second = [sample.against(clause.against) for sample in tally.samples]
        return _gap(clause, first, second, clause.factor)
    if name == "leak":
        first = [sample.past_gate.get(FEIGNED, (0, 0)) for sample in tally.samples]
        second = [sample.past_gate.get(OPENING, (0, 0)) for sample in tally.samples]
        measured = _gap(clause, first, second, 1.0)
        measured.not_asked = "" if tally.feigned else "nobody in this scenario feigns to reduce"
        return measured
    if name == "parity":
        return _parity(clause, tally)
    if name == "recovered":
        measured = _share(clause, [_after(s, clause.seconds) for s in tally.samples])
        measured.not_asked = "" if tally.recovers else "the load of this scenario does not fall"
        return measured
    counts = _counted(clause)
    return _share(clause, [counts(sample) for sample in tally.samples])


def _counted(clause: Clause) -> Callable[[Sample], Pair]:
    """Counts of one sample, for the measures that are plain shares."""
    shares: dict[str, Callable[[Sample], Pair]] = {
        "opening-refused": lambda s: s.against(OPENING),
        "accepted-share": lambda s: (s.kinds[clause.group, ACCEPTED], s.against(clause.group)[1]),
        "starved-moments": lambda s: s.opening_moments,
        "excess-demand": lambda s: s.demanded_seconds,
        "goodput": lambda s: s.work,
        "ahead-in-queue": lambda s: s.ahead,
        "unhurried": lambda s: _within(s, clause.factor),
    }
    return shares[clause.measure]


def _share(clause: Clause, counts: list[Pair]) -> Measured:
    successes, trials = total(counts)
    return Measured(
        clause,
        successes,
        trials,
        trials,
        successes / trials if trials else None,
        lambda a: share_interval(counts, a),
        [k / n for k, n in counts if n],
    )


def _gap(clause: Clause, first: list[Pair], second: list[Pair], factor: float) -> Measured:
    (k1, n1), (k2, n2) = total(first), total(second)
    return Measured(
        clause,
        k1,
        n1,
        min(n1, n2),
        k1 / n1 - factor * k2 / n2 if n1 and n2 else None,
        lambda a: gap_interval(first, second, factor, a),
        [a / m - factor * b / n for (a, m), (b, n) in zip(first, second, strict=True) if m and n],
    )


def _within(sample: Sample, factor: float) -> Pair:
    within = sum(count for multiple, count in sample.slowness.items() if multiple <= factor)
    return within, sample.slowness.total()


def _after(sample: Sample, grace_s: float) -> Pair:
    return total(sample.after_fall[math.ceil(grace_s) :])


def _parity(clause: Clause, tally: Tally) -> Measured:
    """Who is worst and best served is chosen on one half of the samples and measured on the other, and the
    other way round: chosen and measured on the same data, the gap between extremes would be chance."""
    first: list[Pair] = []
    second: list[Pair] = []
    chosen = [_extremes(tally.samples[half::2]) for half in (0, 1)]
    for number, sample in enumerate(tally.samples):
        worst, best = chosen[1 - number % 2]
        first.append(total([sample.accounts.get(name, (0, 0)) for name in worst]))
        second.append(total([sample.accounts.get(name, (0, 0)) for name in best]))
    return _gap(clause, first, second, clause.factor)


def _extremes(samples: list[Sample]) -> tuple[list[str], list[str]]:
    """Names of the worst-served and of the best-served quarter of the accounts; none with fewer than two."""
    whole = Sample()
    for sample in samples:
        whole.add(sample)
    shares = {name: k / n for name, (k, n) in whole.accounts.items() if n >= LEAST_BY_ACCOUNT}
    if len(shares) < 2:
        return [], []
    ranked = sorted(shares, key=lambda name: (shares[name], name))
    quarter = -(-len(ranked) // 4)
    return ranked[:quarter], ranked[-quarter:]


def _served_within(clause: Clause, tally: Tally) -> Measured:
    """Kaplan–Meier share at the horizon, over replications if there are several. Counted are those whose fate
    by then is known: a decision just before the end of the run says nothing either way."""
    horizon = round(clause.seconds * NS_PER_S)
    pooled = KaplanMeier(tally.all_durations())
    share = pooled.served_by(horizon)
    parts = [KaplanMeier(durations) for durations in tally.durations if durations]
    trials = pooled.trials_at(horizon)

    def interval(alpha: float) -> Interval:
        independent = wilson(share * trials, trials, alpha)
        if not pooled.reaches(horizon):
            independent = Interval(independent.low, 1.0)
        scaled = [(round(part.served_by(horizon) * part.count), part.count) for part in parts]
        return share_interval(scaled, alpha).hull(independent)

    served = sum(d.served and d.length_ns <= horizon for d in tally.all_durations())
    watched = sum(d.served or d.length_ns > horizon for d in tally.all_durations())
    estimate = share if pooled.count else None
    series = [part.served_by(horizon) for part in parts]
    return Measured(clause, served, watched, pooled.count, estimate, interval, series)

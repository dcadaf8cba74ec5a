"""What a measure is, and the two ways to count: a share or a gap over samples, or a census of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from judging.clause import RUN, SCENARIO, Clause
from judging.counting.sample import Pair, Sample
from judging.counting.tally import Tally
from judging.rarest import exact_gap, exact_share
from judging.statistics import Interval, Part, gap_interval, share_interval, total
from run_records.words import Group

JOURNAL_GROUPS = frozenset((Group.TRULY_REDUCING, Group.EXITING, Group.FEIGNED))
"""Groups that only an engine can tell."""


@dataclass(slots=True)
class Measured:
    """A clause's figures before it is decided."""

    clause: Clause
    numerator: int
    denominator: int
    least: int
    """The smallest sample that any of the figures rests on."""
    estimate: float | None
    interval: Callable[[float], Interval]
    """For any error level."""
    series: list[float | None] = field(default_factory=list)
    """One value for each replication or part; None for one that shows nothing."""
    units: Callable[[float], list[Interval]] = lambda alpha: []
    """What each of them allows the figure to be by itself, for any error level."""
    bounds: tuple[float, float] | None = None
    """Between which each of `series` lies, where the figure is their mean; None where it is not."""
    not_asked: str = ""
    """Why the scenario does not pose this question; empty if it does."""


class Measure:
    """One thing that clauses can ask for, all of it in one file."""

    name: ClassVar[str]
    words: ClassVar[str]
    """What it measures, with the clause's own values: `{group}`, `{against}`, `{factor:g}`, `{seconds:g}`,
    `{code}`."""
    meaning: ClassVar[str]
    """The same in a sentence for `docs/contracts.md`."""
    vantage: ClassVar[str]
    """Who counts it."""
    speaks_of: ClassVar[str] = SCENARIO
    needs_journal: ClassVar[bool] = False
    """Whether a client alone cannot tell: the exchange has to say what it did, or what it can do."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Keys that a clause must set."""
    takes: ClassVar[tuple[str, ...]] = ()
    """Keys that it may set."""
    groups: ClassVar[tuple[str, ...]] = ()
    """Those that a clause may name; empty for any."""
    whole_factor: ClassVar[bool] = False
    may_be_condition: ClassVar[bool] = False
    """Whether a contract's precondition may ask for it."""

    def shown(self, clause: Clause) -> str:
        """What a clause measures, in words."""
        return text_of(
            self, {name: getattr(clause, name) for name in ("group", "against", "code", "factor", "seconds")}
        )


def text_of(measure: Measure, values: dict[str, object]) -> str:
    """The words of a measure with a clause's values, as a document holds them."""
    code = values.get("code")
    filled = {
        "group": "",
        "against": "",
        "factor": 0.0,
        "seconds": 0.0,
        **values,
        "code": code or "no capacity",
    }
    return measure.words.format(**filled)


class Expectation(Measure):
    """A measure that speaks of the scenario: it has an interval over replications or parts."""

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        raise NotImplementedError


class Share(Expectation):
    """The plainest of them: one (part, whole) a sample."""

    def counts(self, clause: Clause, sample: Sample) -> Part:
        raise NotImplementedError

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        return share_of(clause, [self.counts(clause, sample) for sample in tally.samples])


class Census(Measure):
    """A count over the run itself: one counter-example breaks the clause."""

    speaks_of = RUN
    stands_by_itself: ClassVar[bool] = False
    """Whether a counter-example is a lie told by the venue, which no stall excuses: it stands on an invalid
    run, too."""

    def count(self, clause: Clause, whole: Sample) -> Pair:
        """(counter-examples, cases)."""
        raise NotImplementedError


def share_of(clause: Clause, counts: Sequence[Part]) -> Measured:
    """Σ part / Σ whole."""
    successes, trials = sum(k for k, _ in counts), sum(n for _, n in counts)
    return Measured(
        clause,
        round(successes),
        trials,
        trials,
        successes / trials if trials else None,
        lambda alpha: share_interval(counts, alpha),
        [k / n if n else None for k, n in counts],
        lambda alpha: [exact_share(k, n, alpha) for k, n in counts],
        (0.0, 1.0),
    )


def gap_of(clause: Clause, first: Sequence[Pair], second: Sequence[Pair], factor: float) -> Measured:
    """share(first) − factor · share(second)."""
    (k1, n1), (k2, n2) = total(first), total(second)
    both = list(zip(first, second, strict=True))
    return Measured(
        clause,
        k1,
        n1,
        min(n1, n2),
        k1 / n1 - factor * k2 / n2 if n1 and n2 else None,
        lambda alpha: gap_interval(first, second, factor, alpha),
        [a / m - factor * b / n if m and n else None for (a, m), (b, n) in both],
        lambda alpha: [exact_gap(a, b, factor, alpha) for a, b in both],
        (-factor, 1.0),
    )

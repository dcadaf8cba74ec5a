"""The counts of one run, made of its records; and those of several replications put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from judging.counting.batches import Parts
from judging.counting.books import Books
from judging.counting.breakdown import Breakdown, BreakingDown
from judging.counting.decisions import Decisions, Fate
from judging.counting.delays import Delays
from judging.counting.halves import Halves
from judging.counting.queue_order import QueueOrder
from judging.counting.reenactment import Reenacting, Reenactment
from judging.counting.sample import Pair, Sample, SampleCounts, plus
from judging.counting.seconds import Seconds
from judging.counting.waits import Waits
from judging.counting.watched import Watched
from judging.reading.ended import Collector, Sources, collect
from judging.statistics import Duration
from run_records.terms import Terms


@dataclass(slots=True)
class Tally:
    """All that a verdict rests on."""

    samples: list[Sample] = field(default_factory=list)
    """One for each replication, or for each part of a run over sockets."""
    durations: list[list[Duration]] = field(default_factory=list)
    """By sample, of decisions to reduce until they were served."""
    fates: Counter[Fate] = field(default_factory=Counter)
    wrong_books: list[str] = field(default_factory=list)
    """Where Little's law did not hold."""
    books: int = 0
    """How many queues closed their books."""
    reenactments: list[Reenactment] = field(default_factory=list)
    """The runs held against a report, where the scenario has one."""
    breakdowns: list[Breakdown] = field(default_factory=list)
    """All runs taken apart."""
    feigned: bool = False
    """Whether the scenario asks about cheats."""
    recovers: bool = False
    """Whether it asks about recovery."""
    batched: bool = False
    """The samples are parts of one run."""
    waits: dict[str, list[Pair]] = field(default_factory=dict)
    """Of a batched run, as `waits.Waits` counts them."""
    blind: bool = False
    """No journal of the exchange is at hand: only what clients saw is known."""

    def merged(self) -> Sample:
        whole = Sample()
        for sample in self.samples:
            whole.add(sample)
        return whole

    def all_durations(self) -> list[Duration]:
        return [duration for group in self.durations for duration in group]


def tally(sources: Sources, terms: Terms, batches: int = 1, more: Sequence[Collector] = ()) -> Tally:
    """Read one run's records once. With `batches` > 1 the attempts are cut by intended time into equal parts.
    `more` collectors read along. Raises UnreadableError, OSError, ValueError."""
    parts, watched = Parts(terms.duration_ns, batches), Watched(terms.reported)
    breakdown = Breakdown.of(terms, blind=sources.journal is None)
    counts, seconds, order = SampleCounts(terms, parts), Seconds(terms), QueueOrder(parts)
    delays, halves = Delays(terms, parts), Halves(terms, parts)
    decisions = Decisions(terms.duration_ns, parts, breakdown.rates, watched)
    books, waits = Books(), Waits(terms.duration_ns)
    collectors: list[Collector] = [counts, order, seconds, delays, halves]
    collectors += [BreakingDown(breakdown, watched), decisions, books]
    reenactments = [] if terms.reported is None else [Reenactment(terms.reported, rates=breakdown.rates)]
    collectors += [Reenacting(found, watched) for found in reenactments]
    if batches > 1:
        collectors.append(waits)
    whole = collect(sources, terms, [*collectors, *more])
    samples = counts.samples
    seconds.fill(samples)
    delays.fill(samples)
    halves.fill(samples)
    for sample, pair in zip(samples, order.pairs(), strict=True):
        sample.ahead = pair
    # The engine's books know the whole run, not its parts: one sample carries it, and their sum is right.
    samples[0].engine_ns = plus(samples[0].engine_ns, (0, books.engine_ns))
    return Tally(
        samples=samples,
        durations=decisions.durations,
        fates=decisions.fates,
        wrong_books=books.wrong,
        books=books.queues,
        reenactments=reenactments,
        breakdowns=[breakdown],
        feigned=bool(terms.feigning),
        recovers=terms.recovers_at_ns is not None,
        batched=batches > 1,
        waits=waits.by_class,
        blind=whole.blind,
    )


def combine(tallies: Iterable[Tally]) -> Tally:
    """Several replications as one tally, one sample each."""
    whole = Tally()
    for one in tallies:
        whole.samples += one.samples
        whole.durations += one.durations
        whole.fates.update(one.fates)
        whole.wrong_books += one.wrong_books
        whole.books += one.books
        whole.reenactments += one.reenactments
        whole.breakdowns += one.breakdowns
        whole.feigned = whole.feigned or one.feigned
        whole.recovers = whole.recovers or one.recovers
        whole.blind = whole.blind or one.blind
    return whole

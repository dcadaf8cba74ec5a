"""How long an exit waits beside the openings admitted in the same second: a place at the back of the queue
shows there, though everybody be let in."""

from __future__ import annotations

from collections import defaultdict

from judging.counting.batches import Parts
from judging.counting.sample import Sample
from judging.reading.ended import Collector, Ended
from judging.reading.kinds import ACCEPTED
from run_records.terms import Terms
from run_records.units import NS_PER_S
from run_records.words import OPENING

FEWEST_OPENINGS = 5
"""Openings of a second below which nothing is compared with them."""
HUNDREDTHS = 100
LONGEST = 1_000_000
"""Hundredths above which it does not matter how many."""


class Delays(Collector):
    """Answers of attempts that were let in and accepted, by the second in which they were let in."""

    def __init__(self, terms: Terms, parts: Parts) -> None:
        self._terms = terms
        self._parts = parts
        self._opening: defaultdict[int, list[int]] = defaultdict(list)
        self._exiting: defaultdict[int, list[int]] = defaultdict(list)

    def count(self, ended: Ended) -> None:
        seen = ended.seen
        if seen is None or ended.kind is not ACCEPTED or seen.admitted < 0:
            return
        if ended.row.klass is OPENING:
            self._opening[seen.admitted // NS_PER_S].append(seen.at - seen.arrived)
        if ended.exiting:
            self._exiting[seen.admitted // NS_PER_S].append(seen.at - seen.arrived)

    def fill(self, samples: list[Sample]) -> None:
        """By sample: how many exits took how many hundredths of what the median opening took, after a mean
        time alone has been taken off."""
        for second, waits in self._exiting.items():
            openings = sorted(self._opening[second])
            if len(openings) < FEWEST_OPENINGS:
                continue
            median = max(1, openings[len(openings) // 2])
            alone = self._terms.at(second * NS_PER_S).alone_ns
            behind = samples[self._parts.of(second * NS_PER_S)].behind
            for wait in waits:
                behind[min(LONGEST, max(0, -(-(wait - alone) * HUNDREDTHS // median)))] += 1

"""How long accepted attempts took over a run's length: a queue's memory shows there, though nobody be
refused."""

from __future__ import annotations

from judging.counting.batches import Parts
from judging.counting.sample import Pair, plus
from judging.reading.ended import Collector, Ended
from judging.reading.kinds import ACCEPTED

WAIT_PARTS = 50


class Waits(Collector):
    """By class and WAIT_PARTS equal parts of a run, (sum of nanoseconds from due to answered, how many)."""

    def __init__(self, duration_ns: int) -> None:
        self._parts = Parts(duration_ns, WAIT_PARTS)
        self.by_class: dict[str, list[Pair]] = {}

    def count(self, ended: Ended) -> None:
        if ended.kind is ACCEPTED:
            parts = self.by_class.setdefault(ended.row.klass, [(0, 0)] * WAIT_PARTS)
            place = self._parts.of(ended.row.intended)
            parts[place] = plus(parts[place], (ended.row.answered - ended.row.intended, 1))

"""Of the capacity in seconds with excess demand, the part that went into answers that counted."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share


class Goodput(Share):
    name = "goodput"
    words = "of the capacity in demand, work that counted"
    meaning = "of the capacity in seconds with excess demand, the part that went into answers that counted"
    vantage = "engine"
    needs_journal = True

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        return sample.work

"""Of the fifths of a second in which somebody tried to get out, those in which nobody got in."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share


class ShutMoments(Share):
    name = "shut-moments"
    words = "fifths of a second in which the exit was shut"
    meaning = "of the fifths of a second with an exiting attempt or more, those with none accepted"
    vantage = "client"
    needs_journal = True

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        return sample.exit_moments

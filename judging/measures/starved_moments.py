"""Of the fifths of a second with five openings offered or more, those with none accepted."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share


class StarvedMoments(Share):
    name = "starved-moments"
    words = "fifths of a second in which no opening was accepted"
    meaning = "of the fifths of a second with five openings offered or more, those with none accepted"
    vantage = "client"

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        return sample.opening_moments

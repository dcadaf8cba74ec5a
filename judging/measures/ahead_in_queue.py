"""Of orders claiming to reduce that came while openings waited, those that got before most of these."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share
from run_records.words import Group


class AheadInQueue(Share):
    name = "ahead-in-queue"
    words = "of {group} orders that came while openings waited, those that got before most of them"
    meaning = (
        "of orders claiming to reduce that came while openings waited, those that got before most of these"
    )
    vantage = "engine"
    needs_journal = True
    needs = ("group",)
    groups = (Group.REDUCING,)

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        return sample.ahead

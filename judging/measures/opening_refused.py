"""Of opening attempts, those refused for the venue's reasons."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share
from run_records.words import Group


class OpeningRefused(Share):
    name = "opening-refused"
    words = "opening attempts refused for capacity"
    meaning = "of opening attempts, those refused for the venue's reasons"
    vantage = "client"
    may_be_condition = True

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        return sample.against(Group.OPENING)

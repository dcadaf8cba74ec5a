"""Of all seconds, those in which more work was offered than the venue can do."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share


class ExcessDemand(Share):
    name = "excess-demand"
    words = "seconds with more offered than the venue can do"
    meaning = "of all seconds, those in which more work was offered than the venue can do"
    vantage = "client"
    needs_journal = True
    may_be_condition = True

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        return sample.demanded_seconds

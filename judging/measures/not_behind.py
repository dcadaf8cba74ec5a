"""Of exiting attempts accepted, those that waited no longer than an opening of the same second."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.delays import HUNDREDTHS
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share
from run_records.words import Group


class NotBehind(Share):
    name = "not-behind"
    words = "{group} attempts accepted that took at most {factor:g} × the median opening of the same second"
    meaning = (
        "of exiting attempts accepted, those that took no longer than `factor` times the median of the "
        "openings let in within the same second, and the mean time of one alone; where half of them did, so "
        "did the median"
    )
    vantage = "gateway"
    needs_journal = True
    needs = ("group", "factor")
    groups = (Group.EXITING,)

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        most = round(clause.factor * HUNDREDTHS)
        return sum(count for n, count in sample.behind.items() if n <= most), sample.behind.total()

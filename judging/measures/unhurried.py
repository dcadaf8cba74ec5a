"""Of exiting attempts or cancels accepted, those answered within `factor` times what one alone takes."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share
from run_records.words import Group


class Unhurried(Share):
    name = "unhurried"
    words = "{group} attempts accepted, answered within {factor:g} × what one alone takes"
    meaning = (
        "of exiting attempts or cancels accepted, those answered within `factor` times what one alone takes"
    )
    vantage = "gateway"
    needs_journal = True
    needs = ("group", "factor")
    groups = (Group.EXITING, Group.CANCEL)
    whole_factor = True

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        took = [(n, count) for (group, n), count in sample.slowness.items() if group == clause.group]
        return sum(count for n, count in took if n <= clause.factor), sum(count for _, count in took)

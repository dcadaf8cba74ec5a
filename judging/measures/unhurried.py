"""Of exiting attempts accepted, those answered within `factor` times what one alone takes."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share
from run_records.words import Group


class Unhurried(Share):
    name = "unhurried"
    words = "{group} attempts accepted, answered within {factor:g} × what one alone takes"
    meaning = "of exiting attempts accepted, those answered within `factor` times what one alone takes"
    vantage = "gateway"
    needs_journal = True
    needs = ("group", "factor")
    only_group = Group.EXITING
    whole_factor = True

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        within = sum(count for multiple, count in sample.slowness.items() if multiple <= clause.factor)
        return within, sample.slowness.total()

"""Admissions beyond `factor` times a node's slots."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Census


class OverHardCap(Census):
    name = "over-hard-cap"
    words = "admissions beyond {factor:g} × a node's slots"
    meaning = "admissions beyond `factor` times a node's slots"
    vantage = "gateway"
    needs_journal = True
    needs = ("factor",)

    def count(self, clause: Clause, whole: Sample) -> Pair:
        beyond = sum(n for (held, slots), n in whole.over_full.items() if held > clause.factor * slots)
        return beyond, whole.admitted

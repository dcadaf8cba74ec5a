"""Attempts refused for want of capacity (with `code`) that the engine executed all the same."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample, with_code
from judging.measures.base import Census


class RefusedYetExecuted(Census):
    name = "refused-yet-executed"
    words = "{code} answered, yet executed"
    meaning = "attempts refused for want of capacity (with `code`) that the engine executed all the same"
    vantage = "client and engine"
    needs_journal = True
    stands_by_itself = True
    takes = ("code",)

    def count(self, clause: Clause, whole: Sample) -> Pair:
        return with_code(whole.shed_executed, clause.code), whole.shed_with(clause.code)

"""Attempts refused for want of capacity (with `code`) that count against an order limit all the same."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample, with_code
from judging.measures.base import Census


class RefusedYetCounted(Census):
    name = "refused-yet-counted"
    words = "{code} answered, yet counted"
    meaning = (
        "attempts refused for want of capacity (with `code`) that count against an order limit all the same"
    )
    vantage = "client and gateway"
    needs_journal = True
    takes = ("code",)

    def count(self, clause: Clause, whole: Sample) -> Pair:
        return with_code(whole.shed_counted, clause.code), whole.shed_with(clause.code)

"""Attempts refused for want of capacity (with `code`) that count against an order limit all the same."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample, is_code
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
        counted = sum(count for code, count in whole.shed_counted.items() if is_code(code, clause.code))
        return counted, whole.shed_with(clause.code)

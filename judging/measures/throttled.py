"""A group's attempts that were refused for want of capacity, with `code` if the clause names one."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Census


class Throttled(Census):
    name = "throttled"
    words = "{code} on {group} orders"
    meaning = "a group's attempts that were refused for want of capacity, with `code` if the clause names one"
    vantage = "client"
    needs = ("group",)
    takes = ("code",)

    def count(self, clause: Clause, whole: Sample) -> Pair:
        return whole.shed_with(clause.code, (clause.group,)), whole.attempts(clause.group)

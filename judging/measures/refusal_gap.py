"""Whether a group is refused less than another."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured, gap_of


class RefusalGap(Expectation):
    name = "refusal-gap"
    words = "{group} refusal share − {factor:g} × {against}'s"
    meaning = "refusal share of a group − `factor` · that of another"
    vantage = "client"
    needs = ("group", "against")
    takes = ("factor",)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        first = [sample.against(clause.group) for sample in tally.samples]
        second = [sample.against(clause.against) for sample in tally.samples]
        return gap_of(clause, first, second, clause.factor)

"""Whether cheats get more slots than honest openings."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured, gap_of
from run_records.words import Group


class Leak(Expectation):
    name = "leak"
    words = "feigned attempts past the gate − honest openings past it"
    meaning = "share of feigned attempts that get a slot − share of honest openings that do"
    vantage = "gateway"
    needs_journal = True

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        first = [sample.past_gate.get(Group.FEIGNED, (0, 0)) for sample in tally.samples]
        second = [sample.past_gate.get(Group.OPENING, (0, 0)) for sample in tally.samples]
        measured = gap_of(clause, first, second, 1.0)
        measured.not_asked = "" if tally.feigned else "nobody in this scenario feigns to reduce"
        return measured

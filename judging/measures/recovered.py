"""Whether the venue is back to normal when the crowd has gone."""

from __future__ import annotations

import math

from judging.clause import Clause
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured, share_of
from judging.statistics import total


class Recovered(Expectation):
    name = "recovered"
    words = "openings accepted from {seconds:g} s after the load fell"
    meaning = "accepted share of openings from `seconds` after the load has fallen"
    vantage = "client"
    takes = ("seconds",)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        grace = math.ceil(clause.seconds)
        measured = share_of(clause, [total(sample.after_fall[grace:]) for sample in tally.samples])
        measured.not_asked = "" if tally.recovers else "the load of this scenario does not fall"
        return measured

"""Of a group's attempts that the venue had to accept, those accepted."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.measures.base import Share
from judging.reading.kinds import ACCEPTED


class AcceptedShare(Share):
    name = "accepted-share"
    words = "{group} attempts accepted"
    meaning = "of a group's attempts that the venue had to accept, those accepted"
    vantage = "client"
    needs = ("group",)
    may_be_condition = True

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        return sample.kinds[clause.group, ACCEPTED], sample.against(clause.group)[1]

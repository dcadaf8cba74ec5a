"""Whether what is accepted is done: an exit that says yes and executes nothing is none."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.counting.tally import Tally
from judging.measures.base import Measured, Share
from run_records.words import Group


class ExecutedShare(Share):
    name = "executed-share"
    words = "of the quantity of {group} orders that were accepted and were to trade at once, that executed"
    meaning = (
        "of the quantity of accepted orders that claim to reduce and were to trade at once (MARKET, IOC, "
        "FOK), that executed, by the answers of the gateway; counted as if all orders were of the same size. "
        "Not asked where answers do not speak of that"
    )
    vantage = "client"
    needs = ("group",)
    groups = (Group.REDUCING,)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        found = super().measure(clause, tally)
        found.not_asked = "" if found.denominator else "answers here do not say how much was executed"
        return found

    def counts(self, clause: Clause, sample: Sample) -> Pair:
        """What an interval rests on is how many orders there were."""
        millionths, orders = sample.executed
        return round(millionths / 1_000_000), orders

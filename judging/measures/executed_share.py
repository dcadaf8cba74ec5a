"""Whether what is accepted is done: an exit that says yes and executes nothing is none."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Sample
from judging.counting.tally import Tally
from judging.measures.base import Measured, Share
from judging.statistics import Part
from run_records.words import Group


class ExecutedShare(Share):
    name = "executed-share"
    words = "of the quantity of {group} orders that were accepted and were to trade at once, that executed"
    meaning = (
        "of the quantity of accepted orders that claim to reduce and were to trade at once (MARKET, IOC, "
        "FOK), that executed, by the answers of the gateway; counted as if all orders were of the same size. "
        "The load generator asks for answers that say it (`newOrderRespType=RESULT`), so one that does not "
        "counts as nothing executed"
    )
    vantage = "client"
    needs = ("group",)
    groups = (Group.REDUCING,)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        found = super().measure(clause, tally)
        if not found.denominator:
            found.not_asked = "no accepted order that claims to reduce was to trade at once"
        return found

    def counts(self, clause: Clause, sample: Sample) -> Part:
        """Of so many orders, parts of one put together."""
        millionths, orders = sample.executed
        return millionths / 1_000_000, orders

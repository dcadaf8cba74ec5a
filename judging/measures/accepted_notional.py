"""The same as `accepted-share`, by notional: a gateway may be open to small orders alone."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Sample
from judging.measures.base import Share
from judging.statistics import Part
from run_records.words import Group


class AcceptedNotional(Share):
    name = "accepted-notional"
    words = "of the notional of {group} attempts, that accepted"
    meaning = (
        "of the notional of exiting attempts that the venue had to accept, that accepted; counted as if all "
        "attempts of a run were of the same size"
    )
    vantage = "client"
    needs_journal = True
    needs = ("group",)
    groups = (Group.EXITING,)

    def counts(self, clause: Clause, sample: Sample) -> Part:
        """What an interval rests on is how many orders there were, not how much money."""
        accepted, whole = sample.worth
        attempts = sum(n for _, n in sample.accounts.values())
        return (attempts * accepted / whole, attempts) if whole else (0, 0)

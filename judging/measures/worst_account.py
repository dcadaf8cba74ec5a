"""How the account fared that fared worst."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured
from judging.rarest import exact_share
from judging.statistics import Interval, share_interval, total

TOO_FEW = "no account has as many exiting attempts as the clause needs of each"


class WorstAccount(Expectation):
    name = "worst-account"
    words = "exiting attempts accepted of the account that fared worst"
    meaning = (
        "accepted share of exiting attempts of the account that fared worst, of those with `minimum` of "
        "them in all runs together; intervals of all accounts hold together (Bonferroni)"
    )
    vantage = "client"
    needs_journal = True

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        by_account: dict[str, list[Pair]] = {}
        for number, sample in enumerate(tally.samples):
            for name, pair in sample.accounts.items():
                runs = by_account.setdefault(name, [(0, 0)] * len(tally.samples))
                runs[number] = pair
        known = [runs for runs in by_account.values() if total(runs)[1] >= clause.minimum]
        if not known:
            return Measured(clause, 0, 0, 0, None, lambda alpha: Interval(0.0, 1.0), not_asked=TOO_FEW)
        k, n = min((total(runs) for runs in known), key=lambda pair: (pair[0] / pair[1], pair))

        def interval(alpha: float) -> Interval:
            return _least([share_interval(runs, alpha / len(known)) for runs in known])

        def units(alpha: float) -> list[Interval]:
            each = alpha / len(known)
            return [_least([exact_share(k, n, each) for k, n in run]) for run in zip(*known, strict=True)]

        series = [min((k / n for k, n in run if n), default=None) for run in zip(*known, strict=True)]
        return Measured(clause, k, n, n, k / n, interval, series, units)


def _least(each: list[Interval]) -> Interval:
    """Of the smallest of several shares, whose intervals hold together."""
    return Interval(min(one.low for one in each), min(one.high for one in each))

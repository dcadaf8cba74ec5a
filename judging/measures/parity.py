"""Whether accounts with the same need are treated alike."""

from __future__ import annotations

from typing import ClassVar

from judging.clause import Clause
from judging.counting.sample import Pair, Sample, merge
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured, gap_of
from judging.statistics import total
from run_records.words import Group

LEAST_BY_ACCOUNT = 10
"""Attempts of an account below which nothing follows from how it fared."""


class Parity(Expectation):
    name = "parity"
    words = "accepted share of the worst-served quarter of {group} accounts − {factor:g} × the best's"
    meaning = (
        "accepted share of the worst-served quarter of a group's accounts − `factor` · the best quarter's"
    )
    vantage = "client"
    needs_journal = True
    needs = ("group", "factor")
    groups: ClassVar[tuple[str, ...]] = (Group.EXITING, Group.OPENING)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        """Who is worst and best served is chosen on one half of the samples and measured on the other, and
        the other way round: chosen and measured on the same data, the gap between extremes would be
        chance."""
        first: list[Pair] = []
        second: list[Pair] = []
        fared = [_by_account(sample, clause.group) for sample in tally.samples]
        chosen = [extremes(fared[half::2]) for half in (0, 1)]
        for number, accounts in enumerate(fared):
            worst, best = chosen[1 - number % 2]
            first.append(of_all(worst, accounts))
            second.append(of_all(best, accounts))
        found = gap_of(clause, first, second, clause.factor)
        found.bounds = None  # who is worst and best depends on the other runs
        return found


def _by_account(sample: Sample, group: str) -> dict[str, Pair]:
    return sample.openers if group == Group.OPENING else sample.accounts


def of_all(names: list[str], accounts: dict[str, Pair]) -> Pair:
    """How these fared together; who is not there did not try."""
    return total([accounts.get(name, (0, 0)) for name in names])


def extremes(samples: list[dict[str, Pair]]) -> tuple[list[str], list[str]]:
    """Names of the worst-served and of the best-served quarter of the accounts; none with fewer than two."""
    whole: dict[str, Pair] = {}
    for accounts in samples:
        merge(whole, accounts)
    shares = {name: k / n for name, (k, n) in whole.items() if n >= LEAST_BY_ACCOUNT}
    if len(shares) < 2:
        return [], []
    ranked = sorted(shares, key=lambda name: (shares[name], name))
    quarter = -(-len(ranked) // 4)
    return ranked[:quarter], ranked[-quarter:]

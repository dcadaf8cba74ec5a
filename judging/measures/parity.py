"""Whether accounts with the same need are treated alike in each run: others may be favoured in every one."""

from __future__ import annotations

from typing import ClassVar

from judging.clause import Clause
from judging.counting.sample import Pair, Sample, merge
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured, gap_of
from judging.statistics import total
from run_records.words import Group

LEAST_BY_ACCOUNT = 10
"""Attempts in half of a run below which nothing follows from how they fared."""


class Parity(Expectation):
    name = "parity"
    words = "in a run, accepted share of the worst quarter of {group} accounts − {factor:g} × the best's"
    meaning = (
        "accepted share of the worst-served quarter of a group's accounts − `factor` · the best quarter's. "
        "Who they are is chosen in one half of each run and measured in the other, and the other way round; "
        "which seconds belong to which half is drawn from how the run went, so that nobody can know it before"
    )
    vantage = "client"
    needs_journal = True
    needs: ClassVar[tuple[str, ...]] = ("group", "factor")
    groups: ClassVar[tuple[str, ...]] = (Group.EXITING, Group.OPENING)
    too_few: ClassVar[str] = "there are no two accounts to compare"

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        """Chosen and measured on the same data, the gap between extremes would be chance."""
        first: list[Pair] = []
        second: list[Pair] = []
        for run in [tally.samples] if tally.batched else [[sample] for sample in tally.samples]:
            halves = [_halves(*self._fared(clause, sample)) for sample in run]
            chosen = [_extremes([half[side] for half in halves]) for side in (0, 1)]
            for half in halves:
                pairs = [
                    (_of_all(worst, mine), _of_all(best, mine))
                    for mine, (worst, best) in zip(half, reversed(chosen), strict=True)
                ]
                first.append(total([worst for worst, _ in pairs]))
                second.append(total([best for _, best in pairs]))
        found = gap_of(clause, first, second, clause.factor)
        if tally.batched:
            found.bounds = None  # who is worst and best depends on the other parts of the run
        if all(len(self._fared(clause, sample)[0]) < 2 for sample in tally.samples):
            found.not_asked = self.too_few
        return found

    def _fared(self, clause: Clause, sample: Sample) -> tuple[dict[str, Pair], dict[str, Pair]]:
        """In the whole run, and in one half of it."""
        if clause.group == Group.OPENING:
            return sample.openers, sample.half_openers
        return sample.accounts, sample.half_exits


class ParityOfMarkets(Parity):
    name = "parity-of-markets"
    words = (
        "in a run, accepted share of the worst quarter of symbols, sides and sizes − {factor:g} × the best's"
    )
    meaning = (
        "the same of openings by symbol, side and size (powers of four of the notional) instead of by "
        "account: a venue may be shut to one of them"
    )
    needs = ("factor",)
    groups: ClassVar[tuple[str, ...]] = ()
    too_few = "there are no two symbols, sides or sizes to compare"

    def _fared(self, clause: Clause, sample: Sample) -> tuple[dict[str, Pair], dict[str, Pair]]:
        return sample.markets, sample.half_markets


def _halves(whole: dict[str, Pair], half: dict[str, Pair]) -> tuple[dict[str, Pair], dict[str, Pair]]:
    rest = {name: (k - half[name][0], n - half[name][1]) if name in half else (k, n)
            for name, (k, n) in whole.items()}  # fmt: skip
    return half, rest


def _of_all(names: list[str], accounts: dict[str, Pair]) -> Pair:
    """How these fared together; who is not there did not try."""
    return total([accounts.get(name, (0, 0)) for name in names])


def _extremes(samples: list[dict[str, Pair]]) -> tuple[list[str], list[str]]:
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

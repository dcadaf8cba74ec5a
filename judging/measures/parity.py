"""Whether accounts with the same need are treated alike."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured, gap_of
from judging.statistics import total

LEAST_BY_ACCOUNT = 10
"""Attempts of an account below which nothing follows from how it fared."""


class Parity(Expectation):
    name = "parity"
    words = "accepted share of the worst-served quarter of accounts − {factor:g} × the best's"
    meaning = "accepted share of the worst-served quarter of exiting accounts − `factor` · the best quarter's"
    vantage = "client"
    needs_journal = True
    needs = ("factor",)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        """Who is worst and best served is chosen on one half of the samples and measured on the other, and
        the other way round: chosen and measured on the same data, the gap between extremes would be
        chance."""
        first: list[Pair] = []
        second: list[Pair] = []
        chosen = [_extremes(tally.samples[half::2]) for half in (0, 1)]
        for number, sample in enumerate(tally.samples):
            worst, best = chosen[1 - number % 2]
            first.append(total([sample.accounts.get(name, (0, 0)) for name in worst]))
            second.append(total([sample.accounts.get(name, (0, 0)) for name in best]))
        return gap_of(clause, first, second, clause.factor)


def _extremes(samples: list[Sample]) -> tuple[list[str], list[str]]:
    """Names of the worst-served and of the best-served quarter of the accounts; none with fewer than two."""
    whole = Sample()
    for sample in samples:
        whole.add(sample)
    shares = {name: k / n for name, (k, n) in whole.accounts.items() if n >= LEAST_BY_ACCOUNT}
    if len(shares) < 2:
        return [], []
    ranked = sorted(shares, key=lambda name: (shares[name], name))
    quarter = -(-len(ranked) // 4)
    return ranked[:quarter], ranked[-quarter:]

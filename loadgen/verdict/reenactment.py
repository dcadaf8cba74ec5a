"""A run held against what was reported: the watched bots' refusals, the order of the codes, all the rates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from loadgen.scenarios.reported import Reported
from loadgen.verdict.rates import Rates
from mock_exchange.clock import NS_PER_S
from mock_exchange.gateway.attempt import REDUCING

NOT_SEEN = -1.0


@dataclass(slots=True)
class Reenactment:
    """Of one run: `codes` that the watched bots' reducing attempts met inside the window, `first_seen` the
    second at which each code first reached one of them, from the beginning on; `rates` over the window, where
    all attempts were counted and not the bots' alone."""

    reported: Reported
    codes: Counter[int] = field(default_factory=Counter)
    first_seen: dict[int, float] = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)

    def count(self, trader: str, klass: str, code: int, intended: int, answered: int) -> None:
        """One attempt as its client saw it."""
        if klass != REDUCING or not self.reported.concerns(trader):
            return
        if code:
            second = answered / NS_PER_S
            self.first_seen[code] = min(second, self.first_seen.get(code, second))
        if self.reported.from_ns <= intended < self.reported.to_ns:
            self.codes[code] += 1

    @property
    def attempts(self) -> int:
        return self.codes.total()

    @property
    def refused_share(self) -> float | None:
        return 1 - self.codes[0] / self.attempts if self.attempts else None

    @property
    def all_present(self) -> bool:
        return all(code in self.first_seen for group in self.reported.codes for code in group)

    @property
    def in_order(self) -> bool:
        """Every code of a group was first seen after all codes of the groups before."""
        latest = NOT_SEEN
        for group in self.reported.codes:
            instants = [self.first_seen.get(code, NOT_SEEN) for code in group]
            if min(instants) <= latest:
                return False
            latest = max(instants)
        return True

    @property
    def shows_the_picture(self) -> bool:
        """Whether this run looks like what was reported."""
        share = self.refused_share
        return share is not None and share >= self.reported.refused_share and self.in_order


def summary(runs: list[Reenactment]) -> dict[str, Any]:
    """All runs in figures: how many show the picture, the bots' refusals, every rate with its mean and range,
    nearest first to what the provider spoke of."""
    reported = runs[0].reported
    shares = [run.refused_share for run in runs if run.refused_share is not None]
    codes = sorted({code for group in reported.codes for code in group})
    return {
        "runs": len(runs),
        "show_the_picture": sum(run.shows_the_picture for run in runs),
        "refused_enough": sum(share >= reported.refused_share for share in shares),
        "codes_all_present": sum(run.all_present for run in runs),
        "codes_in_order": sum(run.in_order for run in runs),
        "bots": {
            "attempts": [run.attempts for run in runs],
            "refused_share": [_round(run.refused_share) for run in runs],
            "codes": {str(code): count for code, count in sorted(_total(runs).items())},
        },
        "first_seen_s": {
            str(code): [_round(run.first_seen.get(code)) for run in runs] for code in (*codes, -1)
        },
        "provider_share": reported.provider_share,
        "rates": _rates(runs, reported.provider_share),
    }


def _total(runs: list[Reenactment]) -> Counter[int]:
    total: Counter[int] = Counter()
    for run in runs:
        total.update(run.codes)
    return total


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _rates(runs: list[Reenactment], target: float) -> list[dict[str, Any]]:
    table: dict[tuple[str, str, str, str], list[tuple[int, int]]] = {}
    for run in runs:
        for row in run.rates.rows():
            table.setdefault((row.vantage, row.klass, row.counts, row.per), []).append(row.pair)
    rows = []
    for (vantage, klass, what, per), pairs in table.items():
        shares = [part / whole for part, whole in pairs]
        rows.append(
            {
                "vantage": vantage, "class": klass, "counts": what, "per": per,
                "numerator": sum(part for part, _ in pairs), "denominator": sum(n for _, n in pairs),
                "mean": _round(sum(shares) / len(shares)), "least": _round(min(shares)),
                "most": _round(max(shares)),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (abs(row["mean"] - target), row["class"], row["counts"]))

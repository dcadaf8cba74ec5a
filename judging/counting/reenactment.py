"""A run held against what was reported: the watched bots' refusals, the order of the codes, all the rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from judging.counting.rates import Rates, codes_of, in_order
from judging.counting.watched import Watched
from judging.reading.ended import Collector, Ended
from run_records.clients import AttemptRow, Code
from run_records.reported import Reported
from run_records.units import NS_PER_S
from run_records.words import REDUCING, Meaning

NOT_SEEN = -1.0


@dataclass(slots=True)
class Reenactment:
    """Of one run: `codes` that the watched bots' reducing attempts met inside the window, `first_seen` the
    second at which each code first reached one of them, from the beginning on; `rates` over the window, where
    all attempts were counted and not the bots' alone."""

    reported: Reported
    codes: Counter[Code] = field(default_factory=Counter)
    first_seen: dict[Code, float] = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)
    accepted: int = 0

    def count(self, row: AttemptRow) -> None:
        """One attempt to reduce of a watched bot, as it saw it."""
        if row.code:
            second = row.answered / NS_PER_S
            self.first_seen[row.code] = min(second, self.first_seen.get(row.code, second))
        if self.reported.from_ns <= row.intended < self.reported.to_ns:
            self.codes[row.code] += 1
            self.accepted += row.meaning is Meaning.ACCEPTED

    @property
    def attempts(self) -> int:
        return self.codes.total()

    @property
    def refused_share(self) -> float | None:
        return 1 - self.accepted / self.attempts if self.attempts else None

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


class Reenacting(Collector):
    """Counts the watched bots' attempts to reduce."""

    def __init__(self, found: Reenactment, watched: Watched) -> None:
        self._found = found
        self._watched = watched

    def count(self, ended: Ended) -> None:
        if ended.row.klass is REDUCING and self._watched.watches(ended.row.trader):
            self._found.count(ended.row)


def summary(runs: list[Reenactment], code_names: Mapping[str, str]) -> dict[str, Any]:
    """All runs in figures: how many show the picture, the bots' refusals, every rate with its mean and range,
    nearest first to what the provider spoke of."""
    reported = runs[0].reported
    shares = [run.refused_share for run in runs if run.refused_share is not None]
    told = {code for group in reported.codes for code in group}
    codes = sorted(told.union(*(run.first_seen for run in runs)), key=in_order)
    return {
        "runs": len(runs),
        "show_the_picture": sum(run.shows_the_picture for run in runs),
        "refused_enough": sum(share >= reported.refused_share for share in shares),
        "codes_all_present": sum(run.all_present for run in runs),
        "codes_in_order": sum(run.in_order for run in runs),
        "bots": {
            "attempts": [run.attempts for run in runs],
            "refused_share": [_round(run.refused_share) for run in runs],
            "codes": {
                str(code): count
                for code, count in sorted(_total(runs).items(), key=lambda item: in_order(item[0]))
            },
        },
        "first_seen_s": {str(code): [_round(run.first_seen.get(code)) for run in runs] for code in codes},
        "code_names": dict(code_names),
        "provider_share": reported.provider_share,
        "rates": _rates(runs, reported.provider_share),
    }


def _total(runs: list[Reenactment]) -> Counter[Code]:
    total: Counter[Code] = Counter()
    for run in runs:
        total.update(run.codes)
    return total


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _rates(runs: list[Reenactment], target: float) -> list[dict[str, Any]]:
    table: dict[tuple[str, str, str, str], list[tuple[int, int]]] = {}
    codes = codes_of([run.rates for run in runs])
    for run in runs:
        for row in run.rates.rows(codes):
            table.setdefault((row.vantage, row.klass, row.counts, row.per), []).append(row.pair)
    rows = []
    for (vantage, klass, what, per), pairs in table.items():
        shares = [part / whole for part, whole in pairs]
        rows.append(
            {
                "vantage": vantage,
                "class": klass,
                "counts": what,
                "per": per,
                "numerator": sum(part for part, _ in pairs),
                "denominator": sum(n for _, n in pairs),
                "mean": _round(sum(shares) / len(shares)),
                "least": _round(min(shares)),
                "most": _round(max(shares)),
            }
        )
    return sorted(rows, key=lambda row: (abs(row["mean"] - target), row["class"], row["counts"]))

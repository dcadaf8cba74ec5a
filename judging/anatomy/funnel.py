"""Where each attempt of a run ended, cut by any of the things known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from judging.counting.breakdown import NEVER_ARRIVED, NO_JOURNAL
from judging.reading.ended import Collector, Ended, Sources, Whole, collect
from run_records.terms import Terms
from run_records.units import NS_PER_S

CUTS: dict[str, Callable[[Ended], Any]] = {
    "stage": lambda ended: NEVER_ARRIVED if ended.seen is None else ended.seen.stage,
    "class": lambda ended: ended.row.klass,
    "code": lambda ended: ended.row.code,
    "meaning": lambda ended: ended.row.meaning,
    "answered": lambda ended: "" if ended.seen is None else ended.seen.code,
    "judgement": lambda ended: "" if ended.seen is None else ended.seen.judgement,
    "account": lambda ended: ended.row.account,
    "trader": lambda ended: ended.row.trader,
    "symbol": lambda ended: ended.row.symbol,
    "minute": lambda ended: ended.row.intended // (60 * NS_PER_S),
}
"""`code` is what the client saw, `answered` what the exchange said, `minute` when it was due."""


class _Cutting(Collector):
    def __init__(self, by: Sequence[str]) -> None:
        self._by = by
        self.counts: Counter[tuple[Any, ...]] = Counter()

    def begin(self, whole: Whole) -> None:
        cuts = {**CUTS, "stage": lambda ended: NO_JOURNAL} if whole.blind else CUTS
        self._cuts = [cuts[name] for name in self._by]

    def count(self, ended: Ended) -> None:
        self.counts[tuple(cut(ended) for cut in self._cuts)] += 1


def funnel(folders: Sequence[Path], terms: Terms, by: Sequence[str]) -> Counter[tuple[Any, ...]]:
    """Attempts counted over the records in several folders. Raises KeyError for an unknown cut,
    UnreadableError and OSError for what are no records."""
    cutting = _Cutting(by)
    for folder in folders:
        collect(Sources.of(folder), terms, [cutting])
    return cutting.counts

"""How long accepted attempts took, from when they were due to their answer, out to the last percentiles."""

from __future__ import annotations

from array import array
from typing import Any

from judging.reading.ended import Collector, Ended
from run_records.units import NS_PER_S
from run_records.words import Meaning

PERCENTS = (0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999)
"""Even on a log-percentile axis; the last ones are shown if there are as many attempts as they need."""


class Latencies(Collector):
    """How long accepted attempts took, by class, from sending to the answer."""

    def __init__(self) -> None:
        self._by_class: dict[str, array[int]] = {}

    def count(self, ended: Ended) -> None:
        if ended.row.meaning is Meaning.ACCEPTED:
            lengths = self._by_class.setdefault(ended.row.klass.value, array("q"))
            lengths.append(ended.row.answered - ended.row.intended)

    def document(self) -> dict[str, Any]:
        """By class how many, and pairs of (percent, seconds): the least time that so many did not exceed."""
        return {klass: _curve(sorted(lengths)) for klass, lengths in sorted(self._by_class.items())}


def _curve(ordered: list[int]) -> dict[str, Any]:
    count = len(ordered)
    points = [
        [percent, round(ordered[_rank(percent, count)] / NS_PER_S, 6)]
        for percent in PERCENTS
        if count * round((100 - percent) * 1000) >= 100_000
    ]
    return {"count": count, "percentiles": [*points, [100, round(ordered[-1] / NS_PER_S, 6)]]}


def _rank(percent: float, count: int) -> int:
    """Place of the percentile by the nearest-rank definition, from 0."""
    return max(0, -(-round(percent * 1000) * count // 100_000) - 1)

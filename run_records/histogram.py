"""Durations counted in fixed buckets, as plain integers: cheap to observe, exact to add up."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

BOUNDS_S: Final[tuple[float, ...]] = (
    0.0001,
    0.0002,
    0.0005,
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    50.0,
    100.0,
    200.0,
    500.0,
    1000.0,
)
"""Upper bounds of the buckets in seconds; one more has no bound."""
_BOUNDS_NS: Final = tuple(round(bound * 1_000_000_000) for bound in BOUNDS_S)


class DurationHistogram:
    """Counts by bucket and the sum in nanoseconds. Histograms of several processes add up to the one that a
    single process would have counted."""

    __slots__ = ("counts", "total_ns")

    def __init__(self, counts: list[int] | None = None, total_ns: int = 0) -> None:
        self.counts = counts or [0] * (len(_BOUNDS_NS) + 1)
        self.total_ns = total_ns

    def observe(self, duration_ns: int) -> None:
        self.counts[bisect_left(_BOUNDS_NS, duration_ns)] += 1
        self.total_ns += duration_ns

    def add(self, other: DurationHistogram) -> None:
        self.counts = [mine + others for mine, others in zip(self.counts, other.counts, strict=True)]
        self.total_ns += other.total_ns

    @property
    def count(self) -> int:
        return sum(self.counts)

    def quantile_s(self, share: float) -> float | None:
        """The upper bound of the bucket that holds this quantile, in seconds; None without observations, or
        beyond the last bound."""
        wanted = share * self.count
        running = 0
        for bound, count in zip(BOUNDS_S, self.counts, strict=False):
            running += count
            if running and running >= wanted:
                return bound
        return None

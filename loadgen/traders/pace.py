"""How often somebody comes: a Poisson process whose rate changes at given instants."""

from __future__ import annotations

import math
from collections.abc import Generator
from random import Random
from typing import Any, Final

from loadgen.traders.verbs import Sleep

FOR_EVER_NS: Final = 1 << 60


def around(mean_ns: float, rng: Random) -> int:
    """A wait up to a quarter shorter or longer than `mean_ns`: fixed waits would fall into step."""
    return int(mean_ns * (0.75 + 0.5 * rng.random()))


class Pace:
    """Arrivals `mean_gap_ns` apart on average; from each instant in `steps` on, `factor` times as often.

    Exact for a rate that is constant between steps: an arrival is a unit exponential used up along the
    way (time change of the Poisson process), so a step acts at its instant and not an arrival later.
    """

    __slots__ = ("_mean_gap_ns", "_steps")

    def __init__(self, mean_gap_ns: float, steps: tuple[tuple[int, float], ...] = ()) -> None:
        self._mean_gap_ns = mean_gap_ns
        self._steps = steps

    def next(self, now: int, rng: Random) -> Generator[Sleep, Any, int]:
        """Sleep until the next arrival after `now`; returns its instant."""
        gap = self.gap(now, rng)
        yield Sleep(gap)
        return now + gap

    def gap(self, now: int, rng: Random) -> int:
        """Nanoseconds from `now` to the next arrival."""
        if not self._steps:
            return int(-math.log(1.0 - rng.random()) * self._mean_gap_ns)
        left = -math.log(1.0 - rng.random()) * self._mean_gap_ns
        at = now
        factor = 1.0
        for begins, next_factor in (*self._steps, (FOR_EVER_NS, 1.0)):
            if begins > at:
                if factor * (begins - at) >= left:
                    return int(at + left / factor) - now
                left -= factor * (begins - at)
                at = begins
            factor = next_factor
        return FOR_EVER_NS - now

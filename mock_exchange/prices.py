"""What an underlying costs over time, as the rest of the world sees it: the index of a plan.

A path is straight in the logarithm between given points; around it goes a noise that forgets itself
(Ornstein-Uhlenbeck), so that the points are kept on average and nothing is smooth in between.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.randomness import stream


@dataclass(frozen=True, slots=True)
class PricePath:
    """`points` are (instant in nanoseconds, scaled price), the first at 0, in order of time; before and after
    them nothing changes but noise. `noise` is its standard deviation in millionths of the price, `memory_ns`
    its correlation time. Raises ValueError for points that make no path."""

    symbol: Symbol
    points: tuple[tuple[int, int], ...]
    noise: int = 0
    memory_ns: int = 0

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError(f"the prices of {self.symbol.name} need points")
        if any(a[0] >= b[0] for a, b in pairwise(self.points)):
            raise ValueError(f"the prices of {self.symbol.name} must be in order of time")
        least, most = self.symbol.min_price, self.symbol.max_price
        if any(not least <= price <= most for _, price in self.points):
            raise ValueError(f"a price of {self.symbol.name} is outside its price range")
        if self.noise < 0 or (self.noise and self.memory_ns <= 0):
            raise ValueError(f"the noise of {self.symbol.name} needs a correlation time")

    def smooth(self, at: int) -> float:
        """The path without its noise, scaled.

        >>> from mock_exchange.engine.symbols import symbols
        >>> round(PricePath(symbols()["BTCUSDT"], ((0, 10_000_000), (10, 40_000_000))).smooth(5))
        20000000
        """
        place = bisect_right(self.points, at, key=lambda point: point[0])
        if place == 0:
            return float(self.points[0][1])
        begins, price = self.points[place - 1]
        if place == len(self.points):
            return float(price)
        ends, later = self.points[place]
        share = (at - begins) / (ends - begins)
        return math.exp(math.log(price) * (1 - share) + math.log(later) * share)


class Walk:
    """One realisation of a path, walked forward. It starts on the path itself."""

    __slots__ = ("_at", "_offset", "_path", "_rng")

    def __init__(self, path: PricePath, seed: int) -> None:
        self._path = path
        self._rng = stream(seed, "venue", "prices", path.symbol.name)
        self._offset = 0.0
        self._at = 0

    def price(self, at: int) -> int:
        """The price at an instant not before the last one asked for, on the tick grid."""
        path = self._path
        if path.noise:
            kept = math.exp((self._at - at) / path.memory_ns)
            self._offset = self._offset * kept + math.sqrt(1 - kept * kept) * _normal(self._rng)
            self._at = at
        price = path.smooth(at) * math.exp(self._offset * path.noise / RATIO_UNIT)
        symbol = path.symbol
        ticks = round(price / symbol.tick)
        return min(max(ticks * symbol.tick, symbol.min_price), symbol.max_price)


def _normal(rng: Random) -> float:
    """A standard normal draw (Box-Muller), from `random()` alone."""
    return math.sqrt(-2.0 * math.log(1.0 - rng.random())) * math.cos(2.0 * math.pi * rng.random())

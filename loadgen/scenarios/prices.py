"""The `[[prices]]` of a scenario: what an underlying costs over time, each point with its source.

[[prices]]
symbol = "DOGEUSDT"
noise = 0.002            # standard deviation around the path, a fraction of the price
memory_s = 20            # how long the noise remembers itself
depth = "$depth"         # 1: as the points say; 2: every move twice as large (in the logarithm)
path = [
    { at_s = 0, price = "0.2150", source = "assumed" },
    { at_s = 240, price = "0.19245", source = "the trader's own figure" },
]
"""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.symbols import RATIO_UNIT, Symbol, symbols
from mock_exchange.prices import PricePath
from run_records.scaled import parse_scaled
from run_records.units import NS_PER_S

_KEYS = {"symbol", "noise", "memory_s", "depth", "path"}
_POINT = {"at_s", "price", "source"}


def prices_of(row: dict[str, Any]) -> PricePath:
    """Raises ValueError, or KeyError for a key that is missing."""
    if unknown := sorted(set(row) - _KEYS):
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(_KEYS))}")
    symbol = symbols().get(row["symbol"])
    if symbol is None:
        raise ValueError(f"unknown symbol {row['symbol']!r}; known: {', '.join(symbols())}")
    points = [_point(point, symbol) for point in row["path"]]
    depth = row.get("depth", 1.0)
    if not isinstance(depth, int | float) or not 0 <= depth <= 10:
        raise ValueError(f"depth must be a number from 0 to 10, not {depth!r}")
    first = points[0][1] if points else 0
    return PricePath(
        symbol,
        tuple((at, round(first * (price / first) ** depth)) for at, price in points),
        round(row.get("noise", 0) * RATIO_UNIT),
        round(row.get("memory_s", 0) * NS_PER_S),
    )


def _point(row: dict[str, Any], symbol: Symbol) -> tuple[int, int]:
    if not isinstance(row, dict) or set(row) != _POINT:
        raise ValueError(f"a point of a path has {', '.join(sorted(_POINT))}")
    return round(row["at_s"] * NS_PER_S), parse_scaled(row["price"], symbol.price_precision)

"""What everybody can see: prices as the latest look at the public market data brought them."""

from __future__ import annotations

from collections import deque
from typing import Any

from loadgen.traders.verbs import Now, Send, Sleep, Trader
from mock_exchange.engine.symbols import symbols
from run_records.scaled import parse_scaled
from run_records.units import NS_PER_S
from run_records.words import QUERY


class Board:
    """Index, mark and best quotes by symbol (scaled; absent before the first look), and how the marks have
    moved over the last minute of the run's own time (`minute_ns`): `turmoil` is the mean size of the moves,
    `drift` their mean, both as fractions."""

    __slots__ = ("_history", "drift", "index", "mark", "minute_ns", "quotes", "turmoil")

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self.mark: dict[str, int] = {}
        self.quotes: dict[str, tuple[int, int]] = {}
        self.turmoil = 0.0
        self.drift = 0.0
        self.minute_ns = 60 * NS_PER_S
        self._history: deque[tuple[int, dict[str, int]]] = deque()

    def note(self, now: int, premiums: list[dict[str, str]], quotes: list[dict[str, str]]) -> None:
        """Take in the answers of /fapi/v1/premiumIndex and /fapi/v1/ticker/bookTicker."""
        for row in premiums:
            precision = symbols()[row["symbol"]].price_precision
            self.index[row["symbol"]] = _scaled(row["indexPrice"], precision)
            self.mark[row["symbol"]] = _scaled(row["markPrice"], precision)
        for row in quotes:
            precision = symbols()[row["symbol"]].price_precision
            sides = (_scaled(row["bidPrice"], precision), _scaled(row["askPrice"], precision))
            self.quotes[row["symbol"]] = sides
        self._history.append((now, dict(self.mark)))
        while self._history[0][0] < now - self.minute_ns:
            self._history.popleft()
        self._measure()

    def _measure(self) -> None:
        """Moves between the ends of the window; a window that is not full yet counts as if it were."""
        before, after = self._history[0][1], self._history[-1][1]
        moves = [after[name] / price - 1 for name, price in before.items() if price]
        if moves:
            self.turmoil = sum(map(abs, moves)) / len(moves)
            self.drift = sum(moves) / len(moves)


def market_watch(board: Board, every_ns: int) -> Trader:
    """Look at the public market data at a steady pace and write them on the board."""
    yield Sleep(every_ns // 2)
    while True:
        premiums = yield Send("GET", "/fapi/v1/premiumIndex", {}, QUERY)
        quotes = yield Send("GET", "/fapi/v1/ticker/bookTicker", {}, QUERY)
        if premiums.accepted and quotes.accepted:
            now = yield Now()
            board.note(now, _rows(premiums.body()), _rows(quotes.body()))
        yield Sleep(every_ns)


def _rows(body: Any) -> list[dict[str, str]]:
    """A venue of one symbol answers with an object instead of a list."""
    rows: list[dict[str, str]] = body if isinstance(body, list) else [body]
    return rows


def _scaled(text: str, precision: int) -> int:
    """Marks come with more decimals than the price scale has; what is beyond is cut off."""
    whole, _, fraction = text.partition(".")
    return parse_scaled(f"{whole}.{fraction[:precision]}" if precision else whole, precision)

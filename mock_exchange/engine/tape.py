"""A symbol's public trades, and what is derived from them: aggregate trades, klines, day statistics.

Appending is all that happens while orders trade; derived rows are folded when somebody asks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mypy_extensions import mypyc_attr

from mock_exchange.engine.entries import Fill

TRADES_KEPT: Final = 20_000
"""Older trades and aggregates leave the tape; bars are kept."""
MINUTE_MS: Final = 60_000


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
@dataclass(slots=True)
class Bar:
    """Open, high, low, close (scaled prices), base and quote volume, trade count; taker buys apart."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    first_id: int
    last_id: int
    volume: int = 0
    quote: int = 0
    count: int = 0
    taker_volume: int = 0
    taker_quote: int = 0

    def copy(self) -> Bar:
        """A bar of its own with the same figures."""
        return Bar(
            self.start_ms, self.open, self.high, self.low, self.close, self.first_id, self.last_id,
            self.volume, self.quote, self.count, self.taker_volume, self.taker_quote,
        )  # fmt: skip

    def absorb(self, other: Bar) -> None:
        """Add a later bar to this one."""
        self.high = max(self.high, other.high)
        self.low = min(self.low, other.low)
        self.close = other.close
        self.last_id = other.last_id
        self.volume += other.volume
        self.quote += other.quote
        self.count += other.count
        self.taker_volume += other.taker_volume
        self.taker_quote += other.taker_quote


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
@dataclass(slots=True)
class Aggregate:
    """Fills of one taking order at one price and instant."""

    aggregate_id: int
    price: int
    quantity: int
    first_id: int
    last_id: int
    at_ms: int
    taker_order: int
    buyer_is_maker: bool


def _bar_of(trade: Fill, start_ms: int) -> Bar:
    quote = trade.symbol.notional(trade.price, trade.quantity)
    price = trade.price
    bar = Bar(start_ms, price, price, price, price, trade.trade_id, trade.trade_id, trade.quantity, quote, 1)
    if trade.side > 0:
        bar.taker_volume, bar.taker_quote = trade.quantity, quote
    return bar


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Tape:
    """Trades in order of their ids, each as its taker's side."""

    __slots__ = ("_folded", "_minutes", "_next_aggregate", "_sealed", "aggregates", "trades")

    def __init__(self) -> None:
        self.trades: deque[Fill] = deque(maxlen=TRADES_KEPT)
        self.aggregates: deque[Aggregate] = deque(maxlen=TRADES_KEPT)
        self._minutes: list[Bar] = []
        self._folded = 0
        self._next_aggregate = 1
        self._sealed = 0

    def fold(self) -> None:
        """Bring aggregates and minute bars up to the last trade."""
        # Newest first until one that is known, then oldest first: whoever asks often looks at little.
        for trade in reversed(list(self._unfolded())):
            self._fold(trade)

    def keep_up(self) -> None:
        """Fold before trades leave that nobody has asked about."""
        if len(self.trades) == TRADES_KEPT:
            self.fold()

    def seal(self) -> None:
        """The last aggregate has been published: it grows no more."""
        self._sealed = self.aggregates[-1].aggregate_id if self.aggregates else 0

    def _unfolded(self) -> Iterator[Fill]:
        for trade in reversed(self.trades):
            if trade.trade_id <= self._folded:
                return
            yield trade

    def _fold(self, trade: Fill) -> None:
        self._folded = trade.trade_id
        last = self.aggregates[-1] if self.aggregates else None
        taker = trade.order_id
        if (
            last is not None
            and last.aggregate_id > self._sealed
            and (last.taker_order, last.price, last.at_ms) == (taker, trade.price, trade.at_ms)
        ):
            last.quantity += trade.quantity
            last.last_id = trade.trade_id
        else:
            ids = (trade.trade_id, trade.trade_id)
            self.aggregates.append(
                Aggregate(
                    self._next_aggregate,
                    trade.price,
                    trade.quantity,
                    *ids,
                    trade.at_ms,
                    taker,
                    trade.side < 0,
                )
            )
            self._next_aggregate += 1
        bar = _bar_of(trade, trade.at_ms - trade.at_ms % MINUTE_MS)
        if self._minutes and self._minutes[-1].start_ms == bar.start_ms:
            self._minutes[-1].absorb(bar)
        else:
            self._minutes.append(bar)

    def bars(self, interval_ms: int, start_ms: int, end_ms: int, offset_ms: int = 0) -> list[Bar]:
        """Bars of `interval_ms` (whole minutes) that open within the given times and saw trades.
        `offset_ms` shifts the grid, for weeks that begin on Monday."""
        self.fold()
        result: list[Bar] = []
        first = bisect_left(self._minutes, start_ms, key=lambda bar: bar.start_ms)
        for minute in self._minutes[first:]:
            opens = minute.start_ms - (minute.start_ms - offset_ms) % interval_ms
            if opens > end_ms:
                break
            if result and result[-1].start_ms == opens:
                result[-1].absorb(minute)
            elif opens >= start_ms:
                copy = minute.copy()
                copy.start_ms = opens
                result.append(copy)
        return result

    def last_bar(self, before_ms: int) -> Bar | None:
        """The last minute with trades before `before_ms`."""
        self.fold()
        place = bisect_left(self._minutes, before_ms, key=lambda bar: bar.start_ms)
        return self._minutes[place - 1] if place else None

    def window(self, now_ms: int, length_ms: int) -> Bar | None:
        """One bar over the last `length_ms`, to the minute; None without trades."""
        self.fold()
        first = bisect_left(self._minutes, now_ms - length_ms, key=lambda bar: bar.start_ms)
        total: Bar | None = None
        for minute in self._minutes[first:]:
            if total is None:
                total = minute.copy()
            else:
                total.absorb(minute)
        return total

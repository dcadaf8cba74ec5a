"""Market data events as the venue sends them, and what has to be remembered between two of them."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Order
from mock_exchange.engine.market import Market
from mock_exchange.engine.marking import next_funding
from mock_exchange.wire.queries.market import bar_at, next_opening
from mock_exchange.wire.render import market as render
from mock_exchange.wire.render.orders import average_price
from run_records.scaled import format_scaled, format_trimmed

Event = dict[str, Any]


class DepthDiff:
    """Changed levels since the last event. `pu` of each event is `u` of the one before, so that a local
    book can tell whether it has missed one."""

    __slots__ = ("_asks", "_bids", "_first", "_last")

    def __init__(self, market: Market) -> None:
        self._bids: set[int] = set()
        self._asks: set[int] = set()
        self._last = market.update_id
        self._first = True

    def add(self, bids: set[int], asks: set[int]) -> None:
        self._bids |= bids
        self._asks |= asks

    def take(self, market: Market, now_ms: int) -> Event | None:
        """The event of everything added since the last one; None if nothing was."""
        last, now = self._last, market.update_id
        if now == last:
            return None
        symbol = market.symbol
        bids = [(price, market.bids.total_at(price)) for price in sorted(self._bids, reverse=True)]
        asks = [(price, market.asks.total_at(price)) for price in sorted(self._asks)]
        self._bids, self._asks, self._last = set(), set(), now
        # a snapshot taken before the first event must lie inside it
        first, self._first = last + (not self._first), False
        return {
            "e": "depthUpdate", "E": now_ms, "T": now_ms, "s": symbol.name, "U": first, "u": now,
            "pu": last, "b": render.levels(bids, symbol), "a": render.levels(asks, symbol),
        }  # fmt: skip


def partial_depth(market: Market, levels: int, last: int, now_ms: int) -> Event:
    """The best levels as they stand; `last` is the update that was sent before."""
    symbol = market.symbol
    return {
        "e": "depthUpdate", "E": now_ms, "T": now_ms, "s": symbol.name, "U": last + 1, "u": market.update_id,
        "pu": last, "b": render.levels(market.bids.depth(levels), symbol),
        "a": render.levels(market.asks.depth(levels), symbol),
    }  # fmt: skip


def book_ticker(market: Market, now_ms: int) -> Event:
    bid, bid_quantity = render.best(market.bids, market.symbol)
    ask, ask_quantity = render.best(market.asks, market.symbol)
    return {
        "e": "bookTicker", "u": market.update_id, "E": now_ms, "T": now_ms, "s": market.symbol.name,
        "b": bid, "B": bid_quantity, "a": ask, "A": ask_quantity,
    }  # fmt: skip


def aggregate_trades(market: Market, after: int, now_ms: int) -> list[Event]:
    """Aggregate trades with ids above `after`; none of them grows any more."""
    market.tape.fold()
    market.tape.seal()
    found = []
    for row in reversed(market.tape.aggregates):
        if row.aggregate_id <= after:
            break
        event = {"e": "aggTrade", "E": now_ms, "s": market.symbol.name}
        found.append({**event, **render.aggregate(row, market.symbol)})
    return found[::-1]


def mark_price(market: Market, now_ms: int) -> Event:
    symbol = market.symbol
    index = render.price_text(market.index, symbol)
    return {
        "e": "markPriceUpdate", "E": now_ms, "s": symbol.name, "p": render.price_text(market.mark, symbol),
        "i": index, "P": index, "r": format_scaled(market.marking.rate(symbol.funding_cap), 8),
        "T": next_funding(now_ms),
    }  # fmt: skip


def kline(market: Market, interval: str, opens_ms: int, now_ms: int) -> Event | None:
    """The bar that opens at `opens_ms`, once there has been a trade; flat if nothing has traded in it."""
    bar = bar_at(market, interval, opens_ms)
    if bar is None:
        return None
    close_ms = next_opening(interval, opens_ms) - 1
    row = render.kline(bar, close_ms, market.symbol)
    names = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
    k = dict(zip(names, row, strict=True))
    k.update(s=market.symbol.name, i=interval, f=bar.first_id, L=bar.last_id, x=now_ms > close_ms)
    return {"e": "kline", "E": now_ms, "s": market.symbol.name, "k": k}


def force_order(order: Order, now_ms: int) -> Event:
    """A liquidation as the public sees it."""
    pp, qp = order.symbol.price_precision, order.symbol.quantity_precision
    filled = format_trimmed(order.filled, qp)
    return {
        "e": "forceOrder",
        "E": now_ms,
        "o": {
            "s": order.symbol.name, "S": "BUY" if order.side > 0 else "SELL", "o": "LIMIT", "f": "IOC",
            "q": format_trimmed(order.quantity, qp), "p": format_trimmed(order.price, pp),
            "ap": average_price(order) if order.filled else "0", "X": order.status, "l": filled, "z": filled,
            "T": order.updated_ms,
        },
    }  # fmt: skip


def ticker(market: Market, now_ms: int) -> Event:
    day = render.day_ticker(market, now_ms)
    return {
        "e": "24hrTicker", "E": now_ms, "s": day["symbol"], "p": day["priceChange"],
        "P": day["priceChangePercent"], "w": day["weightedAvgPrice"], "c": day["lastPrice"],
        "Q": day["lastQty"], "o": day["openPrice"], "h": day["highPrice"], "l": day["lowPrice"],
        "v": day["volume"], "q": day["quoteVolume"], "O": day["openTime"], "C": day["closeTime"],
        "F": day["firstId"], "L": day["lastId"], "n": day["count"],
    }  # fmt: skip


def mini_ticker(market: Market, now_ms: int) -> Event:
    day = ticker(market, now_ms)
    return {
        "e": "24hrMiniTicker",
        "E": now_ms,
        **{key: day[key] for key in ("s", "c", "o", "h", "l", "v", "q")},
    }

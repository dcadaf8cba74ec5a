"""Books, trades, bars and prices."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.book import BookSide
from mock_exchange.engine.entries import Fill
from mock_exchange.engine.market import Market
from mock_exchange.engine.symbols import Symbol
from mock_exchange.engine.tape import Aggregate, Bar
from run_records.scaled import format_scaled, format_trimmed

_PRICE_DIGITS = 8
DAY_MS = 86_400_000


def price_text(price: int, symbol: Symbol) -> str:
    """A mark or index price with the venue's eight decimals."""
    return format_scaled(price * 10 ** (_PRICE_DIGITS - symbol.price_precision), _PRICE_DIGITS)


def levels(rows: list[tuple[int, int]], symbol: Symbol) -> list[list[str]]:
    """(price, quantity) rows as pairs of texts."""
    return [
        [format_scaled(price, symbol.price_precision), format_scaled(quantity, symbol.quantity_precision)]
        for price, quantity in rows
    ]


def depth(market: Market, limit: int, epoch_ms: int) -> dict[str, Any]:
    return {
        "lastUpdateId": market.update_id,
        "E": epoch_ms,
        "T": epoch_ms,
        "bids": levels(market.bids.depth(limit), market.symbol),
        "asks": levels(market.asks.depth(limit), market.symbol),
    }


def best(side: BookSide, symbol: Symbol) -> tuple[str, str]:
    """Price and quantity of the best level; zeros for an empty side."""
    level = side.best()
    price, total = (level.price, level.total) if level is not None else (0, 0)
    return format_scaled(price, symbol.price_precision), format_scaled(total, symbol.quantity_precision)


def book_ticker(market: Market, epoch_ms: int) -> dict[str, Any]:
    symbol = market.symbol
    bid, bid_quantity = best(market.bids, symbol)
    ask, ask_quantity = best(market.asks, symbol)
    return {
        "symbol": symbol.name,
        "bidPrice": bid,
        "bidQty": bid_quantity,
        "askPrice": ask,
        "askQty": ask_quantity,
        "time": epoch_ms,
        "lastUpdateId": market.update_id,
    }


def trade(row: Fill) -> dict[str, Any]:
    """A public trade, by its taker's side."""
    symbol = row.symbol
    return {
        "id": row.trade_id,
        "price": format_trimmed(row.price, symbol.price_precision),
        "qty": format_trimmed(row.quantity, symbol.quantity_precision),
        "quoteQty": format_trimmed(symbol.notional(row.price, row.quantity), 8),
        "time": row.at_ms,
        "isBuyerMaker": row.side < 0,
    }


def aggregate(row: Aggregate, symbol: Symbol) -> dict[str, Any]:
    return {
        "a": row.aggregate_id,
        "p": format_trimmed(row.price, symbol.price_precision),
        "q": format_trimmed(row.quantity, symbol.quantity_precision),
        "f": row.first_id,
        "l": row.last_id,
        "T": row.at_ms,
        "m": row.buyer_is_maker,
    }


def kline(bar: Bar, close_ms: int, symbol: Symbol) -> list[Any]:
    """The venue's array of twelve."""
    pp, qp = symbol.price_precision, symbol.quantity_precision
    return [
        bar.start_ms,
        *(format_scaled(price, pp) for price in (bar.open, bar.high, bar.low, bar.close)),
        format_scaled(bar.volume, qp),
        close_ms,
        format_trimmed(bar.quote, 8),
        bar.count,
        format_scaled(bar.taker_volume, qp),
        format_trimmed(bar.taker_quote, 8),
        "0",
    ]


def day_ticker(market: Market, epoch_ms: int) -> dict[str, Any]:
    """Rolling day statistics, to the minute; zeros without trades."""
    symbol = market.symbol
    bar = market.tape.window(epoch_ms, DAY_MS) or Bar(0, 0, 0, 0, 0, 0, 0)
    pp, qp = symbol.price_precision, symbol.quantity_precision
    average = bar.quote // (bar.volume * symbol.money_factor) if bar.volume else 0
    last_quantity = market.tape.trades[-1].quantity if market.tape.trades else 0
    change = bar.close - bar.open
    return {
        "symbol": symbol.name,
        "priceChange": format_scaled(change, pp),
        "priceChangePercent": format_scaled(change * 100_000 // bar.open if bar.open else 0, 3),
        "weightedAvgPrice": format_scaled(average, pp),
        "lastPrice": format_scaled(bar.close, pp),
        "lastQty": format_scaled(last_quantity, qp),
        "openPrice": format_scaled(bar.open, pp),
        "highPrice": format_scaled(bar.high, pp),
        "lowPrice": format_scaled(bar.low, pp),
        "volume": format_scaled(bar.volume, qp),
        "quoteVolume": format_trimmed(bar.quote, 8),
        "openTime": epoch_ms - DAY_MS,
        "closeTime": epoch_ms,
        "firstId": bar.first_id,
        "lastId": bar.last_id,
        "count": bar.count,
    }


def premium(market: Market, epoch_ms: int, next_funding_ms: int, rate: int) -> dict[str, Any]:
    symbol = market.symbol
    index = price_text(market.index, symbol)
    return {
        "symbol": symbol.name,
        "markPrice": price_text(market.mark, symbol),
        "indexPrice": index,
        "estimatedSettlePrice": index,
        "lastFundingRate": format_scaled(rate, 8),
        "interestRate": "0.00010000",
        "nextFundingTime": next_funding_ms,
        "time": epoch_ms,
    }

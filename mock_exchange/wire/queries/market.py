"""Public market data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.market import Market
from mock_exchange.engine.marking import FUNDING_INTERVAL_MS, next_funding
from mock_exchange.engine.tape import Bar
from mock_exchange.errors import EPOCH_INCIDENT
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parameters.table import Values
from mock_exchange.gateway.parameters.times import DAY_MS, window
from mock_exchange.wire.exchange_info import exchange_info
from mock_exchange.wire.queries.common import market_of, page, per_symbol
from mock_exchange.wire.render import market as render
from run_records.scaled import format_money, format_scaled

DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
INTERVALS_MS = {
    "1m": _MINUTE_MS,
    "3m": 3 * _MINUTE_MS,
    "5m": 5 * _MINUTE_MS,
    "15m": 15 * _MINUTE_MS,
    "30m": 30 * _MINUTE_MS,
    "1h": _HOUR_MS,
    "2h": 2 * _HOUR_MS,
    "4h": 4 * _HOUR_MS,
    "6h": 6 * _HOUR_MS,
    "8h": 8 * _HOUR_MS,
    "12h": 12 * _HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": 7 * DAY_MS,
    "1M": 0,
}
"""Kline intervals; a month has no fixed length."""
MONDAY_MS = 4 * DAY_MS
"""1970-01-05, where weeks begin."""


def ping(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return {}


def time(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return {"serverTime": gateway.clock.epoch_ms()}


def info(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return exchange_info(gateway.config, gateway.clock.epoch_ms())


def depth(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return render.depth(market_of(gateway, asked), asked.get("limit", 500), gateway.clock.epoch_ms())


def book_ticker(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    now = gateway.clock.epoch_ms()
    return per_symbol(gateway, asked, lambda market: render.book_ticker(market, now))


def trades(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    tape = market_of(gateway, asked).tape.trades
    limit = asked.get("limit", 500)
    return [_with(gateway, render.trade(row), isRPITrade=False) for row in list(tape)[-limit:]]


def historical_trades(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    first = asked.get("fromId", 0)
    rows = [row for row in market_of(gateway, asked).tape.trades if row.trade_id >= first]
    return [_with(gateway, render.trade(row), isRPITrade=False) for row in page(rows, asked, 100)]


def _with(gateway: Gateway, row: dict[str, Any], **later: Any) -> dict[str, Any]:
    """Keys that came after the incident. There are no RPI orders here, so they exclude nothing."""
    return row if gateway.config.epoch == EPOCH_INCIDENT else {**row, **later}


def aggregate_trades(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    market = market_of(gateway, asked)
    market.tape.fold()
    rows = list(market.tape.aggregates)
    if "fromId" in asked:
        rows = [row for row in rows if row.aggregate_id >= asked["fromId"]]
    elif "startTime" in asked or "endTime" in asked:
        start, end = window(asked, 365 * DAY_MS, gateway.clock.epoch_ms())
        rows = [row for row in rows if start <= row.at_ms <= end]
    found = [render.aggregate(row, market.symbol) for row in page(rows, asked, 500)]
    return [_with(gateway, row, nq=row["q"]) for row in found]


def klines(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """Bars from the first trade on; a bar without trades repeats the last close."""
    market = market_of(gateway, asked)
    now = gateway.clock.epoch_ms()
    start, end = asked.get("startTime", 0), asked.get("endTime", now)
    rows = bars(market, asked["interval"], min(end, now))
    rows = [row for row in rows if row[0].start_ms >= start]
    return [render.kline(bar, close, market.symbol) for bar, close in page(rows, asked, 500)]


def bars(market: Market, interval: str, end_ms: int) -> list[tuple[Bar, int]]:
    """(bar, close time) of an interval from the first trade to `end_ms`, without gaps."""
    if interval == "1M":
        found = _months(market, end_ms)
    else:
        offset = MONDAY_MS if interval == "1w" else 0
        found = market.tape.bars(INTERVALS_MS[interval], 0, end_ms, offset)
    result: list[tuple[Bar, int]] = []
    for bar in found:
        _fill_gap(result, interval, bar.start_ms)
        result.append((bar, next_opening(interval, bar.start_ms) - 1))
    _fill_gap(result, interval, end_ms + 1)
    return result


def _fill_gap(rows: list[tuple[Bar, int]], interval: str, until_ms: int) -> None:
    while rows and rows[-1][1] + 1 < until_ms:
        last = rows[-1][0]
        opens = rows[-1][1] + 1
        price = last.close
        flat = Bar(opens, price, price, price, price, last.last_id, last.last_id)
        rows.append((flat, next_opening(interval, opens) - 1))


def opening(interval: str, at_ms: int) -> int:
    """When the bar opened that contains `at_ms`."""
    if interval == "1M":
        month = datetime.fromtimestamp(at_ms // 1000, UTC).replace(day=1, hour=0, minute=0, second=0)
        return int(month.timestamp()) * 1000
    offset = MONDAY_MS if interval == "1w" else 0
    return at_ms - (at_ms - offset) % INTERVALS_MS[interval]


def bar_at(market: Market, interval: str, opens_ms: int) -> Bar | None:
    """The bar that opens then; flat at the last close before it without trades, None before the first."""
    tape = market.tape
    span = next_opening(interval, opens_ms) - opens_ms
    minutes = tape.bars(_MINUTE_MS, opens_ms, opens_ms + span - 1)
    if not minutes:
        last = tape.last_bar(opens_ms)
        if last is None:
            return None
        close = last.close
        return Bar(opens_ms, close, close, close, close, last.last_id, last.last_id)
    first = minutes[0]
    for minute in minutes[1:]:
        first.absorb(minute)
    first.start_ms = opens_ms
    return first


def next_opening(interval: str, opens_ms: int) -> int:
    """When the bar after the one that opens at `opens_ms` opens."""
    if interval != "1M":
        return opens_ms + INTERVALS_MS[interval]
    begin = datetime.fromtimestamp(opens_ms // 1000, UTC)
    later = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return int(later.timestamp()) * 1000


def _months(market: Market, end_ms: int) -> list[Bar]:
    result: list[Bar] = []
    for day in market.tape.bars(DAY_MS, 0, end_ms):
        begin = datetime.fromtimestamp(day.start_ms // 1000, UTC).replace(day=1)
        opens = int(begin.timestamp()) * 1000
        if result and result[-1].start_ms == opens:
            result[-1].absorb(day)
        else:
            day.start_ms = opens
            result.append(day)
    return result


def day_ticker(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    now = gateway.clock.epoch_ms()
    return per_symbol(gateway, asked, lambda market: render.day_ticker(market, now))


def price_ticker(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """The last trade's price; zero before there was one."""
    now = gateway.clock.epoch_ms()

    def row(market: Market) -> dict[str, Any]:
        trades = market.tape.trades
        return {
            "symbol": market.symbol.name,
            "price": format_scaled(market.last, market.symbol.price_precision),
            "time": trades[-1].at_ms if trades else now,
        }

    return per_symbol(gateway, asked, row)


def open_interest(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    market = market_of(gateway, asked)
    return {
        "symbol": market.symbol.name,
        "openInterest": format_scaled(market.open_interest(), market.symbol.quantity_precision),
        "time": gateway.clock.epoch_ms(),
    }


def premium_index(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    now = gateway.clock.epoch_ms()

    def row(market: Market) -> dict[str, Any]:
        return render.premium(market, now, next_funding(now), market.marking.rate(market.symbol.funding_cap))

    return per_symbol(gateway, asked, row)


def funding_rates(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """Settlements so far, oldest first."""
    start, end = window(asked, 10 * 365 * DAY_MS, gateway.clock.epoch_ms())
    rows = [
        {
            "symbol": market.symbol.name,
            "fundingRate": format_scaled(rate, 8),
            "fundingTime": at_ms,
            "markPrice": render.price_text(mark, market.symbol),
        }
        for market in gateway.engine.markets
        if asked.get("symbol", market.symbol) is market.symbol
        for at_ms, rate, mark in gateway.engine.fundings.get(market.symbol.name, ())
        if start <= at_ms <= end
    ]
    return page(sorted(rows, key=lambda row: row["fundingTime"]), asked, 100)


def funding_info(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return [
        {
            "symbol": market.symbol.name,
            "adjustedFundingRateCap": format_scaled(market.symbol.funding_cap, 8),
            "adjustedFundingRateFloor": format_scaled(-market.symbol.funding_cap, 8),
            "fundingIntervalHours": FUNDING_INTERVAL_MS // _HOUR_MS,
            "disclaimer": False,
        }
        for market in gateway.engine.markets
    ]


def insurance_balance(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """One fund insures all symbols here."""
    fund = gateway.engine.fund
    names = [market.symbol.name for market in gateway.engine.markets]
    asset = {
        "asset": "USDT",
        "marginBalance": format_money(fund.margin_balance()),
        "updateTime": gateway.clock.epoch_ms(),
    }
    return {"symbols": names, "assets": [asset]}

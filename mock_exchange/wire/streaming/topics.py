"""Stream names: what can be subscribed to, and how often each is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mock_exchange.engine.symbols import symbols
from mock_exchange.wire.queries.market import INTERVALS_MS

TICK_MS = 10
"""The feed looks every 10 ms; "real time" streams are sent at most that often."""

AGG_TRADE = "aggTrade"
BOOK_TICKER = "bookTicker"
DEPTH = "depth"
PARTIAL_DEPTH = "partialDepth"
MARK_PRICE = "markPrice"
KLINE = "kline"
FORCE_ORDER = "forceOrder"
TICKER = "ticker"
MINI_TICKER = "miniTicker"

_PERIODS_MS = {
    AGG_TRADE: 100,
    BOOK_TICKER: TICK_MS,
    KLINE: 250,
    FORCE_ORDER: 1000,
    TICKER: 1000,
    MINI_TICKER: 1000,
}
_DEPTH = re.compile(r"depth(5|10|20)?(?:@(100ms|250ms|500ms))?")
_MARK = re.compile(r"markPrice(?:@(1s|3s))?")
_BY_NAME = {symbol.name.lower(): symbol.index for symbol in symbols().values()}
EVERY = -1
"""Symbol of streams over all symbols."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a stream name means. `symbol` is an index or EVERY; `argument` an interval or a number of
    levels; `period` counts ticks."""

    name: str
    kind: str
    symbol: int
    argument: str
    period: int


def parse_topic(name: str) -> Topic | None:
    """The topic of a stream name; None if there is no such stream. Names are in lower case but for the
    parts that the venue writes otherwise."""
    if name.startswith("!"):
        return _over_all(name)
    symbol, _, rest = name.partition("@")
    index = _BY_NAME.get(symbol)
    if index is None:
        return None
    if rest in _PERIODS_MS and rest != KLINE:
        return Topic(name, rest, index, "", _PERIODS_MS[rest] // TICK_MS)
    if rest.startswith("kline_") and rest[6:] in INTERVALS_MS:
        return Topic(name, KLINE, index, rest[6:], _PERIODS_MS[KLINE] // TICK_MS)
    if match := _DEPTH.fullmatch(rest):
        kind = PARTIAL_DEPTH if match[1] else DEPTH
        return Topic(name, kind, index, match[1] or "", int((match[2] or "250ms")[:-2]) // TICK_MS)
    if match := _MARK.fullmatch(rest):
        return Topic(name, MARK_PRICE, index, "", _mark_period(match[1]))
    return None


def _over_all(name: str) -> Topic | None:
    if name == "!bookTicker":
        return Topic(name, BOOK_TICKER, EVERY, "", 1)
    if match := re.fullmatch(r"!markPrice@arr(?:@(1s|3s))?", name):
        return Topic(name, MARK_PRICE, EVERY, "arr", _mark_period(match[1]))
    kind = name[1:].removesuffix("@arr")
    if name.endswith("@arr") and kind in (FORCE_ORDER, TICKER, MINI_TICKER):
        return Topic(name, kind, EVERY, "" if kind == FORCE_ORDER else "arr", _PERIODS_MS[kind] // TICK_MS)
    return None


def _mark_period(text: str | None) -> int:
    return 1000 * int((text or "3s")[:-1]) // TICK_MS

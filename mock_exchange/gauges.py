"""What is read off a running market and off accounts under watch, once a second."""

from __future__ import annotations

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.book import BookSide
from mock_exchange.engine.market import Market
from mock_exchange.engine.requests import BUY, SELL
from mock_exchange.engine.symbols import RATIO_UNIT
from run_records.journal import EquityRow, MarketRow, PositionRow

NEAR = 10_000
"""Depth is what rests within one per cent (in millionths) of the index."""


def depth(market: Market, side: int) -> int:
    """Notional (1e-8 USDT) that could be traded on one side within NEAR of the index. What was left standing
    further off, because nobody could move it, is no depth."""
    book: BookSide = market.side(side)
    reach = market.index - side * (market.index * NEAR // RATIO_UNIT)
    total = 0
    for level in book.levels():
        if side * level.price < side * reach:
            break
        total += market.symbol.notional(level.price, level.total)
    return total


def deviation(market: Market) -> int:
    """How far the last price paid here is from the index, in millionths of it; negative below. Not the middle
    of the book: when nobody can quote, one side of it is only what was left standing."""
    return ((market.last or market.index) - market.index) * RATIO_UNIT // market.index


def market_row(market: Market, at: int) -> MarketRow:
    """The journal's `market` row; 0 for a side without orders."""
    return MarketRow(
        at,
        market.symbol.name,
        market.index,
        market.mark,
        market.last,
        market.best_price(BUY) or 0,
        market.best_price(SELL) or 0,
        depth(market, BUY),
        depth(market, SELL),
        deviation(market),
    )


class AccountWatch:
    """Journal rows of accounts under watch: equity every time, a position when it has changed."""

    __slots__ = ("_accounts", "_known")

    def __init__(self, accounts: list[Account]) -> None:
        self._accounts = accounts
        self._known: dict[tuple[str, str, str], int] = {}

    def rows(self, at: int) -> list[EquityRow | PositionRow]:
        rows: list[EquityRow | PositionRow] = []
        for account in self._accounts:
            rows.append(EquityRow(at, account.name, account.wallet, account.unrealized()))
            for leg in account.legs.values():
                key = (account.name, leg.symbol.name, leg.side)
                if self._known.get(key, 0) != leg.amount:
                    self._known[key] = leg.amount
                    rows.append(PositionRow(at, *key, leg.amount, leg.cost))
        return rows

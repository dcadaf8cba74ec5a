"""Traders that make prices, and those who pull them back to the rest of the world's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from loadgen.scenarios.groups.base import FromDict, book_of, millionths, positive
from loadgen.traders.arbitrageur import arbitrageur
from loadgen.traders.board import Board
from loadgen.traders.maker import maker
from loadgen.traders.market_maker import Quoting, market_maker
from loadgen.traders.verbs import Trader
from mock_exchange.engine.symbols import Symbol
from mock_exchange.plan import AccountPlan, BookPlan, deposit_from_text
from run_records.scaled import MONEY_UNIT
from run_records.units import NS_PER_S


@dataclass(slots=True)
class Makers(FromDict):
    """Two-sided quotes in `symbol`, renewed every `refresh_s` on average."""

    books: list[BookPlan]
    accounts: int
    symbol: str
    refresh_s: float = 2.0
    deposit: str = "1000000"

    def __post_init__(self) -> None:
        positive("accounts", self.accounts, whole=True)
        positive("refresh_s", self.refresh_s)
        book_of(self.books, self.symbol)

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit))

    def orders_per_second(self) -> float:
        return 2 / self.refresh_s

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        return maker(rng, NS_PER_S * self.refresh_s, book_of(self.books, self.symbol))


@dataclass(slots=True, kw_only=True)
class _Everywhere(FromDict):
    """`accounts` for each symbol that has a book, the symbols in turn; orders of `order_usdt`."""

    needs_prices: ClassVar[bool] = True
    books: list[BookPlan]
    per_symbol: int
    order_usdt: float
    limit_usdt: float
    deposit: str = "100000000"
    timeout_s: float = 15.0

    def __post_init__(self) -> None:
        positive("per_symbol", self.per_symbol, whole=True)
        for name in ("order_usdt", "limit_usdt", "timeout_s"):
            positive(name, getattr(self, name))

    @property
    def accounts(self) -> int:
        return self.per_symbol * len(self.books)

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit))

    def symbol_of(self, member: int) -> Symbol:
        return self.books[member % len(self.books)].symbol


@dataclass(slots=True, kw_only=True)
class MarketMakers(_Everywhere):
    """Two-sided quotes around the index: `levels` orders a side, `spread` and then `spacing` apart (fractions
    of the price), wider by `widening` times the turmoil; renewed about every `refresh_s` if off by
    `tolerance`; inventory up to `limit_usdt` moves them by `skew`. After `patience` refusals in a row all is
    pulled for `rest_s`."""

    levels: int = 3
    spread: float = 0.001
    spacing: float = 0.002
    widening: float = 0.0
    tolerance: float = 0.0005
    refresh_s: float = 2.0
    skew: float = 0.005
    patience: int = 6
    rest_s: float = 10.0

    def __post_init__(self) -> None:
        _Everywhere.__post_init__(self)
        for name in ("levels", "patience"):
            positive(name, getattr(self, name), whole=True)
        for name in ("refresh_s", "rest_s"):
            positive(name, getattr(self, name))
        if not 0 <= self.widening < math.inf:
            raise ValueError(f"widening must be a number from 0, not {self.widening!r}")

    def orders_per_second(self) -> float:
        return 2 * self.levels / self.refresh_s

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        quoting = Quoting(
            levels=self.levels,
            notional=round(self.order_usdt * MONEY_UNIT),
            spread=millionths("spread", self.spread),
            spacing=millionths("spacing", self.spacing),
            widening=self.widening,
            tolerance=millionths("tolerance", self.tolerance),
            refresh_ns=self.refresh_s * NS_PER_S,
            limit=round(self.limit_usdt * MONEY_UNIT),
            skew=millionths("skew", self.skew),
            patience=self.patience,
            rest_ns=round(self.rest_s * NS_PER_S),
            timeout_ns=round(self.timeout_s * NS_PER_S),
        )
        return market_maker(rng, board, self.symbol_of(member), quoting)


@dataclass(slots=True, kw_only=True)
class Arbitrageurs(_Everywhere):
    """Buy what is more than `edge` (a fraction) below the index, sell what is above; a look about every
    `every_s`."""

    edge: float = 0.01
    every_s: float = 1.0

    def __post_init__(self) -> None:
        _Everywhere.__post_init__(self)
        positive("every_s", self.every_s)
        positive("edge", self.edge)

    def orders_per_second(self) -> float:
        return 1 / self.every_s

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        return arbitrageur(
            rng,
            board,
            self.symbol_of(member),
            millionths("edge", self.edge),
            round(self.order_usdt * MONEY_UNIT),
            round(self.limit_usdt * MONEY_UNIT),
            self.every_s * NS_PER_S,
            round(self.timeout_s * NS_PER_S),
        )

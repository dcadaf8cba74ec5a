"""Traders that come at random times at a rate that the scenario sets, whatever the venue answers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from loadgen.scenarios.groups.base import Poisson, book_of, holding, positive
from loadgen.traders.batch_gamer import OPENINGS, batch_gamer
from loadgen.traders.board import Board
from loadgen.traders.canceller import canceller, lane_gamer
from loadgen.traders.opening_flood import flagged_flood, opening_flood
from loadgen.traders.reducers import reducers
from loadgen.traders.verbs import Trader
from mock_exchange.plan import AccountPlan
from run_records.scaled import parse_scaled
from run_records.units import NS_PER_MS, NS_PER_S

BATCH_OVER_SINGLE = 2 / 3
"""How a batch's orders weigh against the limits of single ones: 300 per 10 s, not 1,200 per minute."""


@dataclass(slots=True, kw_only=True)
class OpeningFlood(Poisson):
    """Opening orders. Refused for capacity or of unknown fate, each is sent again after each of
    `retries_ms`; an answer that takes longer than `timeout_s` is not waited for."""

    retries_ms: Any = ()
    timeout_s: float = 15.0

    def __post_init__(self) -> None:
        Poisson.__post_init__(self)
        positive("timeout_s", self.timeout_s)
        if not isinstance(self.retries_ms, list | tuple):
            raise ValueError(f"retries_ms must be a list of milliseconds, not {self.retries_ms!r}")
        for pause in self.retries_ms:
            positive("retries_ms", pause)

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        retries = tuple(round(pause * NS_PER_MS) for pause in self.retries_ms)
        return opening_flood(rng, self.pace(), self.books, retries, round(self.timeout_s * NS_PER_S))


@dataclass(slots=True, kw_only=True)
class FlagGamers(Poisson):
    """Opening orders marked reduce-only, from accounts without a position."""

    feigns: ClassVar[bool] = True

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        return flagged_flood(rng, self.pace(), self.books)


@dataclass(slots=True, kw_only=True)
class PositionHolders(Poisson):
    """Accounts that hold `position` in `symbol` (a minus makes a short)."""

    symbol: str
    position: str
    hedge_mode: bool = False

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return holding(self.books, name, self.symbol, self.position, None, self.deposit, self.hedge_mode)

    @property
    def is_long(self) -> bool:
        return not self.position.startswith("-")


@dataclass(slots=True, kw_only=True)
class Reducers(PositionHolders):
    """Intents to reduce by `quantity`, from positions in `symbol`."""

    quantity: str

    def __post_init__(self) -> None:
        Poisson.__post_init__(self)
        parse_scaled(self.quantity, book_of(self.books, self.symbol).symbol.quantity_precision)

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        return reducers(rng, self.pace(), self.symbol, self.is_long, self.hedge_mode, self.quantity)


@dataclass(slots=True, kw_only=True)
class LaneGamers(PositionHolders):
    """Reduce-only orders placed far away and cancelled after `hold_s` on average; the position stays."""

    hold_s: float = 0.5

    def __post_init__(self) -> None:
        Poisson.__post_init__(self)
        positive("hold_s", self.hold_s)

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        book = book_of(self.books, self.symbol)
        return lane_gamer(rng, self.pace(), NS_PER_S * self.hold_s, book, self.is_long, self.hedge_mode)


@dataclass(slots=True, kw_only=True)
class BatchGamers(PositionHolders):
    """`rate` batches per second in all, of one order that reduces by `quantity` and four openings."""

    feigns: ClassVar[bool] = True
    quantity: str

    def __post_init__(self) -> None:
        Poisson.__post_init__(self)
        if self.hedge_mode:
            raise ValueError("batch-gamers trade in one-way mode")

    def orders_per_second(self) -> float:
        return Poisson.orders_per_second(self) * (1 + OPENINGS) * BATCH_OVER_SINGLE

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        return batch_gamer(rng, self.pace(), self.books, self.symbol, self.is_long, self.quantity)


@dataclass(slots=True, kw_only=True)
class Cancellers(Poisson):
    """Orders placed far away and cancelled after `hold_s` on average."""

    symbol: str
    hold_s: float = 0.5

    def __post_init__(self) -> None:
        Poisson.__post_init__(self)
        positive("hold_s", self.hold_s)
        book_of(self.books, self.symbol)

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        return canceller(rng, self.pace(), NS_PER_S * self.hold_s, book_of(self.books, self.symbol))

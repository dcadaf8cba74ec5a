"""Those who come because prices move, and the one who looks at prices for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from loadgen.scenarios.groups.base import FromDict, positive
from loadgen.traders.board import Board, market_watch
from loadgen.traders.crowd import Habits, crowd
from loadgen.traders.verbs import Trader
from mock_exchange.plan import AccountPlan, BookPlan, deposit_from_text
from run_records.scaled import MONEY_UNIT
from run_records.units import NS_PER_MS, NS_PER_S

BUSIEST = 2.5
"""Per cent a minute that prices are taken to move where the order limit is checked. When they move faster,
users wait for answers, not for prices."""


@dataclass(slots=True, kw_only=True)
class Crowd(FromDict):
    """`users` in all, spread over `accounts`: an order of `order_usdt` at market every `calm_s` each while
    nothing moves, `gain` times more often for each per cent a minute that prices move, selling likelier by
    `herding` for each per cent that they fall. Refused for capacity or of unknown fate, an order is sent up
    to `tries` times, `retry_ms` apart."""

    needs_prices: ClassVar[bool] = True
    books: list[BookPlan]
    accounts: int
    users: int
    calm_s: float
    gain: float = 0.0
    herding: float = 0.0
    order_usdt: float = 250.0
    tries: int = 4
    retry_ms: float = 1000.0
    timeout_s: float = 10.0
    deposit: str = "100000000"
    portfolio_margin: bool = False

    def __post_init__(self) -> None:
        for name in ("accounts", "users", "tries"):
            positive(name, getattr(self, name), whole=True)
        for name in ("calm_s", "order_usdt", "retry_ms", "timeout_s"):
            positive(name, getattr(self, name))
        if self.users < self.accounts:
            raise ValueError(f"{self.users} users cannot have {self.accounts} accounts")
        for name in ("gain", "herding"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number from 0, not {getattr(self, name)!r}")

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit), portfolio_margin=self.portfolio_margin)

    def orders_per_second(self) -> float:
        return self.users / self.accounts / self.calm_s * (1 + self.gain * BUSIEST)

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        habits = Habits(
            calm_ns=self.calm_s * NS_PER_S,
            gain=self.gain,
            herding=self.herding,
            notional=round(self.order_usdt * MONEY_UNIT),
            tries=self.tries,
            retry_ns=self.retry_ms * NS_PER_MS,
            timeout_ns=round(self.timeout_s * NS_PER_S),
        )
        users = self.users // self.accounts + (member < self.users % self.accounts)
        return crowd(rng, board, habits, self.books, users)


@dataclass(slots=True, kw_only=True)
class MarketWatch(FromDict):
    """Looks at the public market data every `every_s` for all who need to know; `minute_s` is how long a
    minute of the market lasts in this run."""

    everywhere: ClassVar[bool] = True
    books: list[BookPlan]
    every_s: float = 1.0
    minute_s: float = 60.0

    def __post_init__(self) -> None:
        positive("every_s", self.every_s)
        positive("minute_s", self.minute_s)

    @property
    def accounts(self) -> int:
        return 1

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return AccountPlan(name, 0)

    def orders_per_second(self) -> float:
        return 0.0

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        board.minute_ns = round(self.minute_s * NS_PER_S)
        return market_watch(board, round(self.every_s * NS_PER_S))

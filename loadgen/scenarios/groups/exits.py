"""Traders that hold too much and want out."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import ClassVar

from loadgen.scenarios.groups.base import FromDict, book_of, holding, millionths, positive
from loadgen.traders.board import Board
from loadgen.traders.exit_bot import BEHAVIOURS, Exit, exit_bot
from loadgen.traders.holder import holder
from loadgen.traders.orders import price_text
from loadgen.traders.risk_bot import risk_bot
from loadgen.traders.verbs import Trader
from mock_exchange.engine.symbols import Symbol
from mock_exchange.plan import AccountPlan, BookPlan, PositionPlan
from run_records.scaled import MONEY_UNIT, parse_scaled
from run_records.units import NS_PER_S


@dataclass(slots=True)
class RiskBot(FromDict):
    """One bot that holds `position` and reduces it by `target`, in `clips` parts over `within_s`, at market
    or (`style` limit) by orders that rest at mark; it waits `timeout_s` for an answer."""

    books: list[BookPlan]
    symbol: str
    position: str
    target: str
    clips: int = 1
    within_s: float = 10.0
    entry: str = ""
    deposit: str = "1000000"
    hedge_mode: bool = False
    accounts: int = 1
    style: str = "market"
    timeout_s: float = 15.0
    portfolio_margin: bool = False

    def __post_init__(self) -> None:
        positive("clips", self.clips, whole=True)
        positive("within_s", self.within_s)
        positive("accounts", self.accounts, whole=True)
        positive("timeout_s", self.timeout_s)
        if self.style not in ("market", "limit"):
            raise ValueError(f"style must be market or limit, not {self.style!r}")
        self.account_plan("check")
        _check_target(book_of(self.books, self.symbol).symbol, self.position, self.target)

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return holding(
            self.books,
            name,
            self.symbol,
            self.position,
            self.entry or None,
            self.deposit,
            self.hedge_mode,
            self.portfolio_margin,
        )

    def orders_per_second(self) -> float:
        return 5.0  # while refused: an attempt is repeated after 200 ms on average

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        book = book_of(self.books, self.symbol)
        symbol = book.symbol
        target = parse_scaled(self.target, symbol.quantity_precision)
        clip = max(symbol.step, target // self.clips // symbol.step * symbol.step)
        clips = [clip] * min(self.clips - 1, (target - 1) // clip)
        clips.append(target - sum(clips))
        long = not self.position.startswith("-")
        gap = NS_PER_S * self.within_s / len(clips)
        price = price_text(symbol, book.mark) if self.style == "limit" else ""
        return risk_bot(
            rng,
            self.symbol,
            long,
            self.hedge_mode,
            clips,
            symbol.quantity_precision,
            gap,
            price,
            round(self.timeout_s * NS_PER_S),
        )


@dataclass(slots=True, kw_only=True)
class ExitBots(FromDict):
    """`accounts` bots alike, each holding `position` (a minus makes a short), that want to be smaller by
    `target` once the mark has moved against them by `trigger` (a fraction), by orders limited `offset` (a
    fraction) through the mark. They take refusals as `behaviour` says (traders/exit_bot.py). Rounds of
    attempts are `hasty_s` apart until `calms_at_s`, then `pause_s`; an answer is waited for `timeout_s`. The
    first `portfolio_accounts` are on portfolio margin."""

    needs_prices: ClassVar[bool] = True
    books: list[BookPlan]
    symbol: str
    position: str
    target: str
    behaviour: str = "naive"
    accounts: int = 1
    trigger: float = 0.0
    offset: float = 0.0
    hasty_s: float = 5.0
    pause_s: float = 5.0
    calms_at_s: float = 0.0
    timeout_s: float = 15.0
    entry: str = ""
    deposit: str = "1000000"
    portfolio_accounts: int = 0

    def __post_init__(self) -> None:
        positive("accounts", self.accounts, whole=True)
        for name in ("hasty_s", "pause_s", "timeout_s"):
            positive(name, getattr(self, name))
        millionths("trigger", self.trigger)
        millionths("offset", self.offset)
        if self.behaviour not in BEHAVIOURS:
            raise ValueError(f"behaviour must be one of {', '.join(BEHAVIOURS)}, not {self.behaviour!r}")
        self.account_plan("check")
        _check_target(book_of(self.books, self.symbol).symbol, self.position, self.target)

    @property
    def hedge_mode(self) -> bool:
        """Only an account in hedge mode can hold both sides."""
        return self.behaviour == "hedge"

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return holding(
            self.books,
            name,
            self.symbol,
            self.position,
            self.entry or None,
            self.deposit,
            self.hedge_mode,
            member < self.portfolio_accounts,
            watched=True,
        )

    def orders_per_second(self) -> float:
        in_a_round = {"naive": 1, "hedge": 1, "query-first": 1, "cancel-resubmit": 2}.get(self.behaviour, 4)
        return in_a_round / min(self.hasty_s, self.pause_s)

    def scaled_target(self) -> int:
        return parse_scaled(self.target, book_of(self.books, self.symbol).symbol.quantity_precision)

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        symbol = book_of(self.books, self.symbol).symbol
        want = Exit(
            symbol=symbol,
            long=not self.position.startswith("-"),
            hedge_mode=self.hedge_mode,
            target=self.scaled_target(),
            trigger=millionths("trigger", self.trigger),
            offset=millionths("offset", self.offset),
            hasty_ns=self.hasty_s * NS_PER_S,
            pause_ns=self.pause_s * NS_PER_S,
            calms_at_ns=round(self.calms_at_s * NS_PER_S),
            timeout_ns=round(self.timeout_s * NS_PER_S),
        )
        return exit_bot(rng, board, want, self.behaviour)


@dataclass(slots=True, kw_only=True)
class Holders(FromDict):
    """`per_symbol` accounts long of each symbol, for `notional_usdt` each, with leverages from
    `leverage_from` to `leverage_to`, evenly spaced by ratio. Each sells at market once the mark has fallen
    `stop` (a fraction) of the way to where its margin is used up, and tries again every `retry_s`."""

    needs_prices: ClassVar[bool] = True
    books: list[BookPlan]
    per_symbol: int
    notional_usdt: float
    leverage_from: int
    leverage_to: int
    stop: float = 0.5
    retry_s: float = 2.0
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        for name in ("per_symbol", "leverage_from", "leverage_to"):
            positive(name, getattr(self, name), whole=True)
        for name in ("notional_usdt", "retry_s", "timeout_s"):
            positive(name, getattr(self, name))
        millionths("stop", self.stop)

    @property
    def accounts(self) -> int:
        return self.per_symbol * len(self.books)

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        book, leverage = self._of(member)
        deposit = round(self.notional_usdt * MONEY_UNIT / leverage * 1.02)
        held = PositionPlan(book.symbol, "BOTH", self._quantity(book), book.mark)
        return AccountPlan(name, deposit, False, leverage, (held,))

    def orders_per_second(self) -> float:
        return 1 / self.retry_s

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        book, leverage = self._of(member)
        stop = round(book.mark * (1 - self.stop / leverage))
        return holder(
            rng,
            board,
            book.symbol,
            self._quantity(book),
            stop,
            self.retry_s * NS_PER_S,
            round(self.timeout_s * NS_PER_S),
        )

    def _of(self, member: int) -> tuple[BookPlan, int]:
        """Its book and its leverage."""
        place, symbol = divmod(member, len(self.books))
        share = place / max(1, self.per_symbol - 1)
        leverage = self.leverage_from * (self.leverage_to / self.leverage_from) ** share
        return self.books[symbol], max(1, round(leverage))

    def _quantity(self, book: BookPlan) -> int:
        steps = round(self.notional_usdt * MONEY_UNIT / book.symbol.notional(book.mark, book.symbol.step))
        return int(max(1, steps) * book.symbol.step)


@dataclass(slots=True, kw_only=True)
class Visitors(FromDict):
    """`accounts` that hold `position` and wait for somebody else's bot to trade on them."""

    books: list[BookPlan]
    symbol: str
    position: str
    accounts: int = 1
    entry: str = ""
    deposit: str = "1000000"
    hedge_mode: bool = False
    portfolio_margin: bool = False

    def __post_init__(self) -> None:
        positive("accounts", self.accounts, whole=True)
        self.account_plan("check")

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return holding(
            self.books,
            name,
            self.symbol,
            self.position,
            self.entry or None,
            self.deposit,
            self.hedge_mode,
            self.portfolio_margin,
            watched=True,
        )

    def orders_per_second(self) -> float:
        return 0.0

    def trader(self, member: int, rng: Random, board: Board) -> Trader:
        yield from ()


def _check_target(symbol: Symbol, position: str, target: str) -> None:
    """Raises ValueError for a target that no order could reach."""
    wanted = parse_scaled(target, symbol.quantity_precision)
    held = parse_scaled(position.removeprefix("-"), symbol.quantity_precision)
    if not 0 < wanted <= held:
        raise ValueError(f"target {target} must be positive and no more than position {position}")
    if wanted % symbol.step:
        raise ValueError(f"target {target} is off the step size of {symbol.name}")

"""The kinds of traders that a scenario can name: their parameters, their accounts, how each trades."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, fields
from random import Random
from typing import Any, ClassVar, Protocol, Self

from loadgen.traders.batch_gamer import OPENINGS, batch_gamer
from loadgen.traders.canceller import canceller, lane_gamer
from loadgen.traders.maker import maker
from loadgen.traders.opening_flood import flagged_flood, opening_flood
from loadgen.traders.orders import price_text
from loadgen.traders.pace import Pace
from loadgen.traders.reducers import reducers
from loadgen.traders.risk_bot import risk_bot
from loadgen.traders.verbs import Trader
from mock_exchange.clock import NS_PER_MS, NS_PER_S
from mock_exchange.plan import AccountPlan, BookPlan, deposit_from_text, position_from_texts
from mock_exchange.scaled import format_scaled, parse_scaled

BATCH_OVER_SINGLE = 2 / 3
"""How a batch's orders weigh against the limits of single ones: 300 per 10 s, not 1,200 per minute."""


class Group(Protocol):
    """A group of like traders, one account each. `feigns` says that they pass openings off as something
    better; an admission policy owes them nothing."""

    feigns: ClassVar[bool]

    @property
    def accounts(self) -> int: ...

    def account_plan(self, name: str) -> AccountPlan: ...

    def orders_per_second(self) -> float:
        """New orders per second and account at the busiest, on average."""
        ...

    def trader(self, member: int, rng: Random) -> Trader: ...


class _FromDict:
    """Strict construction from a TOML table: unknown and missing keys are named."""

    feigns: ClassVar[bool] = False

    @classmethod
    def from_dict(cls, row: dict[str, Any], books: list[BookPlan]) -> Self:
        known = {field.name: field for field in fields(cls) if field.name != "books"}  # type: ignore[arg-type]
        if unknown := sorted(set(row) - set(known)):
            raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}")
        for name, field in known.items():
            if name not in row and field.default is MISSING:
                raise ValueError(f"{name} is missing")
        return cls(books=books, **row)  # type: ignore[call-arg]


@dataclass(slots=True, kw_only=True)
class _Poisson(_FromDict):
    """`rate` arrivals per second in all, Poisson, split over `accounts`; from each of `steps` on (`at_s`,
    `factor`) that many times as often."""

    books: list[BookPlan]
    accounts: int
    rate: float
    deposit: str = "1000000"
    steps: Any = ()

    def __post_init__(self) -> None:
        _positive("accounts", self.accounts, whole=True)
        _positive("rate", self.rate)
        self.pace()
        self.account_plan("check")

    def pace(self) -> Pace:
        """Of one account."""
        return Pace(NS_PER_S * self.accounts / self.rate, _steps(self.steps))

    def account_plan(self, name: str) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit))

    def orders_per_second(self) -> float:
        return self.rate / self.accounts * max((1.0, *(factor for _, factor in _steps(self.steps))))


@dataclass(slots=True, kw_only=True)
class OpeningFlood(_Poisson):
    """Opening orders. Refused for capacity or of unknown fate, each is sent again after each of
    `retries_ms`; an answer that takes longer than `timeout_s` is not waited for."""

    retries_ms: Any = ()
    timeout_s: float = 15.0

    def __post_init__(self) -> None:
        _Poisson.__post_init__(self)
        _positive("timeout_s", self.timeout_s)
        if not isinstance(self.retries_ms, list | tuple):
            raise ValueError(f"retries_ms must be a list of milliseconds, not {self.retries_ms!r}")
        for pause in self.retries_ms:
            _positive("retries_ms", pause)

    def trader(self, member: int, rng: Random) -> Trader:
        retries = tuple(round(pause * NS_PER_MS) for pause in self.retries_ms)
        return opening_flood(rng, self.pace(), self.books, retries, round(self.timeout_s * NS_PER_S))


@dataclass(slots=True, kw_only=True)
class FlagGamers(_Poisson):
    """Opening orders marked reduce-only, from accounts without a position."""

    feigns: ClassVar[bool] = True

    def trader(self, member: int, rng: Random) -> Trader:
        return flagged_flood(rng, self.pace(), self.books)


@dataclass(slots=True, kw_only=True)
class _Holders(_Poisson):
    """Accounts that hold `position` in `symbol` (a minus makes a short)."""

    symbol: str
    position: str
    hedge_mode: bool = False

    def account_plan(self, name: str) -> AccountPlan:
        return _holding(self.books, name, self.symbol, self.position, None, self.deposit, self.hedge_mode)

    @property
    def is_long(self) -> bool:
        return not self.position.startswith("-")


@dataclass(slots=True, kw_only=True)
class Reducers(_Holders):
    """Intents to reduce by `quantity`, from positions in `symbol`."""

    quantity: str

    def __post_init__(self) -> None:
        _Poisson.__post_init__(self)
        parse_scaled(self.quantity, _book_of(self.books, self.symbol).symbol.quantity_precision)

    def trader(self, member: int, rng: Random) -> Trader:
        return reducers(rng, self.pace(), self.symbol, self.is_long, self.hedge_mode, self.quantity)


@dataclass(slots=True, kw_only=True)
class LaneGamers(_Holders):
    """Reduce-only orders placed far away and cancelled after `hold_s` on average; the position stays."""

    hold_s: float = 0.5

    def __post_init__(self) -> None:
        _Poisson.__post_init__(self)
        _positive("hold_s", self.hold_s)

    def trader(self, member: int, rng: Random) -> Trader:
        book = _book_of(self.books, self.symbol)
        return lane_gamer(rng, self.pace(), NS_PER_S * self.hold_s, book, self.is_long, self.hedge_mode)


@dataclass(slots=True, kw_only=True)
class BatchGamers(_Holders):
    """`rate` batches per second in all, of one order that reduces by `quantity` and four openings."""

    feigns: ClassVar[bool] = True
    quantity: str

    def __post_init__(self) -> None:
        _Poisson.__post_init__(self)
        if self.hedge_mode:
            raise ValueError("batch-gamers trade in one-way mode")

    def orders_per_second(self) -> float:
        return _Poisson.orders_per_second(self) * (1 + OPENINGS) * BATCH_OVER_SINGLE

    def trader(self, member: int, rng: Random) -> Trader:
        return batch_gamer(rng, self.pace(), self.books, self.symbol, self.is_long, self.quantity)


@dataclass(slots=True)
class RiskBot(_FromDict):
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
        _positive("clips", self.clips, whole=True)
        _positive("within_s", self.within_s)
        _positive("accounts", self.accounts, whole=True)
        _positive("timeout_s", self.timeout_s)
        if self.style not in ("market", "limit"):
            raise ValueError(f"style must be market or limit, not {self.style!r}")
        self.account_plan("check")
        symbol = _book_of(self.books, self.symbol).symbol
        target = parse_scaled(self.target, symbol.quantity_precision)
        held = parse_scaled(self.position.removeprefix("-"), symbol.quantity_precision)
        if not 0 < target <= held:
            raise ValueError(
                f"target {self.target} must be positive and no more than position {self.position}"
            )
        if target % symbol.step:
            raise ValueError(f"target {self.target} is off the step size of {self.symbol}")

    def account_plan(self, name: str) -> AccountPlan:
        return _holding(
            self.books, name, self.symbol, self.position, self.entry or None, self.deposit, self.hedge_mode,
            self.portfolio_margin,
        )  # fmt: skip

    def orders_per_second(self) -> float:
        return 5.0  # while refused: an attempt is repeated after 200 ms on average

    def trader(self, member: int, rng: Random) -> Trader:
        book = _book_of(self.books, self.symbol)
        symbol = book.symbol
        target = parse_scaled(self.target, symbol.quantity_precision)
        clip = max(symbol.step, target // self.clips // symbol.step * symbol.step)
        clips = [clip] * min(self.clips - 1, (target - 1) // clip)
        clips.append(target - sum(clips))
        long = not self.position.startswith("-")
        gap = NS_PER_S * self.within_s / len(clips)
        price = price_text(symbol, book.mark) if self.style == "limit" else ""
        return risk_bot(
            rng, self.symbol, long, self.hedge_mode, clips, symbol.quantity_precision, gap, price,
            round(self.timeout_s * NS_PER_S),
        )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Cancellers(_Poisson):
    """Orders placed far away and cancelled after `hold_s` on average."""

    symbol: str
    hold_s: float = 0.5

    def __post_init__(self) -> None:
        _Poisson.__post_init__(self)
        _positive("hold_s", self.hold_s)
        _book_of(self.books, self.symbol)

    def trader(self, member: int, rng: Random) -> Trader:
        return canceller(rng, self.pace(), NS_PER_S * self.hold_s, _book_of(self.books, self.symbol))


@dataclass(slots=True)
class Makers(_FromDict):
    """Two-sided quotes in `symbol`, renewed every `refresh_s` on average."""

    books: list[BookPlan]
    accounts: int
    symbol: str
    refresh_s: float = 2.0
    deposit: str = "1000000"

    def __post_init__(self) -> None:
        _positive("accounts", self.accounts, whole=True)
        _positive("refresh_s", self.refresh_s)
        _book_of(self.books, self.symbol)

    def account_plan(self, name: str) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit))

    def orders_per_second(self) -> float:
        return 2 / self.refresh_s

    def trader(self, member: int, rng: Random) -> Trader:
        return maker(rng, NS_PER_S * self.refresh_s, _book_of(self.books, self.symbol))


KINDS: dict[str, Any] = {
    "opening-flood": OpeningFlood,
    "reducers": Reducers,
    "risk-bot": RiskBot,
    "cancellers": Cancellers,
    "makers": Makers,
    "flag-gamers": FlagGamers,
    "lane-gamers": LaneGamers,
    "batch-gamers": BatchGamers,
}


def _positive(name: str, value: Any, *, whole: bool = False) -> None:
    kind = int if whole else (int, float)
    if not isinstance(value, kind) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(f"{name} must be a positive {'whole ' if whole else ''}number, not {value!r}")


def _steps(value: Any) -> tuple[tuple[int, float], ...]:
    """`[{ at_s = 10, factor = 3 }]` as (nanoseconds, factor), in order of time."""
    if not isinstance(value, list | tuple) or not all(isinstance(step, dict) for step in value):
        raise ValueError("steps must be a list of { at_s = …, factor = … }")
    steps = []
    for step in value:
        if set(step) != {"at_s", "factor"}:
            raise ValueError(f"a step has at_s and factor, not {', '.join(sorted(step)) or 'nothing'}")
        _positive("at_s", step["at_s"])
        _positive("factor", step["factor"])
        steps.append((round(step["at_s"] * NS_PER_S), float(step["factor"])))
    if steps != sorted(steps, key=lambda step: step[0]):
        raise ValueError("steps must be in order of at_s")
    return tuple(steps)


def _book_of(books: list[BookPlan], symbol: str) -> BookPlan:
    for book in books:
        if book.symbol.name == symbol:
            return book
    raise ValueError(f"symbol {symbol!r} has no [[books]] entry")


def _holding(
    books: list[BookPlan],
    name: str,
    symbol: str,
    position: str,
    entry: str | None,
    deposit: str,
    hedge_mode: bool,
    portfolio_margin: bool = False,
) -> AccountPlan:
    """An account that starts with a position, entered at `entry` or at mark."""
    book = _book_of(books, symbol)
    side = "BOTH" if not hedge_mode else "SHORT" if position.startswith("-") else "LONG"
    at = entry or format_scaled(book.mark, book.symbol.price_precision)
    held = position_from_texts(book.symbol, side, position, at)
    return AccountPlan(name, deposit_from_text(deposit), hedge_mode, 0, (held,), portfolio_margin)

"""What all kinds of traders share: strict construction from TOML, arrivals, positions to start with."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, fields
from random import Random
from typing import Any, ClassVar, Protocol, Self

from loadgen.traders.board import Board
from loadgen.traders.pace import Pace
from loadgen.traders.verbs import Trader
from mock_exchange.engine.symbols import RATIO_UNIT
from mock_exchange.plan import AccountPlan, BookPlan, deposit_from_text, position_from_texts
from run_records.scaled import format_scaled
from run_records.units import NS_PER_S


class Group(Protocol):
    """A group of like traders, one account each. `feigns` says that they pass openings off as something
    better; an admission policy owes them nothing. `everywhere` says that each process of a load run needs
    one, `needs_prices` that they act on what the market watch has seen."""

    feigns: ClassVar[bool]
    everywhere: ClassVar[bool]
    needs_prices: ClassVar[bool]

    @property
    def accounts(self) -> int: ...

    def account_plan(self, name: str, member: int = 0) -> AccountPlan: ...

    def orders_per_second(self) -> float:
        """New orders per second and account at the busiest, on average."""
        ...

    def intended_per_second(self, now_ns: int) -> float:
        """Arrivals per second of the whole group at an instant, as far as they depend on the clock alone."""
        ...

    def trader(self, member: int, rng: Random, board: Board) -> Trader: ...


class FromDict:
    """Strict construction from a TOML table: unknown and missing keys are named."""

    feigns: ClassVar[bool] = False
    everywhere: ClassVar[bool] = False
    needs_prices: ClassVar[bool] = False

    def intended_per_second(self, now_ns: int) -> float:
        return 0.0

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
class Poisson(FromDict):
    """`rate` arrivals per second in all, Poisson, split over `accounts`; from each of `steps` on (`at_s`,
    `factor`) that many times as often."""

    books: list[BookPlan]
    accounts: int
    rate: float
    deposit: str = "1000000"
    steps: Any = ()

    def __post_init__(self) -> None:
        positive("accounts", self.accounts, whole=True)
        positive("rate", self.rate)
        self.pace()
        self.account_plan("check")

    def pace(self) -> Pace:
        """Of one account."""
        return Pace(NS_PER_S * self.accounts / self.rate, steps_of(self.steps))

    def account_plan(self, name: str, member: int = 0) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit))

    def intended_per_second(self, now_ns: int) -> float:
        factor = 1.0
        for begins, times in steps_of(self.steps):
            factor = times if begins <= now_ns else factor
        return self.rate * factor

    def orders_per_second(self) -> float:
        return self.rate / self.accounts * max((1.0, *(factor for _, factor in steps_of(self.steps))))


def positive(name: str, value: Any, *, whole: bool = False) -> None:
    kind = int if whole else (int, float)
    if not isinstance(value, kind) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(f"{name} must be a positive {'whole ' if whole else ''}number, not {value!r}")


def millionths(name: str, fraction: Any) -> int:
    """A fraction of one as the integer that the engine counts with. Raises ValueError."""
    if not isinstance(fraction, int | float) or isinstance(fraction, bool) or not 0 <= fraction <= 1:
        raise ValueError(f"{name} must be a fraction from 0 to 1, not {fraction!r}")
    return round(fraction * RATIO_UNIT)


def steps_of(value: Any) -> tuple[tuple[int, float], ...]:
    """`[{ at_s = 10, factor = 3 }]` as (nanoseconds, factor), in order of time."""
    if not isinstance(value, list | tuple) or not all(isinstance(step, dict) for step in value):
        raise ValueError("steps must be a list of { at_s = …, factor = … }")
    steps = []
    for step in value:
        if set(step) != {"at_s", "factor"}:
            raise ValueError(f"a step has at_s and factor, not {', '.join(sorted(step)) or 'nothing'}")
        positive("at_s", step["at_s"])
        positive("factor", step["factor"])
        steps.append((round(step["at_s"] * NS_PER_S), float(step["factor"])))
    if steps != sorted(steps, key=lambda step: step[0]):
        raise ValueError("steps must be in order of at_s")
    return tuple(steps)


def book_of(books: list[BookPlan], symbol: str) -> BookPlan:
    for book in books:
        if book.symbol.name == symbol:
            return book
    raise ValueError(f"symbol {symbol!r} has no [[books]] entry")


def holding(
    books: list[BookPlan],
    name: str,
    symbol: str,
    position: str,
    entry: str | None,
    deposit: str,
    hedge_mode: bool,
    portfolio_margin: bool = False,
    watched: bool = False,
) -> AccountPlan:
    """An account that starts with a position, entered at `entry` or at mark."""
    book = book_of(books, symbol)
    side = "BOTH" if not hedge_mode else "SHORT" if position.startswith("-") else "LONG"
    at = entry or format_scaled(book.mark, book.symbol.price_precision)
    held = position_from_texts(book.symbol, side, position, at)
    return AccountPlan(name, deposit_from_text(deposit), hedge_mode, 0, (held,), portfolio_margin, watched)

"""The traders of a scenario: which accounts they need and how each of them trades.

Every group opens its own accounts, each with its own source address, so that rate limits (per account
and per address) are met only where a scenario means to meet them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from random import Random
from typing import Any, Protocol, Self

from loadgen.traders.canceller import canceller
from loadgen.traders.maker import maker
from loadgen.traders.opening_flood import opening_flood
from loadgen.traders.reducers import reducers
from loadgen.traders.risk_bot import risk_bot
from loadgen.traders.verbs import Trader
from mock_exchange.clock import NS_PER_S
from mock_exchange.gateway.config import Limits
from mock_exchange.plan import AccountPlan, BookPlan, deposit_from_text, position_from_texts
from mock_exchange.randomness import stream
from mock_exchange.scaled import format_scaled, parse_scaled

HEADROOM = 0.75
"""Part of an order limit that a scenario's mean rate may use before it is refused."""


class PopulationError(ValueError):
    """Traders that cannot trade as the scenario says; one line."""


class Group(Protocol):
    """A group of like traders, one account each."""

    @property
    def accounts(self) -> int: ...

    def account_plan(self, name: str) -> AccountPlan: ...

    def orders_per_second(self) -> float:
        """New orders per second and account, on average."""
        ...

    def trader(self, member: int, rng: Random) -> Trader: ...


class _FromDict:
    """Strict construction from a TOML table: unknown and missing keys are named."""

    @classmethod
    def from_dict(cls, row: dict[str, Any], books: list[BookPlan]) -> Self:
        known = {field.name: field for field in fields(cls) if field.name != "books"}  # type: ignore[arg-type]
        if unknown := sorted(set(row) - set(known)):
            raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}")
        for name, field in known.items():
            if name not in row and field.default is MISSING:
                raise ValueError(f"{name} is missing")
        return cls(books=books, **row)  # type: ignore[call-arg]


def _positive(name: str, value: Any, *, whole: bool = False) -> None:
    kind = int if whole else (int, float)
    if not isinstance(value, kind) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} must be a positive {'whole ' if whole else ''}number, not {value!r}")


def _book_of(books: list[BookPlan], symbol: str) -> BookPlan:
    for book in books:
        if book.symbol.name == symbol:
            return book
    raise ValueError(f"symbol {symbol!r} has no [[books]] entry")


@dataclass(slots=True)
class OpeningFlood(_FromDict):
    """`rate` opening orders per second in all, Poisson, split over `accounts`."""

    books: list[BookPlan]
    accounts: int
    rate: float
    deposit: str = "1000000"

    def __post_init__(self) -> None:
        _positive("accounts", self.accounts, whole=True)
        _positive("rate", self.rate)

    def account_plan(self, name: str) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit))

    def orders_per_second(self) -> float:
        return self.rate / self.accounts

    def trader(self, member: int, rng: Random) -> Trader:
        return opening_flood(rng, NS_PER_S * self.accounts / self.rate, self.books)


@dataclass(slots=True)
class Reducers(_FromDict):
    """`rate` intents per second in all to reduce by `quantity`, from long positions in `symbol`."""

    books: list[BookPlan]
    accounts: int
    rate: float
    symbol: str
    quantity: str
    position: str
    deposit: str = "1000000"
    hedge_mode: bool = False

    def __post_init__(self) -> None:
        _positive("accounts", self.accounts, whole=True)
        _positive("rate", self.rate)
        symbol = _book_of(self.books, self.symbol).symbol
        parse_scaled(self.quantity, symbol.quantity_precision)
        self.account_plan("check")

    def account_plan(self, name: str) -> AccountPlan:
        return _holding(self.books, name, self.symbol, self.position, None, self.deposit, self.hedge_mode)

    def orders_per_second(self) -> float:
        return self.rate / self.accounts

    def trader(self, member: int, rng: Random) -> Trader:
        long = not self.position.startswith("-")
        gap = NS_PER_S * self.accounts / self.rate
        return reducers(rng, gap, self.symbol, long, self.hedge_mode, self.quantity)


@dataclass(slots=True)
class RiskBot(_FromDict):
    """One bot that holds `position` and reduces it by `target`, in `clips` parts over `within_s`."""

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

    def __post_init__(self) -> None:
        _positive("clips", self.clips, whole=True)
        _positive("within_s", self.within_s)
        _positive("accounts", self.accounts, whole=True)
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
        entry = self.entry or None
        return _holding(self.books, name, self.symbol, self.position, entry, self.deposit, self.hedge_mode)

    def orders_per_second(self) -> float:
        return 5.0  # while refused: an attempt is repeated after 200 ms on average

    def trader(self, member: int, rng: Random) -> Trader:
        symbol = _book_of(self.books, self.symbol).symbol
        target = parse_scaled(self.target, symbol.quantity_precision)
        clip = max(symbol.step, target // self.clips // symbol.step * symbol.step)
        clips = [clip] * min(self.clips - 1, (target - 1) // clip)
        clips.append(target - sum(clips))
        long = not self.position.startswith("-")
        gap = NS_PER_S * self.within_s / len(clips)
        return risk_bot(rng, self.symbol, long, self.hedge_mode, clips, symbol.quantity_precision, gap)


@dataclass(slots=True)
class Cancellers(_FromDict):
    """`rate` orders per second in all, placed far away and cancelled after `hold_s` on average."""

    books: list[BookPlan]
    accounts: int
    rate: float
    symbol: str
    hold_s: float = 0.5
    deposit: str = "1000000"

    def __post_init__(self) -> None:
        _positive("accounts", self.accounts, whole=True)
        _positive("rate", self.rate)
        _positive("hold_s", self.hold_s)
        _book_of(self.books, self.symbol)

    def account_plan(self, name: str) -> AccountPlan:
        return AccountPlan(name, deposit_from_text(self.deposit))

    def orders_per_second(self) -> float:
        return self.rate / self.accounts

    def trader(self, member: int, rng: Random) -> Trader:
        gap = NS_PER_S * self.accounts / self.rate
        return canceller(rng, gap, NS_PER_S * self.hold_s, _book_of(self.books, self.symbol))


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


KINDS: dict[str, type[OpeningFlood | Reducers | RiskBot | Cancellers | Makers]] = {
    "opening-flood": OpeningFlood,
    "reducers": Reducers,
    "risk-bot": RiskBot,
    "cancellers": Cancellers,
    "makers": Makers,
}


@dataclass(frozen=True, slots=True)
class Member:
    """One trader of a population: its label, the number of its account, and how to start it."""

    label: str
    account: int
    group: Group
    number: int

    def start(self, seed: int) -> Trader:
        """Its generator; the random stream depends on seed and label alone."""
        return self.group.trader(self.number, stream(seed, "trader", self.label))


class Population:
    """All groups of a scenario, in file order."""

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups
        self._members = list(self._label())

    def _label(self) -> Iterator[Member]:
        account = 0
        names = {kind: name for name, kind in KINDS.items()}
        for place, group in enumerate(self.groups, 1):
            for number in range(group.accounts):
                label = f"{names[type(group)]}-{place}.{number + 1}"  # type: ignore[index]
                yield Member(label, account, group, number)
                account += 1

    def members(self) -> list[Member]:
        return self._members

    def accounts(self) -> list[AccountPlan]:
        return [member.group.account_plan(member.label) for member in self._members]

    def check_order_limits(self, limits: Limits) -> None:
        """Raises PopulationError if an account's mean rate comes near its order limits."""
        most = HEADROOM * min(limits.orders_per_minute / 60, limits.orders_per_10s / 10)
        for member in self._members:
            rate = member.group.orders_per_second()
            if rate > most:
                raise PopulationError(
                    f"{member.label} would send {rate:.1f} orders/s, too near the order limit of its account "
                    f"({most:.1f}/s at most): use more accounts, or set rate_limits_intended = true"
                )


def _holding(
    books: list[BookPlan],
    name: str,
    symbol: str,
    position: str,
    entry: str | None,
    deposit: str,
    hedge_mode: bool,
) -> AccountPlan:
    """An account that starts with a position, entered at `entry` or at mark."""
    book = _book_of(books, symbol)
    side = "BOTH" if not hedge_mode else "SHORT" if position.startswith("-") else "LONG"
    at = entry or format_scaled(book.mark, book.symbol.price_precision)
    held = position_from_texts(book.symbol, side, position, at)
    return AccountPlan(name, deposit_from_text(deposit), hedge_mode, 0, (held,))

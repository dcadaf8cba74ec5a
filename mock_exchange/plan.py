"""The venue's half of a scenario: capacity, accounts, positions and books, as one plain document."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.gateway.config import VENUE_RANGES, GatewayConfig
from mock_exchange.prices import PricePath
from mock_exchange.randomness import stream
from run_records.bounds import Range, check_bounds
from run_records.scaled import parse_money, parse_scaled

SCHEMA = "fireexit.plan/1"
TOKEN_HEADER = "X-Fireexit-Token"
"""Carries the token that the control port asks for."""

_RESERVED = ("house", "insurance-fund")
"""Accounts of the venue's own."""
_MOST = 1 << 62
"""Scaled amounts and instants of nanoseconds stay below what 64 bits hold."""
_RANGES: dict[str, Range] = {
    **VENUE_RANGES,
    "seed": (0, 1 << 53),
    "epoch_start_ms": (0, 1 << 53),
    "*_ns": (0, _MOST),
    "noise": (0, _MOST),
    "leverage": (0, 125),
    "deposit": (0, _MOST),
    "mark": (1, _MOST),
    "levels": (0, 1_000),
    "spacing": (1, 1_000_000),
    "quantity": (1, _MOST),
    "positions": (-_MOST, _MOST),
    "points": (0, _MOST),
}
"""Of the numbers of a plan, by key."""


class _AccountRow(msgspec.Struct):
    name: str
    deposit: int
    hedge_mode: bool
    leverage: int
    positions: list[tuple[str, str, int, int]]
    portfolio_margin: bool = False
    watched: bool = False
    privileged: bool = False


class _BookRow(msgspec.Struct):
    symbol: str
    mark: int
    levels: int
    spacing: int
    quantity: int


class _PhaseRow(msgspec.Struct):
    at_ns: int
    name: str


class _PriceRow(msgspec.Struct):
    symbol: str
    points: list[tuple[int, int]]
    noise: int
    memory_ns: int


class _PolicyRow(msgspec.Struct):
    name: str
    parameters: dict[str, Any]


class _PlanDocument(msgspec.Struct):
    """The types of a plan's document."""

    policy: _PolicyRow
    seed: int
    epoch_start_ms: int
    books: list[_BookRow]
    accounts: list[_AccountRow]
    phases: list[_PhaseRow] = []
    prices: list[_PriceRow] = []


@dataclass(frozen=True, slots=True)
class PositionPlan:
    """A position to start with, entered against the house: signed `amount`, both scaled."""

    symbol: Symbol
    position_side: str
    amount: int
    entry_price: int


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """An account to open. `deposit` in 1e-8 USDT. A `portfolio_margin` account's orders are valued by the
    collateral service first, where the venue has one; a `privileged` one the venue treats better than others,
    if its policy does so. Equity and positions of a `watched` one are journaled
    every second."""

    name: str
    deposit: int
    hedge_mode: bool = False
    leverage: int = 0
    positions: tuple[PositionPlan, ...] = ()
    portfolio_margin: bool = False
    watched: bool = False
    privileged: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """From instant `at_ns` until the next phase the venue is as `gateway` says."""

    at_ns: int
    name: str
    gateway: GatewayConfig


@dataclass(frozen=True, slots=True)
class BookPlan:
    """House orders around `mark`: `levels` per side, `spacing` ticks apart, `quantity` each (scaled)."""

    symbol: Symbol
    mark: int
    levels: int
    spacing: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a venue needs to start in a known state. `epoch_start_ms` is venue time at instant 0;
    0 means the wall clock (sockets only). `phases` are in the order of their instants. `prices` move the
    index by themselves; the books' marks hold for all other symbols."""

    gateway: GatewayConfig
    policy: str
    policy_parameters: dict[str, Any]
    seed: int
    epoch_start_ms: int
    books: tuple[BookPlan, ...] = ()
    accounts: tuple[AccountPlan, ...] = ()
    phases: tuple[Phase, ...] = ()
    prices: tuple[PricePath, ...] = ()

    def held(self) -> Plan:
        """The same venue with nothing happening yet: no prices that move, no phases."""
        return replace(self, prices=(), phases=())

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON data; `source` rows are kept as text, so nothing is lost in scaling."""
        return {
            "schema": SCHEMA,
            "venue": self.gateway.to_dict(),
            "policy": {"name": self.policy, "parameters": self.policy_parameters},
            "seed": self.seed,
            "epoch_start_ms": self.epoch_start_ms,
            "books": [
                {
                    "symbol": b.symbol.name,
                    "mark": b.mark,
                    "levels": b.levels,
                    "spacing": b.spacing,
                    "quantity": b.quantity,
                }
                for b in self.books
            ],
            "accounts": [
                {
                    "name": a.name,
                    "deposit": a.deposit,
                    "hedge_mode": a.hedge_mode,
                    "leverage": a.leverage,
                    "portfolio_margin": a.portfolio_margin,
                    "watched": a.watched,
                    "privileged": a.privileged,
                    "positions": [
                        [p.symbol.name, p.position_side, p.amount, p.entry_price] for p in a.positions
                    ],
                }
                for a in self.accounts
            ],
            "phases": [{"at_ns": p.at_ns, "name": p.name, "venue": p.gateway.to_dict()} for p in self.phases],
            "prices": [
                {
                    "symbol": p.symbol.name,
                    "points": [list(point) for point in p.points],
                    "noise": p.noise,
                    "memory_ns": p.memory_ns,
                }
                for p in self.prices
            ],
        }

    @classmethod
    def from_dict(cls, row: Any) -> Plan:
        """The inverse of `to_dict`. Raises ValueError for what is no such document."""
        if not isinstance(row, dict) or row.get("schema") != SCHEMA:
            found = row.get("schema") if isinstance(row, dict) else type(row).__name__
            raise ValueError(f"not a {SCHEMA} document: schema is {found!r}")
        check_bounds(row, _RANGES)
        try:
            plan = cls._from_dict(row)
            msgspec.convert(row, _PlanDocument)  # whatever else it is made of: a name is a text, and so on
        except KeyError as error:
            raise ValueError(f"the plan lacks, or does not know, {error.args[0]!r}") from None
        except (IndexError, TypeError, AttributeError, ArithmeticError, msgspec.ValidationError) as error:
            raise ValueError(f"the plan is malformed: {error}") from None
        names = [account.name for account in plan.accounts]
        if twice := sorted(name for name in set(names) if names.count(name) > 1 or name in _RESERVED):
            raise ValueError(f"the plan is malformed: there cannot be another account {twice[0]!r}")
        return plan

    @classmethod
    def _from_dict(cls, row: dict[str, Any]) -> Plan:
        listed = symbols()
        return cls(
            gateway=GatewayConfig.from_dict(row["venue"]),
            policy=row["policy"]["name"],
            policy_parameters=row["policy"]["parameters"],
            seed=row["seed"],
            epoch_start_ms=row["epoch_start_ms"],
            books=tuple(
                BookPlan(listed[b["symbol"]], b["mark"], b["levels"], b["spacing"], b["quantity"])
                for b in row["books"]
            ),
            accounts=tuple(
                AccountPlan(
                    a["name"],
                    a["deposit"],
                    a["hedge_mode"],
                    a["leverage"],
                    tuple(PositionPlan(listed[p[0]], p[1], p[2], p[3]) for p in a["positions"]),
                    a.get("portfolio_margin", False),
                    a.get("watched", False),
                    a.get("privileged", False),
                )
                for a in row["accounts"]
            ),
            phases=tuple(
                Phase(p["at_ns"], p["name"], GatewayConfig.from_dict(p["venue"]))
                for p in row.get("phases", ())
            ),
            prices=tuple(
                PricePath(
                    listed[p["symbol"]],
                    tuple((at, price) for at, price in p["points"]),
                    p["noise"],
                    p["memory_ns"],
                )
                for p in row.get("prices", ())
            ),
        )


def book_from_texts(symbol: Symbol, mark: str, levels: int, spacing: int, quantity: str) -> BookPlan:
    """A book plan from decimal texts. Raises ValueError."""
    price = parse_scaled(mark, symbol.price_precision)
    if not symbol.min_price <= price <= symbol.max_price:
        raise ValueError(f"mark {mark} of {symbol.name} is outside its price range")
    if levels < 0 or spacing < 1:
        raise ValueError(f"book of {symbol.name}: levels from 0, spacing_ticks from 1")
    return BookPlan(symbol, price, levels, spacing, parse_scaled(quantity, symbol.quantity_precision))


def position_from_texts(symbol: Symbol, position_side: str, amount: str, entry: str) -> PositionPlan:
    """A position plan from decimal texts; a leading minus makes a short. Raises ValueError."""
    sign = -1 if amount.startswith("-") else 1
    quantity = parse_scaled(amount.removeprefix("-"), symbol.quantity_precision)
    return PositionPlan(symbol, position_side, sign * quantity, parse_scaled(entry, symbol.price_precision))


def deposit_from_text(text: str) -> int:
    return parse_money(text)


@dataclass(frozen=True, slots=True)
class Access:
    """How one account reaches the venue: key, secret, and a source address of its own, since request
    weight is counted per address."""

    account: str
    api_key: str
    secret: str
    source: str


def access_for(plan: Plan) -> list[Access]:
    """Keys and loopback source addresses of a plan's accounts, derived from its seed alone."""
    result = []
    for account, place in zip(plan.accounts, opening_places(plan), strict=True):
        digest = hashlib.sha256(f"{plan.seed}/{account.name}/key".encode()).hexdigest()
        secret = hashlib.sha256(f"{plan.seed}/{account.name}/secret".encode()).hexdigest()
        result.append(Access(account.name, digest, secret, source_address(place)))
    return result


def opening_places(plan: Plan) -> list[int]:
    """For each account, its place in the order in which they are opened: a permutation of 0, 1, 2… drawn from
    the seed. Numbers and addresses follow it, so that neither tells a gateway what an account is going to do,
    as its place in the scenario would."""
    draw = stream(plan.seed, "venue", "accounts")
    drawn = [draw.random() for _ in plan.accounts]
    places = [0] * len(drawn)
    for place, index in enumerate(sorted(range(len(drawn)), key=drawn.__getitem__)):
        places[index] = place
    return places


def source_address(number: int) -> str:
    """The loopback address of account `number`: 127.1.0.1 onwards."""
    if not 0 <= number < 254 * 250 * 250:
        raise ValueError(f"no source address for account {number}")
    high, low = divmod(number, 250)
    top, middle = divmod(high, 250)
    return f"127.{1 + top}.{middle}.{1 + low}"


__all__ = [
    "Access",
    "AccountPlan",
    "BookPlan",
    "Phase",
    "Plan",
    "PositionPlan",
    "access_for",
    "book_from_texts",
    "deposit_from_text",
    "opening_places",
    "position_from_texts",
    "source_address",
]

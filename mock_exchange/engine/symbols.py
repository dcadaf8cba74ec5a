"""What may be traded and under which rules, as scaled integers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from mock_exchange.pickled import by_fields
from run_records.scaled import MONEY_PRECISION, MONEY_UNIT, parse_money, parse_scaled

RATIO_UNIT: Final = 1_000_000
"""Ratios (margin, multipliers) are integers in millionths."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """A leverage bracket: notionals and `cum` in 1e-8 USDT, `mmr` in millionths."""

    number: int
    leverage: int
    floor: int
    cap: int
    mmr: int
    cum: int

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """One perpetual contract. Prices count 10^-price_precision USDT, quantities 10^-quantity_precision."""

    index: int
    name: str
    base: str
    price_precision: int
    quantity_precision: int
    money_factor: int
    tick: int
    step: int
    min_quantity: int
    max_quantity: int
    market_max_quantity: int
    min_price: int
    max_price: int
    min_notional: int
    multiplier_up: int
    multiplier_down: int
    market_take_bound: int
    liquidation_fee: int
    trigger_protect: int
    funding_cap: int
    texts: dict[str, str]
    brackets: tuple[Bracket, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process, too, there is one object for each symbol."""
        return _listed, (self.name,)

    def notional(self, price: int, quantity: int) -> int:
        """price × quantity in 1e-8 USDT, exact because precisions never add up to more than eight."""
        return price * quantity * self.money_factor

    @lru_cache(maxsize=4096)  # noqa: B019 - symbols live as long as the process
    def max_notional(self, leverage: int) -> int:
        """Largest position notional allowed at `leverage`, in 1e-8 USDT; 0 if no bracket offers it."""
        allowed = 0
        for bracket in self.brackets:
            if bracket.leverage >= leverage:
                allowed = bracket.cap
        return allowed or self.brackets[-1].cap

    def bracket_for(self, notional: int) -> Bracket:
        """The bracket that `notional` (1e-8 USDT) falls into; the last one beyond the table."""
        for bracket in self.brackets:
            if notional <= bracket.cap:
                return bracket
        return self.brackets[-1]


def _brackets(rows: list[list[Any]]) -> tuple[Bracket, ...]:
    result = []
    floor = 0
    for number, (leverage, cap_usdt, mmr, cum) in enumerate(rows, 1):
        cap = cap_usdt * MONEY_UNIT
        result.append(Bracket(number, leverage, floor, cap, parse_scaled(mmr, 6), parse_money(cum)))
        floor = cap
    return tuple(result)


def _symbol(index: int, name: str, row: dict[str, Any]) -> Symbol:
    pp, qp = row["price_precision"], row["quantity_precision"]
    return Symbol(
        index=index,
        name=name,
        base=name.removesuffix("USDT"),
        price_precision=pp,
        quantity_precision=qp,
        money_factor=10 ** (MONEY_PRECISION - pp - qp),
        tick=parse_scaled(row["tick"], pp),
        step=parse_scaled(row["step"], qp),
        min_quantity=parse_scaled(row["min_quantity"], qp),
        max_quantity=parse_scaled(row["max_quantity"], qp),
        market_max_quantity=parse_scaled(row["market_max_quantity"], qp),
        min_price=parse_scaled(row["min_price"], pp),
        max_price=parse_scaled(row["max_price"], pp),
        min_notional=parse_money(row["min_notional"]),
        multiplier_up=parse_scaled(row["multiplier_up"], 6),
        multiplier_down=parse_scaled(row["multiplier_down"], 6),
        market_take_bound=parse_scaled(row["market_take_bound"], 6),
        liquidation_fee=parse_scaled(row["liquidation_fee"], 6),
        trigger_protect=parse_scaled(row["trigger_protect"], 6),
        funding_cap=parse_scaled(row["funding_cap"], 8),
        texts={key: value for key, value in row.items() if isinstance(value, str)},
        brackets=_brackets(row["brackets"]),
    )


@cache
def symbols() -> dict[str, Symbol]:
    """Every listed symbol by name, in listing order."""
    text = files(__package__).joinpath("symbols.toml").read_text(encoding="utf-8")
    return {name: _symbol(index, name, row) for index, (name, row) in enumerate(tomllib.loads(text).items())}


def _listed(name: str) -> Symbol:
    return symbols()[name]

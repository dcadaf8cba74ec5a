"""Lines of an account's books: what has changed, once and for all."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from mock_exchange.engine.symbols import Symbol


class Fill(msgspec.Struct, frozen=True, gc=False):
    """An account's side of a trade. It names its order and does not hold it, so that a venue may forget
    orders whose fills it can still list.

    Price and quantity are scaled by the symbol; fee and realised profit are in 1e-8 USDT.
    """

    trade_id: int
    at_ms: int
    symbol: Symbol
    price: int
    quantity: int
    order_id: int
    side: int
    position_side: str
    is_maker: bool
    fee: int
    profit: int


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of an order: (before, after) of price and quantity, scaled."""

    number: int
    at_ms: int
    price: tuple[int, int]
    quantity: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Income:
    """Money in or out of a wallet that is not a trade's: TRANSFER, FUNDING_FEE, INSURANCE_CLEAR.
    `amount` in 1e-8 USDT. Realised profit and commission are read from the trades."""

    kind: str
    symbol: str
    amount: int
    at_ms: int
    number: int

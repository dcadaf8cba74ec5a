"""Lines of an account's books: what has changed, once and for all."""

from __future__ import annotations

from dataclasses import dataclass


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

"""What may be asked of an engine, and the words for it: requests hold no state, and know none."""

from __future__ import annotations

from typing import Final

import msgspec

from mock_exchange.engine.symbols import Symbol

BUY: Final = 1
SELL: Final = -1

AttemptKey = tuple[str | int, int]
"""Which attempt brought an order: the request's key and the batch leg."""
HOUSE: Final[AttemptKey] = ("", 0)
"""The plan itself, which sends no requests."""

NEW: Final = "NEW"
PARTIALLY_FILLED: Final = "PARTIALLY_FILLED"
FILLED: Final = "FILLED"
CANCELED: Final = "CANCELED"
EXPIRED: Final = "EXPIRED"
EXPIRED_IN_MATCH: Final = "EXPIRED_IN_MATCH"

TRADE: Final = "TRADE"
AMENDMENT: Final = "AMENDMENT"
CALCULATED: Final = "CALCULATED"
"""Execution types beside the statuses: what an order event reports."""

# Why an order expired (`er`), as documented since 2025-10-23.
NO_REASON: Final = 0
BY_STP: Final = 1
IOC_REMAINDER: Final = 2
IOC_REMAINDER_BY_STP: Final = 3
KNOCKED_OUT: Final = 4
LIQUIDATED: Final = 5
STOP_TRIGGERED: Final = 8
MARKET_REMAINDER: Final = 9

STP_NONE: Final = "NONE"
EXPIRE_TAKER: Final = "EXPIRE_TAKER"
EXPIRE_MAKER: Final = "EXPIRE_MAKER"
EXPIRE_BOTH: Final = "EXPIRE_BOTH"
NO_MATCH: Final = "NONE"

CONTRACT_PRICE: Final = "CONTRACT_PRICE"
MARK_PRICE: Final = "MARK_PRICE"

CONDITIONAL_KINDS: Final = {
    "STOP": "LIMIT",
    "STOP_MARKET": "MARKET",
    "TAKE_PROFIT": "LIMIT",
    "TAKE_PROFIT_MARKET": "MARKET",
}
"""What each conditional type becomes when it triggers."""


class Trigger(msgspec.Struct, frozen=True, gc=False):
    """When a conditional order becomes a live one: the scaled stop price, which price is watched, whether
    it waits while mark and contract price disagree, and whether it closes the whole position."""

    stop_price: int
    working_type: str = CONTRACT_PRICE
    price_protect: bool = False
    close_position: bool = False


class OrderRequest(msgspec.Struct, frozen=True, gc=False):
    """A syntactically valid new order. Price and quantity are scaled by the symbol's precisions;
    `price` is 0 for MARKET. `reduce_only` is the flag as sent, not what the engine makes of it.

    `good_till_ms` is 0 unless GTD. `deadline_ms` is the last venue time at which the engine may still
    take the request (its recvWindow), 0 for none.
    """

    symbol: Symbol
    side: int
    kind: str
    tif: str
    quantity: int
    price: int
    reduce_only: bool
    position_side: str
    client_id: str
    wants_result: bool = False
    trigger: Trigger | None = None
    price_match: str = NO_MATCH
    stp: str = STP_NONE
    good_till_ms: int = 0
    deadline_ms: int = 0


class AmendRequest(msgspec.Struct, frozen=True, gc=False):
    """New price and quantity for a resting LIMIT order, found by id, or by client id when it is 0."""

    symbol: Symbol
    order_id: int
    client_id: str
    side: int
    quantity: int
    price: int
    price_match: str = NO_MATCH
    deadline_ms: int = 0


class CancelRequest(msgspec.Struct, frozen=True, gc=False):
    """Cancel one order by id, or by client id when `order_id` is 0."""

    symbol: Symbol
    order_id: int
    client_id: str


class CancelAllRequest(msgspec.Struct, frozen=True, gc=False):
    """Cancel every open order of one symbol."""

    symbol: Symbol

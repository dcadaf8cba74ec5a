"""What an order is: the validated request, the live order it becomes, and the trades it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_exchange.engine.symbols import Symbol

if TYPE_CHECKING:
    from mock_exchange.engine.accounts import Account, Leg

BUY = 1
SELL = -1

AttemptKey = tuple[str | int, int]
"""Which attempt brought an order: the request's key and the batch leg."""
HOUSE: AttemptKey = ("", 0)
"""The plan itself, which sends no requests."""

NEW = "NEW"
PARTIALLY_FILLED = "PARTIALLY_FILLED"
FILLED = "FILLED"
CANCELED = "CANCELED"
EXPIRED = "EXPIRED"
EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"

TRADE = "TRADE"
AMENDMENT = "AMENDMENT"
CALCULATED = "CALCULATED"
"""Execution types beside the statuses: what an order event reports."""

# Why an order expired (`er`), as documented since 2025-10-23.
NO_REASON = 0
BY_STP = 1
IOC_REMAINDER = 2
IOC_REMAINDER_BY_STP = 3
KNOCKED_OUT = 4
LIQUIDATED = 5
STOP_TRIGGERED = 8
MARKET_REMAINDER = 9

STP_NONE = "NONE"
EXPIRE_TAKER = "EXPIRE_TAKER"
EXPIRE_MAKER = "EXPIRE_MAKER"
EXPIRE_BOTH = "EXPIRE_BOTH"
NO_MATCH = "NONE"

CONTRACT_PRICE = "CONTRACT_PRICE"
MARK_PRICE = "MARK_PRICE"

CONDITIONAL_KINDS = {
    "STOP": "LIMIT", "STOP_MARKET": "MARKET", "TAKE_PROFIT": "LIMIT", "TAKE_PROFIT_MARKET": "MARKET",
}  # fmt: skip
"""What each conditional type becomes when it triggers."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a conditional order becomes a live one: the scaled stop price, which price is watched, whether
    it waits while mark and contract price disagree, and whether it closes the whole position."""

    stop_price: int
    working_type: str = CONTRACT_PRICE
    price_protect: bool = False
    close_position: bool = False


@dataclass(slots=True)
class OrderRequest:
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


@dataclass(slots=True)
class AmendRequest:
    """New price and quantity for a resting LIMIT order, found by id, or by client id when it is 0."""

    symbol: Symbol
    order_id: int
    client_id: str
    side: int
    quantity: int
    price: int
    price_match: str = NO_MATCH
    deadline_ms: int = 0


@dataclass(slots=True)
class CancelRequest:
    """Cancel one order by id, or by client id when `order_id` is 0."""

    symbol: Symbol
    order_id: int
    client_id: str


@dataclass(slots=True)
class CancelAllRequest:
    """Cancel every open order of one symbol."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of an order: (before, after) of price and quantity, scaled."""

    number: int
    at_ms: int
    price: tuple[int, int]
    quantity: tuple[int, int]


class Order:
    """A live order. `reduce_only` is effective: in hedge mode closing orders are so implicitly.

    `original_kind` is what was asked for, `kind` what it is now that its stop may have triggered.
    `margin_price` is what its open quantity is valued at in margin. `expiry` tells why it expired;
    `forced` orders are the venue's own, which liquidate the account.
    `key` names the attempt that brought it; `fate_unknown` is set when that attempt was answered
    with an unknown outcome, so that its client does not know the order exists.
    """

    __slots__ = (
        "account", "amendments", "client_id", "created_ms", "expiry", "fate_unknown", "filled", "flagged",
        "forced", "good_till_ms", "key", "kind", "leg", "margin_price", "order_id", "original_kind",
        "position_side", "price", "price_match", "quantity", "quote", "reduce_only", "remaining", "side",
        "status",         "stp", "symbol", "tif", "trigger", "updated_ms", "wants_result",
    )  # fmt: skip

    def __init__(
        self, order_id: int, request: OrderRequest, account: Account, leg: Leg, reduce_only: bool, now_ms: int
    ) -> None:
        self.order_id = order_id
        self.client_id = request.client_id
        self.account = account
        self.leg = leg
        self.symbol = request.symbol
        self.side = request.side
        self.kind = self.original_kind = request.kind
        self.tif = request.tif
        self.price = self.margin_price = request.price
        self.quantity = request.quantity
        self.remaining = request.quantity
        self.filled = 0
        self.quote = 0
        self.flagged = request.reduce_only
        self.reduce_only = reduce_only
        self.position_side = request.position_side
        self.status = NEW
        self.created_ms = now_ms
        self.updated_ms = now_ms
        self.key = HOUSE
        self.fate_unknown = False
        self.wants_result = request.wants_result
        self.trigger = request.trigger
        self.price_match = request.price_match
        self.stp = request.stp
        self.good_till_ms = request.good_till_ms
        self.expiry = NO_REASON
        self.amendments: list[Amendment] | None = None
        self.forced = False


class Trade:
    """One match. Price and quantity scaled by the symbol; the maker's price is the price. Fees and
    realised profits of both sides in 1e-8 USDT. `public` trades are on the tape; what the insurance
    fund takes over is not."""

    __slots__ = (
        "at_ms", "maker", "maker_fee", "maker_profit", "price", "public", "quantity", "taker", "taker_fee",
        "taker_profit", "trade_id",
    )  # fmt: skip

    def __init__(
        self, trade_id: int, at_ms: int, price: int, quantity: int, taker: Order, maker: Order
    ) -> None:
        self.trade_id = trade_id
        self.at_ms = at_ms
        self.price = price
        self.quantity = quantity
        self.taker = taker
        self.maker = maker
        self.taker_fee = self.maker_fee = 0
        self.taker_profit = self.maker_profit = 0
        self.public = True

"""What an order is: the validated request and the live order it becomes."""

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


@dataclass(slots=True)
class OrderRequest:
    """A syntactically valid new order. Price and quantity are scaled by the symbol's precisions;
    `price` is 0 for MARKET. `reduce_only` is the flag as sent, not what the engine makes of it."""

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


class Order:
    """A live order. `reduce_only` is effective: in hedge mode closing orders are so implicitly.

    `key` names the attempt that brought it; `fate_unknown` is set when that attempt was answered
    with an unknown outcome, so that its client does not know the order exists.
    """

    __slots__ = (
        "account", "client_id", "created_ms", "fate_unknown", "filled", "flagged", "key", "kind", "leg",
        "order_id", "position_side", "price", "quantity", "quote", "reduce_only", "remaining", "side",
        "status", "symbol", "tif", "updated_ms", "wants_result",
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
        self.kind = request.kind
        self.tif = request.tif
        self.price = request.price
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


@dataclass(slots=True)
class Trade:
    """One match. Price and quantity scaled by the symbol; the maker's price is the price."""

    trade_id: int
    price: int
    quantity: int
    taker: Order
    maker: Order

"""The parameters of order verbs, by epoch, and the rules between them."""

from __future__ import annotations

from typing import Final

from mock_exchange.engine.requests import (
    BUY,
    CONDITIONAL_KINDS,
    CONTRACT_PRICE,
    EXPIRE_BOTH,
    EXPIRE_MAKER,
    EXPIRE_TAKER,
    MARK_PRICE,
    NO_MATCH,
    SELL,
    STP_NONE,
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
    Trigger,
)
from mock_exchange.errors import EPOCH_INCIDENT, EPOCHS, Refused
from mock_exchange.gateway.parameters.table import NOT_WANTED, Given, Param, Table, Values, texts

MAX_BATCH_PLACE: Final = 5
MAX_BATCH_CANCEL: Final = 10
GOOD_TILL_AHEAD_MS: Final = 600_000
GOOD_TILL_END_MS: Final = 253_402_300_799_000

LIMITS: Final = ("LIMIT", "STOP", "TAKE_PROFIT")
"""Order types with a price of their own."""
MARKETS: Final = ("MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET")
PLAIN: Final = ("LIMIT", "MARKET")
CONDITIONAL: Final = tuple(CONDITIONAL_KINDS)
_NOT_OFFERED: Final = -4084
_CONDITIONAL_MOVED: Final = -4120


SYMBOL: Final = Param("symbol", "symbol", mandatory=True)
ORDER_ID: Final = Param("orderId", "integer")
CLIENT_ORDER_ID: Final = Param("origClientOrderId", "client-id")
ONE_ORDER: Final = (SYMBOL, ORDER_ID, CLIENT_ORDER_ID)
_SIDE: Final = Param("side", "enum", mandatory=True, values={"BUY": BUY, "SELL": SELL}, code=-1117)
_QUANTITY: Final = Param("quantity", "quantity", mandatory=True)
_MATCHES: Final = [f"{side}{depth}" for side in ("OPPONENT", "QUEUE") for depth in ("", "_5", "_10", "_20")]
_MATCHES_WITHDRAWN: Final = ("OPPONENT_10", "OPPONENT_20")
"""Refused since 2025-10-23."""


def _type(epoch: str) -> Param:
    """Conditional orders moved to an endpoint of their own after the incident; trailing stops are not
    offered."""
    if epoch == EPOCH_INCIDENT:
        values, not_here = (*PLAIN, *CONDITIONAL), {"TRAILING_STOP_MARKET": _NOT_OFFERED}
    else:
        values = PLAIN
        not_here = dict.fromkeys((*CONDITIONAL, "TRAILING_STOP_MARKET"), _CONDITIONAL_MOVED)
    return Param("type", "enum", mandatory=True, values=texts(*values), code=-1116, not_here=not_here)


def _match(epoch: str) -> Param:
    offered = [m for m in _MATCHES if epoch == EPOCH_INCIDENT or m not in _MATCHES_WITHDRAWN]
    return Param("priceMatch", "enum", values=texts(NO_MATCH, *offered), code=-5037, barred_for=MARKETS,
                 barred_code=-5038, neutral=True)  # fmt: skip


def _order(epoch: str) -> Table:
    return Table((
        SYMBOL,
        _SIDE,
        _type(epoch),
        Param("positionSide", "enum", values=texts("BOTH", "LONG", "SHORT"), code=-4060),
        Param("timeInForce", "enum", values=texts("GTC", "IOC", "FOK", "GTX", "GTD"), code=-1115,
              not_here={"RPI": _NOT_OFFERED}, needed_for=("LIMIT",), barred_for=("MARKET",)),
        Param("quantity", "quantity", needed_unless="closePosition"),
        Param("price", "price", needed_for=LIMITS, needed_unless="priceMatch", barred_for=MARKETS),
        Param("reduceOnly", "boolean"),
        Param("newClientOrderId", "client-id"),
        Param("stopPrice", "price", needed_for=CONDITIONAL, barred_for=PLAIN, neutral=True),
        Param("closePosition", "boolean", barred_for=(*PLAIN, "STOP", "TAKE_PROFIT"), neutral=True),
        Param("workingType", "enum", values=texts(CONTRACT_PRICE, MARK_PRICE), code=-4031),
        Param("priceProtect", "boolean"),
        Param("newOrderRespType", "enum", values=texts("ACK", "RESULT"), code=-1136),
        _match(epoch),
        Param("selfTradePreventionMode", "enum", code=-5039,
              values=texts(STP_NONE, EXPIRE_TAKER, EXPIRE_MAKER, EXPIRE_BOTH)),
        Param("goodTillDate", "integer", code=-5040),
    ))  # fmt: skip


ORDERS: Final = {epoch: _order(epoch) for epoch in EPOCHS}
_NEW_PRICE: Final = Param("price", "price", needed_unless="priceMatch")
AMENDMENTS: Final = {
    epoch: Table((*ONE_ORDER, _SIDE, _QUANTITY, _NEW_PRICE, _match(epoch))) for epoch in EPOCHS
}
CANCELS: Final = Table(ONE_ORDER)
CANCEL_ALLS: Final = Table((SYMBOL,))
BATCHES: Final = Table(
    (Param("batchOrders", "legs", mandatory=True, least=1, most=MAX_BATCH_PLACE, code=-4082),)
)
BATCH_CANCELS: Final = Table((
    SYMBOL,
    Param("orderIdList", "ids", least=1, most=MAX_BATCH_CANCEL, code=-4032),
    Param("origClientOrderIdList", "client-ids", least=1, most=MAX_BATCH_CANCEL, code=-4032),
))  # fmt: skip


class _Form:
    """What an order of one type must have and may not have, read off the table."""

    __slots__ = ("_needed", "barred", "is_conditional", "is_limit", "needs_tif")

    def __init__(self, table: Table, kind: str) -> None:
        self._needed = tuple(
            param
            for param in table.params
            if param.mandatory or (kind in param.needed_for and not param.needed_unless)
        )
        self.needs_tif = kind in table["timeInForce"].needed_for
        self.barred = {param.name: param for param in table.params if kind in param.barred_for}
        self.is_limit = kind in LIMITS
        self.is_conditional = kind in CONDITIONAL

    def first_missing(self, values: Values) -> Refused:
        return next(param.missing() for param in self._needed if param.name not in values)

    def check_barred(self, values: Values) -> None:
        for name, param in self.barred.items():
            if name in values and not (param.neutral and values[name] in (0, False, NO_MATCH)):
                raise param.barred()


_BY_EPOCH: Final = {
    epoch: (
        table,
        {kind: _Form(table, kind) for kind in table["type"].values},
        STP_NONE if epoch == EPOCH_INCIDENT else EXPIRE_MAKER,
    )
    for epoch, table in ORDERS.items()
}
"""Parameters, forms by type, and the self-trade prevention of an order that says nothing: it has changed."""


def read_order(given: Given, epoch: str, now_ms: int = 0, deadline_ms: int = 0) -> OrderRequest:
    """A new order from its parameters, received at venue time `now_ms`; the engine may take it until
    `deadline_ms` (0: for ever). Raises Refused with the documented code."""
    table, forms, stp = _BY_EPOCH[epoch]
    values = table.read(given)
    get = values.get
    kind: str = get("type") or table.read_all(given)["type"]
    form = forms[kind]
    if form.barred and not form.barred.keys().isdisjoint(values):
        form.check_barred(values)
    match, closes = get("priceMatch", NO_MATCH), get("closePosition", False)
    quantity, price = get("quantity"), get("price")
    try:
        tif = values["timeInForce"] if form.needs_tif else get("timeInForce", "GTC")
        # A limit order needs a price or a priceMatch, and not both; what closes a position has no quantity.
        if closes or quantity is None or (price is None) is (form.is_limit and match == NO_MATCH):
            _check_price(table, values, form.is_limit, match)
            _check_quantity(table, values, closes)
        return OrderRequest(
            values["symbol"],
            values["side"],
            kind,
            tif,
            quantity or 0,
            price or 0,
            get("reduceOnly", False),
            get("positionSide", "BOTH"),
            get("newClientOrderId", ""),
            get("newOrderRespType") == "RESULT",
            _trigger(values, closes) if form.is_conditional else None,
            match,
            get("selfTradePreventionMode", stp),
            _good_till(values, tif, now_ms) if tif == "GTD" or "goodTillDate" in values else 0,
            deadline_ms,
        )
    except KeyError:
        raise form.first_missing(values) from None


def _check_price(table: Table, values: Values, is_limit: bool, match: str) -> None:
    if match != NO_MATCH:
        if "price" in values:
            raise Refused(NOT_WANTED, "price")
    elif is_limit and "price" not in values:
        raise table["price"].missing()


def _check_quantity(table: Table, values: Values, closes: bool) -> None:
    if closes:
        if "quantity" in values:
            raise Refused(-4137)
        if "reduceOnly" in values:
            raise Refused(NOT_WANTED, "reduceonly")
    elif "quantity" not in values:
        raise table["quantity"].missing()


def _trigger(values: Values, closes: bool) -> Trigger:
    return Trigger(
        values["stopPrice"],
        values.get("workingType", CONTRACT_PRICE),
        values.get("priceProtect", False),
        closes,
    )


def _good_till(values: Values, tif: str, now_ms: int) -> int:
    """Whole seconds, in milliseconds; 0 unless the order is GTD, which needs one: -5040 too soon or too
    late."""
    until: int | None = values.get("goodTillDate")
    if tif != "GTD":
        if until is not None:
            raise Refused(NOT_WANTED, "goodtilldate")
        return 0
    if until is None:
        raise Refused(-1102, "goodTillDate")
    until -= until % 1000
    if not now_ms + GOOD_TILL_AHEAD_MS < until < GOOD_TILL_END_MS:
        raise Refused(-5040)
    return until


def read_amendment(given: Given, epoch: str, now_ms: int = 0, deadline_ms: int = 0) -> AmendRequest:
    """New terms for a resting order: side, quantity and price (or priceMatch) are mandatory."""
    table = AMENDMENTS[epoch]
    values = table.read_all(given)
    named = named_order(values)
    match = values.get("priceMatch", NO_MATCH)
    _check_price(table, values, True, match)
    return AmendRequest(
        named.symbol, named.order_id, named.client_id, values["side"], values["quantity"],
        values.get("price", 0), match, deadline_ms,
    )  # fmt: skip


def read_cancel(given: Given, epoch: str = "", now_ms: int = 0, deadline_ms: int = 0) -> CancelRequest:
    """One order to cancel or to look up, by `orderId` or `origClientOrderId`."""
    return named_order(CANCELS.read_all(given))


def named_order(values: Values) -> CancelRequest:
    """The order that these values name. Refused with -1102 if they name none."""
    order_id = values.get("orderId", 0)
    client_id = "" if "orderId" in values else values.get("origClientOrderId", "")
    if not order_id and not client_id and "orderId" not in values:
        raise Refused(-1102, "origClientOrderId", "orderId")
    return CancelRequest(values["symbol"], order_id, client_id)


def read_cancel_all(given: Given, epoch: str = "", now_ms: int = 0, deadline_ms: int = 0) -> CancelAllRequest:
    return CancelAllRequest(CANCEL_ALLS.read_all(given)["symbol"])


def read_batch(given: Given, epoch: str = "", now_ms: int = 0, deadline_ms: int = 0) -> list[dict[str, str]]:
    """The legs of `batchOrders`, each as plain text parameters. -1130 malformed, -4082 too many."""
    legs: list[dict[str, str]] = BATCHES.read_all(given)["batchOrders"]
    return legs


def read_batch_cancel(
    given: Given, epoch: str = "", now_ms: int = 0, deadline_ms: int = 0
) -> list[CancelRequest]:
    """The orders of `orderIdList` or `origClientOrderIdList`. -1130 malformed, -4032 too many."""
    values = BATCH_CANCELS.read_all(given)
    symbol = values["symbol"]
    if "orderIdList" in values:
        return [CancelRequest(symbol, number, "") for number in values["orderIdList"]]
    if "origClientOrderIdList" in values:
        return [CancelRequest(symbol, 0, name) for name in values["origClientOrderIdList"]]
    raise Refused(-1102, "orderIdList", "origClientOrderIdList")

"""Per-symbol trading rules, checked in the order in which the venue's codes suggest."""

from __future__ import annotations

from mock_exchange.engine.orders import BUY, OrderRequest
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.errors import Refused
from mock_exchange.scaled import MONEY_PRECISION, format_trimmed

MAX_OPEN_ORDERS = 200
"""MAX_NUM_ORDERS of every listed symbol, per account."""


def check_filters(request: OrderRequest, mark: int) -> None:
    """PRICE_FILTER, (MARKET_)LOT_SIZE, PERCENT_PRICE and MIN_NOTIONAL. Raises Refused.

    Orders flagged reduce-only are exempt from MIN_NOTIONAL, as are closing orders in hedge mode.
    """
    symbol = request.symbol
    is_market = request.kind == "MARKET"
    if not is_market:
        _check_price(symbol, request.price)
    _check_quantity(
        symbol, request.quantity, symbol.market_max_quantity if is_market else symbol.max_quantity
    )
    if not is_market:
        _check_percent_price(symbol, request.side, request.price, mark)
    if not claims_to_reduce(request):
        notional = symbol.notional(mark if is_market else request.price, request.quantity)
        if notional < symbol.min_notional:
            raise Refused(-4164, format_trimmed(symbol.min_notional, MONEY_PRECISION))


def claims_to_reduce(request: OrderRequest) -> bool:
    """The documented predicate for orders that reduce exposure, on parameters alone:
    BOTH with reduceOnly=true, LONG with SELL, SHORT with BUY."""
    position_side = request.position_side
    if position_side == "BOTH":
        return request.reduce_only
    return (position_side == "LONG") == (request.side != BUY)


def _check_price(symbol: Symbol, price: int) -> None:
    if price <= 0:
        raise Refused(-4001)
    if price > symbol.max_price:
        raise Refused(-4002)
    if price < symbol.min_price:
        raise Refused(-4013)
    if (price - symbol.min_price) % symbol.tick:
        raise Refused(-4014)


def _check_quantity(symbol: Symbol, quantity: int, max_quantity: int) -> None:
    if quantity <= 0:
        raise Refused(-4003)
    if quantity < symbol.min_quantity:
        raise Refused(-4004)
    if quantity > max_quantity:
        raise Refused(-4005)
    if (quantity - symbol.min_quantity) % symbol.step:
        raise Refused(-4023)


def _check_percent_price(symbol: Symbol, side: int, price: int, mark: int) -> None:
    if side == BUY and price * RATIO_UNIT > mark * symbol.multiplier_up:
        raise Refused(-4016)
    if side != BUY and price * RATIO_UNIT < mark * symbol.multiplier_down:
        raise Refused(-4024)

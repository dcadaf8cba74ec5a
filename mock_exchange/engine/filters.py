"""Per-symbol trading rules, checked in the order in which the venue's codes suggest."""

from __future__ import annotations

from typing import Final, NoReturn

from mock_exchange.engine.requests import BUY, OrderRequest, Trigger
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.errors import Refused
from run_records.scaled import MONEY_PRECISION, format_trimmed

MAX_OPEN_ORDERS: Final = 200
"""MAX_NUM_ORDERS of every listed symbol, per account."""
MAX_CONDITIONAL_ORDERS: Final = 10
"""MAX_NUM_ALGO_ORDERS of every listed symbol, per account."""


def check_filters(request: OrderRequest, mark: int, *, bounded: bool = True) -> None:
    """PRICE_FILTER, (MARKET_)LOT_SIZE, PERCENT_PRICE and MIN_NOTIONAL. Raises Refused.

    Orders flagged reduce-only are exempt from MIN_NOTIONAL, as are closing orders in hedge mode and those
    that close the whole position. A conditional limit price is held against its stop price instead of
    the mark (-4183, -4184). The house is not `bounded` by PERCENT_PRICE.
    """
    symbol = request.symbol
    quantity = request.quantity
    trigger = request.trigger
    if request.price:
        price = request.price
        largest = symbol.max_quantity
        if not symbol.min_price <= price <= symbol.max_price or (price - symbol.min_price) % symbol.tick:
            _refuse_price(symbol, price)
    else:
        if request.kind in _PRICED:
            raise Refused(-4001)
        price = mark
        largest = symbol.market_max_quantity
    if trigger is not None:
        _check_trigger(request, trigger)
        # It names no quantity: it closes what is there when it triggers.
        if trigger.close_position:
            return
    if not symbol.min_quantity <= quantity <= largest or (quantity - symbol.min_quantity) % symbol.step:
        _refuse_quantity(symbol, quantity, largest)
    if trigger is None and bounded:
        check_percent_price(symbol, request.side, price, mark)
    if price * quantity * symbol.money_factor < symbol.min_notional and not claims_to_reduce(request):
        raise Refused(-4164, format_trimmed(symbol.min_notional, MONEY_PRECISION))


_PRICED: Final = frozenset(("LIMIT", "STOP", "TAKE_PROFIT"))


def check_percent_price(symbol: Symbol, side: int, price: int, mark: int) -> None:
    """PERCENT_PRICE: a BUY at most `multiplierUp` of the mark, a SELL at least `multiplierDown` of it."""
    if side == BUY:
        if price * RATIO_UNIT > mark * symbol.multiplier_up:
            raise Refused(-4016)
    elif price * RATIO_UNIT < mark * symbol.multiplier_down:
        raise Refused(-4024)


def _check_trigger(request: OrderRequest, trigger: Trigger) -> None:
    symbol = request.symbol
    stop = trigger.stop_price
    if stop <= 0:
        raise Refused(-4006)
    if stop > symbol.max_price:
        raise Refused(-4007)
    if stop < symbol.min_price:
        raise Refused(-4013)
    if (stop - symbol.min_price) % symbol.tick:
        raise Refused(-4014)
    if request.price and request.side == BUY and request.price * RATIO_UNIT > stop * symbol.multiplier_up:
        raise Refused(
            -4183, format_trimmed(stop * symbol.multiplier_up // RATIO_UNIT, symbol.price_precision)
        )
    if request.price and request.side != BUY and request.price * RATIO_UNIT < stop * symbol.multiplier_down:
        raise Refused(
            -4184, format_trimmed(stop * symbol.multiplier_down // RATIO_UNIT, symbol.price_precision)
        )


def claims_to_reduce(request: OrderRequest) -> bool:
    """The documented predicate for orders that reduce exposure, on parameters alone:
    closePosition=true, BOTH with reduceOnly=true, LONG with SELL, SHORT with BUY."""
    if request.trigger is not None and request.trigger.close_position:
        return True
    position_side = request.position_side
    if position_side == "BOTH":
        return request.reduce_only
    return (position_side == "LONG") == (request.side != BUY)


def _refuse_price(symbol: Symbol, price: int) -> NoReturn:
    if price <= 0:
        raise Refused(-4001)
    if price > symbol.max_price:
        raise Refused(-4002)
    raise Refused(-4013 if price < symbol.min_price else -4014)


def _refuse_quantity(symbol: Symbol, quantity: int, largest: int) -> NoReturn:
    if quantity <= 0:
        raise Refused(-4003)
    if quantity < symbol.min_quantity:
        raise Refused(-4004)
    raise Refused(-4005 if quantity > largest else -4023)

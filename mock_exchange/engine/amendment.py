"""Changing the price or quantity of a resting LIMIT order."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from mock_exchange.engine.accounts import Account, Order
from mock_exchange.engine.entries import Amendment
from mock_exchange.engine.filters import check_filters
from mock_exchange.engine.market import Market
from mock_exchange.engine.matching import Matcher
from mock_exchange.engine.placement import Placement
from mock_exchange.engine.requests import AMENDMENT, AmendRequest, OrderRequest
from mock_exchange.engine.risk import check_account, check_margin, check_reduce_only
from mock_exchange.errors import Refused

MAX_AMENDMENTS: Final = 10_000


def check_amendment(
    order: Order, request: AmendRequest, account: Account, market: Market, conflict_rule: str
) -> bool:
    """Whether the amended order may go on (False: it is to be cancelled instead). Raises Refused: what the
    account may not do now (-2023…), -5025 not a LIMIT order, -1117 other side, -5027 nothing new, -5026 too
    often, the filters' codes with -5029 for too small a notional, what a new reduce-only order would meet,
    -2019 if more margin is needed than there is; then the order stays as it was."""
    amended = OrderRequest(
        order.symbol,
        order.side,
        "LIMIT",
        order.tif,
        request.quantity,
        request.price,
        order.flagged,
        order.position_side,
        "",
    )
    check_account(account, amended)
    if order.kind != "LIMIT":
        raise Refused(-5025)
    if request.side != order.side:
        raise Refused(-1117)
    if (request.price, request.quantity) == (order.price, order.quantity):
        raise Refused(-5027)
    if order.amendments is not None and len(order.amendments) >= MAX_AMENDMENTS:
        raise Refused(-5026)
    try:
        check_filters(amended, market.mark)
    except Refused as refusal:
        raise (Refused(-5029, *refusal.arguments) if refusal.code == -4164 else refusal) from None
    # What is asked for has been filled already: the venue cancels the rest.
    if request.quantity <= order.filled:
        return False
    best = market.best_price(-order.side)
    if order.tif == "GTX" and best is not None and best * order.side <= request.price * order.side:
        return False
    left = replace(amended, quantity=request.quantity - order.filled)
    if order.reduce_only:
        check_reduce_only(left, order.leg, conflict_rule, without=order)
    else:
        check_margin(left, account, order.leg, market.mark, freed=order.notional())
    return True


def amend(
    order: Order, request: AmendRequest, market: Market, matcher: Matcher, placement: Placement
) -> None:
    """Give the order its new terms. It loses its place in the queue and may trade at once."""
    # Out of the book first: an amended order goes to the end of its price.
    matcher.retire(order, market)
    before = (order.price, order.quantity)
    order.price = order.margin_price = request.price
    order.quantity = request.quantity
    order.remaining = request.quantity - order.filled
    order.price_match = request.price_match
    order.updated_ms = matcher.now_ms
    if order.amendments is None:
        order.amendments = []
    number = len(order.amendments) + 1
    prices, quantities = (before[0], order.price), (before[1], order.quantity)
    order.amendments.append(Amendment(number, matcher.now_ms, prices, quantities))
    if matcher.observer is not None:
        matcher.observer.order_event(order, AMENDMENT)
    placement.execute(order, market)

"""Whether an account may place an order: the reduce-only rule and the margin check."""

from __future__ import annotations

from typing import Final

from mock_exchange.engine.accounts import Account, Leg, Order
from mock_exchange.engine.filters import claims_to_reduce
from mock_exchange.engine.requests import BUY, OrderRequest
from mock_exchange.errors import Refused

REJECT_4118: Final = "reject_4118"
KNOCK_OUT: Final = "knock_out"
CONFLICT_RULES: Final = (REJECT_4118, KNOCK_OUT)
NO_ORDERS: Final = -4088
RESTRICTIONS: Final = (-4087, NO_ORDERS, -4189, -4192, -4400, -4401)
"""What an account may be restricted with: only reduce-only orders, or none at all (-4088)."""


def check_account(account: Account, request: OrderRequest) -> None:
    """-2023 while the account is being liquidated, the code of its restriction, -4061 and -1106 for orders
    of the other position mode, -2022 to close a position with an order that would enlarge it."""
    if account.in_liquidation:
        raise Refused(-2023)
    if account.restriction and (account.restriction == NO_ORDERS or not claims_to_reduce(request)):
        raise Refused(account.restriction)
    if account.hedge_mode != (request.position_side != "BOTH"):
        raise Refused(-4061)
    if account.hedge_mode and request.reduce_only:
        raise Refused(-1106, "reduceonly")
    trigger = request.trigger
    enlarges = (request.position_side == "LONG") == (request.side == BUY)
    if account.hedge_mode and enlarges and trigger is not None and trigger.close_position:
        raise Refused(-2022)


def check_reduce_only(
    request: OrderRequest, leg: Leg, conflict_rule: str, without: Order | None = None
) -> None:
    """Refuse what cannot reduce: -2022 if there is nothing (left) to close, -4118 if orders already
    resting in the closing direction use the position up. `without` is an order of the leg that does not
    count: the one that the request is to replace.

    The venue does not publish this rule; it is the reading that agrees with all public evidence:
    nothing to close, or better-placed reduce-only orders cover it all: -2022. Resting reduce-only
    orders plus this one exceed the position: -4118 (a MARKET order instead knocks them out under
    rule `knock_out`). Ordinary orders in the way: -4118 if the flip they could cause has no margin.
    """
    closable = leg.closable(request.side)
    if closable == 0:
        raise Refused(-2022)
    if not leg.orders or request.trigger is not None:  # what waits takes nothing from the position yet
        return
    reducing, ahead, ordinary = _resting(request, leg, without)
    if ahead >= closable:
        raise Refused(-2022)
    is_market = request.kind == "MARKET"
    if reducing and reducing + request.quantity > closable and not (is_market and conflict_rule == KNOCK_OUT):
        raise Refused(-4118)
    excess = reducing + ordinary + request.quantity - closable
    if ordinary and excess > 0 and not _could_carry(leg, excess):
        raise Refused(-4118)


def _resting(request: OrderRequest, leg: Leg, without: Order | None) -> tuple[int, int, int]:
    """Quantities resting in the closing direction: reduce-only, those of them with a better price
    than a LIMIT request (price priority), ordinary."""
    side = request.side
    reducing = ahead = ordinary = 0
    for order in leg.orders.values():
        if order.side != side or order is without:
            continue
        if not order.reduce_only:
            ordinary += order.remaining
            continue
        reducing += order.remaining
        if request.kind == "LIMIT" and order.price * side > request.price * side:
            ahead += order.remaining
    return reducing, ahead, ordinary


def _could_carry(leg: Leg, quantity: int) -> bool:
    notional = leg.symbol.notional(leg.prices.mark, quantity)
    return leg.account.unlimited or leg.account.available() * leg.leverage >= notional


def check_margin(
    request: OrderRequest, account: Account, leg: Leg, market_price: int, freed: tuple[int, int] = (0, 0)
) -> None:
    """Refuse an order whose exposure the account cannot carry: -2019 (margin) or -2027 (bracket). `freed` is
    the notional (bids, asks) of the order that this one replaces; its margin may be used again.

    Initial margin of a leg is max(|position + bids|, |position − asks|) / leverage; an order that does
    not raise it needs none. `market_price` stands in for the price of a MARKET order.
    """
    if account.unlimited:
        return
    notional = request.symbol.notional(request.price or market_price, request.quantity)
    bids, asks = (notional, 0) if request.side == BUY else (0, notional)
    before, after = leg.exposures(bids - freed[0], asks - freed[1])
    # Whoever gets no larger needs nothing, even where there is no margin left.
    if after <= before:
        return
    leverage = leg.leverage
    if after > request.symbol.max_notional(leverage):
        raise Refused(-2027)
    if account.available() < -before // leverage - -after // leverage:  # margins, rounded up
        raise Refused(-2019)

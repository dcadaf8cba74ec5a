"""The way of one order through the engine.

filters -> reduce-only rule or margin check -> conditions on the book -> wait for a trigger, or
match -> rest or expire.
"""

from __future__ import annotations

from typing import Final, TypeVar

from msgspec.structs import replace
from mypy_extensions import mypyc_attr

from mock_exchange.engine.accounts import Account, Leg, Order
from mock_exchange.engine.filters import (
    MAX_CONDITIONAL_ORDERS,
    MAX_OPEN_ORDERS,
    check_filters,
    claims_to_reduce,
)
from mock_exchange.engine.market import Market
from mock_exchange.engine.matching import Matcher, executable
from mock_exchange.engine.requests import (
    CONDITIONAL_KINDS,
    EXPIRED,
    EXPIRED_IN_MATCH,
    IOC_REMAINDER,
    KNOCKED_OUT,
    MARKET_REMAINDER,
    NEW,
    NO_REASON,
    STOP_TRIGGERED,
    AmendRequest,
    OrderRequest,
)
from mock_exchange.engine.risk import check_account, check_margin, check_reduce_only
from mock_exchange.engine.symbols import RATIO_UNIT
from mock_exchange.engine.triggers import would_trigger
from mock_exchange.errors import Refused

_Priced = TypeVar("_Priced", OrderRequest, AmendRequest)
_REJECTIONS: Final = {-5021: "FOK order is rejected.", -5022: "Post Only order is rejected."}


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Placement:
    """Checks orders and brings them to the book. Raises Refused for what may not be placed."""

    def __init__(self, matcher: Matcher, conflict_rule: str) -> None:
        self._matcher = matcher
        self.conflict_rule = conflict_rule

    # -- checks -----------------------------------------------------------------------------------

    def check(self, account: Account, request: OrderRequest, market: Market) -> tuple[Leg, bool]:
        """The leg an order addresses and whether it is reduce-only there. Raises Refused."""
        check_account(account, request)
        check_filters(request, market.mark, bounded=not account.unlimited)
        if request.client_id in account.client_orders:
            raise Refused(-4116)
        trigger = request.trigger
        if trigger is not None or (len(account.orders) >= MAX_OPEN_ORDERS and not account.unlimited):
            _check_open_orders(account, request)
        leg = account.leg_on(market, request.position_side)
        reduce_only = claims_to_reduce(request)
        best = market.best_price(-request.side)
        # An order that can only reduce needs no margin; all else is held to it.
        if not reduce_only:
            check_margin(request, account, leg, max(market.mark, best or 0))
        elif trigger is None or not trigger.close_position:
            check_reduce_only(request, leg, self.conflict_rule)
        if trigger is None:
            _check_execution(request, market, best, leg.closable(request.side) if reduce_only else None)
        elif would_trigger(
            request.kind, request.side, trigger.stop_price, trigger.working_type, market.last, market.mark
        ):
            raise Refused(-2021)
        return leg, reduce_only

    # -- execution --------------------------------------------------------------------------------

    def enter(self, order: Order, market: Market) -> None:
        """A new order: waits for its trigger, or executes now."""
        observer = self._matcher.observer
        if observer is not None:
            observer.order_event(order, NEW)
        if order.trigger is not None:
            # A market order that waits is valued at its stop: nobody knows what it will cost.
            order.margin_price = order.price or order.trigger.stop_price
            market.triggers.add(order)
            order.leg.resize_order(order, order.remaining)
            order.account.open_order(order)
            return
        self.execute(order, market)

    def execute(self, order: Order, market: Market) -> None:
        """Match, and rest or expire what is left."""
        self._matcher.match(order, market, limit_of(order, market))
        if order.remaining:
            self._rest_or_expire(order, market)
        else:
            self._matcher.ended.append(order)

    def trigger(self, order: Order, market: Market) -> None:
        """A waiting order's price was reached: it becomes what it was to become, or expires."""
        matcher = self._matcher
        leg = order.leg
        leg.resize_order(order, -order.remaining)
        order.account.close_order(order)
        order.updated_ms = matcher.now_ms
        self._report(order, EXPIRED, STOP_TRIGGERED)
        order.kind = CONDITIONAL_KINDS[order.kind]
        order.margin_price = order.price
        assert order.trigger is not None
        if order.trigger.close_position:
            order.quantity = order.remaining = leg.closable(order.side)
        reason = self._may_not_execute(order, market)
        if reason:
            if matcher.observer is not None:
                matcher.observer.trigger_rejected(order, reason)
            self._report(order, EXPIRED, NO_REASON)
            return
        order.status, order.expiry = NEW, NO_REASON
        if matcher.observer is not None:
            matcher.observer.order_event(order, NEW)
        self.execute(order, market)

    def _may_not_execute(self, order: Order, market: Market) -> str:
        if order.account.in_liquidation:
            return "User in liquidation mode now."
        closable = order.leg.closable(order.side) if order.reduce_only else None
        if closable == 0:
            return "ReduceOnly Order is rejected."
        request = OrderRequest(
            order.symbol,
            order.side,
            order.kind,
            order.tif,
            order.remaining,
            order.price,
            False,
            order.position_side,
            order.client_id,
        )
        try:
            if closable is None:
                check_margin(request, order.account, order.leg, market.mark)
            if order.tif in ("FOK", "GTX"):
                _check_execution(request, market, market.best_price(-order.side), closable)
        except Refused as refusal:
            return _REJECTIONS.get(refusal.code, "Margin is insufficient.")
        return ""

    def _rest_or_expire(self, order: Order, market: Market) -> None:
        if order.status == EXPIRED_IN_MATCH:
            self._report(order, EXPIRED_IN_MATCH, order.expiry)
        elif order.kind == "MARKET":
            self._report(order, EXPIRED, MARKET_REMAINDER)
        elif order.tif in ("IOC", "FOK"):
            self._report(order, EXPIRED, IOC_REMAINDER)
        elif order.reduce_only and order.leg.closable(order.side) == 0:
            self._report(order, EXPIRED, KNOCKED_OUT)
        else:
            market.side(order.side).add(order)
            market.update_id += 1
            order.leg.open_order(order)
            order.account.open_order(order)

    def _report(self, order: Order, status: str, reason: int) -> None:
        order.status = status
        order.expiry = reason
        order.updated_ms = self._matcher.now_ms
        # A stop that triggers goes on under its number; it has not ended.
        if reason != STOP_TRIGGERED:
            self._matcher.ended.append(order)
        if self._matcher.observer is not None:
            self._matcher.observer.order_event(order, EXPIRED)


def limit_of(order: Order | OrderRequest, market: Market) -> int:
    """Worst price an order may trade at; MARKET orders are bound to marketTakeBound around mark."""
    if order.kind != "MARKET":
        return order.price
    return market.mark * (RATIO_UNIT + order.side * market.symbol.market_take_bound) // RATIO_UNIT


def with_matched_price(request: _Priced, side: int, market: Market) -> _Priced:
    """The request at the price that its `priceMatch` stands for: the best or the n-th price of the other side
    (OPPONENT, OPPONENT_n) or of the own side (QUEUE, QUEUE_n). -5041 if the book has no such level."""
    kind, _, depth = request.price_match.partition("_")
    rank = int(depth or 1)
    rows = market.side(-side if kind == "OPPONENT" else side).depth(rank)
    if len(rows) < rank:
        raise Refused(-5041)
    return replace(request, price=rows[-1][0])


def _check_open_orders(account: Account, request: OrderRequest) -> None:
    open_here = [order for order in account.orders.values() if order.symbol is request.symbol]
    if request.kind != "MARKET" and len(open_here) >= MAX_OPEN_ORDERS:
        raise Refused(-2025)
    if request.trigger is not None:
        waiting = sum(order.kind in CONDITIONAL_KINDS for order in open_here)
        if waiting >= MAX_CONDITIONAL_ORDERS:
            raise Refused(-4045)


def _check_execution(request: OrderRequest, market: Market, best: int | None, reducible: int | None) -> None:
    """Conditions on the book that kill an order at once: no price within reach, GTX, FOK. `reducible` is
    what a reduce-only order may execute at most."""
    side = request.side
    if request.kind == "MARKET":
        bound = limit_of(request, market)
        if best is None or best * side > bound * side:
            raise Refused(-4131)
    elif request.tif == "GTX":
        if best is not None and best * side <= request.price * side:
            raise Refused(-5022)
    elif request.tif == "FOK":
        if reducible is not None and reducible < request.quantity:
            raise Refused(-5021)
        if executable(market.side(-side), request.price) < request.quantity:
            raise Refused(-5021)

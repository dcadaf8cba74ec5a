"""Price-time priority matching and the settlement of each trade.

A reduce-only order, taking or resting, never executes more than the position it addresses, and is
knocked out as soon as better-placed reduce-only orders already cover that position.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from mypy_extensions import mypyc_attr

from mock_exchange.engine.accounts import Account, Leg, Order, Trade
from mock_exchange.engine.book import BookSide
from mock_exchange.engine.entries import Fill
from mock_exchange.engine.market import Market
from mock_exchange.engine.observer import Observer
from mock_exchange.engine.requests import (
    BY_STP,
    CANCELED,
    EXPIRE_MAKER,
    EXPIRE_TAKER,
    EXPIRED,
    EXPIRED_IN_MATCH,
    FILLED,
    IOC_REMAINDER_BY_STP,
    KNOCKED_OUT,
    PARTIALLY_FILLED,
    STP_NONE,
)
from mock_exchange.engine.symbols import RATIO_UNIT

MAKER_FEE: Final = 200
TAKER_FEE: Final = 400
"""Commission in millionths of notional: 0.02 % and 0.04 %, the documented example rates."""

FILLS_KEPT: Final = 200_000
"""Fills of all accounts together that can still be listed; older ones leave."""


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
@dataclass(slots=True)
class Matcher:
    """Executes orders against a market and keeps what the venue earns (1e-8 USDT). `overdrawn` are accounts
    that closed a position for more than they had, for the next sample to look at.

    `trades` and `ended` (resting orders that the matcher filled or expired) report what the latest
    command did; `begin` clears them and sets the time.
    """

    fees: int = 0
    next_trade_id: int = 1
    now_ms: int = 0
    observer: Observer | None = None
    trades: list[Trade] = field(default_factory=list)
    ended: list[Order] = field(default_factory=list)
    overdrawn: dict[Account, None] = field(default_factory=dict)
    filled: deque[Account] = field(default_factory=deque)
    """Whose each fill is that can still be listed, the oldest first."""

    def begin(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.trades = []
        self.ended = []

    def match(self, order: Order, market: Market, limit: int | None) -> None:
        """Fill `order` against the other side while prices are at `limit` or better."""
        side = order.side
        opposite = market.side(-side)
        while order.remaining:
            level = opposite.best()
            if level is None or (limit is not None and level.price * side > limit * side):
                return
            maker = next(iter(level.orders.values()))
            # A FOK order was promised all of its quantity when it was checked, own orders included.
            if maker.account is order.account and order.stp != STP_NONE and order.tif != "FOK":
                self._prevent_self_trade(order, maker, market)
                if order.status == EXPIRED_IN_MATCH:
                    return
                continue
            quantity = min(order.remaining, maker.remaining)
            # What rests reduce-only may have become too large since: the position is what counts now.
            if maker.reduce_only:
                quantity = min(quantity, maker.leg.closable(maker.side))
                if quantity == 0:
                    self.expire(maker, market, KNOCKED_OUT)
                    continue
            if order.reduce_only:
                quantity = min(quantity, order.leg.closable(side))
                if quantity == 0:
                    return
            self._trade(order, maker, opposite, market, quantity)

    def _prevent_self_trade(self, taker: Order, maker: Order, market: Market) -> None:
        """The taker's mode decides who expires."""
        if taker.stp != EXPIRE_TAKER:
            self.expire(maker, market, BY_STP, EXPIRED_IN_MATCH)
        if taker.stp != EXPIRE_MAKER:
            taker.status = EXPIRED_IN_MATCH
            taker.expiry = IOC_REMAINDER_BY_STP if taker.tif == "IOC" else BY_STP

    def _trade(self, taker: Order, maker: Order, book: BookSide, market: Market, quantity: int) -> None:
        price = maker.price
        trade = Trade(self.next_trade_id, price, quantity, taker, maker)
        self.next_trade_id += 1
        self.trades.append(trade)
        market.last = price
        market.update_id += 1
        notional = price * quantity * market.symbol.money_factor
        book.reduce(maker, quantity)
        maker.leg.fill_order(maker, quantity)
        self.settle(trade, market, notional, TAKER_FEE, MAKER_FEE)
        market.tape.trades.append(trade.taker_fill)
        if maker.remaining == 0:
            self.retire(maker, market)
            self.ended.append(maker)
        if self.observer is not None:
            self.observer.trade_event(trade)
        # The position has changed, so what rests reduce-only may cover more than there is.
        for leg in (taker.leg, maker.leg):
            if leg.reducing_orders:
                self._knock_out(leg, market)

    def settle(self, trade: Trade, market: Market, notional: int, taker_fee: int, maker_fee: int) -> None:
        """Both sides of a trade: position, realised profit, fee. Fee rates in millionths."""
        fee = -(-notional * taker_fee // RATIO_UNIT)
        trade.taker_fill = self._fill(trade.taker, trade, market, notional, fee, is_maker=False)
        fee = -(-notional * maker_fee // RATIO_UNIT)
        trade.maker_fill = self._fill(trade.maker, trade, market, notional, fee, is_maker=True)

    def _fill(
        self, order: Order, trade: Trade, market: Market, notional: int, fee: int, *, is_maker: bool
    ) -> Fill:
        leg = order.leg
        account = order.account
        quantity = trade.quantity
        was_flat = leg.amount == 0
        profit = leg.trade(order.side, quantity, trade.price)
        leg.realized += profit
        account.wallet += profit - fee
        account.traded += notional + market.mark * quantity * market.symbol.money_factor
        fill = Fill(
            trade.trade_id,
            self.now_ms,
            order.symbol,
            trade.price,
            quantity,
            order.order_id,
            order.side,
            order.position_side,
            is_maker,
            fee,
            profit,
        )
        account.fills.append(fill)
        self.filled.append(account)
        if len(self.filled) > FILLS_KEPT:
            self.filled.popleft().fills.popleft()
        self.fees += fee
        order.filled += quantity
        order.quote += notional
        order.remaining -= quantity
        order.status = PARTIALLY_FILLED if order.remaining else FILLED
        order.updated_ms = leg.updated_ms = self.now_ms
        if leg.amount == 0:
            leg.closed_by_unknown = order.fate_unknown
            del market.holders[leg]
            # A position closed below its bankruptcy price leaves a debt, which the fund takes over.
            if account.wallet < 0 and not account.unlimited:
                self.overdrawn[account] = None
        elif was_flat:
            market.holders[leg] = None
        return fill

    def retire(self, order: Order, market: Market) -> None:
        """Take a resting or waiting order out of book, leg and account."""
        if order.trigger is not None and order in market.triggers:
            market.triggers.discard(order)
            order.leg.resize_order(order, -order.remaining)
        else:
            market.side(order.side).remove(order)
            market.update_id += 1
            order.leg.close_order(order)
        order.account.close_order(order)

    def expire(self, order: Order, market: Market, reason: int, status: str = EXPIRED) -> None:
        """End an open order that may no longer execute."""
        self.end(order, market, status, reason)

    def cancel(self, order: Order, market: Market) -> None:
        """End an open order because its owner asked."""
        self.end(order, market, CANCELED, 0)

    def end(self, order: Order, market: Market, status: str, reason: int) -> None:
        self.retire(order, market)
        order.status = status
        order.expiry = reason
        order.updated_ms = self.now_ms
        self.ended.append(order)
        if self.observer is not None:
            self.observer.order_event(order, CANCELED if status == CANCELED else EXPIRED)

    def _knock_out(self, leg: Leg, market: Market) -> None:
        """Expire resting reduce-only orders that the position cannot use any more: worst price
        first, newest first. The venue publishes neither the victim rule nor the status (model)."""
        side = -1 if leg.amount > 0 else 1
        left = leg.closable(side)
        reducing = sorted(
            (order for order in leg.orders.values() if order.reduce_only),
            key=lambda order: (-order.price * order.side, order.order_id),
        )
        for order in reducing:
            if order.side != side or left <= 0:
                self.expire(order, market, KNOCKED_OUT)
            else:
                left -= order.remaining


def executable(book: BookSide, limit: int) -> int:
    """Quantity that is certain to trade at `limit` or better. What rests reduce-only counts up to what
    its position leaves after ordinary orders of the same leg, whichever of them would trade first."""
    total = 0
    reducing: dict[Leg, int] = {}
    ordinary: dict[Leg, int] = {}
    for order in book.orders_within(limit):
        kind = reducing if order.reduce_only else ordinary
        kind[order.leg] = kind.get(order.leg, 0) + order.remaining
    for leg, resting in reducing.items():
        total += min(resting, max(0, leg.closable(book.side) - ordinary.get(leg, 0)))
    return total + sum(ordinary.values())

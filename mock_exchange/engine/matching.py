"""Price-time priority matching and the settlement of each trade.

A reduce-only order, taking or resting, never executes more than the position it addresses, and is
knocked out as soon as better-placed reduce-only orders already cover that position.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_exchange.engine.accounts import Leg
from mock_exchange.engine.book import BookSide, Market
from mock_exchange.engine.orders import CANCELED, EXPIRED, FILLED, PARTIALLY_FILLED, Order, Trade
from mock_exchange.engine.symbols import RATIO_UNIT

MAKER_FEE = 200
TAKER_FEE = 400
"""Commission in millionths of notional: 0.02 % and 0.04 %, the documented example rates."""


@dataclass(slots=True)
class Matcher:
    """Executes orders against a market and keeps what the venue earns (1e-8 USDT).

    `trades` and `knocked_out` report what the latest command did; the engine clears them.
    """

    fees: int = 0
    next_trade_id: int = 1
    trades: list[Trade] = field(default_factory=list)
    knocked_out: list[Order] = field(default_factory=list)

    def match(self, order: Order, market: Market, limit: int | None) -> None:
        """Fill `order` against the other side while prices are at `limit` or better."""
        side = order.side
        opposite = market.side(-side)
        while order.remaining:
            level = opposite.best()
            if level is None or (limit is not None and level.price * side > limit * side):
                return
            maker = next(iter(level.orders.values()))
            quantity = min(order.remaining, maker.remaining)
            if maker.reduce_only:
                quantity = min(quantity, maker.leg.closable(maker.side))
                if quantity == 0:
                    self.expire(maker, market)
                    continue
            if order.reduce_only:
                quantity = min(quantity, order.leg.closable(side))
                if quantity == 0:
                    return
            self._trade(order, maker, opposite, market, quantity)

    def _trade(self, taker: Order, maker: Order, book: BookSide, market: Market, quantity: int) -> None:
        price = maker.price
        trade = Trade(self.next_trade_id, price, quantity, taker, maker)
        self.next_trade_id += 1
        self.trades.append(trade)
        market.update_id += 1
        notional = market.symbol.notional(price, quantity)
        self._fill(taker, price, quantity, notional, TAKER_FEE)
        book.reduce(maker, quantity)
        maker.leg.resize_order(maker, -quantity)
        self._fill(maker, price, quantity, notional, MAKER_FEE)
        if maker.remaining == 0:
            self._retire(maker, market)
        for leg in (taker.leg, maker.leg):
            if leg.reducing_orders:
                self._knock_out(leg, market)

    def _fill(self, order: Order, price: int, quantity: int, notional: int, fee_rate: int) -> None:
        fee = -(-notional * fee_rate // RATIO_UNIT)
        leg = order.leg
        order.account.wallet += leg.trade(order.side, quantity, price) - fee
        self.fees += fee
        order.filled += quantity
        order.quote += notional
        order.remaining -= quantity
        order.status = PARTIALLY_FILLED if order.remaining else FILLED
        if leg.amount == 0:
            leg.closed_by_unknown = order.fate_unknown

    def _retire(self, order: Order, market: Market) -> None:
        market.side(order.side).remove(order)
        order.leg.close_order(order)
        account = order.account
        del account.orders[order.order_id]
        account.client_orders.pop(order.client_id, None)

    def expire(self, order: Order, market: Market) -> None:
        """End a resting order that may no longer execute."""
        self._retire(order, market)
        order.status = EXPIRED
        market.update_id += 1
        self.knocked_out.append(order)

    def cancel(self, order: Order, market: Market) -> None:
        """End a resting order because its owner asked."""
        self._retire(order, market)
        order.status = CANCELED
        market.update_id += 1

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
                self.expire(order, market)
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

"""Accounts, position legs and their money: integers in 1e-8 USDT, conserved to the last unit.

A leg keeps its signed entry cost instead of an average price, so that a partial close can take an
exact share of it: over both sides of a trade the sum of (wallet − cost) never changes but by fees.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from mypy_extensions import mypyc_attr

from mock_exchange.engine.entries import Amendment, Fill, Income
from mock_exchange.engine.prices import Prices
from mock_exchange.engine.requests import BUY, HOUSE, NEW, NO_REASON, OrderRequest
from mock_exchange.engine.symbols import Symbol

DEFAULT_LEVERAGE: Final = 20


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
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
        "status", "stp", "symbol", "tif", "trigger", "updated_ms", "wants_result",
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

    def notional(self) -> tuple[int, int]:
        """What remains of it at the price that margin is computed with, 1e-8 USDT: (bids, asks)."""
        notional = self.remaining * self.margin_price * self.symbol.money_factor
        return (notional, 0) if self.side == BUY else (0, notional)


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Trade:
    """One match of the latest command, with its orders and what it was to either. Price and quantity are
    scaled by the symbol; the maker's price is the price. What is kept of it are its fills."""

    __slots__ = ("maker", "maker_fill", "price", "quantity", "taker", "taker_fill", "trade_id")

    taker_fill: Fill
    maker_fill: Fill

    def __init__(self, trade_id: int, price: int, quantity: int, taker: Order, maker: Order) -> None:
        self.trade_id = trade_id
        self.price = price
        self.quantity = quantity
        self.taker = taker
        self.maker = maker


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Leg:
    """One position: BOTH in one-way mode, LONG or SHORT in hedge mode.

    `amount` is signed, `cost` is the signed notional paid for it. `bid_notional` and `ask_notional`
    sum the open orders that could enlarge it, each at its own price; `bid_quantity` and `ask_quantity`
    sum all that rest in the book. `kept` once it is one of its account's own.
    """

    __slots__ = (
        "account", "amount", "ask_notional", "ask_quantity", "bid_notional", "bid_quantity",
        "closed_by_unknown", "cost", "kept", "leverage", "orders", "prices", "realized", "reducing_orders",
        "side", "symbol", "updated_ms",
    )  # fmt: skip

    def __init__(self, account: Account, prices: Prices, side: str) -> None:
        self.account = account
        self.prices = prices
        self.symbol = prices.symbol
        self.side = side
        self.leverage = account.leverage.get(prices.symbol.index, DEFAULT_LEVERAGE)
        self.amount = 0
        self.cost = 0
        self.bid_notional = 0
        self.ask_notional = 0
        self.bid_quantity = 0
        self.ask_quantity = 0
        self.orders: dict[int, Order] = {}
        self.reducing_orders = 0
        self.closed_by_unknown = False
        self.realized = 0
        self.updated_ms = 0
        self.kept = False

    def closable(self, side: int) -> int:
        """Quantity that an order of `side` may close here; 0 if it would not reduce."""
        amount = self.amount
        return abs(amount) if amount * side < 0 else 0

    def notional(self) -> int:
        """Signed position value at mark."""
        return self.amount * self.prices.mark * self.symbol.money_factor

    def unrealized(self) -> int:
        return self.notional() - self.cost

    def exposure(self) -> int:
        """max(|position + bids|, |position − asks|), all as notional."""
        return self.exposures(0, 0)[0]

    def exposures(self, extra_bids: int, extra_asks: int) -> tuple[int, int]:
        """The exposure now, and with these open orders besides."""
        position = self.amount * self.prices.mark * self.symbol.money_factor
        long, short = position + self.bid_notional, self.ask_notional - position
        before, other = abs(long), abs(short)
        before = max(before, other)
        after, other = abs(long + extra_bids), abs(short + extra_asks)
        return before, other if other > after else after

    def margin_for(self, exposure: int) -> int:
        """Exposure over leverage, rounded up."""
        return -(-exposure // self.leverage)

    def initial_margin(self) -> int:
        return self.margin_for(self.exposure())

    def position_margin(self) -> int:
        """The part of the initial margin that the position alone needs."""
        return self.margin_for(abs(self.notional()))

    def surplus(self) -> int:
        """Unrealised profit less initial margin: what this leg adds to the available balance."""
        position = self.amount * self.prices.mark * self.symbol.money_factor
        with_bids = abs(position + self.bid_notional)
        with_asks = abs(position - self.ask_notional)
        exposure = with_bids if with_bids > with_asks else with_asks
        return position - self.cost + -exposure // self.leverage

    def maintenance_margin(self) -> int:
        """notional × rate − cumulative amount of its bracket, never negative."""
        notional = abs(self.notional())
        bracket = self.symbol.bracket_for(notional)
        return max(0, notional * bracket.mmr // 1_000_000 - bracket.cum)

    def entry_price(self, extra_digits: int = 0) -> int:
        """Average entry price, rounded down, scaled by price precision plus `extra_digits`."""
        if self.amount == 0:
            return 0
        return abs(self.cost) * int("1" + "0" * extra_digits) // (abs(self.amount) * self.symbol.money_factor)

    def trade(self, side: int, quantity: int, price: int) -> int:
        """Book a fill into the position; returns realised profit. Flips are closed, then opened."""
        closing = min(quantity, self.closable(side))
        realized = 0
        factor = self.symbol.money_factor
        if closing:
            share = self.cost * closing // abs(self.amount)
            realized = -side * closing * price * factor - share
            self.cost -= share
            self.amount += side * closing
            quantity -= closing
        if quantity:
            self.cost += side * quantity * price * factor
            self.amount += side * quantity
        return realized

    def open_order(self, order: Order) -> None:
        self.orders[order.order_id] = order
        self.reducing_orders += order.reduce_only
        self.resize_order(order, order.remaining)
        self._rest(order, order.remaining)

    def close_order(self, order: Order) -> None:
        self.resize_order(order, -order.remaining)
        self._rest(order, -order.remaining)
        self.reducing_orders -= order.reduce_only
        del self.orders[order.order_id]

    def fill_order(self, order: Order, quantity: int) -> None:
        """A resting order trades `quantity` of what remains of it."""
        self.resize_order(order, -quantity)
        self._rest(order, -quantity)

    def _rest(self, order: Order, change: int) -> None:
        if order.side == BUY:
            self.bid_quantity += change
        else:
            self.ask_quantity += change

    def resize_order(self, order: Order, change: int) -> None:
        """Add `change` to what rests on the order's side; a reduce-only order cannot open anything."""
        if order.reduce_only:
            return
        notional = change * order.margin_price * self.symbol.money_factor
        if order.side == BUY:
            self.bid_notional += notional
        else:
            self.ask_notional += notional


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Account:
    """A trader's account: wallet, legs, orders. `unlimited` marks the house and the insurance fund: no
    margin, bracket or order-count limits apply to them, and they are never liquidated.

    `orders` are open, `history` holds all still known, by id. `in_liquidation` while the venue closes
    its positions; `warned` once a margin call was sent.
    `restriction` is the code that orders meet which the account may not place now, 0 for none.
    `spare`, `gross` and `seen_at` are what the liquidator knew when it last looked, and `traded` what has
    changed hands since (engine/liquidation.py).
    """

    __slots__ = (
        "client_orders", "fills", "gross", "hedge_mode", "history", "in_liquidation", "incomes",
        "last_by_client", "legs", "leverage", "name", "number", "orders", "restriction", "seen_at", "spare",
        "traded", "unlimited", "wallet", "warned",
    )  # fmt: skip

    def __init__(self, number: int, name: str, wallet: int = 0, unlimited: bool = False) -> None:
        self.number = number
        self.name = name
        self.wallet = wallet
        self.unlimited = unlimited
        self.hedge_mode = False
        self.in_liquidation = False
        self.warned = False
        self.restriction = 0
        self.spare = 0
        self.gross = 0
        self.seen_at = 0
        self.traded = 0
        self.leverage: dict[int, int] = {}
        self.legs: dict[tuple[int, str], Leg] = {}
        self.orders: dict[int, Order] = {}
        self.client_orders: dict[str, Order] = {}
        self.history: dict[int, Order] = {}
        self.last_by_client: dict[str, int] = {}
        self.fills: deque[Fill] = deque()
        self.incomes: list[Income] = []

    def leg_on(self, prices: Prices, position_side: str) -> Leg:
        """The position that an order addresses. Where there is none yet it is a flat one that nobody keeps:
        asking changes nothing."""
        return self.legs.get((prices.symbol.index, position_side)) or Leg(self, prices, position_side)

    def keep_leg(self, leg: Leg) -> Leg:
        """From now on the leg is one of the account's own."""
        leg.kept = True
        return self.legs.setdefault((leg.symbol.index, leg.side), leg)

    def unrealized(self) -> int:
        return sum(leg.unrealized() for leg in self.legs.values())

    def margin_balance(self) -> int:
        return self.wallet + self.unrealized()

    def initial_margin(self) -> int:
        return sum(leg.initial_margin() for leg in self.legs.values())

    def maintenance_margin(self) -> int:
        return sum(leg.maintenance_margin() for leg in self.legs.values() if leg.amount)

    def available(self) -> int:
        """Margin balance less all initial margin; may be negative."""
        available = self.wallet
        for leg in self.legs.values():
            available += leg.surplus()
        return available

    def legs_of(self, symbol: Symbol) -> list[Leg]:
        return [leg for leg in self.legs.values() if leg.symbol is symbol]

    def holds(self, symbol: Symbol) -> bool:
        """Whether there is a position in a symbol, on either side."""
        return any(leg.symbol is symbol and leg.amount for leg in self.legs.values())

    def is_flat(self) -> bool:
        return all(leg.amount == 0 for leg in self.legs.values())

    def receive(self, kind: str, symbol: str, amount: int, now_ms: int) -> None:
        """Put `amount` (negative: take it) into the wallet and remember why."""
        self.wallet += amount
        self.spare = 0
        self.incomes.append(Income(kind, symbol, amount, now_ms, len(self.incomes) + 1))

    def add_order(self, order: Order) -> None:
        """A new order, known from now on but not open yet."""
        self.history[order.order_id] = order
        self.last_by_client[order.client_id] = order.order_id

    def open_order(self, order: Order) -> None:
        self.orders[order.order_id] = order
        self.client_orders[order.client_id] = order

    def close_order(self, order: Order) -> None:
        del self.orders[order.order_id]
        self.client_orders.pop(order.client_id, None)

    def known_order(self, order_id: int, client_id: str) -> Order | None:
        """An order by number, or the last one of a client id if the number is 0; closed ones, too."""
        return self.history.get(order_id or self.last_by_client.get(client_id, 0))

    def forget_order(self, order: Order) -> None:
        del self.history[order.order_id]
        if self.last_by_client.get(order.client_id) == order.order_id:
            del self.last_by_client[order.client_id]

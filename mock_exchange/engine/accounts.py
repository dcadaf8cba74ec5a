"""Accounts, position legs and their money: integers in 1e-8 USDT, conserved to the last unit.

A leg keeps its signed entry cost instead of an average price, so that a partial close can take an
exact share of it: over both sides of a trade the sum of (wallet − cost) never changes but by fees.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from mock_exchange.engine.market import Market
from mock_exchange.engine.orders import BUY, Order, Trade
from mock_exchange.engine.symbols import Symbol

DEFAULT_LEVERAGE = 20
FILLS_KEPT = 10_000
"""Trades an account can still list; older ones leave."""


@dataclass(frozen=True, slots=True)
class Income:
    """Money in or out of a wallet that is not a trade's: TRANSFER, FUNDING_FEE, INSURANCE_CLEAR.
    `amount` in 1e-8 USDT. Realised profit and commission are read from the trades."""

    kind: str
    symbol: str
    amount: int
    at_ms: int
    number: int


class Leg:
    """One position: BOTH in one-way mode, LONG or SHORT in hedge mode.

    `amount` is signed, `cost` is the signed notional paid for it. `bid_notional` and `ask_notional`
    sum the open orders that could enlarge it, each at its own price; `bid_quantity` and `ask_quantity`
    sum all that rest in the book.
    """

    __slots__ = (
        "account", "amount", "ask_notional", "ask_quantity", "bid_notional", "bid_quantity",
        "closed_by_unknown", "cost", "leverage", "market", "orders", "realized", "reducing_orders", "side",
        "symbol", "updated_ms",
    )  # fmt: skip

    def __init__(self, account: Account, market: Market, side: str) -> None:
        self.account = account
        self.market = market
        self.symbol = market.symbol
        self.side = side
        self.leverage = account.leverage.get(market.symbol.index, DEFAULT_LEVERAGE)
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

    def closable(self, side: int) -> int:
        """Quantity that an order of `side` may close here; 0 if it would not reduce."""
        amount = self.amount
        return abs(amount) if amount * side < 0 else 0

    def notional(self) -> int:
        """Signed position value at mark."""
        return self.amount * self.market.mark * self.symbol.money_factor

    def unrealized(self) -> int:
        return self.notional() - self.cost

    def exposure(self, extra_bids: int = 0, extra_asks: int = 0) -> int:
        """max(|position + bids|, |position − asks|), all as notional."""
        position = self.amount * self.market.mark * self.symbol.money_factor
        with_bids = abs(position + self.bid_notional + extra_bids)
        with_asks = abs(position - self.ask_notional - extra_asks)
        return with_bids if with_bids > with_asks else with_asks

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
        position = self.amount * self.market.mark * self.symbol.money_factor
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
        self.fills: deque[Trade] = deque(maxlen=FILLS_KEPT)
        self.incomes: list[Income] = []

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

    def forget_order(self, order: Order) -> None:
        del self.history[order.order_id]
        if self.last_by_client.get(order.client_id) == order.order_id:
            del self.last_by_client[order.client_id]

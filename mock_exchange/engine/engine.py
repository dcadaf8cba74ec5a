"""The engine: one command at a time, state in, state out.

filters -> reduce-only rule or margin check -> match -> settle -> rest or expire.
Every method that changes state is a command; replaying the commands rebuilds the state.
"""

from __future__ import annotations

import hashlib
from collections import deque

from mock_exchange.engine.accounts import Account, Leg
from mock_exchange.engine.book import Market
from mock_exchange.engine.filters import MAX_OPEN_ORDERS, check_filters, claims_to_reduce
from mock_exchange.engine.matching import Matcher, executable
from mock_exchange.engine.orders import (
    EXPIRED,
    HOUSE,
    AttemptKey,
    CancelAllRequest,
    CancelRequest,
    Order,
    OrderRequest,
    Trade,
)
from mock_exchange.engine.risk import CONFLICT_RULES, REJECT_4118, check_margin, check_reduce_only
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol, symbols
from mock_exchange.errors import Refused

CLOSED_ORDERS_KEPT = 100_000
"""Closed orders stay queryable until this many newer ones have closed (the venue: three days)."""


class Engine:
    """Accounts, markets and the one matcher between them. Raises Refused for what it will not do."""

    def __init__(self, conflict_rule: str = REJECT_4118) -> None:
        if conflict_rule not in CONFLICT_RULES:
            raise ValueError(f"unknown reduce-only conflict rule {conflict_rule!r}")
        self.conflict_rule = conflict_rule
        self.markets = [Market(symbol) for symbol in symbols().values()]
        self.accounts: dict[str, Account] = {}
        self.matcher = Matcher()
        self.deposits = 0
        self._orders: dict[int, Order] = {}
        self._by_client: dict[tuple[int, str], int] = {}
        self._closed: deque[int] = deque()
        self._next_order_id = 1

    # -- commands ---------------------------------------------------------------------------------

    def open_account(self, name: str, deposit: int, *, unlimited: bool = False) -> Account:
        """A new account holding `deposit` (1e-8 USDT)."""
        account = Account(len(self.accounts), name, deposit, unlimited)
        self.accounts[name] = account
        self.deposits += deposit
        return account

    def set_mark(self, symbol: Symbol, price: int) -> None:
        self.markets[symbol.index].mark = price

    def place(
        self,
        account: Account,
        request: OrderRequest,
        now_ms: int,
        key: AttemptKey = HOUSE,
        *,
        fate_unknown: bool = False,
    ) -> Order:
        """Execute a new order; what it did is in `trades` and `knocked_out` afterwards."""
        market = self.markets[request.symbol.index]
        leg, reduce_only = self._check(account, request, market)
        self._begin()
        order = Order(self._next_order_id, request, account, leg, reduce_only, now_ms)
        order.key = key
        order.fate_unknown = fate_unknown
        self._next_order_id += 1
        if not order.client_id:
            order.client_id = f"fx{order.order_id:020d}"
        self._orders[order.order_id] = order
        self._by_client[account.number, order.client_id] = order.order_id
        self.matcher.match(order, market, self._limit(request, market))
        if order.remaining:
            self._rest_or_expire(order, market)
        self._close_finished(order, now_ms)
        return order

    def cancel(self, account: Account, request: CancelRequest, now_ms: int) -> Order:
        """Cancel one open order. Refused with -2011 if it is not open."""
        self._begin()
        order = self._open_order(account, request)
        self.matcher.cancel(order, self.markets[order.symbol.index])
        self._closed_at(order, now_ms)
        return order

    def cancel_all(self, account: Account, request: CancelAllRequest, now_ms: int) -> list[Order]:
        self._begin()
        doomed = [order for order in account.orders.values() if order.symbol is request.symbol]
        for order in doomed:
            self.matcher.cancel(order, self.markets[order.symbol.index])
            self._closed_at(order, now_ms)
        return doomed

    def set_leverage(self, account: Account, symbol: Symbol, leverage: int) -> None:
        """Refused: -4028 out of range, -2027 position too large for it, -2028 not enough margin."""
        if not 1 <= leverage <= symbol.brackets[0].leverage:
            raise Refused(-4028, leverage)
        legs = [leg for leg in account.legs.values() if leg.symbol is symbol]
        if any(leg.exposure() > symbol.max_notional(leverage) for leg in legs):
            raise Refused(-2027)
        more = sum(-(-leg.exposure() // leverage) - leg.initial_margin() for leg in legs)
        if more > 0 and account.available() < more:
            raise Refused(-2028)
        account.leverage[symbol.index] = leverage
        for leg in legs:
            leg.leverage = leverage

    def set_hedge_mode(self, account: Account, hedge_mode: bool) -> None:
        """Refused with -4059 if set already, -4067 with open orders, -4068 with a position."""
        if account.hedge_mode == hedge_mode:
            raise Refused(-4059)
        if account.orders:
            raise Refused(-4067)
        if not account.is_flat():
            raise Refused(-4068)
        account.hedge_mode = hedge_mode
        account.legs.clear()

    # -- questions --------------------------------------------------------------------------------

    @property
    def trades(self) -> list[Trade]:
        """Trades of the latest command."""
        return self.matcher.trades

    @property
    def knocked_out(self) -> list[Order]:
        """Reduce-only orders that the latest command expired."""
        return self.matcher.knocked_out

    def truly_reducing(self, account: Account, request: OrderRequest) -> bool:
        """The claim to reduce, judged by the position as it is now."""
        if not claims_to_reduce(request):
            return False
        leg = account.legs.get((request.symbol.index, request.position_side))
        return leg is not None and leg.closable(request.side) > 0

    def refusal_of(self, account: Account, request: OrderRequest) -> int | None:
        """The code with which this order would be refused right now; None if it would be taken."""
        try:
            self._check(account, request, self.markets[request.symbol.index])
        except Refused as refusal:
            return refusal.code
        return None

    def find_order(self, account: Account, order_id: int, client_id: str) -> Order:
        """An order of this account, open or closed. Refused with -2013 if unknown."""
        if order_id:
            order = self._orders.get(order_id)
        else:
            order = account.client_orders.get(client_id) or self._orders.get(
                self._by_client.get((account.number, client_id), 0)
            )
        if order is None or order.account is not account:
            raise Refused(-2013)
        return order

    def money(self) -> int:
        """Wallets plus fees less position costs: equals `deposits`, always."""
        accounts = self.accounts.values()
        held = sum(a.wallet - sum(leg.cost for leg in a.legs.values()) for a in accounts)
        return held + self.matcher.fees

    def state_hash(self) -> str:
        """SHA-256 over all balances, positions and resting orders."""
        digest = hashlib.sha256()
        for account in self.accounts.values():
            held = sorted((key, leg.amount, leg.cost) for key, leg in account.legs.items() if leg.amount)
            terms = (account.wallet, account.hedge_mode, sorted(account.leverage.items()))
            orders = [(o.order_id, o.side, o.price, o.remaining) for o in account.orders.values()]
            digest.update(repr((account.name, terms, held, orders)).encode())
        return digest.hexdigest()

    # -- the way of an order ----------------------------------------------------------------------

    def leg(self, account: Account, market: Market, position_side: str) -> Leg:
        key = (market.symbol.index, position_side)
        leg = account.legs.get(key)
        if leg is None:
            leg = account.legs[key] = Leg(account, market, position_side)
        return leg

    def _begin(self) -> None:
        self.matcher.trades = []
        self.matcher.knocked_out = []

    def _check(self, account: Account, request: OrderRequest, market: Market) -> tuple[Leg, bool]:
        if account.hedge_mode != (request.position_side != "BOTH"):
            raise Refused(-4061)
        if account.hedge_mode and request.reduce_only:
            raise Refused(-1106, "reduceonly")
        check_filters(request, market.mark)
        if request.client_id in account.client_orders:
            raise Refused(-4116)
        if len(account.orders) >= MAX_OPEN_ORDERS and not account.unlimited:
            self._check_open_orders(account, request)
        leg = self.leg(account, market, request.position_side)
        reduce_only = claims_to_reduce(request)
        best = market.side(-request.side).best()
        if reduce_only:
            check_reduce_only(request, leg, self.conflict_rule)
        else:
            at = max(market.mark, best.price) if best is not None else market.mark
            check_margin(request, account, leg, at)
        reducible = leg.closable(request.side) if reduce_only else None
        self._check_execution(request, market, best.price if best is not None else None, reducible)
        return leg, reduce_only

    @staticmethod
    def _check_open_orders(account: Account, request: OrderRequest) -> None:
        open_here = sum(order.symbol is request.symbol for order in account.orders.values())
        if request.kind != "MARKET" and open_here >= MAX_OPEN_ORDERS:
            raise Refused(-2025)

    def _check_execution(
        self, request: OrderRequest, market: Market, best: int | None, reducible: int | None
    ) -> None:
        """Conditions on the book that kill an order at once: empty market, GTX, FOK. `reducible` is
        what a reduce-only order may execute at most."""
        side = request.side
        if request.kind == "MARKET":
            bound = self._limit(request, market)
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

    @staticmethod
    def _limit(request: OrderRequest, market: Market) -> int:
        """Worst price an order may trade at; MARKET orders are bound to marketTakeBound around mark."""
        if request.kind != "MARKET":
            return request.price
        return market.mark * (RATIO_UNIT + request.side * market.symbol.market_take_bound) // RATIO_UNIT

    def _rest_or_expire(self, order: Order, market: Market) -> None:
        nothing_left = order.reduce_only and order.leg.closable(order.side) == 0
        if order.kind == "MARKET" or order.tif in ("IOC", "FOK") or nothing_left:
            order.status = EXPIRED
            return
        market.side(order.side).add(order)
        market.update_id += 1
        order.leg.open_order(order)
        order.account.orders[order.order_id] = order
        order.account.client_orders[order.client_id] = order

    def _close_finished(self, order: Order, now_ms: int) -> None:
        if order.order_id not in order.account.orders:
            self._closed_at(order, now_ms)
        for trade in self.matcher.trades:
            maker = trade.maker
            if maker.remaining == 0:
                self._closed_at(maker, now_ms)
            maker.updated_ms = now_ms
        for knocked in self.matcher.knocked_out:
            self._closed_at(knocked, now_ms)

    def _closed_at(self, order: Order, now_ms: int) -> None:
        order.updated_ms = now_ms
        self._closed.append(order.order_id)
        if len(self._closed) > CLOSED_ORDERS_KEPT:
            self._forget(self._closed.popleft())

    def _open_order(self, account: Account, request: CancelRequest) -> Order:
        order = (
            account.orders.get(request.order_id)
            if request.order_id
            else account.client_orders.get(request.client_id)
        )
        if order is None or order.symbol is not request.symbol:
            raise Refused(-2011, variant=1)
        return order

    def _forget(self, order_id: int) -> None:
        order = self._orders.pop(order_id, None)
        if order is None:
            return
        name = (order.account.number, order.client_id)
        if self._by_client.get(name) == order_id:
            del self._by_client[name]

"""The engine: one command at a time, state in, state out.

Every method under *commands* changes state, and nothing else does: replaying the commands rebuilds it.
"""

from __future__ import annotations

import hashlib
from collections import deque
from heapq import heapify, heappop, heappush
from typing import Final

from mypy_extensions import mypyc_attr

from mock_exchange.engine.accounts import Account, Order, Trade
from mock_exchange.engine.amendment import amend, check_amendment
from mock_exchange.engine.filters import check_filters, claims_to_reduce
from mock_exchange.engine.funding import FUNDINGS_KEPT, settle_funding
from mock_exchange.engine.liquidation import Liquidator
from mock_exchange.engine.market import Market
from mock_exchange.engine.marking import next_funding
from mock_exchange.engine.matching import Matcher
from mock_exchange.engine.observer import Observer
from mock_exchange.engine.placement import Placement, with_matched_price
from mock_exchange.engine.requests import (
    HOUSE,
    NO_MATCH,
    NO_REASON,
    AmendRequest,
    AttemptKey,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
)
from mock_exchange.engine.risk import CONFLICT_RULES, REJECT_4118, RESTRICTIONS
from mock_exchange.engine.settings import check_hedge_mode, check_leverage
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.errors import Refused

CLOSED_ORDERS_KEPT: Final = 100_000
"""Closed orders stay queryable until this many newer ones have closed (the venue: three days)."""
INSURANCE_FUND: Final = "insurance-fund"


@mypyc_attr(allow_interpreted_subclasses=True)  # see recovery.bookmark
class Engine:
    """Accounts, markets and the one matcher between them. Raises Refused for what it will not do.

    `follow_median` computes mark prices from the book and the index; without it they are the index.
    """

    def __init__(
        self,
        conflict_rule: str = REJECT_4118,
        *,
        follow_median: bool = False,
        closed_orders_kept: int = CLOSED_ORDERS_KEPT,
        liquidator: type[Liquidator] = Liquidator,
    ) -> None:
        if conflict_rule not in CONFLICT_RULES:
            raise ValueError(f"unknown reduce-only conflict rule {conflict_rule!r}")
        self.follow_median = follow_median
        self.markets = [Market(symbol) for symbol in symbols().values()]
        self.accounts: dict[str, Account] = {}
        self.matcher = Matcher()
        self.deposits = 0
        self.fundings: dict[str, deque[tuple[int, int, int]]] = {}
        self._placement = Placement(self.matcher, conflict_rule)
        self._closed: deque[Order] = deque()
        self._closed_kept = closed_orders_kept
        self._next_order_id = 1
        self._good_till: list[tuple[int, int, Order]] = []
        self._good_till_live = 0
        self._next_funding_ms = 0
        self.fund = self.open_account(INSURANCE_FUND, 0, unlimited=True)
        self.liquidator = liquidator(self.matcher, self.fund, self.markets, self._new_order_id)

    @property
    def observer(self) -> Observer | None:
        return self.matcher.observer

    @observer.setter
    def observer(self, observer: Observer | None) -> None:
        self.matcher.observer = observer

    # -- commands ---------------------------------------------------------------------------------

    def open_account(self, name: str, deposit: int, *, unlimited: bool = False) -> Account:
        """A new account holding `deposit` (1e-8 USDT)."""
        account = Account(len(self.accounts), name, deposit, unlimited)
        self.accounts[name] = account
        # What came from outside: `money` is held against it.
        self.deposits += deposit
        return account

    def transfer(self, account: Account, amount: int, now_ms: int) -> None:
        """Money from outside (negative: to outside), 1e-8 USDT. -4050 if that much is not available."""
        if amount < 0 and account.available() < -amount:
            raise Refused(-4050)
        account.receive("TRANSFER", "", amount, now_ms)
        self.deposits += amount
        if self.observer is not None:
            self.observer.account_event(account, [], "DEPOSIT" if amount > 0 else "WITHDRAW")

    def set_index(self, symbol: Symbol, price: int) -> None:
        """The price of the underlying. The mark follows, one by the median until its next sample."""
        market = self.markets[symbol.index]
        market.index = market.mark = price

    def place(
        self,
        account: Account,
        request: OrderRequest,
        now_ms: int,
        key: AttemptKey = HOUSE,
        *,
        fate_unknown: bool = False,
    ) -> Order:
        """Execute a new order; what it did is in `trades` and `ended` afterwards."""
        market = self.markets[request.symbol.index]
        if request.deadline_ms and now_ms > request.deadline_ms:
            raise Refused(-5028)
        if request.price_match != NO_MATCH:
            request = with_matched_price(request, request.side, market)
        leg, reduce_only = self._placement.check(account, request, market)
        # A leg that was only asked about is kept from its first order on: questions leave no legs behind.
        if not leg.kept:
            account.keep_leg(leg)
        matcher = self.matcher
        matcher.begin(now_ms)
        order = Order(self._next_order_id, request, account, leg, reduce_only, now_ms)
        self._next_order_id += 1
        order.key = key
        order.fate_unknown = fate_unknown
        if not order.client_id:
            order.client_id = f"fx{order.order_id:020d}"
        account.add_order(order)
        if order.good_till_ms:
            heappush(self._good_till, (order.good_till_ms, order.order_id, order))
        self._placement.enter(order, market)
        self._finish(market)
        return order

    def cancel(self, account: Account, request: CancelRequest, now_ms: int) -> Order:
        """Cancel one open order. Refused with -2011 if it is not open."""
        order = self._open_order(account, request)
        self.matcher.begin(now_ms)
        self.matcher.cancel(order, self.markets[order.symbol.index])
        self._remember_closed()
        return order

    def cancel_all(self, account: Account, request: CancelAllRequest, now_ms: int) -> list[Order]:
        doomed = [order for order in account.orders.values() if order.symbol is request.symbol]
        self.matcher.begin(now_ms)
        for order in doomed:
            self.matcher.cancel(order, self.markets[order.symbol.index])
        self._remember_closed()
        return doomed

    def amend(self, account: Account, request: AmendRequest, now_ms: int) -> Order:
        """Change an open LIMIT order; it is cancelled instead if the new quantity is filled already or
        if it is post-only and would trade. Refused with -2013 if it is not open."""
        if request.deadline_ms and now_ms > request.deadline_ms:
            raise Refused(-5028)
        order = self._open_order(account, request, -2013)
        market = self.markets[order.symbol.index]
        if request.price_match != NO_MATCH:
            request = with_matched_price(request, order.side, market)
        goes_on = check_amendment(order, request, account, market, self._placement.conflict_rule)
        self.matcher.begin(now_ms)
        if goes_on:
            amend(order, request, market, self.matcher, self._placement)
        else:
            self.matcher.cancel(order, market)
        self._finish(market)
        return order

    def forget_fate(self, account: Account, order_id: int) -> None:
        """Its client will never learn what became of this order; 0 and unknown ones are none."""
        if (order := account.known_order(order_id, "")) is not None:
            order.fate_unknown = True

    def tick(self, now_ms: int) -> list[Order]:
        """One second has passed: sample prices, mark, expire GTD orders, settle funding if it is due,
        trigger, liquidate. Returns the forced orders of liquidations."""
        matcher = self.matcher
        matcher.begin(now_ms)
        traded = [market for market in self.markets if market.index]
        for market in traded:
            market.tape.keep_up()
        if self.follow_median:
            for market in traded:
                market.remark(now_ms)
        # Orders that ended otherwise stay in the heap; it is swept before they are most of it.
        if len(self._good_till) > 2 * self._good_till_live + 256:
            self._good_till = [row for row in self._good_till if row[1] in row[2].account.orders]
            heapify(self._good_till)
            self._good_till_live = len(self._good_till)
        while self._good_till and self._good_till[0][0] <= now_ms:
            order = heappop(self._good_till)[2]
            if order.order_id in order.account.orders:
                matcher.expire(order, self.markets[order.symbol.index], NO_REASON)
        self._settle_funding(traded, now_ms)
        for market in traded:
            self._trigger_due(market)
        # Liquidations trade, and their prices may set off stops: those are looked for once more.
        forced = self.liquidator.check(traded)
        for market in traded:
            self._trigger_due(market)
        self._remember_closed()
        return forced

    def set_leverage(self, account: Account, symbol: Symbol, leverage: int) -> None:
        """Refused: -4028 out of range, -2027 position too large for it, -2028 not enough margin."""
        check_leverage(account, symbol, leverage)
        if self.observer is not None:
            self.observer.leverage_event(account, symbol.name, leverage)
        account.leverage[symbol.index] = leverage
        for leg in account.legs_of(symbol):
            leg.leverage = leverage

    def restrict(self, account: Account, code: int) -> None:
        """From now on refuse this account's opening orders with `code`; 0 lifts it. Raises ValueError for a
        code that is no restriction."""
        if code and code not in RESTRICTIONS:
            raise ValueError(
                f"a restriction is one of {', '.join(map(str, RESTRICTIONS))} or 0, not {code!r}"
            )
        account.restriction = code

    def set_hedge_mode(self, account: Account, hedge_mode: bool) -> None:
        """Refused with -4059 if set already, -4067 with open orders, -4068 with a position."""
        check_hedge_mode(account, hedge_mode)
        account.hedge_mode = hedge_mode
        # The legs of the other mode are flat (checked), and nothing may find them again.
        account.legs.clear()

    # -- questions --------------------------------------------------------------------------------

    @property
    def trades(self) -> list[Trade]:
        """Trades of the latest command."""
        return self.matcher.trades

    @property
    def ended(self) -> list[Order]:
        """Orders that the latest command filled, cancelled or expired."""
        return self.matcher.ended

    def truly_reducing(self, account: Account, request: OrderRequest) -> bool:
        """The claim to reduce, judged by the position as it is now."""
        if not claims_to_reduce(request):
            return False
        leg = account.legs.get((request.symbol.index, request.position_side))
        return leg is not None and leg.closable(request.side) > 0

    def validate(self, request: OrderRequest) -> None:
        """The symbol's filters alone: what a test order is held to. Raises Refused."""
        if request.price_match == NO_MATCH:
            check_filters(request, self.markets[request.symbol.index].mark)

    def refusal_of(self, account: Account, request: OrderRequest) -> int | None:
        """The code with which this order would be refused right now; None if it would be taken."""
        market = self.markets[request.symbol.index]
        try:
            if request.price_match != NO_MATCH:
                request = with_matched_price(request, request.side, market)
            self._placement.check(account, request, market)
        except Refused as refusal:
            return refusal.code
        return None

    def find_order(self, account: Account, named: CancelRequest) -> Order:
        """An order of this account, open or closed. Refused with -2013 if unknown."""
        order = account.client_orders.get(named.client_id) if not named.order_id else None
        order = order or account.known_order(named.order_id, named.client_id)
        if order is None or order.symbol is not named.symbol:
            raise Refused(-2013)
        return order

    def find_open_order(self, account: Account, named: CancelRequest) -> Order:
        """The same; -2013 also if it is not open any more."""
        order = self.find_order(account, named)
        if order.order_id not in account.orders:
            raise Refused(-2013)
        return order

    def money(self) -> int:
        """Wallets plus fees less position costs: equals `deposits`, always."""
        held = (a.wallet - sum(leg.cost for leg in a.legs.values()) for a in self.accounts.values())
        return sum(held) + self.matcher.fees

    def state_hash(self) -> str:
        """SHA-256 over all balances, positions and resting orders."""
        digest = hashlib.sha256()
        for account in self.accounts.values():
            held = sorted((key, leg.amount, leg.cost) for key, leg in account.legs.items() if leg.amount)
            terms = (account.wallet, account.hedge_mode, sorted(account.leverage.items()))
            orders = [(o.order_id, o.side, o.price, o.remaining) for o in account.orders.values()]
            digest.update(repr((account.name, terms, held, orders)).encode())
        return digest.hexdigest()

    # -- after a command --------------------------------------------------------------------------

    def _new_order_id(self) -> int:
        order_id = self._next_order_id
        self._next_order_id += 1
        return order_id

    def _finish(self, market: Market) -> None:
        if market.triggers.pending:
            self._trigger_due(market)
        if self.matcher.ended:
            self._remember_closed()

    def _trigger_due(self, market: Market) -> None:
        """One after the other: each may move the price that triggers the next."""
        triggers = market.triggers
        while triggers.pending:
            order = triggers.pop_due(market.last, market.mark, market.is_torn())
            if order is None:
                return
            self._placement.trigger(order, market)

    def _settle_funding(self, markets: list[Market], now_ms: int) -> None:
        if self._next_funding_ms and now_ms >= self._next_funding_ms:
            for market in markets:
                row = settle_funding(market, self.fund, now_ms, self.observer)
                self.fundings.setdefault(market.symbol.name, deque(maxlen=FUNDINGS_KEPT)).append(row)
        # The first sample only learns when the next funding is due: there is nothing to settle yet.
        if now_ms >= self._next_funding_ms:
            self._next_funding_ms = next_funding(now_ms)

    def _remember_closed(self) -> None:
        closed = self._closed
        closed.extend(self.matcher.ended)
        while len(closed) > self._closed_kept:
            order = closed.popleft()
            order.account.forget_order(order)

    @staticmethod
    def _open_order(account: Account, request: CancelRequest | AmendRequest, unknown: int = -2011) -> Order:
        order = (
            account.orders.get(request.order_id)
            if request.order_id
            else account.client_orders.get(request.client_id)
        )
        if order is None or order.symbol is not request.symbol:
            raise Refused(unknown, variant=1 if unknown == -2011 else None)
        return order

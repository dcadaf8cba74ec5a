"""A venue: engine, gateway and journal put together from a plan, on whatever clock is given."""

from __future__ import annotations

from mock_exchange.clock import Clock
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.orders import BUY, SELL, OrderRequest
from mock_exchange.engine.symbols import Symbol
from mock_exchange.gateway import Gateway
from mock_exchange.gateway.policies import Policy, load_policy
from mock_exchange.journal import Journal
from mock_exchange.plan import AccountPlan, BookPlan, Plan, PositionPlan, access_for
from mock_exchange.scaled import MONEY_UNIT
from mock_exchange.wire.routes import ROUTES

HOUSE = "house"
HOUSE_DEPOSIT = 1_000_000_000 * MONEY_UNIT


class Venue:
    """One exchange. `gateway.submit` is its only way in once it has been seeded."""

    def __init__(
        self, plan: Plan, clock: Clock, journal: Journal | None = None, policy: Policy | None = None
    ) -> None:
        self.plan = plan
        self.clock = clock
        self.engine = Engine(plan.gateway.conflict_rule)
        self.journal = journal if journal is not None else Journal()
        self.gateway = Gateway(
            self.engine,
            clock,
            plan.gateway,
            policy if policy is not None else load_policy(plan.policy, plan.policy_parameters),
            self.journal,
            ROUTES,
            plan.seed,
        )
        self._seed()

    def account(self, name: str) -> Account:
        return self.engine.accounts[name]

    def set_mark(self, symbol: Symbol, price: int) -> None:
        self.engine.set_mark(symbol, price)
        self.journal.append(["mark", self.clock.now(), symbol.name, price])

    def _seed(self) -> None:
        """Positions first, each at its own entry price, so that they sum to zero; books afterwards."""
        plan = self.plan
        house = self._open(AccountPlan(HOUSE, HOUSE_DEPOSIT), unlimited=True)
        for account_plan in plan.accounts:
            account = self._open(account_plan, unlimited=False)
            for position in account_plan.positions:
                self._enter(account, house, position)
        for book in plan.books:
            self.set_mark(book.symbol, book.mark)
            self._fill_book(house, book)
        for access in access_for(plan):
            self.gateway.keys.add(access.api_key, access.secret, self.account(access.account))

    def _open(self, plan: AccountPlan, *, unlimited: bool) -> Account:
        now = self.clock.now()
        account = self.engine.open_account(plan.name, plan.deposit, unlimited=unlimited)
        self.journal.append(["account", now, plan.name, plan.deposit, unlimited])
        if plan.hedge_mode:
            self.engine.set_hedge_mode(account, True)
            self.journal.append(["mode", now, plan.name, True])
        if plan.leverage:
            for book in self.plan.books:
                self.engine.set_leverage(account, book.symbol, plan.leverage)
                self.journal.append(["leverage", now, plan.name, book.symbol.name, plan.leverage])
        return account

    def _enter(self, account: Account, house: Account, position: PositionPlan) -> None:
        symbol = position.symbol
        self.set_mark(symbol, position.entry_price)
        side = BUY if position.amount > 0 else SELL
        left = abs(position.amount)
        while left:
            quantity = min(left, symbol.max_quantity)
            self._order(house, symbol, -side, quantity, position.entry_price, "GTC", "BOTH")
            self._order(account, symbol, side, quantity, position.entry_price, "IOC", position.position_side)
            left -= quantity

    def _fill_book(self, house: Account, book: BookPlan) -> None:
        symbol = book.symbol
        middle = book.mark - book.mark % symbol.tick
        for level in range(1, book.levels + 1):
            away = level * book.spacing * symbol.tick
            self._order(house, symbol, BUY, book.quantity, middle - away, "GTC", "BOTH")
            self._order(house, symbol, SELL, book.quantity, middle + away, "GTC", "BOTH")

    def _order(
        self,
        account: Account,
        symbol: Symbol,
        side: int,
        quantity: int,
        price: int,
        tif: str,
        position_side: str,
    ) -> None:
        now_ms = self.clock.epoch_ms()
        request = OrderRequest(symbol, side, "LIMIT", tif, quantity, price, False, position_side, "")
        order = self.engine.place(account, request, now_ms)
        self.journal.append(
            ["order", self.clock.now(), "", 0, account.name, 0, order.order_id, order.status, order.filled,
             symbol.name, side, "LIMIT", tif, quantity, price, False, position_side, "", now_ms]
        )  # fmt: skip

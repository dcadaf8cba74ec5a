"""A venue: engine, gateway and journal put together from a plan, on whatever clock is given."""

from __future__ import annotations

from dataclasses import replace

from mock_exchange.clock import Clock
from mock_exchange.commands import Commands
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import BUY, SELL, CancelAllRequest, OrderRequest
from mock_exchange.engine.symbols import Symbol
from mock_exchange.gateway import Gateway
from mock_exchange.gateway.authentication import Verify, verify_by_secret
from mock_exchange.gateway.conditions import QUOTING
from mock_exchange.gateway.config import MEDIAN
from mock_exchange.gateway.policies import Policy, load_policy
from mock_exchange.gauges import AccountWatch, market_row
from mock_exchange.journal import Journal
from mock_exchange.plan import AccountPlan, BookPlan, Phase, Plan, PositionPlan, access_for
from mock_exchange.prices import Walk
from mock_exchange.wire.routes import ROUTES
from run_records.journal import PhaseRow, StationRow
from run_records.scaled import MONEY_UNIT
from run_records.units import NS_PER_S

HOUSE = "house"
HOUSE_DEPOSIT = 1_000_000_000 * MONEY_UNIT


class Venue:
    """One exchange. `gateway.submit` is its only way in once it has been seeded. `phase` is the phase of the
    plan in force and when it began (milliseconds since 1970)."""

    def __init__(
        self, plan: Plan, clock: Clock, journal: Journal | None = None, policy: Policy | None = None
    ) -> None:
        self.plan = plan
        self.clock = clock
        self.engine = Engine(plan.gateway.conflict_rule, follow_median=plan.gateway.marking == MEDIAN)
        self.journal = journal if journal is not None else Journal()
        self.commands = Commands(self.engine, clock, self.journal)
        self.gateway = Gateway(
            self.commands,
            clock,
            plan.gateway,
            policy if policy is not None else load_policy(plan.policy, plan.policy_parameters),
            self.journal,
            ROUTES,
            plan.seed,
        )
        self._resting = False
        self.phase = ("begin", clock.epoch_ms())
        self.commands.begin(plan.gateway.conflict_rule, follow_median=plan.gateway.marking == MEDIAN)
        self._quoting = True
        self._seed()
        self.gateway.backend.replica.catch_up()
        self._house_follows(plan.gateway.conditions.house == QUOTING)
        clock.call_at(clock.now() + NS_PER_S, self._beat, clock.now() + NS_PER_S)
        self._begins = begins = max(0, clock.now())
        self._walks = [(path.symbol, Walk(path, plan.seed)) for path in plan.prices]
        watched = [self.account(a.name) for a in plan.accounts if a.watched]
        self._watched = AccountWatch(watched)
        self._seen = [symbol for symbol, _ in self._walks] or [b.symbol for b in plan.books if watched]
        self._read_gauges(clock.now())
        for phase in plan.phases:
            clock.call_at(begins + phase.at_ns, self.enter, phase)

    def account(self, name: str) -> Account:
        return self.engine.accounts[name]

    def traded_symbols(self) -> list[Symbol]:
        """Those that have a book by the plan."""
        return [book.symbol for book in self.plan.books]

    def set_price(self, symbol: Symbol, price: int) -> None:
        """Move the market: the house's quotes are laid anew around the price, then come the index, a print,
        and a sample of the mark. The side that the market moves towards is laid first, far levels before
        near ones, so that whoever is triggered on the way finds a book."""
        house = self.account(HOUSE)
        falls = price < self.engine.markets[symbol.index].index
        self.commands.cancel_all(house, CancelAllRequest(symbol))
        books = [replace(book, mark=price) for book in self.plan.books if book.symbol is symbol]
        for book in books if self._quoting else ():
            for side in (BUY, SELL) if falls else (SELL, BUY):
                for level in range(book.levels, 0, -1):
                    self._quote(house, book, side, level)
        self.commands.set_index(symbol, price)
        for book in books:
            self._print(house, book)
        self.commands.tick()

    def add_key(self, api_key: str, verify: Verify, account: Account) -> None:
        self.gateway.keys.add(api_key, verify, account)

    def enter(self, phase: Phase) -> None:
        """Another phase of the plan begins. A venue at rest stays as it was."""
        if self._resting:
            return
        self.journal.append(PhaseRow(self.clock.now(), phase.name))
        self.phase = (phase.name, self.clock.epoch_ms())
        self.gateway.adopt(phase.gateway)
        self._house_follows(phase.gateway.conditions.house == QUOTING)

    def rest(self) -> None:
        """Stop the heartbeat and the plan, so that nothing is due any more once all answers are given."""
        self._resting = True

    def close_books(self) -> list[str]:
        """Journal what stations and nodes have counted. Returns where Little's law does not hold: the area
        under each queue must be the sum of the waits, to the nanosecond."""
        now = self.clock.now()
        backend = self.gateway.backend
        wrong = []
        for station in backend.stations:
            area, waited = station.books()
            self.journal.append(
                StationRow(now, station.name, station.arrivals, station.busy_ns, area, waited)
            )
            if area != waited:
                wrong.append(f"{station.name}: area {area} ns, waits {waited} ns")
        for node in backend.nodes:
            area, held = node.books(now)
            self.journal.append(StationRow(now, f"slots-{node.number}", 0, 0, area, held))
            if area != held and not node.in_flight:
                wrong.append(f"slots of node {node.number}: area {area} ns, held {held} ns")
        return wrong

    def _house_follows(self, quoting: bool) -> None:
        """The house takes its quotes out of every book, or lays them again around the present index."""
        if quoting == self._quoting:
            return
        self._quoting = quoting
        house = self.account(HOUSE)
        for book in self.plan.books:
            self.commands.cancel_all(house, CancelAllRequest(book.symbol))
            if quoting:
                index = self.engine.markets[book.symbol.index].index
                self._fill_book(house, replace(book, mark=index))

    def _beat(self, due: int) -> None:
        """Once a second of venue time, until `rest`."""
        if self._resting:
            return
        self._move_prices(due)
        self.commands.tick()
        self._read_gauges(due)
        self.gateway.listen_keys.expire(self.clock.epoch_ms())
        self.clock.call_at(due + NS_PER_S, self._beat, due + NS_PER_S)

    def _move_prices(self, now: int) -> None:
        """The index goes its way; what rests in the books stays where it is."""
        for symbol, walk in self._walks:
            self.commands.set_index(symbol, walk.price(max(0, now - self._begins)))

    def _read_gauges(self, now: int) -> None:
        for symbol in self._seen:
            self.journal.append(market_row(self.engine.markets[symbol.index], now))
        for row in self._watched.rows(now):
            self.journal.append(row)

    def _seed(self) -> None:
        """Positions first, each at its own entry price, so that they sum to zero; books afterwards."""
        plan = self.plan
        house = self._open(AccountPlan(HOUSE, HOUSE_DEPOSIT), unlimited=True)
        for account_plan in plan.accounts:
            account = self._open(account_plan, unlimited=False)
            for position in account_plan.positions:
                self._enter(account, house, position)
        for book in plan.books:
            self.commands.set_index(book.symbol, book.mark)
            if plan.gateway.marking == MEDIAN:
                self._print(house, book)
            self._fill_book(house, book)
        for access in access_for(plan):
            self.add_key(access.api_key, verify_by_secret(access.secret), self.account(access.account))

    def _open(self, plan: AccountPlan, *, unlimited: bool) -> Account:
        account = self.commands.open_account(plan.name, plan.deposit, unlimited=unlimited)
        if plan.portfolio_margin:
            self.gateway.backend.collateralised.add(account.number)
        if plan.hedge_mode:
            self.commands.set_hedge_mode(account, True)
        if plan.leverage:
            for book in self.plan.books:
                self.commands.set_leverage(account, book.symbol, plan.leverage)
        return account

    def _enter(self, account: Account, house: Account, position: PositionPlan) -> None:
        symbol = position.symbol
        self.commands.set_index(symbol, position.entry_price)
        side = BUY if position.amount > 0 else SELL
        left = abs(position.amount)
        while left:
            quantity = min(left, symbol.max_quantity)
            self._order(house, symbol, -side, quantity, position.entry_price, "GTC", "BOTH")
            self._order(account, symbol, side, quantity, position.entry_price, "IOC", position.position_side)
            left -= quantity

    def _print(self, house: Account, book: BookPlan) -> None:
        """The smallest trade at the price, so that it is the last price."""
        symbol = book.symbol
        price = book.mark - book.mark % symbol.tick
        steps = -(-symbol.min_notional // symbol.notional(price, symbol.step))
        quantity = max(symbol.min_quantity, steps * symbol.step)
        for side, tif in ((SELL, "GTC"), (BUY, "IOC")):
            self._order(house, symbol, side, quantity, price, tif, "BOTH")

    def _fill_book(self, house: Account, book: BookPlan) -> None:
        for level in range(1, book.levels + 1):
            for side in (BUY, SELL):
                self._quote(house, book, side, level)

    def _quote(self, house: Account, book: BookPlan, side: int, level: int) -> None:
        """One house order, unless it would lie outside the symbol's price range."""
        symbol = book.symbol
        price = book.mark - book.mark % symbol.tick - side * level * book.spacing * symbol.tick
        if symbol.min_price <= price <= symbol.max_price:
            self._order(house, symbol, side, book.quantity, price, "GTC", "BOTH")

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
        request = OrderRequest(symbol, side, "LIMIT", tif, quantity, price, False, position_side, "")
        self.commands.place(account, request)

"""A venue: engine, gateway and journal put together from a plan, on whatever clock is given."""

from __future__ import annotations

from operator import itemgetter

from mock_exchange.clock import Clock
from mock_exchange.commands import Commands
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.symbols import Symbol
from mock_exchange.gateway.authentication import Verify, verify_by_secret
from mock_exchange.gateway.conditions import QUOTING
from mock_exchange.gateway.config import MEDIAN
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parts import Parts, Special
from mock_exchange.gateway.policies import Policy, load_policy
from mock_exchange.gauges import AccountWatch, market_row
from mock_exchange.house import House
from mock_exchange.journal import Journal
from mock_exchange.plan import AccountPlan, Phase, Plan, access_for, opening_places
from mock_exchange.prices import Walk
from mock_exchange.wire.routes import ROUTES
from run_records.journal import PhaseRow, StationRow
from run_records.units import NS_PER_S


class Venue:
    """One exchange. `gateway.submit` is its only way in once it has been seeded. `phase` is the phase of the
    plan in force and when it began (milliseconds since 1970)."""

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        journal: Journal | None = None,
        policy: Policy | None = None,
        parts: Parts | None = None,
    ) -> None:
        self.plan = plan
        self.clock = clock
        follow_median = plan.gateway.marking == MEDIAN
        self.engine = Engine(plan.gateway.conflict_rule, follow_median=follow_median)
        self.journal = journal if journal is not None else Journal()
        self.commands = Commands(self.engine, clock, self.journal)
        self.commands.begin(plan.gateway.conflict_rule, follow_median=follow_median)
        self.house = House(self.commands, plan.books)
        # Positions first, each at its own entry price, so that they sum to zero; books afterwards.
        special = self._open_accounts()
        # A median needs a last trade; where marks follow the plan nobody asks for one.
        self.house.open_books(printed=follow_median)
        self.gateway = Gateway(
            self.commands, clock, plan.gateway, self.journal, ROUTES, plan.seed, special, parts
        )
        for access in access_for(plan):
            self.add_key(access.api_key, verify_by_secret(access.secret), self.account(access.account))
        loaded = policy if policy is not None else load_policy(plan.policy, plan.policy_parameters)
        self.gateway.install(loaded)
        self.house.follow(plan.gateway.conditions.house == QUOTING)
        self._resting = False
        self.phase = ("begin", clock.epoch_ms())
        clock.call_at(clock.now() + NS_PER_S, self._beat, clock.now() + NS_PER_S)
        self._begins = begins = max(0, clock.now())
        self._walks = [(path.symbol, Walk(path, plan.seed)) for path in plan.prices]
        watched = [self.account(a.name) for a in plan.accounts if a.watched]
        self._watched = AccountWatch(watched)
        self._seen = [symbol for symbol, _ in self._walks] or [b.symbol for b in plan.books if watched]
        self._read_gauges(clock.now())
        for phase in plan.phases:
            clock.call_at(begins + phase.at_ns, self.enter, phase)

    def _open_accounts(self) -> Special:
        """The plan's accounts with their positions; which of them the venue treats differently."""
        collateralised, privileged = [], []
        in_turn = sorted(zip(opening_places(self.plan), self.plan.accounts, strict=True), key=itemgetter(0))
        for _, planned in in_turn:
            account = self._open(planned)
            for position in planned.positions:
                self.house.give(account, position)
            if planned.portfolio_margin:
                collateralised.append(account.number)
            if planned.privileged:
                privileged.append(account.number)
        return Special(frozenset(collateralised), tuple(privileged))

    def _open(self, planned: AccountPlan) -> Account:
        account = self.commands.open_account(planned.name, planned.deposit, unlimited=False)
        if planned.hedge_mode:
            self.commands.set_hedge_mode(account, True)
        if planned.leverage:
            for book in self.plan.books:
                self.commands.set_leverage(account, book.symbol, planned.leverage)
        return account

    def account(self, name: str) -> Account:
        return self.engine.accounts[name]

    def traded_symbols(self) -> list[Symbol]:
        """Those that have a book by the plan."""
        return [book.symbol for book in self.plan.books]

    def set_price(self, symbol: Symbol, price: int) -> None:
        """Move the market, and take a sample of the mark at once."""
        self.house.move(symbol, price)
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
        self.house.follow(phase.gateway.conditions.house == QUOTING)

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

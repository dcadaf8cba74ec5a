"""A venue: engine, gateway and journal put together from a plan, on whatever clock is given."""

from __future__ import annotations

import hashlib
from operator import itemgetter
from typing import Any

import msgspec

from mock_exchange.clock import Clock
from mock_exchange.commands import Commands
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.symbols import Symbol
from mock_exchange.gateway.authentication import Verify, verify_by_public_key, verify_by_secret
from mock_exchange.gateway.conditions import QUOTING
from mock_exchange.gateway.config import MEDIAN, GatewayConfig
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parts import Parts, Special
from mock_exchange.gateway.policies import Policy, load_policy
from mock_exchange.gauges import AccountWatch, market_row
from mock_exchange.house import House
from mock_exchange.journal import Journal
from mock_exchange.plan import AccountPlan, Phase, Plan, access_for, opening_places
from mock_exchange.prices import Walk
from mock_exchange.recovery.memory import Memory
from mock_exchange.recovery.story import Story, policy_of
from mock_exchange.wire.routes import ROUTES
from run_records.journal import PhaseRow, StationRow
from run_records.standing import BeganRow, ConditionsRow, PolicyRow, ResumedRow
from run_records.units import NS_PER_MS, NS_PER_S


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
        story: Story | None = None,
        cut_bytes: int = 0,
        name: str = "",
    ) -> None:
        """With a `story` it goes on where that ends, `cut_bytes` of a torn row having been dropped. `name` is
        that of its beginning in the file that keeps its state."""
        self.plan = plan
        self.clock = clock
        follow_median = plan.gateway.marking == MEDIAN
        resumed = story.engine if story is not None else None
        self.engine = resumed or Engine(plan.gateway.conflict_rule, follow_median=follow_median)
        self.journal = journal if journal is not None else Journal()
        self.commands = Commands(self.engine, clock, self.journal)
        if resumed is None:
            special = self._begin(name, follow_median=follow_median)
        else:
            self.house = House(self.commands, plan.books)
            special = self._special()
        self.gateway = Gateway(
            self.commands, clock, plan.gateway, self.journal, ROUTES, plan.seed, special, parts
        )
        for access in access_for(plan):
            self.add_key(access.api_key, verify_by_secret(access.secret), self.account(access.account))
        self.policy_name, self.policy_parameters = plan.policy, plan.policy_parameters
        if story is not None and (switched := policy_of(story)) is not None:
            self.policy_name, self.policy_parameters = switched
        self.gateway.install(policy or load_policy(self.policy_name, self.policy_parameters))
        self._begins = max(0, clock.now()) if story is None else story.begins
        self._resting = False
        self.phase = ("begin", clock.epoch_ms())
        if story is None:
            self.house.follow(plan.gateway.conditions.house == QUOTING)
        memory = Memory(self.gateway, clock, self.journal) if self.journal.remembers else None
        if story is not None:
            self._go_on(story, cut_bytes)
            if memory is not None:
                memory.restore(story.held)
        elif memory is not None:
            self._note_conditions(plan.gateway)
        self._start_the_clock(story)

    def _begin(self, name: str, *, follow_median: bool) -> Special:
        """A venue that nobody has traded at: accounts and books as planned."""
        plan = self.plan
        self.commands.begin(plan.gateway.conflict_rule, follow_median=follow_median)
        if self.journal.remembers:
            self.journal.append(BeganRow(self.clock.now(), name))
        self.house = House(self.commands, plan.books)
        # Positions first, each at its own entry price, so that they sum to zero; books afterwards.
        for _, planned in sorted(zip(opening_places(plan), plan.accounts, strict=True), key=itemgetter(0)):
            account = self._open(planned)
            for position in planned.positions:
                self.house.give(account, position)
        # A median needs a last trade; where marks follow the plan nobody asks for one.
        self.house.open_books(printed=follow_median)
        return self._special()

    def _special(self) -> Special:
        """Which of the plan's accounts the venue treats differently, in the order of their numbers."""
        accounts = sorted((self.account(p.name).number, p) for p in self.plan.accounts)
        return Special(
            frozenset(number for number, planned in accounts if planned.portfolio_margin),
            tuple(number for number, planned in accounts if planned.privileged),
        )

    def _open(self, planned: AccountPlan) -> Account:
        account = self.commands.open_account(planned.name, planned.deposit, unlimited=False)
        if planned.hedge_mode:
            self.commands.set_hedge_mode(account, True)
        if planned.leverage:
            for book in self.plan.books:
                self.commands.set_leverage(account, book.symbol, planned.leverage)
        return account

    def _go_on(self, story: Story, cut_bytes: int) -> None:
        """Everything stands as it stood; who has had no answer will never get one."""
        name, began = story.phase
        clock = self.clock
        self.phase = (name, clock.epoch_ms() - (clock.now() - began) // NS_PER_MS)
        config = self.plan.gateway
        if story.conditions:
            config = GatewayConfig.from_dict(msgspec.json.decode(story.conditions))
            self.gateway.adopt(config)
        self.house.quoting = config.conditions.house == QUOTING
        self.journal.append(
            ResumedRow(
                clock.now(),
                clock.epoch_ms(),
                self.engine.state_hash(),
                cut_bytes,
                len(story.unanswered),
                self.policy_name,
            )
        )
        for left in story.unanswered:
            self.commands.lose(self.account(left.account), left.order_id, left.name)

    def _start_the_clock(self, story: Story | None) -> None:
        """Heartbeat, prices and phases, from now on."""
        plan, clock, begins = self.plan, self.clock, self._begins
        now = clock.now()
        clock.call_at(now + NS_PER_S, self._beat, now + NS_PER_S)
        self._walks = [(path.symbol, Walk(path, plan.seed)) for path in plan.prices]
        watched = [self.account(a.name) for a in plan.accounts if a.watched]
        self._watched = AccountWatch(watched)
        self._seen = [symbol for symbol, _ in self._walks] or [b.symbol for b in plan.books if watched]
        self._read_gauges(now)
        for phase in plan.phases:
            if story is None or begins + phase.at_ns > story.last:
                clock.call_at(begins + phase.at_ns, self.enter, phase)

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

    def add_public_key(self, account: Account, pem: str) -> str:
        """An API key whose signatures an Ed25519 or RSA key verifies; it follows from the two. Raises
        ValueError for any other key."""
        api_key = hashlib.sha256(f"{account.name}/{pem}".encode()).hexdigest()
        self.add_key(api_key, verify_by_public_key(pem), account)
        return api_key

    def switch_policy(self, name: str, parameters: dict[str, Any]) -> None:
        """Admit by another policy from now on. Raises PolicyError, UnknownPolicyError."""
        self.gateway.install(load_policy(name, parameters))
        self.call_policy(name, parameters)

    def call_policy(self, name: str, parameters: dict[str, Any]) -> None:
        """The policy in force is known by this name, which is another than the plan's."""
        self.policy_name, self.policy_parameters = name, parameters
        if self.journal.remembers:
            self.journal.append(PolicyRow(self.clock.now(), name, msgspec.json.encode(parameters).decode()))

    def enter(self, phase: Phase) -> None:
        """Another phase of the plan begins. A venue at rest stays as it was."""
        if self._resting:
            return
        if self.journal.remembers:  # first: a phase that has begun is never without its conditions
            self._note_conditions(phase.gateway)
        self.journal.append(PhaseRow(self.clock.now(), phase.name))
        self.phase = (phase.name, self.clock.epoch_ms())
        self.gateway.adopt(phase.gateway)
        self.house.follow(phase.gateway.conditions.house == QUOTING)

    def _note_conditions(self, config: GatewayConfig) -> None:
        text = msgspec.json.encode(config.to_dict()).decode()
        self.journal.append(ConditionsRow(self.clock.now(), text))

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

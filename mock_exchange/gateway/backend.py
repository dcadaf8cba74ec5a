"""Behind admission: handling in the node, collateral, the engine queue, execution, and the one answer.

handling -> link to the engine -> replica check -> collateral -> engine queue -> risk -> match

An attempt holds its node's slot until it is answered. Answered too late by the engine, it has had its
answer of unknown fate already; it is still executed, and its order remembers that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable

from mock_exchange.clock import Clock, ConstantDelay
from mock_exchange.commands import Commands
from mock_exchange.engine.accounts import Order
from mock_exchange.engine.filters import claims_to_reduce
from mock_exchange.engine.requests import (
    CANCELED,
    EXPIRED,
    EXPIRED_IN_MATCH,
    AmendRequest,
    CancelRequest,
    OrderRequest,
)
from mock_exchange.errors import CONNECTION_LOST, THROTTLED, UNKNOWN_503, Refused
from mock_exchange.gateway import causes
from mock_exchange.gateway.attempt import Answer, Attempt
from mock_exchange.gateway.conditions import DOWN, DROPPED, PAUSED
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.limits import OrderLimiter
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.outcomes import Outcomes
from mock_exchange.gateway.policies.hooks import Hooks
from mock_exchange.gateway.replica import LIVE, Replica
from mock_exchange.gateway.stations import Station
from mock_exchange.randomness import stream
from run_records.words import Cause, Stage

_FILLED, _RESTING, _EXPIRED, _CANCELED = Stage.FILLED, Stage.RESTING, Stage.EXPIRED, Stage.CANCELED
_NO_CAUSE = Cause.NONE
MATCH_REFUSALS = frozenset((-2011, -2013, -2020, -4131, -5021, -5022))
"""Refusals that come out of the book; all other refusals of the engine come from its risk checks."""
BACKEND_TIMEOUT = -1007
DISCONNECTED = -1001
NOTHING_TO_REDUCE = -2022
REJECTED = -2010


class Backend:
    """Nodes, stations and engine. `take` an admitted attempt; it will be answered exactly once.
    `collateralised` are the numbers of the PM-like accounts, whose orders the collateral service values."""

    def __init__(
        self,
        commands: Commands,
        clock: Clock,
        config: GatewayConfig,
        outcomes: Outcomes,
        orders: OrderLimiter,
        seed: int,
    ) -> None:
        self.commands = commands
        self.collateralised: set[int] = set()
        self._clock = clock
        self._outcomes = outcomes
        self._orders = orders
        self._hooks = Hooks(object())
        self._handling_rng = stream(seed, "venue", "handling")
        self.replica = Replica(commands.engine, clock)
        now = clock.now()
        self.nodes = [Node(number, config.slots, self.replica, now) for number in range(config.nodes)]
        self.alive = list(self.nodes)
        for node in self.nodes:
            node.roster = {} if config.nodes > 1 else None  # the only node cannot be lost
        self.workers = [
            Station(f"node-{number}", clock, config.handling, self._handling_rng, self._handled,
                    self.drop_delayed, config.workers)
            for number in range(config.nodes if config.workers else 0)
        ]  # fmt: skip
        self.collateral = Station(
            "collateral", clock, config.conditions.collateral, stream(seed, "venue", "collateral"),
            self._valued, self.drop_delayed,
        )  # fmt: skip
        self.shards = [
            Station(f"engine-{number}", clock, config.service, stream(seed, "venue", "service", number),
                    self._execute, self.drop_delayed)
            for number in range(config.shards)
        ]  # fmt: skip
        self._deadline: ConstantDelay | None = None
        self._backend_timeout: ConstantDelay | None = None
        self.adopt(config)

    @property
    def stations(self) -> list[Station]:
        return [*self.workers, self.collateral, *self.shards]

    def obey(self, hooks: Hooks) -> None:
        """Serve by another policy's wishes from now on."""
        self._hooks = hooks
        for shard in self.shards:
            shard.obey(hooks.keep, hooks.rank)

    def adopt(self, config: GatewayConfig) -> None:
        """Change capacity and conditions from now on; what is under way keeps the durations it has drawn."""
        conditions = config.conditions
        self._conditions = conditions
        self._handling = config.handling
        self._deadline = self._timer(self._deadline, config.deadline_ns, self._too_late)
        self._backend_timeout = self._timer(
            self._backend_timeout, conditions.backend_timeout_ns, self._backend_silent
        )
        self.replica.adopt(conditions.replica_lag_ns, conditions.replica == LIVE)
        self.commands.touched = self.replica.note if conditions.replica_lag_ns else None
        self._screens = conditions.replica_check
        self._values = conditions.collateral.mean_ns > 0
        self._linked = conditions.backend_link != DOWN
        for node in self.nodes:
            node.slots = config.slots
            if node.number in conditions.lost_nodes and not node.lost:
                self._lose(node)
            node.lost = node.number in conditions.lost_nodes
        self.alive = [node for node in self.nodes if not node.lost]
        for worker in self.workers:
            worker.adopt(config.handling, False)
        self.collateral.adopt(conditions.collateral, False)
        idle = self._outlived if conditions.expired == DROPPED else None
        for shard in self.shards:
            shard.adopt(config.service, conditions.engine == PAUSED, idle)

    def _outlived(self, attempt: Attempt) -> bool:
        return attempt.outlived(self._clock.epoch_ms())

    def _timer(
        self, old: ConstantDelay | None, delay_ns: int, expire: Callable[[Attempt], object]
    ) -> ConstantDelay | None:
        if old is not None and old.delay_ns == delay_ns:
            return old
        return ConstantDelay(self._clock, delay_ns, expire) if delay_ns else None

    # -- slots ------------------------------------------------------------------------------------

    def take(self, attempt: Attempt) -> None:
        self.hold(attempt)
        self.start(attempt)

    def take_silently(self, attempt: Attempt, answer: Answer, stage: Stage, cause: Cause) -> None:
        """Answer at once with `answer`, and execute all the same: its client does not know."""
        self.hold(attempt)
        self._answer(attempt, stage, answer, cause)
        self.start(attempt)

    def hold(self, attempt: Attempt) -> None:
        """Give it the slot it was admitted to, in the instant in which it arrived."""
        attempt.node.enter(attempt, attempt.arrived)
        if self._hooks.admitted is not None:
            self._hooks.admitted(attempt)

    def evict_for(self, attempt: Attempt) -> bool:
        """Shed a waiting attempt on the same node for this one: the policy's victim, else the newest of the
        worst priority below its own. False if there is none."""
        victim = self._hooks.victim(attempt) if self._hooks.victim is not None else None
        if victim is None and self._hooks.victim is None:
            found = [shard.newest_worse_than(attempt.priority, attempt.node) for shard in self.shards]
            victim = max(filter(None, found), key=lambda a: (a.priority, a.queued), default=None)
        if victim is None or victim.station is None:
            return False
        victim.station.withdraw(victim)
        self._shed(victim, Cause.EVICTED)
        return True

    def drop_delayed(self, attempt: Attempt) -> None:
        """The policy did not keep it when its turn came."""
        self._shed(attempt, Cause.QUEUE_DELAY)

    def _shed(self, victim: Attempt, cause: Cause) -> None:
        """What is shed does not count against the order limit."""
        if victim.counted:
            victim.counted = False
            call = victim.call
            call.legs_counted -= 1
            self._orders.uncount(victim.account.number, call.epoch_ms, whole=call.legs_counted == 0)
        self._answer(victim, Stage.ADMISSION, Answer(503, THROTTLED), cause)
        self._forget(victim)

    # -- the way to the engine --------------------------------------------------------------------

    def start(self, attempt: Attempt) -> None:
        if self._deadline is not None:
            self._deadline.start(attempt)
        if self.workers:
            self.workers[attempt.node.number].push(attempt)
        elif self._handling.mean_ns:
            self._clock.call_at(
                attempt.admitted + self._handling.draw(self._handling_rng), self._handled, attempt
            )
        else:
            self._handled(attempt)

    def _handled(self, attempt: Attempt) -> None:
        if attempt.withdrawn:  # its node was lost
            return
        attempt.started = -1
        if attempt.is_test:
            if not attempt.settled:
                self._answer_test(attempt)
            self._forget(attempt)
            return
        if not self._linked:
            self._refuse(attempt, Stage.BACKEND_LINK, Answer(503, DISCONNECTED), Cause.BACKEND_LINK)
            return
        if self._screens and self._screened_out(attempt):
            late = self.replica.available
            cause = Cause.REPLICA_LAG if late else Cause.REPLICA_DOWN
            self._refuse(attempt, Stage.REPLICA, Answer(400, NOTHING_TO_REDUCE), cause)
            return
        valued = self._values and attempt.account.number in self.collateralised
        if valued and isinstance(attempt.verb, OrderRequest):
            due = self._clock.now() + self._conditions.collateral_timeout_ns
            self._clock.call_at(due, self._not_valued, attempt)
            self.collateral.push(attempt)
            return
        self._hand_over(attempt)

    def _screened_out(self, attempt: Attempt) -> bool:
        """Whether the node's own copy of the position says that there is nothing to reduce, although its
        client claims so and the engine would agree. Where the copy is right, the engine may say it."""
        verb = attempt.verb
        if not isinstance(verb, OrderRequest) or not claims_to_reduce(verb):
            return False
        leg = attempt.account.legs.get((verb.symbol.index, verb.position_side))
        if leg is None or not leg.closable(verb.side):
            return False
        return self.replica.view(leg)[0] * verb.side >= 0

    def _valued(self, attempt: Attempt) -> None:
        attempt.consulted = True
        attempt.started = -1
        if not attempt.withdrawn:
            self._hand_over(attempt)

    def _not_valued(self, attempt: Attempt) -> None:
        if not attempt.consulted:
            attempt.withdrawn = True
            if attempt.station is not None:  # nobody waits for the answer: it is not worked out any more
                attempt.station.withdraw(attempt)
            self._refuse(attempt, Stage.COLLATERAL, Answer(400, REJECTED), Cause.COLLATERAL)

    def _hand_over(self, attempt: Attempt) -> None:
        if self._backend_timeout is not None:
            self._backend_timeout.start(attempt)
        attempt.handed = True
        self.shard_of(attempt).push(attempt)

    def shard_of(self, attempt: Attempt) -> Station:
        return self.shards[attempt.verb.symbol.index % len(self.shards)]

    def _answer_test(self, attempt: Attempt) -> None:
        """A test order is held to the symbol's filters and goes no further."""
        assert isinstance(attempt.verb, OrderRequest)
        try:
            self.commands.engine.validate(attempt.verb)
        except Refused as refusal:
            answer = Answer(400, refusal.code)
            answer.arguments = refusal.arguments
            self._answer(attempt, Stage.RISK, answer, Cause.ACCOUNT_STATE)
        else:
            self._answer(attempt, Stage.ACCEPTED, Answer(200, 0, {}), Cause.NONE)

    # -- ends -------------------------------------------------------------------------------------

    def _too_late(self, attempt: Attempt) -> None:
        self._answer(attempt, Stage.ENGINE_QUEUE, Answer(503, UNKNOWN_503), Cause.DEADLINE)

    def _backend_silent(self, attempt: Attempt) -> None:
        self._answer(attempt, Stage.ENGINE_QUEUE, Answer(408, BACKEND_TIMEOUT), Cause.BACKEND_TIMEOUT)

    def _lose(self, node: Node) -> None:
        """All that the node had in hand loses its connection; what the engine has already is executed."""
        assert node.roster is not None, "only a venue of several nodes can lose one"
        for attempt in list(node.roster):
            attempt.withdrawn = not attempt.handed
            if attempt.withdrawn and attempt.station is not None:
                attempt.station.withdraw(attempt)
            self._answer(attempt, Stage.NODE, Answer(0, CONNECTION_LOST), Cause.NODE_LOSS)
            if attempt.withdrawn:
                self._forget(attempt)

    def _refuse(self, attempt: Attempt, stage: Stage, answer: Answer, cause: Cause) -> None:
        """End it before the engine. Answered with an unknown fate before, it is now known not to execute."""
        if not attempt.settled:
            self._answer(attempt, stage, answer, cause)
        self._forget(attempt)

    def _execute(self, attempt: Attempt) -> None:
        self._outcomes.queue_wait[attempt.klass].observe(attempt.started - attempt.admitted)
        cause = _NO_CAUSE
        try:
            payload, stage = self._command(attempt)
        except Refused as refusal:
            answer = Answer(400, refusal.code)
            answer.arguments = refusal.arguments
            answer.variant = refusal.variant
            stage = Stage.MATCH if refusal.code in MATCH_REFUSALS else Stage.RISK
            cause = causes.of_engine_refusal(refusal.code)
        else:
            answer = Answer(200, 0, payload)
        if not attempt.settled:
            self._answer(attempt, stage, answer, cause)
        if attempt.reserve:
            self._forget(attempt, 0 if cause is not _NO_CAUSE else self.replica.lag_ns)

    def _answer(self, attempt: Attempt, stage: Stage, answer: Answer, cause: Cause) -> None:
        now = self._clock.now()
        attempt.settled = True
        attempt.cause = cause
        attempt.node.leave(attempt, now)
        self._outcomes.record(attempt, now, stage, answer.http, answer.code)
        if self._hooks.done is not None:
            self._hooks.done(attempt, answer.code, now)
        attempt.respond(answer)

    def _forget(self, attempt: Attempt, after_ns: int = 0) -> None:
        """Give back what the attempt has reserved, once the node's copy of the position shows its effect."""
        if not attempt.reserve:
            return
        if after_ns:
            self._clock.call_at(self._clock.now() + after_ns, attempt.node.release, attempt)
        else:
            attempt.node.release(attempt)

    def _command(self, attempt: Attempt) -> tuple[object, Stage]:
        verb = attempt.verb
        key = (attempt.call.key, attempt.leg)
        if isinstance(verb, OrderRequest):
            order = self.commands.place(attempt.account, verb, key, fate_unknown=attempt.settled)
            return order, _end_of(order)
        if isinstance(verb, CancelRequest):
            return self.commands.cancel(attempt.account, verb, key), _CANCELED
        if isinstance(verb, AmendRequest):
            order = self.commands.amend(attempt.account, verb, key)
            return order, Stage.CANCELED if order.status == CANCELED else _end_of(order)
        self.commands.cancel_all(attempt.account, verb, key)
        return None, Stage.CANCELED


def _end_of(order: Order) -> Stage:
    """The stage at which an accepted order's answer leaves."""
    if order.remaining == 0:
        return _FILLED
    return _EXPIRED if order.status in (EXPIRED, EXPIRED_IN_MATCH) else _RESTING

"""Behind admission: handling in the node, collateral, the engine queue, execution, and the one answer.

handling -> link to the engine -> replica check -> collateral -> engine queue -> risk -> match

An attempt holds its node's slot until it is answered. Answered too late by the engine, it has had its
answer of unknown fate already; it is still executed, and its order remembers that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mock_exchange.clock import Clock, ConstantDelay
from mock_exchange.commands import Commands
from mock_exchange.engine.requests import OrderRequest
from mock_exchange.errors import CONNECTION_LOST, THROTTLED, UNKNOWN_503, refusals
from mock_exchange.gateway import life
from mock_exchange.gateway.attempt import Answer, Attempt
from mock_exchange.gateway.boundary import Boundary, Nobody, Surroundings
from mock_exchange.gateway.conditions import DOWN, DROPPED, PAUSED
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.eviction import victim_for
from mock_exchange.gateway.execution import check, execute
from mock_exchange.gateway.knowledge import Knowledge, side_of
from mock_exchange.gateway.life import (
    ANSWER,
    ANSWERED_IN_SERVICE,
    FINISH,
    HAND_OVER,
    OVER,
    VALUE,
    WITH_ENGINE,
    WITHDRAW,
    Event,
)
from mock_exchange.gateway.limits import OrderLimiter
from mock_exchange.gateway.nodes import Node, node_number
from mock_exchange.gateway.outcomes import Outcomes
from mock_exchange.gateway.parts import Parts, Special
from mock_exchange.gateway.policies.messages import Decision
from mock_exchange.gateway.replica import LIVE, Replica
from mock_exchange.gateway.stations import Station
from mock_exchange.randomness import stream
from run_records.words import Cause, Stage

_NO_CAUSE: Final = Cause.NONE
_VALUING: Final = (life.VALUING, life.ANSWERED_VALUING)
BACKEND_TIMEOUT: Final = -1007
DISCONNECTED: Final = -1001
NOTHING_TO_REDUCE: Final = -2022
REJECTED: Final = -2010


class Backend:
    """Nodes, stations and engine. `hold` and `start` an admitted attempt; it is answered exactly once."""

    def __init__(
        self,
        commands: Commands,
        clock: Clock,
        config: GatewayConfig,
        outcomes: Outcomes,
        orders: OrderLimiter,
        seed: int,
        special: Special,
        parts: Parts,
    ) -> None:
        self.commands = commands
        self.collateralised = special.collateralised
        self._clock = clock
        self._outcomes = outcomes
        self._orders = orders
        self._life = parts.life
        self._step = parts.life.step
        self._handling_rng = stream(seed, "venue", "handling")
        self.replica = Replica(commands.engine, clock)
        now = clock.now()
        self.nodes = [Node(number, config.slots, now) for number in range(config.nodes)]
        self.alive = list(self.nodes)
        # Only a venue of several nodes can lose one, and has to know then what it had in hand.
        self._in_hand: list[dict[Attempt, None]] | None = (
            [{} for _ in self.nodes] if config.nodes > 1 else None
        )
        station = parts.station
        self.workers = [
            station(f"node-{n}", clock, config.handling, self._handling_rng, self._handled, config.workers)
            for n in range(config.nodes if config.workers else 0)
        ]
        rng = stream(seed, "venue", "collateral")
        self.collateral = station("collateral", clock, config.conditions.collateral, rng, self._valued)
        self.shards = [
            station(f"engine-{n}", clock, config.service, stream(seed, "venue", "service", n), self._execute,
                    begin=parts.life.serve, drop=self.drop_delayed)
            for n in range(config.shards)
        ]  # fmt: skip
        self.knowledge = Knowledge(self.replica, self.shards, clock)
        around = Surroundings(
            clock, self.knowledge, self.nodes, refusals(config.epoch), seed, special.privileged
        )
        self.around_policy = around
        self.boundary = Boundary(around, Nobody())
        self._deadline: ConstantDelay | None = None
        self._backend_timeout: ConstantDelay | None = None
        self.adopt(config)

    @property
    def stations(self) -> list[Station[Attempt]]:
        return [*self.workers, self.collateral, *self.shards]

    def obey(self, boundary: Boundary) -> None:
        """Serve by the wishes of another policy from now on. Raises PolicyError, and changes nothing, if it
        cannot say where those who wait belong."""
        lines = [shard.lined_up(boundary.rank) for shard in self.shards]
        for shard, line in zip(self.shards, lines, strict=True):
            shard.obey(boundary.keep, line)
        self.boundary = boundary

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
        lost_now = [n for n in self.nodes if n.number in conditions.lost_nodes and not n.lost]
        for node in self.nodes:
            node.slots = config.slots
            node.lost = node.number in conditions.lost_nodes
        self.alive = [node for node in self.nodes if not node.lost]
        for worker in self.workers:
            worker.adopt(config.handling, False)
        self.collateral.adopt(conditions.collateral, False)
        idle = self._outlived if conditions.expired == DROPPED else None
        for shard in self.shards:
            shard.adopt(config.service, conditions.engine == PAUSED, idle)
        for node in lost_now:
            self._lose(node)

    def _outlived(self, attempt: Attempt) -> bool:
        return attempt.outlived(self._clock.epoch_ms())

    def _timer(
        self, old: ConstantDelay | None, delay_ns: int, expire: Callable[[Attempt], object]
    ) -> ConstantDelay | None:
        if old is not None and old.delay_ns == delay_ns:
            return old
        return ConstantDelay(self._clock, delay_ns, expire) if delay_ns else None

    def node_of(self, ip: str) -> Node:
        """Connections to a lost node come back on the others; those to others stay where they are."""
        nodes = self.nodes
        if len(nodes) == 1:
            return nodes[0]
        node = nodes[node_number(ip, len(nodes))]
        alive = self.alive
        return alive[node_number(ip, len(alive))] if node.lost else node

    # -- slots ------------------------------------------------------------------------------------

    def hold(self, attempt: Attempt, decision: Decision) -> None:
        """Give it the slot that it was admitted to, in the instant in which it arrived, and book what the
        policy wishes to be reserved."""
        node, now = attempt.node, attempt.request.arrived_ns
        if decision.reserve:
            self._reserve(attempt)
        self._life.admit(attempt, now)
        attempt.held = node.enter(now)
        if self._in_hand is not None:
            self._in_hand[node.number][attempt] = None
        note = decision.note
        if (note is not None or self.boundary.hears_admitted) and not attempt.is_lie:
            self.boundary.admitted(attempt, note)

    def answer_early(self, attempt: Attempt, answer: Answer, stage: Stage, cause: Cause) -> None:
        """Answer before the work is done; it goes on, and its client does not know."""
        self._step(attempt, ANSWER)
        self._answer(attempt, stage, answer, cause)

    def evict_for(self, attempt: Attempt) -> bool:
        """Shed a waiting attempt for this one. False if there is none."""
        victim = victim_for(attempt, self.shards, self.boundary)
        if victim is None:
            return False
        assert victim.station is not None
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
        self._refuse(victim, Stage.ADMISSION, Answer(503, THROTTLED), cause)

    # -- the way to the engine --------------------------------------------------------------------

    def start(self, attempt: Attempt) -> None:
        """The node begins with an attempt that holds a slot."""
        if self._deadline is not None:
            self._deadline.start(attempt)
        if self.workers:
            self.workers[attempt.node.number].push(attempt)
        elif self._handling.mean_ns:
            due = attempt.admitted + self._handling.draw(self._handling_rng)
            self._clock.call_at(due, self._handled, attempt)
        else:
            self._pass_on(attempt)

    def _handled(self, attempt: Attempt) -> None:
        if attempt.state not in OVER:  # else its node was lost
            self._pass_on(attempt)

    def _pass_on(self, attempt: Attempt) -> None:
        """The node is done with it."""
        if attempt.request.verb == "test":
            self._end(attempt, FINISH, *check(self.commands, attempt))
            return
        if not self._linked:
            self._refuse(attempt, Stage.BACKEND_LINK, Answer(503, DISCONNECTED), Cause.BACKEND_LINK)
            return
        if self._screens and self.knowledge.contradicts(attempt):
            late = self.replica.available
            cause = Cause.REPLICA_LAG if late else Cause.REPLICA_DOWN
            self._refuse(attempt, Stage.REPLICA, Answer(400, NOTHING_TO_REDUCE), cause)
            return
        valued = self._values and attempt.account.number in self.collateralised
        if valued and isinstance(attempt.verb, OrderRequest):
            self._step(attempt, VALUE)
            due = self._clock.now() + self._conditions.collateral_timeout_ns
            self._clock.call_at(due, self._not_valued, attempt)
            self.collateral.push(attempt)
            return
        self._hand_over(attempt)

    def _valued(self, attempt: Attempt) -> None:
        if attempt.state not in OVER:
            self._hand_over(attempt)

    def _not_valued(self, attempt: Attempt) -> None:
        """Nobody waits for the collateral service's answer any more."""
        if attempt.state in _VALUING:
            if attempt.station is not None:
                attempt.station.withdraw(attempt)
            self._refuse(attempt, Stage.COLLATERAL, Answer(400, REJECTED), Cause.COLLATERAL)

    def _hand_over(self, attempt: Attempt) -> None:
        self._step(attempt, HAND_OVER)
        if self._backend_timeout is not None:
            self._backend_timeout.start(attempt)
        self.shards[attempt.verb.symbol.index % len(self.shards)].push(attempt)

    # -- ends -------------------------------------------------------------------------------------

    def _too_late(self, attempt: Attempt) -> None:
        self.answer_early(attempt, Answer(503, UNKNOWN_503), Stage.ENGINE_QUEUE, Cause.DEADLINE)

    def _backend_silent(self, attempt: Attempt) -> None:
        self.answer_early(attempt, Answer(408, BACKEND_TIMEOUT), Stage.ENGINE_QUEUE, Cause.BACKEND_TIMEOUT)

    def _lose(self, node: Node) -> None:
        """All that the node had in hand loses its connection; what the engine has already is executed."""
        assert self._in_hand is not None, "only a venue of several nodes can lose one"
        for attempt in list(self._in_hand[node.number]):
            if attempt.settled:  # meanwhile: an answer may bring about others
                continue
            answer = Answer(0, CONNECTION_LOST)
            if attempt.state in WITH_ENGINE:
                self.answer_early(attempt, answer, Stage.NODE, Cause.NODE_LOSS)
                continue
            if attempt.station is not None:
                attempt.station.withdraw(attempt)
            self._refuse(attempt, Stage.NODE, answer, Cause.NODE_LOSS)

    def _refuse(self, attempt: Attempt, stage: Stage, answer: Answer, cause: Cause) -> None:
        """End it before the engine. Answered with an unknown fate before, it is now known not to execute."""
        self._end(attempt, WITHDRAW, answer, stage, cause)

    def _end(self, attempt: Attempt, event: Event, answer: Answer, stage: Stage, cause: Cause) -> None:
        """Nothing more will be done for it. Its client hears so, unless it has had an answer already."""
        answered = attempt.settled
        self._step(attempt, event)
        if not answered:
            self._answer(attempt, stage, answer, cause)
        self._over(attempt)

    def _execute(self, attempt: Attempt) -> None:
        """The engine decides. The copy of positions shows a lag later what that did. As `_end`, without the
        calls: every order passes here."""
        self._outcomes.queue_wait[attempt.request.klass].observe(attempt.started - attempt.admitted)
        answered = attempt.state is ANSWERED_IN_SERVICE
        answer, stage, cause = execute(self.commands, attempt, answered)
        self._step(attempt, FINISH)
        if not answered:
            self._answer(attempt, stage, answer, cause)
        if attempt.reserved or self.boundary.notes:
            self._over(attempt, 0 if cause is not _NO_CAUSE else self.replica.lag_ns)

    def _answer(self, attempt: Attempt, stage: Stage, answer: Answer, cause: Cause) -> None:
        now = self._clock.now()
        node = attempt.node
        node.leave(attempt.admitted, now)
        if self._in_hand is not None:
            self._in_hand[node.number].pop(attempt, None)
        self._outcomes.record(attempt, now, stage, answer, cause)
        try:
            if self.boundary.hears_done and not attempt.is_lie:
                self.boundary.done(attempt, answer.code, now)
        finally:  # a policy's mistake must not cost a client its answer
            attempt.respond(answer)

    # -- what is spoken for -----------------------------------------------------------------------

    def _reserve(self, attempt: Attempt) -> None:
        """Book the part of the order that its position bears."""
        verb = attempt.verb
        if isinstance(verb, OrderRequest):
            attempt.reserved = min(verb.quantity, self.knowledge.reducible(attempt))
            if attempt.reserved:
                attempt.node.reserve(side_of(attempt), attempt.reserved)

    def _over(self, attempt: Attempt, after_ns: int = 0) -> None:
        """Nothing will happen to it any more. What it has reserved is given back once the node's copy of the
        position shows its effect."""
        self.boundary.forget(attempt)
        if attempt.reserved:
            if after_ns:
                self._clock.call_at(self._clock.now() + after_ns, self._release, attempt)
            else:
                self._release(attempt)

    @staticmethod
    def _release(attempt: Attempt) -> None:
        attempt.node.release(side_of(attempt), attempt.reserved)
        attempt.reserved = 0

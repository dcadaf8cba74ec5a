"""Behind admission: handling in the node, the engine queue, execution, and the one answer.

An attempt holds its node's slot until it is answered. Answered too late by the engine, it has had its
503 of unknown fate already; it is still executed, and its order remembers that nobody knows.
"""

from __future__ import annotations

from mock_exchange.clock import NS_PER_MS, Clock, ConstantDelay
from mock_exchange.commands import Commands
from mock_exchange.engine.orders import (
    CANCELED,
    EXPIRED,
    EXPIRED_IN_MATCH,
    AmendRequest,
    CancelRequest,
    Order,
    OrderRequest,
)
from mock_exchange.errors import THROTTLED, UNKNOWN_503, Refused
from mock_exchange.gateway.attempt import Answer, Attempt
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gateway.limits import OrderLimiter
from mock_exchange.gateway.nodes import Node, Shard
from mock_exchange.gateway.outcomes import Outcomes
from mock_exchange.randomness import Law, stream

MATCH_REFUSALS = frozenset((-2011, -2013, -2020, -4131, -5021, -5022))
"""Refusals that come out of the book; all other refusals of the engine come from its risk checks."""


class Backend:
    """Nodes, engine queue and engine. `take` an admitted attempt; it will be answered exactly once."""

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
        self._clock = clock
        self._outcomes = outcomes
        self._orders = orders
        self._handling = config.handling
        self._handling_rng = stream(seed, "venue", "handling")
        self.nodes = [Node(number, config.slots) for number in range(config.nodes)]
        self.shards = [
            Shard(clock, config.service, stream(seed, "venue", "service", number), self._execute)
            for number in range(config.shards)
        ]
        self._deadline = (
            ConstantDelay(clock, config.deadline_ns, self._too_late) if config.deadline_ns else None
        )

    def shard_of(self, attempt: Attempt) -> Shard:
        return self.shards[attempt.verb.symbol.index % len(self.shards)]

    def take(self, attempt: Attempt) -> None:
        self.hold(attempt)
        self.start(attempt)

    def take_silently(self, attempt: Attempt, answer: Answer, stage: str) -> None:
        """Answer at once with `answer`, and execute all the same: its client does not know."""
        self.hold(attempt)
        self._answer(attempt, stage, answer)
        self.start(attempt)

    def hold(self, attempt: Attempt) -> None:
        """Give it the slot it was admitted to, in the instant in which it arrived."""
        attempt.node.in_flight += 1
        attempt.admitted = attempt.arrived

    def start(self, attempt: Attempt) -> None:
        now = attempt.admitted
        if self._deadline is not None:
            self._deadline.start(attempt)
        if self._handling.mean_ns:
            self._clock.call_at(now + self._handling.draw(self._handling_rng), self._handled, attempt)
        else:
            self._handled(attempt)

    def evict_for(self, attempt: Attempt) -> bool:
        """Shed a waiting attempt of worse priority on the same node; False if there is none."""
        for shard in self.shards:
            victim = shard.evict(attempt.node, attempt.priority)
            if victim is not None:
                self._uncount(victim)
                self._answer(victim, "admission", Answer(503, THROTTLED))
                return True
        return False

    def _uncount(self, victim: Attempt) -> None:
        """What is shed does not count against the order limit."""
        if victim.counted:
            victim.counted = False
            waited_ms = (self._clock.now() - victim.admitted) // NS_PER_MS
            self._orders.uncount(victim.account.number, self._clock.epoch_ms() - waited_ms)

    def switch(self, slots: int | None, handling: Law | None, service: Law | None) -> None:
        """Change capacity from now on; what is under way keeps the durations it has drawn."""
        if slots is not None:
            for node in self.nodes:
                node.slots = slots
        if handling is not None:
            self._handling = handling
        if service is not None:
            for shard in self.shards:
                shard.law = service

    def _handled(self, attempt: Attempt) -> None:
        if attempt.is_test:
            if not attempt.settled:
                self._answer_test(attempt)
        else:
            self.shard_of(attempt).push(attempt)

    def _answer_test(self, attempt: Attempt) -> None:
        """A test order is held to the symbol's filters and goes no further."""
        assert isinstance(attempt.verb, OrderRequest)
        try:
            self.commands.engine.validate(attempt.verb)
        except Refused as refusal:
            answer = Answer(400, refusal.code)
            answer.arguments = refusal.arguments
            self._answer(attempt, "risk", answer)
        else:
            self._answer(attempt, "accepted", Answer(200, 0, {}))

    def _too_late(self, attempt: Attempt) -> None:
        self._answer(attempt, "engine-queue", Answer(503, UNKNOWN_503))

    def _execute(self, attempt: Attempt) -> None:
        self._outcomes.queue_wait.observe(attempt.started - attempt.admitted)
        try:
            payload, stage = self._command(attempt)
        except Refused as refusal:
            answer = Answer(400, refusal.code)
            answer.arguments = refusal.arguments
            answer.variant = refusal.variant
            stage = "match" if refusal.code in MATCH_REFUSALS else "risk"
        else:
            answer = Answer(200, 0, payload)
        if not attempt.settled:
            self._answer(attempt, stage, answer)

    def _answer(self, attempt: Attempt, stage: str, answer: Answer) -> None:
        attempt.settled = True
        attempt.node.in_flight -= 1
        self._outcomes.record(attempt, self._clock.now(), stage, answer.http, answer.code)
        attempt.respond(answer)

    def _command(self, attempt: Attempt) -> tuple[object, str]:
        verb = attempt.verb
        key = (attempt.call.key, attempt.leg)
        if isinstance(verb, OrderRequest):
            order = self.commands.place(attempt.account, verb, key, fate_unknown=attempt.settled)
            return order, _end_of(order)
        if isinstance(verb, CancelRequest):
            return self.commands.cancel(attempt.account, verb, key), "canceled"
        if isinstance(verb, AmendRequest):
            order = self.commands.amend(attempt.account, verb, key)
            return order, "canceled" if order.status == CANCELED else _end_of(order)
        self.commands.cancel_all(attempt.account, verb, key)
        return None, "canceled"


def _end_of(order: Order) -> str:
    """The stage at which an accepted order's answer leaves."""
    if order.remaining == 0:
        return "filled"
    return "expired" if order.status in (EXPIRED, EXPIRED_IN_MATCH) else "resting"

"""The gate, for every order verb: order limit -> admission -> slot -> order limit (counted) -> start.

A batch goes through it leg by leg: each leg that is admitted holds its slot at once, all of them are counted
together, and only then does the node begin with them. (Cancels are not counted, so it begins with them at
once.) A single order is a batch of one (`enter`), without the lists. What is shed counts against no limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Final

from mock_exchange.errors import THROTTLED, ErrorSpec, Refused
from mock_exchange.gateway.attempt import Answer, Attempt, Call
from mock_exchange.gateway.backend import Backend
from mock_exchange.gateway.execution import refused
from mock_exchange.gateway.faults import Faults
from mock_exchange.gateway.life import REFUSE
from mock_exchange.gateway.limits import OrderLimiter
from mock_exchange.gateway.outcomes import Outcomes
from mock_exchange.gateway.parts import Parts
from mock_exchange.gateway.policies.messages import Decision
from run_records.words import Cause, Stage

SINGLE: Final = (1, 1)
"""What an order counts for against the limits of ten seconds and of a minute."""
BATCH: Final = (5, 1)
"""What a whole batch counts for, as the venue documents: five orders, once."""
_SHED: Final = Answer(503, THROTTLED)
_ADMISSION: Final = Stage.ADMISSION
_NODE_SLOTS: Final = Cause.NODE_SLOTS


class Entry:
    """Lets attempts in, or answers them. `faults` are what a script has in store for single orders."""

    def __init__(
        self,
        backend: Backend,
        orders: OrderLimiter,
        outcomes: Outcomes,
        errors: Mapping[int, ErrorSpec],
        lies: Random,
        parts: Parts,
    ) -> None:
        self.faults = Faults()
        self.lying_share = 0.0
        self._errors = errors
        self._backend = backend
        self.decide = backend.boundary.decide
        self._orders = orders
        self._outcomes = outcomes
        self._lies = lies
        self._step = parts.life.step

    def enter(self, attempt: Attempt, counts: tuple[int, int] | None) -> None:
        """A single order, the fast way. `counts` is None for verbs that count against no limit."""
        fault = self.faults.first_for(attempt) if self.faults.waiting else None
        if fault is not None and not fault.executes:
            self.faults.use(fault)
            self._turn_away(attempt, Stage.SCRIPTED, self.answer(Refused(fault.code)), Cause.SCRIPT)
            return
        if not self._let_in(attempt, counts):
            return
        if counts is not None:
            call = attempt.call
            in_ten, in_minute = counts
            number = attempt.account.number
            call.order_counts = self._orders.count(number, call.epoch_ms, in_ten, in_minute)
            attempt.counted = True
        if fault is not None:
            self.faults.use(fault)
            answer = self.answer(Refused(fault.code))
            self._backend.answer_early(attempt, answer, Stage.SCRIPTED, Cause.SCRIPT)
        self._backend.start(attempt)

    def enter_batch(self, call: Call, legs: Iterable[Attempt], counts: tuple[int, int] | None) -> None:
        """The legs of a batch, in order."""
        admitted: list[Attempt] = []
        try:
            for leg in legs:
                if self._let_in(leg, counts):
                    if counts is None:  # nothing to count, so nothing to wait for
                        self._backend.start(leg)
                    else:
                        admitted.append(leg)
        finally:  # also where a policy fails in the middle: who has a slot is worked on
            if counts is not None and admitted:
                call.legs_counted = len(admitted)
                call.order_counts = self._orders.count(admitted[0].account.number, call.epoch_ms, *counts)
                for leg in admitted:
                    leg.counted = True
            for leg in admitted:
                self._backend.start(leg)

    def _let_in(self, attempt: Attempt, counts: tuple[int, int] | None) -> bool:
        """Whether it holds a slot now. It has its answer if it does not."""
        if counts is not None:
            try:
                # A leg must leave room for a whole batch, so that a batch is not cut by the limit.
                self._orders.check(attempt.account.number, attempt.call.epoch_ms, counts[0], counts[1])
            except Refused as refusal:
                self._turn_away(attempt, Stage.ORDER_LIMIT, self.answer(refusal), Cause.RATE_LIMIT)
                return False
        decision = self.decide(attempt)
        act = decision.act
        if act == "shed":
            if self.lying_share or decision.code != THROTTLED:
                self._shed(attempt, decision)
            else:
                self._turn_away(attempt, _ADMISSION, _SHED, _NODE_SLOTS)
            return False
        if act == "evict" and not self._backend.evict_for(attempt):
            self._shed(attempt, decision)
            return False
        self._hold(attempt, decision)
        return True

    def _shed(self, attempt: Attempt, decision: Decision) -> None:
        code = decision.code
        answer = _SHED if code == THROTTLED else self.answer(Refused(code))
        if self.lying_share and not attempt.is_test and self._lies.random() < self.lying_share:
            attempt.is_lie = True
            self._hold(attempt, decision)
            self._backend.answer_early(attempt, answer, _ADMISSION, Cause.LYING)
            self._backend.start(attempt)
        else:
            self._turn_away(attempt, _ADMISSION, answer, _NODE_SLOTS)

    def _hold(self, attempt: Attempt, decision: Decision) -> None:
        self._backend.hold(attempt, decision)
        if self._outcomes.remembers:
            self._outcomes.note_admitted(attempt)

    def _turn_away(self, attempt: Attempt, stage: Stage, answer: Answer, cause: Cause) -> None:
        self._step(attempt, REFUSE)
        self._outcomes.record(attempt, attempt.request.arrived_ns, stage, answer, cause)
        attempt.respond(answer)

    def answer(self, refusal: Refused) -> Answer:
        """A refusal with the status that the venue documents for its code."""
        http = refusal.http if refusal.http is not None else self._errors[refusal.code].http
        return refused(http, refusal)

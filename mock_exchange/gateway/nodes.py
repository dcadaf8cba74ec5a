"""Where capacity is: nodes with slots in front, one serial engine queue per shard behind."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from mock_exchange.clock import Clock
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.randomness import Law

PRIORITIES = 8
"""Engine-queue priorities 0 (first) to 7; first come, first served inside one."""


class Node:
    """A gateway node: an attempt holds one of its slots from admission until it is answered."""

    __slots__ = ("in_flight", "number", "slots")

    def __init__(self, number: int, slots: int) -> None:
        self.number = number
        self.slots = slots
        self.in_flight = 0


class Shard:
    """A serial server with a priority queue in front. Service is not interrupted: an attempt of higher
    priority that arrives meanwhile goes next. `execute` runs at the end of a service."""

    __slots__ = (
        "_clock", "_execute", "_lanes", "_rng", "busy", "busy_ns", "law", "waiting",
    )  # fmt: skip

    def __init__(
        self, clock: Clock, law: Law, rng: random.Random, execute: Callable[[Attempt], None]
    ) -> None:
        self._clock = clock
        self.law = law
        self._rng = rng
        self._execute = execute
        self._lanes: list[deque[Attempt]] = [deque() for _ in range(PRIORITIES)]
        self.busy = False
        self.busy_ns = 0
        self.waiting = 0

    def push(self, attempt: Attempt) -> None:
        if self.busy:
            self.waiting += 1
            self._lanes[attempt.priority].append(attempt)
        elif self.law.mean_ns == 0:
            attempt.started = self._clock.now()
            self._execute(attempt)
        else:
            self._begin(attempt)

    def evict(self, node: Node, better_than: int) -> Attempt | None:
        """Take out the newest waiting attempt of `node` whose priority is worse than `better_than`."""
        for priority in range(PRIORITIES - 1, better_than, -1):
            lane = self._lanes[priority]
            for position in range(len(lane) - 1, -1, -1):
                attempt = lane[position]
                if attempt.node is node and not attempt.settled:
                    del lane[position]
                    self.waiting -= 1
                    return attempt
        return None

    def depths(self) -> list[int]:
        """Waiting attempts by priority."""
        return [len(lane) for lane in self._lanes]

    def _begin(self, attempt: Attempt) -> None:
        self.busy = True
        now = self._clock.now()
        attempt.started = now
        service = self.law.draw(self._rng)
        self.busy_ns += service
        self._clock.call_at(now + service, self._finish, attempt)

    def _finish(self, attempt: Attempt) -> None:
        self._execute(attempt)
        for lane in self._lanes:
            if lane:
                self.waiting -= 1
                self._begin(lane.popleft())
                return
        self.busy = False

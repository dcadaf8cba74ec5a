"""A station: identical servers behind one queue. Engine shards, a node's workers, the collateral service.

Service is not interrupted: an attempt of higher priority that arrives meanwhile goes next. Every station
keeps the two sides of Little's law by separate books: the area under its queue length, and the sum of the
waits. Over a run that ends with an empty queue they are the same number of nanoseconds, exactly.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush

from mock_exchange.clock import Clock
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.randomness import Law

PRIORITIES = 8
"""Queue priorities 0 (first) to 7."""

Keep = Callable[[Attempt, int], bool]
"""(attempt, nanoseconds waited): False drops it now that its turn has come."""
Idle = Callable[[Attempt], bool]
"""Whether there is nothing to do for an attempt: it is passed on in no time."""
Rank = Callable[[Attempt], int]
"""Place of an attempt among those of its priority: the least goes first."""


class _Lanes:
    """First come, first served inside a priority. Attempts withdrawn stay inside until their turn and are
    passed over then."""

    __slots__ = ("_lanes",)

    def __init__(self) -> None:
        self._lanes: list[deque[Attempt]] = [deque() for _ in range(PRIORITIES)]

    def push(self, attempt: Attempt) -> None:
        self._lanes[attempt.priority].append(attempt)

    def pop(self) -> Attempt | None:
        for lane in self._lanes:
            while lane:
                attempt = lane.popleft()
                if not attempt.unqueued:
                    return attempt
        return None

    def waiting(self) -> list[Attempt]:
        return [attempt for lane in self._lanes for attempt in lane if not attempt.unqueued]

    def newest_worse_than(self, priority: int, node: Node) -> Attempt | None:
        for lane in self._lanes[:priority:-1]:
            while lane and lane[-1].unqueued:
                lane.pop()
            for attempt in reversed(lane):
                if attempt.node is node and not attempt.settled and not attempt.unqueued:
                    return attempt
        return None


class _Ranked:
    """By rank inside a priority; equals first come, first served."""

    __slots__ = ("_heap", "_rank", "_sequence")

    def __init__(self, rank: Rank) -> None:
        self._rank = rank
        self._heap: list[tuple[int, int, int, Attempt]] = []
        self._sequence = 0

    def push(self, attempt: Attempt) -> None:
        self._sequence += 1
        heappush(self._heap, (attempt.priority, self._rank(attempt), self._sequence, attempt))

    def pop(self) -> Attempt | None:
        while self._heap:
            attempt = heappop(self._heap)[3]
            if not attempt.unqueued:
                return attempt
        return None

    def waiting(self) -> list[Attempt]:
        return [row[3] for row in sorted(self._heap, key=lambda row: row[:3]) if not row[3].unqueued]


class Station:
    """`servers` of `law`; `done` runs at the end of each service. `keep` and `rank` are a policy's wishes.

    What it counts, for whoever reads it: `waiting`, `busy` servers, `arrivals`, `busy_ns` of service begun,
    and for Little's law `area_ns` = ∫ waiting dt and `waited_ns` = Σ waits.
    """

    __slots__ = (
        "_changed_ns", "_clock", "_done", "_drop", "_idle", "_keep", "_queue", "_rng", "area_ns", "arrivals",
        "busy", "busy_ns", "law", "name", "paused", "servers", "waited_ns", "waiting",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        clock: Clock,
        law: Law,
        rng: random.Random,
        done: Callable[[Attempt], None],
        drop: Callable[[Attempt], None],
        servers: int = 1,
    ) -> None:
        self.name = name
        self._clock = clock
        self.law = law
        self._rng = rng
        self._done = done
        self._drop = drop
        self.servers = servers
        self._queue: _Lanes | _Ranked = _Lanes()
        self._keep: Keep | None = None
        self._idle: Idle | None = None
        self.paused = False
        self.busy = 0
        self.waiting = 0
        self.arrivals = 0
        self.busy_ns = 0
        self.area_ns = 0
        self.waited_ns = 0
        self._changed_ns = clock.now()

    def push(self, attempt: Attempt) -> None:
        now = attempt.queued = self._clock.now()
        self.arrivals += 1
        if self.busy < self.servers and not self.paused:
            self._begin(attempt, now)
            return
        self.area_ns += self.waiting * (now - self._changed_ns)
        self._changed_ns = now
        self.waiting += 1
        attempt.station = self
        self._queue.push(attempt)

    def withdraw(self, attempt: Attempt) -> None:
        """Take a waiting attempt out of the queue."""
        attempt.withdrawn = attempt.unqueued = True
        self._leave(attempt, self._clock.now())

    def newest_worse_than(self, priority: int, node: Node) -> Attempt | None:
        """The newest waiting, unanswered attempt of `node` in the worst lane below `priority`."""
        queue = self._queue
        return queue.newest_worse_than(priority, node) if isinstance(queue, _Lanes) else None

    def obey(self, keep: Keep | None, rank: Rank | None) -> None:
        """Serve by a policy's wishes from now on; those waiting line up anew."""
        self._keep = keep
        waiting = self._queue.waiting()
        self._queue = _Lanes() if rank is None else _Ranked(rank)
        for attempt in waiting:
            self._queue.push(attempt)

    def adopt(self, law: Law, paused: bool, idle: Idle | None = None) -> None:
        """Change speed from now on; services under way keep the duration they have drawn. What is `idle` work
        when its turn comes takes no time."""
        self.law = law
        self.paused = paused
        self._idle = idle
        while not paused and self.waiting and self.busy < self.servers:
            if not self._next(self._clock.now()):
                return

    def line(self) -> list[Attempt]:
        """Who waits, first first."""
        return self._queue.waiting()

    def books(self) -> tuple[int, int]:
        """Little's law up to now: (∫ waiting dt, Σ waits), those who still wait included."""
        now = self._clock.now()
        pending = sum(now - attempt.queued for attempt in self._queue.waiting())
        return self.area_ns + self.waiting * (now - self._changed_ns), self.waited_ns + pending

    def _begin(self, attempt: Attempt, now: int) -> None:
        if self._keep is not None and not self._keep(attempt, now - attempt.queued) and not attempt.settled:
            attempt.withdrawn = True
            self._drop(attempt)
            return
        attempt.started = now
        law = self.law
        if law.mean_ns == 0 or (self._idle is not None and self._idle(attempt)):
            self._done(attempt)
            return
        self.busy += 1
        service = law.draw(self._rng)
        self.busy_ns += service
        self._clock.call_at(now + service, self._finish, attempt)

    def _finish(self, attempt: Attempt) -> None:
        self._done(attempt)
        self.busy -= 1
        while self.waiting and self.busy < self.servers and not self.paused:
            if not self._next(self._clock.now()):
                return

    def _next(self, now: int) -> bool:
        attempt = self._queue.pop()
        if attempt is None:
            return False
        self._leave(attempt, now)
        self._begin(attempt, now)
        return True

    def _leave(self, attempt: Attempt, now: int) -> None:
        self.area_ns += self.waiting * (now - self._changed_ns)
        self._changed_ns = now
        self.waiting -= 1
        attempt.station = None
        self.waited_ns += now - attempt.queued

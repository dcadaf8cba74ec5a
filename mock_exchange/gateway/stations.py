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
from typing import Any, Final, Generic, Protocol, TypeVar

from mock_exchange.clock import Clock
from mock_exchange.randomness import Law

PRIORITIES: Final = 8
"""Queue priorities 0 (first) to 7."""


class Waiting(Protocol):
    """What can wait at a station. The station writes `station` (where it waits, None once it does not) and
    `queued` (since when, also after its turn has come)."""

    station: Station[Any] | None
    queued: int
    priority: int


T = TypeVar("T", bound=Waiting)


class _Lanes(Generic[T]):
    """First come, first served inside a priority. Who has been taken out of the queue stays inside until its
    turn and is passed over then."""

    __slots__ = ("_lanes",)

    def __init__(self) -> None:
        self._lanes: list[deque[T]] = [deque() for _ in range(PRIORITIES)]

    def push(self, item: T) -> None:
        self._lanes[item.priority].append(item)

    def pop(self) -> T | None:
        for lane in self._lanes:
            while lane:
                item = lane.popleft()
                if item.station is not None:
                    return item
        return None

    def line(self) -> list[T]:
        return [item for lane in self._lanes for item in lane if item.station is not None]

    def find(self, fits: Callable[[T], bool]) -> T | None:
        return next((item for item in self.line() if fits(item)), None)

    def newest_worse_than(self, priority: int, fits: Callable[[T], bool]) -> T | None:
        for lane in self._lanes[:priority:-1]:
            while lane and lane[-1].station is None:
                lane.pop()
            for item in reversed(lane):
                if item.station is not None and fits(item):
                    return item
        return None


class _Ranked(Generic[T]):
    """By rank inside a priority; equals first come, first served."""

    __slots__ = ("_heap", "_rank", "_sequence")

    def __init__(self, rank: Callable[[T], int]) -> None:
        self._rank = rank
        self._heap: list[tuple[int, int, int, T]] = []
        self._sequence = 0

    def push(self, item: T) -> None:
        self._sequence += 1
        heappush(self._heap, (item.priority, self._rank(item), self._sequence, item))

    def pop(self) -> T | None:
        while self._heap:
            item = heappop(self._heap)[3]
            if item.station is not None:
                return item
        return None

    def line(self) -> list[T]:
        return [row[3] for row in sorted(self._heap, key=lambda row: row[:3]) if row[3].station is not None]

    def find(self, fits: Callable[[T], bool]) -> T | None:
        return next((row[3] for row in self._heap if row[3].station is not None and fits(row[3])), None)


Line = _Lanes[T] | _Ranked[T]
"""Who waits, in which order."""


def _nobody_is_dropped(item: object) -> None:
    raise AssertionError("only a station that is told what to drop may keep less than all")


class Station(Generic[T]):
    """`servers` of `law`. When its turn comes, an item that `keep` does not want is dropped; for all others
    `begin` runs, and `done` at the end of the service. `rank` is an item's place among those of its priority.

    What it counts, for whoever reads it: `waiting`, `busy` servers, `arrivals`, `busy_ns` of service begun,
    and for Little's law `area_ns` = ∫ waiting dt and `waited_ns` = Σ waits.
    """

    __slots__ = (
        "_begin_with",
        "_changed_ns",
        "_clock",
        "_done",
        "_drop",
        "_idle",
        "_keep",
        "_queue",
        "_rng",
        "area_ns",
        "arrivals",
        "busy",
        "busy_ns",
        "law",
        "name",
        "paused",
        "servers",
        "waited_ns",
        "waiting",
    )

    def __init__(
        self,
        name: str,
        clock: Clock,
        law: Law,
        rng: random.Random,
        done: Callable[[T], None],
        servers: int = 1,
        begin: Callable[[T, int], object] | None = None,
        drop: Callable[[T], object] = _nobody_is_dropped,
    ) -> None:
        self.name = name
        self._clock = clock
        self.law = law
        self._rng = rng
        self._begin_with = begin
        self._done = done
        self._drop = drop
        self.servers = servers
        self._queue: Line[T] = _Lanes()
        self._keep: Callable[[T, int], bool] | None = None
        self._idle: Callable[[T], bool] | None = None
        self.paused = False
        self.busy = 0
        self.waiting = 0
        self.arrivals = 0
        self.busy_ns = 0
        self.area_ns = 0
        self.waited_ns = 0
        self._changed_ns = clock.now()

    def push(self, item: T) -> None:
        now = item.queued = self._clock.now()
        self.arrivals += 1
        if self.busy < self.servers and not self.paused:
            self._begin(item, now)
            return
        self.area_ns += self.waiting * (now - self._changed_ns)
        self._changed_ns = now
        self.waiting += 1
        item.station = self
        self._queue.push(item)

    def withdraw(self, item: T) -> None:
        """Take a waiting item out of the queue."""
        self._leave(item, self._clock.now())

    def newest_worse_than(self, priority: int, fits: Callable[[T], bool]) -> T | None:
        """The newest waiting item that `fits`, in the worst lane below `priority`. None where a rank orders
        the queue: in it nobody is the newest of the worst."""
        queue = self._queue
        return queue.newest_worse_than(priority, fits) if isinstance(queue, _Lanes) else None

    def lined_up(self, rank: Callable[[T], int] | None) -> Line[T]:
        """Those who wait, in the order of that rank; nothing has changed yet."""
        line: Line[T] = _Lanes() if rank is None else _Ranked(rank)
        for item in self._queue.line():
            line.push(item)
        return line

    def obey(self, keep: Callable[[T, int], bool] | None, line: Line[T]) -> None:
        """Serve by other wishes from now on. `keep` is told of an item and how long it has waited."""
        self._keep, self._queue = keep, line

    def adopt(self, law: Law, paused: bool, idle: Callable[[T], bool] | None = None) -> None:
        """Change speed from now on; services under way keep the duration they have drawn. What is `idle` work
        when its turn comes takes no time."""
        self.law = law
        self.paused = paused
        self._idle = idle
        while not paused and self.waiting and self.busy < self.servers:
            if not self._next(self._clock.now()):
                return

    def line(self) -> list[T]:
        """Who waits, first first."""
        return self._queue.line()

    def find(self, fits: Callable[[T], bool]) -> T | None:
        """One of those who wait that fits, if there is one."""
        return self._queue.find(fits)

    def books(self) -> tuple[int, int]:
        """Little's law up to now: (∫ waiting dt, Σ waits), those who still wait included."""
        now = self._clock.now()
        pending = sum(now - item.queued for item in self._queue.line())
        return self.area_ns + self.waiting * (now - self._changed_ns), self.waited_ns + pending

    def _begin(self, item: T, now: int) -> None:
        # Asked when its turn comes, not when it arrives: only then it is known how long it has waited.
        if self._keep is not None and not self._keep(item, now - item.queued):
            self._drop(item)
            return
        if self._begin_with is not None:
            self._begin_with(item, now)
        law = self.law
        # Nothing to do takes no time and holds no server: a call would only cost this process.
        if law.mean_ns == 0 or (self._idle is not None and self._idle(item)):
            self._done(item)
            return
        self.busy += 1
        service = law.draw(self._rng)
        self.busy_ns += service
        self._clock.call_at(now + service, self._finish, item)

    def _finish(self, item: T) -> None:
        try:
            self._done(item)
        finally:  # a mistake in one item's work does not keep the server from the others
            self.busy -= 1
        while self.waiting and self.busy < self.servers and not self.paused:
            if not self._next(self._clock.now()):
                return

    def _next(self, now: int) -> bool:
        item = self._queue.pop()
        if item is None:
            return False
        self._leave(item, now)
        self._begin(item, now)
        return True

    def _leave(self, item: T, now: int) -> None:
        self.area_ns += self.waiting * (now - self._changed_ns)
        self._changed_ns = now
        self.waiting -= 1
        item.station = None
        self.waited_ns += now - item.queued

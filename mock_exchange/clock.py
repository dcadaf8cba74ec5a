"""Time for everything that must not read a wall clock.

One heap of due events serves both worlds. In simulation time jumps from event to event; on
sockets `wire.live_clock` pushes the same heap forward. Inside a callback `now()` is the instant
the callback was due, never the instant a timer happened to fire, so slots and queue places are
freed by timestamp before each decision.

Ties: events due at one instant run in rank order (venue before traders), then in the order in
which they were scheduled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final, Protocol

from run_records.units import NS_PER_MS

VENUE: Final = 0
TRADERS: Final = 1 << 60
"""Rank of trader events: at one instant the venue finishes its work before new requests arrive."""


class Clock(Protocol):
    """What gateway and engine may know of time. All instants are integer nanoseconds."""

    def now(self) -> int: ...

    def call_at(self, due: int, callback: Callable[..., object], *args: Any) -> None: ...

    def epoch_ms(self) -> int: ...


class Timeline:
    """A heap of due events and the instant reached. `epoch_start_ms` is venue time at instant 0."""

    __slots__ = ("_heap", "_instant", "_sequence", "epoch_start_ms")

    def __init__(self, epoch_start_ms: int = 0) -> None:
        self._heap: list[tuple[int, int, Callable[..., object], tuple[Any, ...]]] = []
        self._instant = 0
        self._sequence = 0
        self.epoch_start_ms = epoch_start_ms

    def now(self) -> int:
        return self._instant

    def epoch_ms(self) -> int:
        """Venue time in milliseconds since 1970, used for recvWindow and limit windows."""
        return self.epoch_start_ms + self._instant // NS_PER_MS

    def call_at(self, due: int, callback: Callable[..., object], *args: Any, rank: int = VENUE) -> None:
        """Run `callback(*args)` at `due`; an instant already past runs next, stamped with the present."""
        self._sequence += 1
        # The rank lies above all sequence numbers: at one instant the venue goes before the traders.
        heappush(self._heap, (due, rank + self._sequence, callback, args))

    def clear(self, instant: int) -> None:
        """Forget everything that is due and stand at `instant`, which may be negative."""
        self._heap.clear()
        self._instant = instant

    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def run_until(self, instant: int) -> None:
        """Run every event due at or before `instant`, in order, then stand at `instant`."""
        heap = self._heap
        while heap and heap[0][0] <= instant:
            due, _, callback, args = heappop(heap)
            # What was due in the past is done now, and must not turn the clock back.
            self._instant = max(self._instant, due)
            callback(*args)
        self._instant = max(self._instant, instant)


class ConstantDelay:
    """Many timers of one length for the price of one: `expire(item)` for items not yet settled.

    A gateway's deadline and a client's timeout are constants, so due times arrive sorted and a
    queue replaces the heap. Items must have a `settled` attribute; settled ones are skipped.
    """

    __slots__ = ("_armed", "_clock", "_expire", "_queue", "delay_ns")

    def __init__(self, clock: Clock, delay_ns: int, expire: Callable[[Any], object]) -> None:
        self._clock = clock
        self.delay_ns = delay_ns
        self._expire = expire
        self._queue: deque[tuple[int, Any]] = deque()
        self._armed = False

    def start(self, item: Any) -> None:
        due = self._clock.now() + self.delay_ns
        self._queue.append((due, item))
        # Due times come in order, so one timer, for the first of the queue, serves them all.
        if not self._armed:
            self._armed = True
            self._clock.call_at(due, self._fire)

    def _fire(self) -> None:
        queue = self._queue
        now = self._clock.now()
        while queue:
            due, item = queue[0]
            if not item.settled:
                if due > now:
                    self._clock.call_at(due, self._fire)
                    return
                queue.popleft()
                self._expire(item)
            else:
                queue.popleft()
        self._armed = False

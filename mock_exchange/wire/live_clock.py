"""The venue's clock on a running event loop.

The heap of due events is the simulator's own; here real time pushes it forward, before every arrival
and whenever the earliest event is due. A late timer therefore never changes what was decided, only
when the answer leaves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from mock_exchange.clock import VENUE, Timeline
from run_records.units import NS_PER_MS, NS_PER_S


class LiveClock(Timeline):
    """Instants are nanoseconds since `zero_ns` on the monotonic clock, which all processes of a machine
    share. `after_run` is called whenever events may have run. `follows_wall` is whether venue time was taken
    from the wall clock."""

    __slots__ = ("_armed_for", "_loop", "_monotonic_ns", "_timer", "_zero_ns", "after_run", "follows_wall")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        epoch_start_ms: int = 0,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__()
        self._loop = loop
        self._monotonic_ns = monotonic_ns
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0
        self.after_run: Callable[[], None] | None = None
        self.restart(monotonic_ns(), epoch_start_ms)

    def wall_epoch_ms(self, zero_ns: int) -> int:
        """What the wall clock shows at `zero_ns`, in milliseconds since 1970."""
        return (time.time_ns() - (self._monotonic_ns() - zero_ns)) // NS_PER_MS

    def restart(self, zero_ns: int, epoch_start_ms: int = 0, *, follows_wall: bool | None = None) -> None:
        """Count from `zero_ns`, with nothing due. `epoch_start_ms` 0 takes venue time from the wall, and
        `follows_wall` says that it was taken from there."""
        elapsed = self._monotonic_ns() - zero_ns
        self.follows_wall = epoch_start_ms == 0 if follows_wall is None else follows_wall
        if epoch_start_ms == 0:
            epoch_start_ms = self.wall_epoch_ms(zero_ns)
        self._zero_ns = zero_ns
        self.epoch_start_ms = epoch_start_ms
        self.clear(elapsed)
        self._disarm()

    def go_on(self, epoch_start_ms: int, last_ns: int, *, follows_wall: bool) -> None:
        """Count on from before, at the earliest after the instant `last_ns` that was reached then. While
        nobody counted, venue time went on if it `follows_wall`, and stood still if it does not."""
        elapsed = last_ns + 1
        if follows_wall:
            elapsed = max(elapsed, time.time_ns() - epoch_start_ms * NS_PER_MS)
        self.restart(self._monotonic_ns() - elapsed, epoch_start_ms, follows_wall=follows_wall)

    def forget(self) -> None:
        """Drop everything that is due: the venue it was due for is gone."""
        self.clear(self.now())
        self._disarm()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def call_at(self, due: int, callback: Callable[..., object], *args: Any, rank: int = VENUE) -> None:
        super().call_at(due, callback, *args, rank=rank)
        if self._timer is None or due < self._armed_for:
            self._arm(due)

    def arrive(self) -> None:
        """Stamp an arrival: do all that was due before it, then stand at its instant."""
        self.run_until(self._monotonic_ns() - self._zero_ns)

    def _arm_for_next(self) -> None:
        """Callbacks may have armed for what they scheduled; something older may be due before."""
        due = self.next_due()
        if due is not None and (self._timer is None or due < self._armed_for):
            self._arm(due)

    def _arm(self, due: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = due
        delay = (due - (self._monotonic_ns() - self._zero_ns)) / NS_PER_S
        self._timer = self._loop.call_later(max(0.0, delay), self._fire)

    def _fire(self) -> None:
        self._timer = None
        self.run_until(max(self._monotonic_ns() - self._zero_ns, self._armed_for))
        self._arm_for_next()
        if self.after_run is not None:
            self.after_run()

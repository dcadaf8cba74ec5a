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

from mock_exchange.clock import NS_PER_MS, NS_PER_S, Timeline


class LiveClock:
    """Instants are nanoseconds since `zero_ns` on the monotonic clock, which all processes of a machine
    share. `after_run` is called whenever events may have run."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        epoch_start_ms: int = 0,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._loop = loop
        self._monotonic_ns = monotonic_ns
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0
        self.after_run: Callable[[], None] | None = None
        self.restart(monotonic_ns(), epoch_start_ms)

    def restart(self, zero_ns: int, epoch_start_ms: int = 0) -> None:
        """Count from `zero_ns`, with nothing due. `epoch_start_ms` 0 takes venue time from the wall."""
        self._zero_ns = zero_ns
        if epoch_start_ms == 0:
            epoch_start_ms = (time.time_ns() - (self._monotonic_ns() - zero_ns)) // NS_PER_MS
        self._timeline = Timeline(epoch_start_ms)
        self._timeline.run_until(self._monotonic_ns() - zero_ns)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def now(self) -> int:
        return self._timeline.now()

    def epoch_ms(self) -> int:
        return self._timeline.epoch_ms()

    def call_at(self, due: int, callback: Callable[..., object], *args: Any) -> None:
        self._timeline.call_at(due, callback, *args)
        if self._timer is None or due < self._armed_for:
            self._arm(due)

    def arrive(self) -> None:
        """Stamp an arrival: do all that was due before it, then stand at its instant."""
        self._timeline.run_until(self._monotonic_ns() - self._zero_ns)

    def _arm_for_next(self) -> None:
        """Callbacks may have armed for what they scheduled; something older may be due before."""
        due = self._timeline.next_due()
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
        self._timeline.run_until(max(self._monotonic_ns() - self._zero_ns, self._armed_for))
        self._arm_for_next()
        if self.after_run is not None:
            self.after_run()

"""One instant 0 for processes on several machines: agreed on by the wall clock, kept by the monotonic one."""

from __future__ import annotations

import time


def in_seconds(seconds: float) -> int:
    """An instant so far ahead, in nanoseconds since 1970."""
    return time.time_ns() + round(seconds * 1e9)


def monotonic_of(epoch_ns: int) -> int:
    """The same instant by this machine's monotonic clock, read once: a wall clock that is set later moves
    nothing. Machines differ by what their clocks do (with NTP a few milliseconds), which moves the whole
    schedule of a worker and changes no rate."""
    return time.monotonic_ns() + epoch_ns - time.time_ns()

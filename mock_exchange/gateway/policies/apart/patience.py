"""How long the gateway waits for an answer of a policy in another process."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple


class Bounds(NamedTuple):
    """How long an answer may take."""

    cpu_s: float = 10
    """Processor time that the policy may use for it."""
    silence_s: float = 60
    """Time in which it uses none."""


PATIENT = Bounds()


class Patience:
    """How long an answer has been waited for."""

    def __init__(self, process: int, bounds: Bounds) -> None:
        self._process = process
        self._bounds = bounds
        self._begun = 0.0
        self._used = 0.0

    def exhausted(self) -> str:
        """Why no longer, or nothing. Counts from the first time that it is asked."""
        now, used = time.monotonic(), _processor_time(self._process)
        if not self._begun:
            self._begun, self._used = now, used
        if used - self._used > self._bounds.cpu_s:
            return f"used more than {self._bounds.cpu_s:g} s of processor time for one answer"
        if now - self._begun - (used - self._used) > self._bounds.silence_s:
            return f"has not answered for {self._bounds.silence_s:g} s"
        return ""


def _processor_time(process: int) -> float:
    """Seconds that a process has used, where the system tells."""
    clock = (~process << 3) | 2  # Linux, clock_getcpuclockid(3)
    with suppress(OSError, OverflowError):
        return time.clock_gettime(clock)
    return 0.0

"""The exchange watches itself: a machine too busy to answer in time makes a run invalid."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

PROBE_S = 0.02
RESOLUTION_NS = 50_000
_SCHEDSTAT = Path("/proc/self/schedstat")


class LoopWatch:
    """Samples how late the event loop wakes, and how long the process waited for a processor."""

    def __init__(self) -> None:
        self._lags: Counter[int] = Counter()
        self.reset()

    def reset(self) -> None:
        self._lags.clear()
        self._due_ns: int | None = None  # a probe that slept through the reset is none
        self._cpu_start = time.process_time()
        self._wall_start = time.monotonic()
        self._waited_start = _run_queue_wait_ns()

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            self._due_ns = time.monotonic_ns() + round(PROBE_S * 1e9)
            await asyncio.sleep(PROBE_S)
            if self._due_ns is not None:
                self.note(time.monotonic_ns() - self._due_ns)

    def note(self, lag_ns: int) -> None:
        """A probe woke so late."""
        self._lags[max(0, lag_ns) // RESOLUTION_NS] += 1

    def report(self) -> dict[str, Any]:
        """Loop lag in milliseconds, shares of wall time spent on a processor and waiting for one."""
        if self._due_ns is not None and (overdue := time.monotonic_ns() - self._due_ns) > 0:
            self.note(overdue)  # a stall that ends just now: its probe has not woken yet
            self._due_ns += overdue
        wall = max(1e-9, time.monotonic() - self._wall_start)
        return {
            "loop_lag_p50_ms": self._lag_ms(0.5),
            "loop_lag_p99_ms": self._lag_ms(0.99),
            "loop_lag_max_ms": self._lag_ms(1.0),
            "cpu_share": round((time.process_time() - self._cpu_start) / wall, 4),
            "cpu_wait_share": round((_run_queue_wait_ns() - self._waited_start) / 1e9 / wall, 4),
        }

    def _lag_ms(self, share: float) -> float:
        """The lag that was not exceeded for this share of the time, to RESOLUTION_NS. A process that stands
        still for two seconds is late for all of them, not for one probe in hundreds."""
        probe = round(PROBE_S * 1e9)
        spent = {step: n * (probe + step * RESOLUTION_NS) for step, n in sorted(self._lags.items())}
        left = share * sum(spent.values())
        for step, time_ns in spent.items():
            left -= time_ns
            if left <= 0:
                return round((step + 1) * RESOLUTION_NS / 1e6, 3)
        return 0.0


def _run_queue_wait_ns() -> int:
    """Nanoseconds this process has waited on a run queue (Linux); 0 where the system does not tell."""
    try:
        return int(_SCHEDSTAT.read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0

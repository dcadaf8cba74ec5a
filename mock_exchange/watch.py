"""The exchange watches itself: a machine too busy to answer in time makes a run invalid."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

PROBE_S = 0.02
MAX_SAMPLES = 100_000
_SCHEDSTAT = Path("/proc/self/schedstat")


class LoopWatch:
    """Samples how late the event loop wakes, and how long the process waited for a processor."""

    def __init__(self) -> None:
        self._lags_ns: list[int] = []
        self.reset()

    def reset(self) -> None:
        self._lags_ns.clear()
        self._cpu_start = time.process_time()
        self._wall_start = time.monotonic()
        self._waited_start = _run_queue_wait_ns()

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            due = time.monotonic_ns() + round(PROBE_S * 1e9)
            await asyncio.sleep(PROBE_S)
            if len(self._lags_ns) < MAX_SAMPLES:
                self._lags_ns.append(max(0, time.monotonic_ns() - due))

    def report(self) -> dict[str, Any]:
        """Loop lag in milliseconds, shares of wall time spent on a processor and waiting for one."""
        lags = sorted(self._lags_ns) or [0]
        wall = max(1e-9, time.monotonic() - self._wall_start)
        return {
            "loop_lag_p50_ms": round(lags[len(lags) // 2] / 1e6, 3),
            "loop_lag_p99_ms": round(lags[min(len(lags) - 1, len(lags) * 99 // 100)] / 1e6, 3),
            "loop_lag_max_ms": round(lags[-1] / 1e6, 3),
            "cpu_share": round((time.process_time() - self._cpu_start) / wall, 4),
            "cpu_wait_share": round((_run_queue_wait_ns() - self._waited_start) / 1e9 / wall, 4),
        }


def _run_queue_wait_ns() -> int:
    """Nanoseconds this process has waited on a run queue (Linux); 0 where the system does not tell."""
    try:
        return int(_SCHEDSTAT.read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0

"""The exchange watches itself: lateness by time, not by probe."""

from __future__ import annotations

import asyncio
import time

from mock_exchange.watch import PROBE_S, RESOLUTION_NS, LoopWatch

MS = 1_000_000


def lags(*noted: int) -> tuple[float, float, float]:
    watch = LoopWatch()
    for lag in noted:
        watch.note(lag)
    report = watch.report()
    return report["loop_lag_p50_ms"], report["loop_lag_p99_ms"], report["loop_lag_max_ms"]


def test_a_stall_of_two_seconds_in_twenty_is_a_tenth_of_the_time() -> None:
    """One late probe of nine hundred: by number it would vanish above the 99th percentile."""
    probes = round(18 / PROBE_S)
    step = RESOLUTION_NS / MS
    p50, p99, most = lags(*[0] * probes, 2000 * MS)
    assert (p50, p99, most) == (step, 2000 + step, 2000 + step)
    assert lags(*[0] * probes, 150 * MS)[1] == step, "less than a hundredth of the time"


def test_without_a_probe_nothing_is_late() -> None:
    assert lags() == (0.0, 0.0, 0.0)
    assert lags(-5)[2] == RESOLUTION_NS / MS


async def test_a_probe_that_slept_through_a_reset_is_none_and_a_stall_that_ends_just_now_is_one() -> None:
    watch = LoopWatch()
    probing = asyncio.create_task(watch.run())
    await asyncio.sleep(0)  # the probe sleeps now
    time.sleep(0.15)  # noqa: ASYNC251 - the loop stands still
    watch.reset()
    await asyncio.sleep(3 * PROBE_S)
    assert watch.report()["loop_lag_max_ms"] < 120
    time.sleep(0.15)  # noqa: ASYNC251
    assert watch.report()["loop_lag_max_ms"] > 120
    probing.cancel()

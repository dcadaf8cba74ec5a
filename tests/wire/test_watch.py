"""The exchange watches itself: lateness by time, not by probe."""

from __future__ import annotations

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

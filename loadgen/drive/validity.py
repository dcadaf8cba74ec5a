"""Whether a load run's figures can be trusted: was the rate kept, did the machine keep up?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loadgen.drive.open_loop_report import read_reports
from loadgen.verdict.tally import Tally
from mock_exchange.gateway.attempt import CLASSES

MAX_LATENESS_P99_MS = 100.0
MAX_LOOP_LAG_P99_MS = 100.0
MAX_MISSED_SHARE = 0.001
MAX_UNMATCHED_SHARE = 0.001
MAX_CPU_SHARE = 0.95


def machine_report(records: Path, status: dict[str, Any] | None) -> dict[str, Any]:
    """What drivers and exchange say of themselves; `exchange` is None where it could not be asked."""
    exchange = None
    if status is not None:
        names = ("loop_lag_p50_ms", "loop_lag_p99_ms", "loop_lag_max_ms", "cpu_share", "cpu_wait_share",
                 "internal_errors")  # fmt: skip
        exchange = {name: status[name] for name in names}
    return {"clock": "monotonic", "drivers": read_reports(records), "exchange": exchange}


def find_faults(machine: dict[str, Any], tally: Tally) -> list[str]:
    """One line for each reason to distrust the run; empty if there is none."""
    faults = []
    drivers = machine["drivers"]
    if not drivers:
        faults.append("no load generator reported; nothing is known of the rate")
    for driver in drivers:
        faults += _driver_faults(driver)
    exchange = machine["exchange"]
    if exchange is not None:
        if exchange["loop_lag_p99_ms"] > MAX_LOOP_LAG_P99_MS:
            faults.append(
                f"the exchange was starved: its event loop woke {exchange['loop_lag_p99_ms']:.0f} ms late "
                f"(p99, {MAX_LOOP_LAG_P99_MS:.0f} allowed)"
            )
        if exchange["internal_errors"]:
            faults.append(
                f"the exchange failed internally {exchange['internal_errors']} times; see exchange.log"
            )
        if exchange["cpu_share"] > MAX_CPU_SHARE:
            faults.append(
                f"the exchange used {exchange['cpu_share']:.0%} of a processor: it was the bottleneck"
            )
    whole = tally.merged()
    attempts = sum(whole.attempts(group) for group in CLASSES)
    if attempts and not tally.blind and whole.unmatched > MAX_UNMATCHED_SHARE * attempts:
        faults.append(f"{whole.unmatched} of {attempts} attempts are not in the exchange's journal")
    return faults


def _driver_faults(driver: dict[str, Any]) -> list[str]:
    faults = []
    if driver["missed"] > MAX_MISSED_SHARE * max(1, driver["sent"]):
        faults.append(f"the rate was missed: {driver['missed']} of {driver['sent']} arrivals were not sent")
    if driver["lateness_p99_ms"] > MAX_LATENESS_P99_MS:
        faults.append(
            f"the load generator was starved: requests left {driver['lateness_p99_ms']:.0f} ms late "
            f"(p99, {MAX_LATENESS_P99_MS:.0f} allowed)"
        )
    if driver["cpu_share"] > MAX_CPU_SHARE:
        faults.append(
            f"the load generator used {driver['cpu_share']:.0%} of a processor: it was the bottleneck"
        )
    return faults

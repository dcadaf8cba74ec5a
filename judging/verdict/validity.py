"""Whether a run's figures can be trusted: was the rate kept, did the machine keep up?"""

from __future__ import annotations

from judging.counting.tally import Tally
from run_records.machine import MONOTONIC, VIRTUAL, DriverReport, ExchangeReport, Machine
from run_records.words import CLASSES

MAX_LATENESS_P99_MS = 100.0
MAX_LOOP_LAG_P99_MS = 100.0
MAX_STALL_MS = 250.0
"""How long exchange or load generator may stand still, once. After a longer stall all that was due meanwhile
comes at once, and the venue that meets it is not the one under test. Undisturbed runs on busy machines show
up to 40 ms, those with Locust's pages 200."""
MAX_MISSED_SHARE = 0.001
MAX_UNMATCHED_SHARE = 0.001
MAX_CPU_SHARE = 0.95


def find_faults(machine: Machine, tally: Tally) -> list[str]:
    """One line for each reason to distrust the run, the known ones first; empty if there is none. In virtual
    time a machine cannot be late."""
    faults = list(machine.faults)
    # In virtual time a machine cannot be late, however busy it is.
    if machine.clock == VIRTUAL:
        return faults
    if machine.clock == MONOTONIC and not machine.drivers:
        faults.append("no load generator reported; nothing is known of the rate")
    for driver in machine.drivers:
        faults += _driver_faults(driver)
    if machine.exchange is not None:
        faults += _exchange_faults(machine.exchange)
    whole = tally.merged()
    attempts = sum(whole.attempts(group) for group in CLASSES)
    if attempts and not tally.blind and whole.unmatched > MAX_UNMATCHED_SHARE * attempts:
        faults.append(f"{whole.unmatched} of {attempts} attempts are not in the exchange's journal")
    return faults


def _exchange_faults(exchange: ExchangeReport) -> list[str]:
    faults = []
    if exchange.loop_lag_p99_ms > MAX_LOOP_LAG_P99_MS:
        faults.append(
            f"the exchange was starved: its event loop woke {exchange.loop_lag_p99_ms:.0f} ms late "
            f"(p99, {MAX_LOOP_LAG_P99_MS:.0f} allowed)"
        )
    if exchange.loop_lag_max_ms > MAX_STALL_MS:
        faults.append(_stood_still("the exchange", exchange.loop_lag_max_ms))
    if exchange.internal_errors:
        faults.append(f"the exchange failed internally {exchange.internal_errors} times; see exchange.log")
    if exchange.cpu_share > MAX_CPU_SHARE:
        faults.append(f"the exchange used {exchange.cpu_share:.0%} of a processor: it was the bottleneck")
    return faults


def _driver_faults(driver: DriverReport) -> list[str]:
    faults = []
    if driver.missed > MAX_MISSED_SHARE * max(1, driver.sent):
        kept = f"; {driver.kept_per_s:,.0f} a second were" if driver.kept_per_s else ""
        faults.append(f"the rate was missed: {driver.missed} of {driver.sent} arrivals were not sent{kept}")
    if driver.lateness_p99_ms > MAX_LATENESS_P99_MS:
        faults.append(
            f"the load generator was starved: requests left {driver.lateness_p99_ms:.0f} ms late "
            f"(p99, {MAX_LATENESS_P99_MS:.0f} allowed)"
        )
    if driver.lateness_max_ms > MAX_STALL_MS:
        faults.append(_stood_still("the load generator", driver.lateness_max_ms))
    if driver.cpu_share > MAX_CPU_SHARE:
        faults.append(f"the load generator used {driver.cpu_share:.0%} of a processor: it was the bottleneck")
    return faults


def _stood_still(who: str, milliseconds: float) -> str:
    return f"{who} stood still for {milliseconds / 1000:.2f} s ({MAX_STALL_MS / 1000:.2f} allowed)"

"""What a load generator says of itself when it is done, and what is known of a run's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from run_records.machine import (
    MONOTONIC,
    DriverReport,
    ExchangeReport,
    Machine,
    driver_file,
    driver_files,
    read_driver,
)
from run_records.schemas import UnreadableError


def summarize(
    sent: int,
    missed: int,
    unanswered: int,
    lateness_ns: list[int],
    cpu_s: float,
    wall_s: float,
    kept_per_s: float,
) -> DriverReport:
    late = sorted(lateness_ns) or [0]
    return DriverReport(
        sent=sent,
        missed=missed,
        unanswered=unanswered,
        lateness_p50_ms=_ms(late[len(late) // 2]),
        lateness_p99_ms=_ms(late[min(len(late) - 1, len(late) * 99 // 100)]),
        lateness_max_ms=_ms(late[-1]),
        cpu_s=round(cpu_s, 4),
        cpu_share=round(cpu_s / max(1e-9, wall_s), 4),
        kept_per_s=kept_per_s,
    )


def write_report(folder: Path, worker: int, report: DriverReport) -> None:
    (folder / driver_file(worker)).write_bytes(msgspec.json.encode(report))


def machine_of(records: Path, status: dict[str, Any] | None, faults: list[str]) -> Machine:
    """What drivers and exchange say of themselves; `status` is None where the exchange could not be asked.
    What cannot be read, since its writer was killed or is not ours, is a fault."""
    faults, drivers, exchange = list(faults), [], None
    for path in driver_files(records):
        try:
            drivers.append(read_driver(path))
        except UnreadableError as error:
            faults.append(str(error))
    try:
        exchange = None if status is None else msgspec.convert(status, ExchangeReport)
    except msgspec.ValidationError as error:
        faults.append(f"the exchange's status cannot be read: {error}")
    return Machine(MONOTONIC, tuple(drivers), exchange, tuple(faults))


def _ms(duration_ns: int) -> float:
    return round(duration_ns / 1e6, 3)

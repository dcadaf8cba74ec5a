"""`machine.json`: what drivers and exchange say of themselves, and what went wrong with their processes."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from run_records.documents import read_document, write_document
from run_records.schemas import UnreadableError

MACHINE_FILE = "machine.json"
KIND = "machine"
Clock = Literal["virtual", "monotonic", "unstated"]
VIRTUAL: Final = "virtual"
MONOTONIC: Final = "monotonic"
UNSTATED: Final = "unstated"


class DriverReport(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How well one worker kept its schedule; times in milliseconds, shares of wall time. `sent` are the
    requests that were due, `missed` those of them that could not be sent."""

    sent: int
    missed: int
    unanswered: int
    lateness_p50_ms: float
    lateness_p99_ms: float
    lateness_max_ms: float
    cpu_s: float
    cpu_share: float
    kept_per_s: float = 0.0
    """How many arrivals a second it sent while it could not send all; 0 where none was missed."""


def driver_file(worker: int) -> str:
    """Where a worker leaves its report, beside its records."""
    return f"driver-{worker}.json"


def driver_files(records: Path) -> list[Path]:
    """The reports of all workers of a run."""
    return sorted(records.glob("driver-*.json"))


def read_driver(path: Path) -> DriverReport:
    """Raises UnreadableError, OSError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=DriverReport)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path.name} cannot be read: {error}") from None


class ExchangeReport(msgspec.Struct, frozen=True, gc=False):
    """How well the exchange kept up."""

    loop_lag_p50_ms: float
    loop_lag_p99_ms: float
    loop_lag_max_ms: float
    cpu_share: float
    cpu_wait_share: float
    internal_errors: int


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the machine of a run kept up: its clock, who drove traders, the exchange, what went wrong."""

    clock: Clock = VIRTUAL
    """`virtual`, `monotonic` over sockets, or `unstated` where nobody wrote it down."""
    drivers: tuple[DriverReport, ...] = ()
    exchange: ExchangeReport | None = None
    """None where it could not be asked."""
    faults: tuple[str, ...] = ()
    """Known reasons to distrust the run: a process that died, a worker that was lost."""


def write_machine(folder: Path, machine: Machine) -> None:
    write_document(folder / MACHINE_FILE, KIND, machine)


def read_machine(folder: Path) -> Machine:
    """What is not there was not stated. Raises UnreadableError, OSError."""
    try:
        return read_document(folder / MACHINE_FILE, KIND, Machine)
    except FileNotFoundError:
        return Machine(UNSTATED)

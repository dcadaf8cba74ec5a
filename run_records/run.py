"""`run.json`: what was run, in which state it is, and on what kind of machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import orjson

from run_records.bounds import check_texts
from run_records.documents import write_whole
from run_records.plain_files import read_plain
from run_records.schemas import UnreadableError, check_schema, schema_name

RUN_FILE = "run.json"
KIND = "run"
SIM, LOAD = "sim", "load"
MODES = (SIM, LOAD)
RUNNING, COMPLETE, ABORTED, FAILED = "running", "complete", "aborted", "failed"
MOST_REPLICATIONS = 10_000
"""Over sockets there is one."""
MOST_SECONDS = 1e8
SHIPPED, TRUSTED = "shipped", "trusted code"
APART, CONFINED = "a process of its own", "a confined process of its own"
"""Where a policy's code ran. Trusted code ran in the exchange's own process, where nothing could keep it from
engine and records."""
LEAST_RAREST, MOST_RAREST = 0.001, 0.9


class Run(msgspec.Struct, frozen=True):
    """Everything the verdict depends on but the machine. Keys a reader does not know are passed over."""

    scenario: str
    policy: str
    contract: str
    seed: int
    mode: str
    duration_s: float
    replications: int
    state: str = COMPLETE
    time_scale: float = 1.0
    policy_sha256: str | None = None
    """Of the file that a policy of the user's own came from."""
    policy_code: str | None = None
    """Where it ran; None in the records of versions that did not say."""
    policy_parameters: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    """Values for the scenario's parameters."""
    rarest: float | None = None
    """The largest share of whole runs in which a clause may fail unnoticed; None: what the mode rules out by
    itself."""
    planned: int | None = None
    """How many replications there were to be, if it might end before (`check --stop early`)."""
    versions: dict[str, str] = {}
    """Of the tool and of the libraries that matter."""
    machine: dict[str, Any] = {}
    """Redacted: no host, no user, no path."""

    def asked(self) -> dict[str, Any]:
        """What was asked for, as a verdict repeats it."""
        return {
            "scenario": self.scenario,
            "policy": self.policy,
            "policy_sha256": self.policy_sha256,
            "policy_code": self.policy_code,
            "policy_parameters": self.policy_parameters,
            "settings": self.settings,
            "time_scale": self.time_scale,
            "seed": self.seed,
            "mode": self.mode,
            "duration_s": self.duration_s,
            "replications": self.replications,
            "rarest": self.rarest,
        }


def write_run(folder: Path, run: Run) -> None:
    write_whole(folder / RUN_FILE, _document(run))


def overwrite_run(folder: Path, run: Run) -> None:
    """The same into the blocks that the file has already, padded to its length: a full disk lets it pass."""
    path = folder / RUN_FILE
    with path.open("r+b", buffering=0) as file:
        file.write(_document(run).ljust(path.stat().st_size))


def _document(run: Run) -> bytes:
    document = {
        "schema": schema_name(KIND),
        "state": run.state,
        **run.asked(),
        "planned": run.planned,
        "contract": run.contract,
        "versions": run.versions,
        "machine": run.machine,
    }
    return as_json(document)


def read_run(folder: Path) -> Run:
    """Raises UnreadableError, OSError."""
    try:
        row: Any = msgspec.json.decode(read_plain(folder / RUN_FILE))
        if not isinstance(row, dict):
            raise UnreadableError(f"{RUN_FILE} is malformed")
        check_schema(row.pop("schema", None), KIND, RUN_FILE)
        check_texts(row)
        run = msgspec.convert(row, Run)
    except UnreadableError:
        raise
    except ValueError as error:  # of msgspec, too
        raise UnreadableError(f"{RUN_FILE}: {error}") from None
    if run.mode not in MODES or not 1 <= run.replications <= (MOST_REPLICATIONS if run.mode == SIM else 1):
        raise UnreadableError(f"{RUN_FILE}: mode or replications are out of range")
    if not 0 < run.duration_s <= MOST_SECONDS:
        raise UnreadableError(f"{RUN_FILE}: duration_s is out of range")
    if run.rarest is not None and not LEAST_RAREST <= run.rarest <= MOST_RAREST:
        raise UnreadableError(f"{RUN_FILE}: rarest is out of range")
    # Only independent runs may be looked at before their end; over sockets there is one.
    most = MOST_REPLICATIONS if run.mode == SIM else 0
    if run.planned is not None and not run.replications <= run.planned <= most:
        raise UnreadableError(f"{RUN_FILE}: planned is out of range")
    return run


def as_json(document: dict[str, Any]) -> bytes:
    """A document for people; the same bytes for the same document."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"

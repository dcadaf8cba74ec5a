"""What a check can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fireexit.errors import UsageError
from fireexit.ports import why_not
from run_records.run import LOAD

MOST_WORKERS = 64
ONLY_SIMULATED = "--executor needs --mode sim: over sockets, load comes from --workers"
EARLY, PLANNED = "early", "planned"
"""When simulated runs end: as soon as a clause is broken beyond doubt, or when all have been made."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What to check."""

    scenario: str = "mixed"
    policy: str = "exempt"
    mode: str = LOAD
    """`sim` in virtual time, `load` over sockets."""
    contract: str = "strict"
    host: str | None = None
    """An exchange started elsewhere, over sockets."""
    accounts: Path | None = None
    """Its accounts, as `fireexit serve --accounts` wrote them."""
    own_host: str | None = None
    """Declares a public host as the user's own."""
    seed: int | None = None
    """None draws one."""
    duration_s: float | None = None
    """None takes the scenario's own."""
    out: Path | None = None
    replications: int | None = None
    """None: the usual number of a simulated check."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Values for the scenario's parameters."""
    metrics_port: int = 0
    """Where Prometheus may scrape the loader on loopback; 0: nowhere."""
    control_port: int = 0
    """Where it may scrape the exchange; 0: at a free port."""
    workers: int = 1
    """Processes that send, over sockets."""
    rarest: float | None = None
    """Simulate so many runs that whole runs which fail more often than this share are ruled out; None: the
    usual number."""
    stop: str = PLANNED
    """`early` ends a simulation as soon as a clause is broken beyond doubt."""
    executor: str | Executor | None = None
    """Where simulations run: `dask://HOST:PORT`, or an executor that is open; None: on this machine."""


def ends_early(stop: str) -> bool:
    """Raises UsageError for what is neither."""
    if stop not in (EARLY, PLANNED):
        raise UsageError(f"--stop is {EARLY} or {PLANNED}, not {stop!r}")
    return stop == EARLY


def check_sockets(options: CheckOptions) -> None:
    """Raises UsageError for ports that are taken, and for a number of workers that makes no sense."""
    if options.mode != LOAD:
        for name, default in (
            ("workers", 1),
            ("metrics_port", 0),
            ("control_port", 0),
            ("host", None),
            ("accounts", None),
            ("own_host", None),
        ):
            if getattr(options, name) != default:
                raise UsageError(
                    f"--{name.replace('_', '-')} needs --mode load: a simulation opens no socket"
                )
        return
    if options.executor is not None:
        raise UsageError(ONLY_SIMULATED)
    if not 1 <= options.workers <= MOST_WORKERS:
        raise UsageError(f"workers must be from 1 to {MOST_WORKERS}, not {options.workers}")
    if options.host and options.control_port:
        raise UsageError("--control-port is for an exchange of our own; the one at --host has its own")
    if options.metrics_port and options.metrics_port == options.control_port:
        raise UsageError("the loader's and the exchange's metrics need a port each")
    for port in (options.metrics_port, options.control_port):
        if reason := why_not(port):
            raise UsageError(f"port {port} cannot be used: {reason}; choose another")

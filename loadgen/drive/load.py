"""A load run from outside: exchange and Locust as children, both watched; what is left are records.

The exchange may also have been started elsewhere (`--host`, `--accounts`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from loadgen.drive import locust_process
from loadgen.drive.channel import Fault, Lost, read_messages
from loadgen.drive.channel import Progress as ChannelProgress
from loadgen.drive.handing import JOB_VARIABLE, handing_over
from loadgen.drive.job import Control, Job, read_accounts
from loadgen.drive.open_loop_report import machine_of
from loadgen.drive.target import TargetRefusedError, check_target
from loadgen.drive.venue_process import VenueError, VenueProcess, ask, describe_exit, fetch_journal
from loadgen.run_spec import RunSpec
from mock_exchange.plan import Access, Plan, access_for
from run_records.folder import replication_folder
from run_records.journal import JOURNAL_FILE
from run_records.lines import RecordsLostError
from run_records.machine import write_machine

METRICS_VARIABLE = "FIREEXIT_METRICS_PORT"
POLL_S = 0.1
SPARE_S = 60.0
"""Beyond the run's own duration: start-up, answers under way, records."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class ChosenTarget:
    """An exchange started elsewhere: checked URL, its accounts, and its control port if it is ours."""

    url: str
    own_host: str | None
    accounts: tuple[Access, ...]
    control: Control | None


@dataclass(frozen=True, slots=True)
class Watch:
    """How a run is watched and spread: ports of /metrics on loopback (0: none for the loader, a free one
    for the exchange), and the number of worker processes (1: Locust itself sends)."""

    metrics_port: int = 0
    control_port: int = 0
    workers: int = 1


UNWATCHED = Watch()


def choose_target(host: str | None, accounts: Path | None, own_host: str | None) -> ChosenTarget | None:
    """None to start an exchange of our own. Raises TargetRefusedError before anything is sent."""
    if host is None:
        if accounts is not None:
            raise TargetRefusedError("--accounts needs --host: whose accounts are they?")
        return None
    target = check_target(host, own_host)
    if accounts is None:
        raise TargetRefusedError(
            "--host needs --accounts FILE, as `fireexit serve --accounts FILE` writes it"
        )
    try:
        access, control = read_accounts(accounts)
    except ValueError as error:
        raise TargetRefusedError(str(error)) from None
    _probe(target.address, target.port, host)
    return ChosenTarget(host, own_host, tuple(access), control)


def declared_policy(target: ChosenTarget | None, spec: RunSpec) -> str:
    """The policy that will be in force: an exchange started elsewhere says which, if it can be asked. Raises
    TargetRefusedError if it runs another scenario."""
    if target is None or target.control is None:
        return spec.policy
    return _policy_of(target.control, spec.scenario.plan(spec.policy, spec.seed, simulated=False))


def _policy_of(control: Control, plan: Plan) -> str:
    """The policy that an exchange started elsewhere runs, if it runs this plan's venue and accounts.
    Raises TargetRefusedError."""
    try:
        status = ask(control, "GET", "/status")
        policy, accounts = str(status["policy"]), status["accounts"]
        running = status["venue"], status["phases"], status["prices"]
    except (VenueError, OSError, KeyError) as error:
        raise TargetRefusedError(f"the exchange's control port does not answer: {error}") from None
    names = [account.name for account in plan.accounts]
    wanted = plan.gateway.to_dict(), plan.to_dict()["phases"], plan.to_dict()["prices"]
    if (accounts[: len(names)], running) != (names, wanted):
        raise TargetRefusedError("the exchange was started with another scenario; name the same for both")
    return policy


def _probe(address: str, port: int, host: str) -> None:
    try:
        socket.create_connection((address, port), timeout=5).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise TargetRefusedError(f"nothing answers at {host}: {reason}; is the exchange running?") from None


def load_run(
    spec: RunSpec,
    folder: Path,
    chosen: ChosenTarget | None,
    locustfile: Path,
    progress: Progress,
    *,
    ready: Callable[[ChosenTarget], None] | None = None,
    port: int = 0,
    watch: Watch = UNWATCHED,
) -> None:
    """Drive the load and write the records, with what is known of the machine. A process that dies is a fault
    of the run. `ready` is told where the exchange is before anything is sent or happens; an exchange of our
    own listens on `port` (0: a free one). Raises VenueError if it cannot be started on the port asked for,
    RecordsLostError."""
    records = replication_folder(folder, 0)
    records.mkdir()
    venue: VenueProcess | None = None
    status: dict[str, Any] | None = None
    ours = chosen is None
    try:
        plan = spec.scenario.plan(spec.policy, spec.seed, simulated=False)
        if chosen is None:
            progress("starting the exchange", 0.0)
            venue = VenueProcess(
                plan, folder, records / JOURNAL_FILE, _options(port, watch, held=ready is not None)
            )
            chosen = ChosenTarget(venue.url, None, tuple(access_for(plan)), venue.control)
        elif len(chosen.accounts) < len(plan.accounts):
            raise VenueError(
                f"the scenario needs {len(plan.accounts)} accounts, the file has {len(chosen.accounts)}; "
                f"start the exchange with the same scenario"
            )
        if ready is not None:
            ready(chosen)
        faults = _drive(spec, records, chosen, venue, locustfile, progress, watch)
        status = _status(chosen.control, faults)
        if venue is None and chosen.control is not None:
            fetch_journal(chosen.control, records / JOURNAL_FILE)
    except (VenueError, OSError) as error:
        if ours and (port or watch.control_port) and venue is None:
            raise VenueError(str(error)) from None
        faults = [str(error)]
    finally:
        if venue is not None:
            venue.stop()
    if venue is not None and venue.records_lost:
        raise RecordsLostError("the exchange could not write its journal; see exchange.log")
    write_machine(folder, machine_of(records, status, faults))


def _options(port: int, watch: Watch, *, held: bool) -> tuple[str, ...]:
    """Of an exchange of our own."""
    ports = ("--port", str(port), "--control-port", str(watch.control_port))
    return (*ports, "--hold") if held else ports


def _status(control: Control | None, faults: list[str]) -> dict[str, Any] | None:
    if control is None or faults:
        return None
    return ask(control, "POST", "/end")


def job_of(spec: RunSpec, records: Path, chosen: ChosenTarget) -> Job:
    """The job of a run whose records will be there."""
    scenario = spec.scenario
    return Job(
        chosen.url,
        chosen.own_host,
        chosen.accounts,
        chosen.control,
        scenario.source,
        spec.seed,
        spec.duration_s,
        str(records),
        dict(scenario.settings),
        scenario.time_scale,
        spec.title(records.parent),
    )


def _drive(
    spec: RunSpec,
    records: Path,
    chosen: ChosenTarget,
    venue: VenueProcess | None,
    locustfile: Path,
    progress: Progress,
    watch: Watch,
) -> list[str]:
    """Run Locust to its end; returns what went wrong with the processes."""
    job = job_of(spec, records, chosen)
    job.mark()
    with (records / "locust.log").open("wb") as log:
        locust = _start_locust(job, locustfile, log, watch)
        told: list[Fault | Lost] = []
        reader = threading.Thread(target=_relay, args=(locust.stdout, progress, told), daemon=True)
        reader.start()
        try:
            found = _watch(locust, venue, spec.duration_s)
            reader.join(5)
            if lost := [message.reason for message in told if isinstance(message, Lost)]:
                raise RecordsLostError(lost[0])
            return [message.reason for message in told] or found
        finally:
            _end(locust)
            reader.join(5)
            job.unmark()


def _start_locust(job: Job, locustfile: Path, log: IO[bytes], watch: Watch) -> subprocess.Popen[bytes]:
    command = ["-m", locust_process.__name__, "-f", str(locustfile), "--headless", "--users", "1"]
    with handing_over(job) as end:
        return subprocess.Popen(
            [sys.executable, *command, "--only-summary", "--skip-log", *_processes(watch.workers)],
            stdin=subprocess.PIPE,  # its lifeline: closed when this process ends
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, JOB_VARIABLE: str(end), METRICS_VARIABLE: str(watch.metrics_port)},
            pass_fds=(end,),
            start_new_session=True,
        )


def _processes(workers: int) -> tuple[str, ...]:
    """Options of Locust for so many workers: a port of its own on loopback, since two runs are not to share
    them."""
    if workers == 1:
        return ()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    here = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port)
    return ("--processes", str(workers), *here)


def _relay(stream: IO[bytes] | None, progress: Progress, told: list[Fault | Lost]) -> None:
    """What Locust tells: how far it is, and what went wrong into `told`."""
    for message in read_messages(stream) if stream is not None else ():
        if isinstance(message, ChannelProgress):
            progress("flooding", message.share)
        else:
            told.append(message)


def _watch(locust: subprocess.Popen[bytes], venue: VenueProcess | None, duration_s: float) -> list[str]:
    deadline = time.monotonic() + duration_s + SPARE_S
    while (status := locust.poll()) is None:
        if venue is not None and (death := venue.death()):
            return [f"{death} while the load was running"]
        if time.monotonic() > deadline:
            return ["the load generator did not finish in time"]
        time.sleep(POLL_S)
    return [f"{describe_exit('the load generator', status)}; see locust.log"] if status else []


def _end(locust: subprocess.Popen[bytes]) -> None:
    """End it with all of its workers: they go on for a while without a master."""
    assert locust.stdin is not None
    locust.stdin.close()
    if locust.poll() is None:
        os.killpg(locust.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            locust.wait(5)
    with suppress(ProcessLookupError, PermissionError):  # nobody is left (macOS: nobody but the dead)
        os.killpg(locust.pid, signal.SIGKILL)
    locust.wait()

"""A run that Locust itself was asked for (`locust -f …`): it starts the exchange and has the run judged."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gevent

from loadgen.drive.crew import Crew
from loadgen.drive.face import Asked, Face, Judged
from loadgen.drive.job import Job
from loadgen.drive.load import ChosenTarget, choose_target, job_of
from loadgen.drive.open_loop_report import machine_of
from loadgen.drive.venue_process import VenueError, VenueProcess, ask, fetch_journal
from loadgen.live.run import LiveRun
from loadgen.run_spec import RunSpec, describe_run, new_folder
from mock_exchange.plan import access_for
from run_records.folder import replication_folder
from run_records.journal import JOURNAL_FILE
from run_records.lines import RecordsLostError
from run_records.machine import driver_files, write_machine

REPORT_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Reserved:
    """What only whoever starts Locust may say, since a page that is open in a browser must not aim the load:
    a public host declared as one's own, the accounts of an exchange started elsewhere, our own port."""

    own_host: str | None = None
    accounts: Path | None = None
    control_port: int = 0


def prepared(
    face: Face, options: Any, host: str | None, reserved: Reserved
) -> tuple[RunSpec, ChosenTarget | None]:
    """Everything that the options name, read and checked; nothing is started. Raises TargetRefusedError,
    ValueError."""
    duration = float(options.duration or options.run_time or 0) or None
    try:
        rate, seed = float(options.rate), int(options.seed)
    except (TypeError, ValueError):
        raise ValueError(f"rate and seed are numbers, not {options.rate!r} and {options.seed!r}") from None
    asked = Asked(options.scenario, options.policy, options.contract, seed, duration, rate)
    spec = face.prepare(asked)
    return spec, choose_target(host or None, reserved.accounts if host else None, reserved.own_host)


@dataclass(slots=True)
class OwnRun:
    """A started exchange, a run's directory, and a job for whoever sends."""

    face: Face
    spec: RunSpec
    folder: Path
    target: ChosenTarget
    venue: VenueProcess | None
    """None for an exchange started elsewhere."""
    job: Job

    @property
    def records(self) -> Path:
        return replication_folder(self.folder, 0)

    def judge(self, run: LiveRun, crew: Crew | None) -> Judged:
        """Wait for the records of all workers that are left, then have them judged."""
        if run.elapsed_s() < run.duration_s:  # stopped by hand: judged for as long as it went
            run.duration_s = max(1.0, float(math.floor(run.elapsed_s())))
            self.spec = replace(self.spec, duration_s=run.duration_s)
            describe_run(self.folder, self.spec)
        self._await_records(run, crew)
        try:
            status = self._end_exchange(run.faults)
        finally:
            self.job.unmark()
        write_machine(self.folder, machine_of(self.records, status, run.faults))
        # in a thread of its own: reading the records takes a while, and workers want to be heard meanwhile
        judged: Judged = gevent.get_hub().threadpool.apply(self.face.judge, (self.spec, self.folder))
        run.document, run.digest = judged.document, judged.digest
        self.face.show(judged, self.folder)
        return judged

    def _await_records(self, run: LiveRun, crew: Crew | None) -> None:
        deadline = time.monotonic() + REPORT_WAIT_S
        while (left := self._under_way(crew)) and time.monotonic() < deadline:
            if crew is None and run.faults:
                break  # the generator has failed: nothing more will come
            time.sleep(0.1)
        if left:
            run.faults.append(f"{left} of {run.workers} workers have not reported; the rate was not kept")
        if crew is not None:
            run.faults += [fault for fault in crew.faults() if fault not in run.faults]

    def _end_exchange(self, faults: list[str]) -> dict[str, Any] | None:
        """Its status, then its end; of one started elsewhere the journal is fetched."""
        status: dict[str, Any] | None = None
        control = self.target.control
        try:
            if self.venue is not None and (death := self.venue.death()):
                faults.append(death)
            elif control is not None:
                status = ask(control, "POST", "/end")
        except (VenueError, OSError) as error:
            faults.append(f"the exchange is gone: {error}")
        if self.venue is not None:
            self.venue.stop()
            if self.venue.records_lost:
                raise RecordsLostError("the exchange could not write its journal; see exchange.log")
        elif control is not None and not faults:
            fetch_journal(control, self.records / JOURNAL_FILE)
        return status

    def _under_way(self, crew: Crew | None) -> int:
        """How many workers still have records to hand in."""
        if crew is not None:
            return crew.under_way
        return 1 - len(driver_files(self.records))


def start_own_run(face: Face, options: Any, host: str | None, reserved: Reserved) -> OwnRun:
    """From options to a started exchange and a job. An exchange started elsewhere that gives us its control
    port is seeded anew, so that scenario and policy are those asked for. Raises TargetRefusedError,
    VenueError, OSError, ValueError."""
    spec, chosen = prepared(face, options, host, reserved)
    folder = new_folder(None, spec)
    records = replication_folder(folder, 0)
    records.mkdir()
    describe_run(folder, spec)
    plan = spec.scenario.plan(spec.policy, spec.seed, simulated=False)
    venue = None
    if chosen is None:
        control_port = ("--control-port", str(reserved.control_port))
        venue = VenueProcess(plan, folder, records / JOURNAL_FILE, control_port)
        chosen = ChosenTarget(venue.url, reserved.own_host, tuple(access_for(plan)), venue.control)
    elif chosen.control is not None:
        ask(chosen.control, "POST", "/seed", {"plan": plan.to_dict()})
        chosen = replace(chosen, accounts=tuple(access_for(plan)))
    job = job_of(spec, records, chosen)
    job.mark()
    return OwnRun(face, spec, folder, chosen, venue, job)

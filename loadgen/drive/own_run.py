"""A run that Locust itself was asked for (`locust -f …`): it starts the exchange and judges the run."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gevent
from rich.console import Console

from loadgen.drive.crew import Crew
from loadgen.drive.load import ChosenTarget, choose_target, conclude_load, write_job
from loadgen.drive.venue_process import VenueError, VenueProcess, ask, fetch_journal
from loadgen.evidence.manifest import digest_of
from loadgen.live.run import LiveRun
from loadgen.prepare import PrepareError, prepare
from loadgen.report.terminal import render_verdict
from loadgen.run_folder import RunSpec, new_folder, replication_folder, write_run
from loadgen.verdict.judge import EXIT_STATUS
from mock_exchange.plan import access_for

REPORT_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Reserved:
    """What only whoever starts Locust may say, since a page that is open in a browser must not aim the load:
    a public host declared as one's own, the accounts of an exchange started elsewhere, our own port."""

    own_host: str | None = None
    accounts: Path | None = None
    control_port: int = 0


def prepared(options: Any, host: str | None, reserved: Reserved) -> tuple[RunSpec, ChosenTarget | None]:
    """Everything that the options name, read and checked; nothing is started. Raises PrepareError,
    TargetRefusedError, ValueError."""
    duration = float(options.duration or options.run_time or 0) or None
    try:
        rate, seed = float(options.rate), int(options.seed)
    except (TypeError, ValueError):
        raise PrepareError(f"rate and seed are numbers, not {options.rate!r} and {options.seed!r}") from None
    spec = prepare(
        options.scenario, options.policy, options.contract, "load", seed, duration,
        settings={} if rate == 1.0 else {"rate": rate},
    )  # fmt: skip
    return spec, choose_target(host or None, reserved.accounts if host else None, reserved.own_host)


class OwnRun:
    """From the options of the Locust process or its web form to a started exchange and a job. An exchange
    started elsewhere that gives us its control port is seeded anew, so that scenario and policy are those
    asked for."""

    def __init__(self, options: Any, host: str | None, reserved: Reserved) -> None:
        self._venue: VenueProcess | None = None
        self.spec, chosen = prepared(options, host, reserved)
        self.folder = new_folder(None, self.spec)
        self.records = replication_folder(self.folder, 0)
        self.records.mkdir()
        write_run(self.folder, self.spec, "running")
        plan = self.spec.scenario.plan(self.spec.policy, self.spec.seed, simulated=False)
        if chosen is None:
            control_port = ("--control-port", str(reserved.control_port))
            self._venue = VenueProcess(plan, self.folder, self.records / "journal.jsonl", control_port)
            chosen = ChosenTarget(
                self._venue.url, reserved.own_host, tuple(access_for(plan)), self._venue.control
            )
        elif chosen.control is not None:
            ask(chosen.control, "POST", "/seed", {"plan": plan.to_dict()})
            chosen = replace(chosen, accounts=tuple(access_for(plan)))
        self.control = chosen.control
        self.job_path = write_job(self.spec, self.records, chosen)

    def conclude(self, run: LiveRun, crew: Crew | None) -> int:
        """Wait for the records of all workers that are left, judge, print the verdict; returns the exit
        status."""
        faults = run.faults
        if run.elapsed_s() < run.duration_s:  # stopped by hand: judged for as long as it went
            run.duration_s = max(1.0, float(math.floor(run.elapsed_s())))
            self.spec = replace(self.spec, duration_s=run.duration_s)
        status: dict[str, Any] | None = None
        deadline = time.monotonic() + REPORT_WAIT_S
        while (left := self._under_way(crew)) and time.monotonic() < deadline:
            if crew is None and faults:
                break  # the generator has failed: nothing more will come
            time.sleep(0.1)
        if left:
            faults.append(f"{left} of {run.workers} workers have not reported; the rate was not kept")
        if crew is not None:
            faults += [fault for fault in crew.faults() if fault not in faults]
        try:
            if self._venue is not None and (death := self._venue.death()):
                faults.append(death)
            elif self.control is not None:
                status = ask(self.control, "GET", "/status")
        except (VenueError, OSError) as error:
            faults.append(f"the exchange is gone: {error}")
        if self._venue is not None:
            self._venue.stop()
        self.job_path.unlink(missing_ok=True)
        if not faults and self._venue is None and self.control is not None:
            fetch_journal(self.control, self.records / "journal.jsonl")
        # in a thread of its own: reading the records takes a while, and workers want to be heard meanwhile
        judge = gevent.get_hub().threadpool.apply
        document = judge(conclude_load, (self.spec, self.folder, self.records, faults, status))
        run.document = document
        render_verdict(document, Console(file=sys.stdout, highlight=False, width=160))
        print(f"records: {self.folder}")
        run.digest = digest_of(self.folder)
        print(f"digest:  {run.digest}")
        return EXIT_STATUS[document["result"]]

    def _under_way(self, crew: Crew | None) -> int:
        """How many workers still have records to hand in."""
        if crew is not None:
            return crew.under_way
        return 1 - len(list(self.records.glob("driver-*.json")))

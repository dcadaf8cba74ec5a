"""One Locust process and its runs: it prepares them, sends or has workers send, and judges them.

Locust's events call this; what a single process does alone is shared between master and workers otherwise.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadgen.drive import instant
from loadgen.drive.crew import KEY, Crew, Hand, ranks_of
from loadgen.drive.job import Job
from loadgen.drive.load import FAULT_WORD, JOB_VARIABLE
from loadgen.drive.observing import observer_of
from loadgen.drive.open_loop import DRAIN_S, Dispatcher
from loadgen.drive.own_run import OwnRun
from loadgen.drive.target import TargetRefusedError
from loadgen.drive.venue_process import VenueError, ask
from loadgen.live.run import LiveRun
from loadgen.prepare import PrepareError
from loadgen.scenarios.scenario import parse_scenario

LEAD_S = 0.5
LEAD_DISTRIBUTED_S = 3.0
"""From the start of the test to instant 0: time for every worker to be ready."""
GIVE_UP_S = 0.5
POLL_S = 0.2
SPARE_S = 5.0
SAMPLE_EVERY_S = 1.0


class Session:
    """`run` is the run that is going on, or the last one."""

    def __init__(self) -> None:
        self.run: LiveRun | None = None
        self.own: OwnRun | None = None
        self._dispatcher: Dispatcher | None = None
        self._hand: Hand | None = None
        self._crew: Crew | None = None

    # -- what Locust tells --------------------------------------------------------------------------

    def start(self, environment: Environment) -> None:
        """On test start. Master and single process prepare the run; single process and workers send."""
        runner = environment.runner
        options = environment.parsed_options
        try:
            if isinstance(runner, WorkerRunner):
                self._start_worker(environment, options)
                return
            job = self._prepare(environment, options)
            if isinstance(runner, MasterRunner):
                gevent.spawn(self._await_workers, environment, job)
            else:
                self._start_dispatcher(environment, job, int(options.fireexit_zero), 0, 1, None)
            gevent.spawn(self._keep_history, self.run)
        except (PrepareError, TargetRefusedError, VenueError, OSError, ValueError) as error:
            _give_up(environment, str(error))

    def stop(self, environment: Environment) -> None:
        """On test stop: the dispatcher finishes, then whoever prepared the run judges it."""
        if self._dispatcher is not None:
            self._dispatcher.stop()
        run, own, crew = self.run, self.own, self._crew
        if run is None or run.over or isinstance(environment.runner, WorkerRunner):
            return
        if own is not None and own.document is None:
            environment.process_exit_code = own.conclude(run, crew)
        run.over = True

    def report(self, data: dict[str, Any]) -> None:
        """On a worker's regular report to the master."""
        if self._hand is not None and self._dispatcher is not None:
            data[KEY] = self._hand.report(self._dispatcher)

    def hear(self, data: dict[str, Any]) -> None:
        """On such a report, at the master."""
        if self._crew is not None:
            self._crew.hear(data)

    def take_piece(self, data: dict[str, Any]) -> None:
        if self._crew is not None:
            self._crew.take_piece(data)

    def take_last(self, data: dict[str, Any]) -> None:
        if self._crew is not None:
            self._crew.take_last(data)

    # -- single process and master ------------------------------------------------------------------

    def _prepare(self, environment: Environment, options: Any) -> Job:
        path = os.environ.get(JOB_VARIABLE)
        self.own = None
        if path is None:
            self.own = OwnRun(options, environment.host)
            path = str(self.own.job_path)
        job = Job.read(Path(path))
        runner = environment.runner
        distributed = isinstance(runner, MasterRunner)
        ranks = ranks_of(runner) if distributed else {"": 0}
        zero_ns = instant.in_seconds(LEAD_DISTRIBUTED_S if distributed else LEAD_S)
        if job.control is not None:
            ask(job.control, "POST", "/start", {"zero_ns": instant.monotonic_of(zero_ns)})
        options.fireexit_job = job.to_text()
        options.fireexit_zero = str(zero_ns)
        options.fireexit_ranks = json.dumps(ranks)
        scenario = parse_scenario(job.scenario, "of the job", job.time_scale, job.settings)
        self.run = LiveRun(job.title, job.duration_s, zero_ns, len(ranks), scenario.population)
        self._crew = Crew(runner, self.run, ranks, Path(job.folder)) if distributed else None
        return job

    def _await_workers(self, environment: Environment, job: Job) -> None:
        """The master sends nothing; it ends the test when all workers are done, or one is gone."""
        run, crew = self.run, self._crew
        assert run is not None
        assert crew is not None
        end_s = job.duration_s + DRAIN_S + SPARE_S
        while (now := (time.time_ns() - run.zero_ns) / 1e9) < end_s and crew.under_way and not run.over:
            _print_progress(max(0.0, min(1.0, now / job.duration_s)))
            if crew.lost():
                break
            gevent.sleep(POLL_S)
        for rank in crew.lost():
            run.faults.append(f"worker {rank} of {run.workers} is gone; its orders were not sent")
            _print_fault(run.faults[-1])
        _finish(environment)

    def _keep_history(self, run: LiveRun) -> None:
        while not run.over:
            gevent.sleep(SAMPLE_EVERY_S)
            run.sample()

    # -- whoever sends ------------------------------------------------------------------------------

    def _start_worker(self, environment: Environment, options: Any) -> None:
        job = Job.from_text(options.fireexit_job)
        self._hand = hand = Hand(environment.runner, job, options.fireexit_ranks)
        if hand.takes_part:
            zero_ns = int(options.fireexit_zero)
            self._start_dispatcher(environment, job, zero_ns, hand.rank, hand.workers, hand.folder())

    def _start_dispatcher(
        self, environment: Environment, job: Job, zero_ns: int, rank: int, workers: int, folder: Path | None
    ) -> None:
        self._dispatcher = Dispatcher(
            job, instant.monotonic_of(zero_ns), rank, workers, observer_of(environment), folder
        )
        if self.run is not None and folder is None:
            self.run.local = lambda ledger=self._dispatcher.ledger: ledger
        gevent.spawn(self._drive, environment)

    def _drive(self, environment: Environment) -> None:
        dispatcher = self._dispatcher
        assert dispatcher is not None
        is_worker = isinstance(environment.runner, WorkerRunner)
        dispatcher.run(None if is_worker else _print_progress)
        if self._hand is not None:
            self._hand.hand_in(dispatcher, gevent.sleep)
        self._dispatcher = None
        if not is_worker:
            _finish(environment)


def _print_progress(share: float) -> None:
    """For the process that has started this one."""
    if JOB_VARIABLE in os.environ:
        sys.stdout.write(f"progress {share:.3f}\n")
        sys.stdout.flush()


def _print_fault(reason: str) -> None:
    if JOB_VARIABLE in os.environ:
        sys.stdout.write(f"{FAULT_WORD} {reason}\n")
        sys.stdout.flush()


def _finish(environment: Environment) -> None:
    """End the test: headless the process, with a web UI only the run."""
    if environment.web_ui is None:
        environment.runner.quit()
    else:
        environment.runner.stop()


def _give_up(environment: Environment, reason: str) -> None:
    print(f"fireexit: {reason}", file=sys.stderr)
    environment.process_exit_code = 2
    # not at once: Locust is in the middle of starting the test
    gevent.spawn_later(GIVE_UP_S, _finish, environment)

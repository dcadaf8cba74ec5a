"""One Locust process and its runs: it prepares them, sends or has workers send, and judges them.

Locust's events call this; what a single process does alone is shared between master and workers otherwise. A
run is over once it has been judged; the next one cannot begin before.
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
from loadgen.drive.own_run import OwnRun, Reserved
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
EXIT_REFUSED, EXIT_UNJUDGED = 2, 3
BAD_INPUT = (PrepareError, TargetRefusedError, VenueError, OSError, ValueError)


class Session:
    """`run` is the run that goes on, or the last one; `reserved` are options that a web form cannot set."""

    def __init__(self) -> None:
        self.run: LiveRun | None = None
        self.own: OwnRun | None = None
        self.reserved = Reserved()
        self._dispatcher: Dispatcher | None = None
        self._hand: Hand | None = None
        self._crew: Crew | None = None
        self._judging: gevent.Greenlet | None = None

    @property
    def busy(self) -> bool:
        """Whether a run goes on, or is being judged."""
        return self.run is not None and not self.run.over

    # -- what Locust tells --------------------------------------------------------------------------

    def start(self, environment: Environment) -> None:
        """On test start. Master and single process prepare the run; single process and workers send."""
        runner = environment.runner
        options = environment.parsed_options
        if isinstance(runner, WorkerRunner):
            self._start_worker(environment, options)
            return
        # Locust tells its workers of a start that failed, too: they are to see that there is no job
        options.fireexit_job = options.fireexit_zero = options.fireexit_ranks = ""
        try:
            job = self._prepare(environment, options)
        except BAD_INPUT as error:
            _give_up(environment, str(error))
            return
        assert self.run is not None
        gevent.spawn(self._keep_history, self.run)
        if isinstance(runner, MasterRunner):
            gevent.spawn(self._await_workers, environment, job, self.run)
        else:
            self._start_dispatcher(environment, job, int(options.fireexit_zero), None)

    def stop(self, environment: Environment) -> None:
        """On test stop: the dispatcher finishes, then whoever prepared the run judges it, once."""
        if self._dispatcher is not None:
            self._dispatcher.stop()
        run = self.run
        if run is None or run.over or isinstance(environment.runner, WorkerRunner):
            return
        if self._judging is None:
            # a greenlet of its own: Locust may end the one that tells us of the stop
            self._judging = gevent.spawn(self._judge, environment, run)
        self._judging.join()

    def quit(self, environment: Environment) -> None:
        """Before the process ends: a run that goes on is ended and judged, whatever ends the process."""
        if isinstance(environment.runner, WorkerRunner):
            return
        if self.busy:
            environment.runner.stop()
            if self._judging is not None:
                self._judging.join()
        if environment.process_exit_code is None:
            # refusals are what we measure: they are no failure of the run
            environment.process_exit_code = EXIT_UNJUDGED if self.busy else 0

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
        if self.busy:
            raise PrepareError("the last run is still being judged; try again in a moment")
        path = os.environ.get(JOB_VARIABLE)
        self.own = None
        self._judging = None
        if path is None:
            self.own = OwnRun(options, environment.host, self.reserved)
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
        contract = self.own.spec.contract if self.own is not None else None
        self.run = LiveRun(job.title, job.duration_s, zero_ns, len(ranks), scenario.population, contract)
        self._crew = Crew(runner, self.run, ranks, Path(job.folder)) if distributed else None
        return job

    def _judge(self, environment: Environment, run: LiveRun) -> None:
        try:
            if self.own is not None:
                environment.process_exit_code = self.own.conclude(run, self._crew)
        except Exception as error:
            run.faults.append(f"the run could not be judged: {error}")
            print(f"fireexit: {run.faults[-1]}", file=sys.stderr)
            environment.process_exit_code = EXIT_UNJUDGED
        finally:
            run.over = True

    def _await_workers(self, environment: Environment, job: Job, run: LiveRun) -> None:
        """The master sends nothing; it ends the test when all workers are done, or one is gone."""
        crew = self._crew
        assert crew is not None
        end_s = job.duration_s + DRAIN_S + SPARE_S
        while (now := (time.time_ns() - run.zero_ns) / 1e9) < end_s and crew.under_way and not run.over:
            _print_progress(max(0.0, min(1.0, now / job.duration_s)))
            if crew.lost():
                break
            gevent.sleep(POLL_S)
        for fault in crew.faults():
            if fault not in run.faults:
                run.faults.append(fault)
            _print_fault(fault)
        if self.run is run:
            _finish(environment)

    def _keep_history(self, run: LiveRun) -> None:
        while not run.over:
            gevent.sleep(SAMPLE_EVERY_S)
            run.sample()

    # -- whoever sends ------------------------------------------------------------------------------

    def _start_worker(self, environment: Environment, options: Any) -> None:
        """A worker that cannot start says so to the master and stays: the next run may suit it."""
        if not options.fireexit_job:
            return
        job = Job.from_text(options.fireexit_job)
        hand = Hand(environment.runner, job, options.fireexit_ranks)
        if not hand.takes_part:
            return
        self._hand = hand
        try:
            self._start_dispatcher(environment, job, int(options.fireexit_zero), hand)
        except BAD_INPUT as error:
            hand.give_up(str(error))

    def _start_dispatcher(self, environment: Environment, job: Job, zero_ns: int, hand: Hand | None) -> None:
        rank, workers = (hand.rank, hand.workers) if hand is not None else (0, 1)
        folder = hand.folder() if hand is not None else None
        dispatcher = self._dispatcher = Dispatcher(
            job, instant.monotonic_of(zero_ns), rank, workers, observer_of(environment), folder
        )
        run = None if hand is not None else self.run
        if run is not None:
            run.local = lambda: dispatcher.ledger
        gevent.spawn(self._drive, environment, dispatcher, hand, run)

    def _drive(
        self, environment: Environment, dispatcher: Dispatcher, hand: Hand | None, run: LiveRun | None
    ) -> None:
        """To the end of the run. Whatever goes wrong on the way is a fault of the run, and its end."""
        try:
            dispatcher.run(None if hand is not None else _print_progress)
            if hand is not None:
                hand.hand_in(dispatcher, gevent.sleep)
        except Exception as error:
            reason = f"the load generator failed: {type(error).__name__}: {error}"
            if hand is not None:
                hand.give_up(reason)
            elif run is not None:
                run.faults.append(reason)
                _print_fault(reason)
        if self._dispatcher is dispatcher:
            self._dispatcher = None
        if run is not None and self.run is run:
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
    """End the test, workers too, and judge it; headless, end the process."""
    environment.runner.stop()
    if environment.web_ui is None:
        environment.runner.quit()


def _give_up(environment: Environment, reason: str) -> None:
    print(f"fireexit: {reason}", file=sys.stderr)
    environment.process_exit_code = EXIT_REFUSED
    # not at once: Locust is in the middle of starting the test
    gevent.spawn_later(GIVE_UP_S, _finish, environment)

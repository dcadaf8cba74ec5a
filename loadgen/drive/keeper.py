"""Whoever prepares runs and has them judged: a Locust process alone, or the master of several workers.

A run is over once it has been judged; the next one cannot begin before.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from loadgen.drive import instant
from loadgen.drive.channel import NAME, Begin, from_worker, packed
from loadgen.drive.crew import Crew, ranks_of
from loadgen.drive.face import Face
from loadgen.drive.handing import is_for_a_command, taken_over
from loadgen.drive.job import Job
from loadgen.drive.observing import observer_of
from loadgen.drive.open_loop import DRAIN_S, Dispatcher
from loadgen.drive.own_run import OwnRun, Reserved, start_own_run
from loadgen.drive.sending import send_all, tell_fault, tell_progress
from loadgen.drive.venue_process import VenueError, ask
from loadgen.live.run import LiveRun
from loadgen.scenarios.scenario import parse_scenario

LEAD_S = 0.5
LEAD_DISTRIBUTED_S = 3.0
"""From the start of the test to instant 0: time for every worker to be ready."""
GIVE_UP_S = 0.5
POLL_S = 0.2
SPARE_S = 5.0
SAMPLE_EVERY_S = 1.0
EXIT_REFUSED, EXIT_UNJUDGED, EXIT_FAILED = 2, 3, 4
BAD_INPUT = (VenueError, OSError, ValueError)


@dataclass(slots=True)
class Prepared:
    """A run that goes on, or the last one."""

    run: LiveRun
    job: Job
    zero_ns: int
    ranks: dict[str, int]
    own: OwnRun | None
    """None where another process has asked for the run, and judges it."""


class Keeper:
    """What Alone and Master share: one run at a time, prepared, watched and judged."""

    lead_s = LEAD_S

    def __init__(self, environment: Environment, face: Face, reserved: Reserved) -> None:
        self.environment = environment
        self.face = face
        self.reserved = reserved
        self.current: Prepared | None = None
        self._judging: gevent.Greenlet | None = None
        self._crew: Crew | None = None
        """Of a master's last run; who is alone has none."""

    @property
    def run(self) -> LiveRun | None:
        """The run that goes on, or the last one."""
        return None if self.current is None else self.current.run

    @property
    def busy(self) -> bool:
        """Whether a run goes on, or is being judged."""
        return self.run is not None and not self.run.over

    # -- what Locust tells --------------------------------------------------------------------------

    def start(self) -> None:
        """A test starts."""
        try:
            current = self._prepare(self.environment.parsed_options)
        except BAD_INPUT as error:
            self._give_up(str(error))
            return
        self.current, self._judging = current, None
        gevent.spawn(self._keep_history, current.run)
        try:
            self._begin(current)
        except Exception as error:  # whatever it is: a run that never sends must not wait for its end
            current.run.faults.append(f"the load generator could not start: {error}")
            self._give_up(current.run.faults[-1])  # the end of the test has it judged: inconclusive

    def stop(self) -> None:
        """It stops: whoever sends finishes, then the run is judged, once."""
        self._end_sending()
        current = self.current
        if current is None or current.run.over:
            return
        if self._judging is None:
            # a greenlet of its own: Locust may end the one that tells us of the stop
            self._judging = gevent.spawn(self._judge, current)
        self._judging.join()

    def quit(self) -> None:
        """The process ends: a run that goes on is ended and judged, whatever ends the process."""
        if self.busy:
            self.environment.runner.stop()
            if self._judging is not None:
                self._judging.join()
        if self.environment.process_exit_code is None:
            # refusals are what we measure: they are no failure of the run
            self.environment.process_exit_code = EXIT_UNJUDGED if self.busy else 0

    # -- what the two do in ways of their own -------------------------------------------------------

    def _ranks(self) -> dict[str, int]:
        raise NotImplementedError

    def _begin(self, current: Prepared) -> None:
        raise NotImplementedError

    def _end_sending(self) -> None:
        raise NotImplementedError

    # -- what they share ----------------------------------------------------------------------------

    def _prepare(self, options: Any) -> Prepared:
        if self.busy:
            raise ValueError("the last run is still being judged; try again in a moment")
        own = None
        if is_for_a_command():
            job = taken_over()
        else:
            own = start_own_run(self.face, options, self.environment.host, self.reserved)
            job = own.job
        ranks = self._ranks()
        zero_ns = instant.in_seconds(self.lead_s)
        if job.control is not None:
            ask(job.control, "POST", "/start", {"zero_ns": instant.monotonic_of(zero_ns)})
        scenario = parse_scenario(job.scenario, "of the job", job.time_scale, job.settings)
        contract = None if own is None else (own.spec.contract_source, own.spec.contract)
        run = LiveRun(job.title, job.duration_s, zero_ns, len(ranks), scenario.population, contract)
        return Prepared(run, job, zero_ns, ranks, own)

    def _judge(self, current: Prepared) -> None:
        run = current.run
        try:
            if current.own is not None:
                self.environment.process_exit_code = current.own.judge(run, self._crew).exit_status
        except Exception as error:
            run.faults.append(f"the run could not be judged: {error}")
            print(f"fireexit: {run.faults[-1]}", file=sys.stderr)
            self.environment.process_exit_code = EXIT_FAILED
        finally:
            run.over = True

    def _keep_history(self, run: LiveRun) -> None:
        while not run.over:
            gevent.sleep(SAMPLE_EVERY_S)
            run.sample()

    def _finish(self) -> None:
        """End the test, workers too, and judge it; headless, end the process."""
        self.environment.runner.stop()
        if self.environment.web_ui is None:
            self.environment.runner.quit()

    def _give_up(self, reason: str) -> None:
        print(f"fireexit: {reason}", file=sys.stderr)
        self.environment.process_exit_code = EXIT_REFUSED
        # not at once: Locust is in the middle of starting the test
        gevent.spawn_later(GIVE_UP_S, self._finish)


class Alone(Keeper):
    """One process: it sends by itself."""

    def __init__(self, environment: Environment, face: Face, reserved: Reserved) -> None:
        super().__init__(environment, face, reserved)
        self._dispatchers: list[Dispatcher] = []

    def _ranks(self) -> dict[str, int]:
        return {"": 0}

    def _begin(self, current: Prepared) -> None:
        observer = observer_of(self.environment)
        dispatcher = Dispatcher(current.job, instant.monotonic_of(current.zero_ns), observer=observer)
        current.run.local = lambda: dispatcher.ledger
        self._dispatchers.append(dispatcher)
        gevent.spawn(self._send, current, dispatcher)

    def _send(self, current: Prepared, dispatcher: Dispatcher) -> None:
        fault = send_all(dispatcher, tell_progress)
        if fault:
            current.run.faults.append(fault)
            tell_fault(fault)
        self._dispatchers.remove(dispatcher)
        if self.current is current:
            self._finish()

    def _end_sending(self) -> None:
        for dispatcher in self._dispatchers:
            dispatcher.stop()


class Master(Keeper):
    """The master of several workers: it sends nothing, and ends the test when all workers are done, or one is
    gone."""

    lead_s = LEAD_DISTRIBUTED_S

    def __init__(self, environment: Environment, face: Face, reserved: Reserved) -> None:
        super().__init__(environment, face, reserved)
        self._runner: MasterRunner = environment.runner

    def hear(self, data: bytes) -> None:
        """What a worker says."""
        if self._crew is not None:
            self._crew.hear(from_worker(data))

    def _ranks(self) -> dict[str, int]:
        return ranks_of(self._runner)

    def _begin(self, current: Prepared) -> None:
        folder = Path(current.job.folder)
        crew = Crew(self._runner, current.run, current.ranks, folder)
        self._crew = crew
        begin = packed(Begin(current.job, current.zero_ns, current.ranks))
        for client_id in current.ranks:
            self._runner.send_message(NAME, begin, client_id)
        gevent.spawn(self._await_workers, current, crew)

    def _end_sending(self) -> None:
        """Locust tells the workers itself."""

    def _await_workers(self, current: Prepared, crew: Crew) -> None:
        run, duration_s = current.run, current.job.duration_s
        end_s = duration_s + DRAIN_S + SPARE_S
        while (now := run.seconds()) < end_s and crew.under_way and not run.over:
            tell_progress(max(0.0, min(1.0, now / duration_s)))
            if crew.lost():
                break
            gevent.sleep(POLL_S)
        for fault in crew.faults():
            if fault not in run.faults:
                run.faults.append(fault)
            tell_fault(fault)
        if self.current is current:
            self._finish()

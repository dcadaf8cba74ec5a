"""Locust around the open loop: the web UI, headless runs and worker processes all come this way.

The user count means nothing to the rate: the dispatcher is started once per worker by the start of the
test, and the User class only gives Locust something to count.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from locust import User, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadgen.drive.job import Job
from loadgen.drive.load import JOB_VARIABLE
from loadgen.drive.open_loop import DRAIN_S, Dispatcher
from loadgen.drive.own_run import OwnRun
from loadgen.drive.runner import Sent
from loadgen.drive.target import TargetRefusedError
from loadgen.drive.venue_process import VenueError, ask
from loadgen.prepare import PrepareError
from mock_exchange.errors import CLIENT_TIMEOUT, CONNECTION_LOST, error_table

LEAD_S = 0.5
LEAD_DISTRIBUTED_S = 3.0
"""From the start of the test to instant 0: time for every worker to be ready."""
GIVE_UP_S = 0.5
POLL_S = 0.2
SPARE_S = 5.0
_NAMES = {CLIENT_TIMEOUT: "client timeout", CONNECTION_LOST: "connection lost"}
_NAMES.update({code: spec.name for code, spec in error_table().items()})


class Refusal(Exception):
    """How a refusal is shown among Locust's failures: bounded names, so that they add up."""


_REFUSALS = {code: Refusal(f"{code} {name}") for code, name in _NAMES.items()}
_OTHER = Refusal("another code")


class FireExitTraders(User):
    """Stands for all traders of a scenario; they run in this worker's dispatcher."""

    fixed_count = 1

    def wait_time(self) -> float:
        return 1.0

    tasks = [lambda self: None]  # noqa: RUF012


class Session:
    """One Locust process: it starts dispatchers with tests and ends them."""

    def __init__(self) -> None:
        self._dispatcher: Dispatcher | None = None
        self._own: OwnRun | None = None

    def start(self, environment: Environment) -> None:
        """On test start. Master and single process prepare the run; single process and workers send."""
        runner = environment.runner
        options = environment.parsed_options
        try:
            if not isinstance(runner, WorkerRunner):
                self._prepare(environment, options)
            if isinstance(runner, MasterRunner):
                gevent.spawn(self._await_workers, environment)
            else:
                job = Job.read(Path(options.fireexit_job))
                worker, workers = _place(runner, options)
                self._dispatcher = Dispatcher(
                    job, int(options.fireexit_zero), worker, workers, _observer(environment)
                )
                gevent.spawn(self._run, environment)
        except (PrepareError, TargetRefusedError, VenueError, OSError, ValueError) as error:
            _give_up(environment, str(error))

    def stop(self, environment: Environment) -> None:
        """On test stop: the dispatcher finishes, then whoever prepared the run judges it."""
        if self._dispatcher is not None:
            self._dispatcher.stop()
        if self._own is not None:
            own, self._own = self._own, None
            workers = int(environment.parsed_options.fireexit_workers)
            environment.process_exit_code = own.conclude(workers)

    def _prepare(self, environment: Environment, options: Any) -> None:
        path = os.environ.get(JOB_VARIABLE)
        if path is None:
            self._own = OwnRun(options, environment.host)
            path = str(self._own.job_path)
        distributed = isinstance(environment.runner, MasterRunner)
        lead_s = LEAD_DISTRIBUTED_S if distributed else LEAD_S
        zero = time.monotonic_ns() + round(lead_s * 1e9)
        job = Job.read(Path(path))
        if job.control is not None:
            ask(job.control, "POST", "/start", {"zero_ns": zero})
        options.fireexit_job = path
        options.fireexit_zero = str(zero)
        options.fireexit_workers = environment.runner.worker_count if distributed else 1

    def _await_workers(self, environment: Environment) -> None:
        """The master sends nothing; it ends the test when all workers have written their records."""
        options = environment.parsed_options
        job = Job.read(Path(options.fireexit_job))
        end_ns = int(options.fireexit_zero) + round((job.duration_s + DRAIN_S + SPARE_S) * 1e9)
        reports = Path(job.folder)
        while time.monotonic_ns() < end_ns:
            if len(list(reports.glob("driver-*.json"))) >= int(options.fireexit_workers):
                break
            gevent.sleep(POLL_S)
        _finish(environment)

    def _run(self, environment: Environment) -> None:
        dispatcher = self._dispatcher
        assert dispatcher is not None
        dispatcher.run(_print_progress if JOB_VARIABLE in os.environ else None)
        self._dispatcher = None
        if not isinstance(environment.runner, WorkerRunner):
            _finish(environment)


def register(session: Session) -> None:
    """Connect a session to Locust's events."""

    @events.init_command_line_parser.add_listener
    def _(parser: Any) -> None:
        parser.add_argument("--scenario", default="mixed", help="fireexit scenario: a name or a .toml file")
        parser.add_argument("--policy", default="exempt", help="admission policy of the mock exchange")
        parser.add_argument("--contract", default="strict", help="what the run is judged by")
        parser.add_argument("--seed", type=int, default=1, help="seed of all randomness")
        parser.add_argument("--duration", type=float, default=0.0, help="seconds; 0: the scenario's own")
        parser.add_argument("--accounts", default="", help="accounts of the exchange at --host")
        parser.add_argument("--this-host-is-mine", default="", help="declare a public host as your own")
        for hidden in ("--fireexit-job", "--fireexit-zero", "--fireexit-workers"):
            parser.add_argument(hidden, default="", include_in_web_ui=False, help="set by the run itself")

    @events.test_start.add_listener
    def _(environment: Environment, **_: Any) -> None:
        session.start(environment)

    @events.test_stop.add_listener
    def _(environment: Environment, **_: Any) -> None:
        session.stop(environment)

    @events.quitting.add_listener
    def _(environment: Environment, **_: Any) -> None:
        # refusals are what we measure: they are no failure of the run
        if environment.process_exit_code is None:
            environment.process_exit_code = 0


def _place(runner: Any, options: Any) -> tuple[int, int]:
    if isinstance(runner, WorkerRunner):
        return runner.worker_index, int(options.fireexit_workers)
    return 0, 1


def _observer(environment: Environment) -> Any:
    fire = environment.events.request.fire

    def observe(sent: Sent, answered: int, http: int, code: int) -> None:
        verb = sent.verb
        fire(
            request_type=verb.method,
            name=verb.klass,
            response_time=(answered - sent.intended) / 1e6,
            response_length=0,
            exception=_REFUSALS.get(code, _OTHER) if code else None,
            context={},
        )

    return observe


def _print_progress(share: float) -> None:
    sys.stdout.write(f"progress {share:.3f}\n")
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

"""Locust around the open loop: the web UI, headless runs and worker processes all come this way.

The user count means nothing to the rate: the dispatcher is started once per worker by the start of the
test, and the User class only gives Locust something to count.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer
from locust import User, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadgen.drive.channel import NAME
from loadgen.drive.face import Face
from loadgen.drive.handing import is_for_a_command
from loadgen.drive.keeper import EXIT_REFUSED, Alone, Keeper, Master
from loadgen.drive.lifeline import end_with_starter
from loadgen.drive.load import METRICS_VARIABLE
from loadgen.drive.own_run import Reserved
from loadgen.drive.worker import Worker
from loadgen.live.metrics import registry_for
from loadgen.live.server import MetricsPage
from loadgen.scenarios import scenario_names
from mock_exchange.gateway.policies import NAMES


class FireExitTraders(User):
    """Stands for all traders of a scenario; they run in this worker's dispatcher."""

    fixed_count = 1

    def wait_time(self) -> float:
        return 1.0

    tasks = [lambda self: None]  # noqa: RUF012


class _Offered(list[str]):
    """Choices for the web form that forbid nothing: a user's own file or class may be named as well."""

    def __contains__(self, name: object) -> bool:
        return True


Pages = Callable[[Any, Keeper, MetricsPage], None]
"""Adds the pages of a run to Locust's web UI."""


def register(face: Face, pages: Pages) -> None:
    """Connect one Locust process to its events: as the master of workers, a worker, or alone."""
    roles: list[Alone | Master | Worker] = []
    page = MetricsPage(registry_for(lambda: roles[0].run if isinstance(roles[0], Keeper) else None))
    events.init_command_line_parser.add_listener(partial(_add_arguments, face))

    @events.init.add_listener
    def _(environment: Environment, **_: Any) -> None:
        _end_as_if_terminated()
        if is_for_a_command():
            end_with_starter()
        role = _role_of(environment, face)
        roles[:] = [role]
        if not isinstance(role, Keeper):
            return
        if environment.web_ui is not None:
            pages(environment.web_ui, role, page)
        metrics_port = os.environ.get(METRICS_VARIABLE) or environment.parsed_options.metrics_port
        _serve_metrics(int(metrics_port), page)

    @events.test_start.add_listener
    def _(environment: Environment, **_: Any) -> None:
        roles[0].start()

    @events.test_stop.add_listener
    def _(environment: Environment, **_: Any) -> None:
        roles[0].stop()

    @events.quitting.add_listener
    def _(environment: Environment, **_: Any) -> None:
        roles[0].quit()
        if isinstance(roles[0], Keeper):
            page.wait_for_reader(gevent.sleep)


def _role_of(environment: Environment, face: Face) -> Alone | Master | Worker:
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        worker = Worker(environment)
        runner.register_message(NAME, lambda msg, **_: worker.hear(msg.data))
        return worker
    options = environment.parsed_options
    reserved = Reserved(
        options.this_host_is_mine or None,
        Path(options.accounts) if options.accounts else None,
        options.control_port,
    )
    if not isinstance(runner, MasterRunner):
        return Alone(environment, face, reserved)
    master = Master(environment, face, reserved)
    runner.register_message(NAME, lambda msg, **_: master.hear(msg.data))
    return master


def _end_as_if_terminated() -> None:
    """An interrupt would strike whatever greenlet is at work, with a traceback; a terminal that is closed
    would leave no time for anything. Locust ends in order when it is terminated, so both do that; whoever is
    meant to ignore them still does."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            gevent.signal_handler(number, os.kill, os.getpid(), signal.SIGTERM)


def _add_arguments(face: Face, parser: Any) -> None:
    """Options of the command line; those of a run are on the web form, too."""
    add = parser.add_argument
    add(
        "--scenario",
        default="mixed",
        choices=_Offered(scenario_names()),
        help="what is played: accounts, traders, capacity over time",
    )
    add("--policy", default="exempt", choices=_Offered(NAMES), help="admission policy of the mock exchange")
    add("--contract", default="strict", choices=_Offered(face.contracts()), help="what the run is judged by")
    add("--rate", type=float, default=1.0, help="times the scenario's own arrivals")
    add("--seed", type=int, default=1, help="seed of all randomness")
    add("--duration", type=float, default=0.0, help="seconds; 0: the scenario's own")
    add(
        "--accounts",
        default="",
        include_in_web_ui=False,
        help="accounts file of the exchange at the host, if it is not our own",
    )
    add("--this-host-is-mine", default="", include_in_web_ui=False, help="declare a public host as your own")
    add(
        "--web-name",
        action="append",
        default=[],
        include_in_web_ui=False,
        help="a name, besides localhost and addresses, by which the web UI may be asked for; may be repeated",
    )
    add(
        "--metrics-port",
        type=int,
        default=0,
        include_in_web_ui=False,
        help="serve /metrics on this port of loopback; 0: only where the web UI is",
    )
    add(
        "--control-port",
        type=int,
        default=0,
        include_in_web_ui=False,
        help="metrics and control of the exchange it starts; 0 takes a free one",
    )


def _serve_metrics(port: int, page: MetricsPage) -> None:
    if not port:
        return
    try:
        WSGIServer(("127.0.0.1", port), page, log=None).start()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        sys.stderr.write(f"fireexit: metrics port {port} cannot be used: {reason}; choose another\n")
        sys.stderr.flush()
        os._exit(EXIT_REFUSED)  # Locust would go on after an exception here

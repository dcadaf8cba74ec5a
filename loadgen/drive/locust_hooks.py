"""Locust around the open loop: the web UI, headless runs and worker processes all come this way.

The user count means nothing to the rate: the dispatcher is started once per worker by the start of the
test, and the User class only gives Locust something to count.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer
from locust import User, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadgen.contracts import contract_names
from loadgen.drive.crew import DONE, PIECE
from loadgen.drive.load import METRICS_VARIABLE
from loadgen.drive.own_run import Reserved
from loadgen.drive.session import EXIT_REFUSED, Session
from loadgen.live.metrics import registry_for
from loadgen.live.server import MetricsPage
from loadgen.scenarios import scenario_names
from loadgen.webui.extension import extend
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


def register(session: Session) -> None:
    """Connect a session to Locust's events."""
    page = MetricsPage(registry_for(lambda: session.run))
    events.init_command_line_parser.add_listener(_add_arguments)

    @events.init.add_listener
    def _(environment: Environment, **_: Any) -> None:
        _end_as_if_terminated()
        if isinstance(environment.runner, MasterRunner):
            environment.runner.register_message(PIECE, lambda msg, **_: session.take_piece(msg.data))
            environment.runner.register_message(DONE, lambda msg, **_: session.take_last(msg.data))
        options = environment.parsed_options
        session.reserved = Reserved(
            options.this_host_is_mine or None,
            Path(options.accounts) if options.accounts else None,
            options.control_port,
        )
        if environment.web_ui is not None:
            extend(environment.web_ui, session, page)
        if not isinstance(environment.runner, WorkerRunner):
            _serve_metrics(int(os.environ.get(METRICS_VARIABLE) or options.metrics_port), page)

    @events.test_start.add_listener
    def _(environment: Environment, **_: Any) -> None:
        session.start(environment)

    @events.test_stop.add_listener
    def _(environment: Environment, **_: Any) -> None:
        session.stop(environment)

    @events.report_to_master.add_listener
    def _(data: dict[str, Any], **_: Any) -> None:
        session.report(data)

    @events.worker_report.add_listener
    def _(data: dict[str, Any], **_: Any) -> None:
        session.hear(data)

    @events.quitting.add_listener
    def _(environment: Environment, **_: Any) -> None:
        session.quit(environment)
        if not isinstance(environment.runner, WorkerRunner):
            page.wait_for_reader(gevent.sleep)


def _end_as_if_terminated() -> None:
    """An interrupt would strike whatever greenlet is at work, with a traceback. Locust ends in order when
    it is terminated, so an interrupt does that; whoever is meant to ignore interrupts still does."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        gevent.signal_handler(signal.SIGINT, os.kill, os.getpid(), signal.SIGTERM)


def _add_arguments(parser: Any) -> None:
    """Options of the command line; those of a run are on the web form, too."""
    add = parser.add_argument
    add("--scenario", default="mixed", choices=_Offered(scenario_names()),
        help="what is played: accounts, traders, capacity over time")  # fmt: skip
    add("--policy", default="exempt", choices=_Offered(NAMES),
        help="admission policy of the mock exchange")  # fmt: skip
    add("--contract", default="strict", choices=_Offered(contract_names()),
        help="what the run is judged by")  # fmt: skip
    add("--rate", type=float, default=1.0, help="times the scenario's own arrivals")
    add("--seed", type=int, default=1, help="seed of all randomness")
    add("--duration", type=float, default=0.0, help="seconds; 0: the scenario's own")
    add("--accounts", default="", include_in_web_ui=False,
        help="accounts file of the exchange at the host, if it is not our own")  # fmt: skip
    add("--this-host-is-mine", default="", include_in_web_ui=False,
        help="declare a public host as your own")  # fmt: skip
    add("--metrics-port", type=int, default=0, include_in_web_ui=False,
        help="serve /metrics on this port of loopback; 0: only where the web UI is")  # fmt: skip
    add("--control-port", type=int, default=0, include_in_web_ui=False,
        help="metrics and control of the exchange it starts; 0 takes a free one")  # fmt: skip
    for hidden in ("--fireexit-job", "--fireexit-zero", "--fireexit-ranks"):
        add(hidden, default="", include_in_web_ui=False, help="set by the run itself")


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

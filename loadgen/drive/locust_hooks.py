"""Locust around the open loop: the web UI, headless runs and worker processes all come this way.

The user count means nothing to the rate: the dispatcher is started once per worker by the start of the
test, and the User class only gives Locust something to count.
"""

from __future__ import annotations

import os
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer
from locust import User, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadgen.contracts import contract_names
from loadgen.drive.crew import DONE, PIECE
from loadgen.drive.load import METRICS_VARIABLE
from loadgen.drive.session import Session
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
        if isinstance(environment.runner, MasterRunner):
            environment.runner.register_message(PIECE, lambda msg, **_: session.take_piece(msg.data))
            environment.runner.register_message(DONE, lambda msg, **_: session.take_last(msg.data))
        if environment.web_ui is not None:
            extend(environment.web_ui, session, page)
        port = int(os.environ.get(METRICS_VARIABLE) or environment.parsed_options.metrics_port)
        if port and not isinstance(environment.runner, WorkerRunner):
            WSGIServer(("127.0.0.1", port), page, log=None).start()

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
        # refusals are what we measure: they are no failure of the run
        if environment.process_exit_code is None:
            environment.process_exit_code = 0
        if not isinstance(environment.runner, WorkerRunner):
            page.wait_for_reader(gevent.sleep)


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
    add("--accounts", default="", help="accounts file of the exchange at the host, if it is not our own")
    add("--this-host-is-mine", default="", help="declare a public host as your own")
    add("--metrics-port", type=int, default=0, include_in_web_ui=False,
        help="serve /metrics on this port of loopback; 0: only where the web UI is")  # fmt: skip
    add("--control-port", type=int, default=0, include_in_web_ui=False,
        help="metrics and control of the exchange it starts; 0 takes a free one")  # fmt: skip
    for hidden in ("--fireexit-job", "--fireexit-zero", "--fireexit-ranks"):
        add(hidden, default="", include_in_web_ui=False, help="set by the run itself")

"""`fireexit locust …`: Locust with our locustfile, wherever it is installed."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from pathlib import Path

from fireexit.errors import UsageError
from fireexit.ports import why_not

LOCUSTFILE = Path(__file__).with_name("locustfile.py")

OPTIONS = """\
Options of fireexit, on the command line and (the first six) on the web form:
  --scenario NAME|FILE     what is played: accounts, traders, capacity over time (mixed)
  --policy NAME|FILE|M:C   admission policy of the exchange (exempt)
  --contract NAME|FILE     what the run is judged by (strict)
  --rate X                 times the scenario's own arrivals (1)
  --seed N                 seed of all randomness (1)
  --duration S             seconds; 0: the scenario's own
  --accounts FILE          accounts of the exchange at --host, as `fireexit serve --accounts` wrote them
  --this-host-is-mine HOST declare a public host as your own
  --web-name NAME          a name, besides localhost and addresses, by which the page may be asked for
  --metrics-port PORT      serve /metrics on loopback, too
  --control-port PORT      metrics and control of the exchange that is started

Options of Locust:
"""


def become_locust(arguments: list[str]) -> None:
    """Replace this process by Locust: it patches sockets and threads, so it wants a process of its own.
    Raises UsageError for a web port that is taken, which Locust would only complain of."""
    if "--help" in arguments or "-h" in arguments:
        print(OPTIONS)
        sys.stdout.flush()
    _check_web_port(arguments)
    os.execv(sys.executable, [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *arguments])


def _check_web_port(arguments: list[str]) -> None:
    if "--headless" in arguments or "--worker" in arguments or "--help" in arguments:
        return
    given = dict(pairwise(arguments))
    port, host = given.get("--web-port", given.get("-P", "8089")), given.get("--web-host", "127.0.0.1")
    reason = why_not(int(port), host) if port.isdecimal() else "no number"
    if reason:
        raise UsageError(f"web port {port} cannot be used: {reason}; choose another with --web-port")

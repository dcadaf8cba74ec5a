"""What a Locust process with our pages answers, as one line of JSON; run by test_contract.py in a process of
its own."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import locust.runners
from locust import events
from locust.argument_parser import parse_options
from locust.env import Environment

from fireexit.locust_face import LocustFace
from loadgen.drive import locust_hooks
from loadgen.drive.keeper import Alone
from loadgen.drive.own_run import Reserved
from loadgen.live.metrics import registry_for
from loadgen.live.server import MetricsPage
from loadgen.webui.extension import extend

PATHS = (
    "/fire-exit",
    "/fire-exit/data",
    "/fire-exit/verdict.json",
    "/fire-exit/report.html",
    "/fire-exit/bundle.zip",
    "/metrics",
)


def main() -> None:
    assert locust.runners.WORKER_REPORT_INTERVAL == 1.0
    events.init_command_line_parser.add_listener(partial(locust_hooks._add_arguments, LocustFace()))
    given = parse_options(args=["--policy", "mine.py", "--web-name", "load.lan"])
    environment = Environment(user_classes=[locust_hooks.FireExitTraders], parsed_options=given)
    environment.create_local_runner()
    keeper = Alone(environment, LocustFace(), Reserved())
    ui = environment.create_web_ui("127.0.0.1", 0, delayed_start=True)
    extend(ui, keeper, MetricsPage(registry_for(lambda: keeper.run)))
    ui.update_template_args()
    client = ui.app.test_client()
    found = {
        "tabs": ui.template_args["extended_tabs"],
        "tables": ui.template_args["extended_tables"],
        "page": client.get("/").get_data(as_text=True),
        "stats": client.get("/stats/requests").get_json(),
        "codes": {path: client.get(path).status_code for path in PATHS},
        "data": client.get("/fire-exit/data").get_json(),
        "methods": [
            hasattr(locust.runners.MasterRunner, name) for name in ("register_message", "quit", "stop")
        ],
    }
    found["door"] = [[*asked, answer(client, *asked)] for asked in ASKED]
    found["headers"] = {
        path: dict(client.get(path).headers) for path in ("/", "/fire-exit", "/fire-exit/data")
    }
    print(json.dumps(found))


OURS = "http://127.0.0.1:8089"
ASKED: list[tuple[str, str, str, dict[str, str], dict[str, str]]] = [
    ("GET", "127.0.0.1:8089", "/", {}, {}),
    ("GET", "localhost:8089", "/fire-exit/data", {}, {}),
    ("GET", "[::1]:8089", "/", {}, {}),
    ("GET", "10.0.0.7", "/", {}, {}),
    ("GET", "load.lan", "/", {}, {}),
    ("GET", "evil.test:8089", "/", {}, {}),
    ("GET", "127.0.0.1.evil.test", "/stats/requests", {}, {}),
    ("GET", "localhost.evil.test", "/metrics", {}, {}),
    ("GET", "", "/", {}, {}),
    ("POST", "evil.test:8089", "/swarm", {"Origin": "http://evil.test:8089"}, {"policy": "exempt"}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Origin": "http://evil.test"}, {}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Origin": "null"}, {}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Sec-Fetch-Site": "cross-site"}, {}),
    ("GET", "127.0.0.1:8089", "/stop", {"Sec-Fetch-Site": "cross-site"}, {}),
    ("GET", "127.0.0.1:8089", "/stats/reset", {"Sec-Fetch-Site": "same-site"}, {}),
    ("GET", "127.0.0.1:8089", "/stats/requests", {"Sec-Fetch-Site": "same-origin"}, {}),
    ("GET", "127.0.0.1:8089", "/fire-exit", {"Sec-Fetch-Site": "cross-site"}, {}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Origin": OURS}, {"policy": "other.py", "seed": "1"}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Origin": OURS}, {"policy": "pipe:true", "seed": "1"}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Origin": OURS}, {"policy": "os:getcwd", "seed": "1"}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Origin": OURS}, {"scenario": "/etc/passwd", "seed": "1"}),
    ("POST", "127.0.0.1:8089", "/swarm", {"Origin": OURS}, {"contract": "../x.toml", "seed": "1"}),
]
"""Method, Host, path, headers, form."""


def answer(
    client: Any, method: str, host: str, path: str, headers: dict[str, str], form: dict[str, str]
) -> str:
    """Status, and why not."""
    came = client.open(path, method=method, headers={"Host": host, **headers}, data=form or None)
    said = came.get_json(silent=True)
    reason = said.get("message", "") if isinstance(said, dict) else came.get_data(as_text=True)
    return f"{came.status_code} {reason if came.status_code != 200 or path == '/swarm' else ''}".strip()


if __name__ == "__main__":
    main()

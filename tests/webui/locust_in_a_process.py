"""What a Locust process with our pages answers, as one line of JSON; run by test_contract.py in a process of
its own."""

from __future__ import annotations

import json

import locust.runners
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
    environment = Environment(user_classes=[locust_hooks.FireExitTraders])
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
    print(json.dumps(found))


if __name__ == "__main__":
    main()

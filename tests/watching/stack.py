"""Run inside fresh network and mount namespaces: start all services of the compose file but Grafana.

The last line of output is JSON: the verdict, what Prometheus has scraped, the workers.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import yaml

from tests.watching.programs import ROOT, Prometheus, fetch, running, wait_for

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
ENTRY = {
    "exchange": ["fireexit"],
    "locust": ["fireexit", "locust"],
    "worker": ["fireexit", "locust"],
    "prometheus": ["prometheus"],
}
ENV = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
PLACES = {"/run/fireexit": "shared", "/runs": "runs", "/prometheus": "tsdb"}
SECONDS = 12


def prepare(cwd: Path) -> None:
    """Loopback up, and the containers' paths where they expect them; both vanish with the namespaces."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    places = {place: cwd / name for place, name in PLACES.items()}
    places["/etc/prometheus"] = cwd / "config"
    shutil.copytree(ROOT / "grafana" / "prometheus", cwd / "config")
    for place, folder in places.items():
        folder.mkdir(exist_ok=True)
        Path(place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", str(folder), place], check=True)


def healthy(name: str) -> bool:
    check = SERVICES[name]["healthcheck"]["test"][1:]
    return subprocess.run(check, env=ENV, capture_output=True, check=False).returncode == 0


def main() -> None:
    cwd = Path(sys.argv[1])
    prepare(cwd)
    with ExitStack() as stack:
        for name in ("exchange", "locust", "worker", "worker", "prometheus"):
            arguments = [*ENTRY[name], *SERVICES[name]["command"]]
            log = f"{name}-{len(list(cwd.glob('*.log')))}.log"
            home = Path("/runs") if name in ("locust", "worker") else cwd
            stack.enter_context(running(arguments, home, str(cwd / log), env=ENV))
            if name != "prometheus":
                wait_for(partial(healthy, name), 40, f"{name} is not healthy")
        seen = Prometheus(9090)
        wait_for(lambda: "Ready" in fetch(f"{seen.url}/-/ready"))
        ui = "http://127.0.0.1:8089"
        workers = wait_for(lambda: (n := json.loads(fetch(f"{ui}/worker-count"))["worker_count"]) == 2 and n)
        form = {
            "user_count": "1",
            "spawn_rate": "1",
            "host": "http://127.0.0.1:8899",
            "policy": "inverted",
            "scenario": "mixed",
            "duration": str(SECONDS),
            "seed": "6",
        }
        assert json.loads(fetch(f"{ui}/swarm", form))["success"]
        verdict = wait_for(lambda: next((cwd / "runs").glob("runs/*/verdict.json"), None), 90, "no verdict")
        wait_for(
            lambda: seen.value("fireexit_loader_running") == 0.0, 20, "the last figures were not scraped"
        )
        up = {row["metric"]["job"]: "up" for row in seen.query("up == 1")}
        found = {
            "verdict": json.loads(verdict.read_text(encoding="utf-8")),
            "targets": up,
            "attempts": seen.value("sum(fireexit_loader_attempts_total)"),
            "workers": workers,
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

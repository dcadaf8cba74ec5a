"""Locust's own web UI: start a run from its form, watch it count, stop it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.cli.support import ROOT

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str, data: dict[str, str] | None = None) -> Any:
    body = urlencode(data).encode() if data is not None else None
    return OPENER.open(url, body, timeout=10).read().decode()


def test_a_run_from_the_web_form(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("w") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "locust",
                "-f",
                str(ROOT / "fireexit" / "locustfile.py"),
                "--web-host",
                "127.0.0.1",
                "--web-port",
                str(port),
            ],
            cwd=tmp_path,
            stdout=out,
            stderr=out,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(lambda: "Starting web interface" in log.read_text())
        time.sleep(1)
        assert "undifferentiated" in get(base), "a policy to choose from a list"
        form = {
            "user_count": "3",
            "spawn_rate": "1",
            "host": "",
            "policy": "undifferentiated",
            "duration": "60",
        }
        assert json.loads(get(f"{base}/swarm", form))["success"]
        wait_for(lambda: total(base) > 300)
        get(f"{base}/stop", {})
        run = wait_for(lambda: next((tmp_path / "runs").glob("*/verdict.json"), None))
        document = json.loads(run.read_text())
        assert document["run"]["policy"] == "undifferentiated"
        assert document["classes"]["opening"]["attempts"] > 100
    finally:
        process.terminate()  # an interrupt would strike whatever greenlet is at work, the answer to /stop too
        process.wait(30)
    assert "Traceback" not in log.read_text()


def total(base: str) -> int:
    stats = json.loads(get(f"{base}/stats/requests"))
    return next((row["num_requests"] for row in stats["stats"] if row["name"] == "Aggregated"), 0)


def wait_for(what: Any, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found

"""One Locust process, many runs: refused forms, a second start, a stop pressed twice, the end by a signal."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.watching.programs import OPENER, fetch, free_port, running, wait_for

LOCUST = [sys.executable, "-m", "fireexit", "locust"]
FORM = {"user_count": "1", "spawn_rate": "1", "host": "", "policy": "undifferentiated", "seed": "3"}


class Page:
    """Locust's page, asked directly."""

    def __init__(self, base: str, cwd: Path) -> None:
        self.base = base
        self.cwd = cwd

    def start(self, **changes: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(fetch(f"{self.base}/swarm", {**FORM, **changes}, 30))
        return answer

    def stop(self) -> None:
        fetch(f"{self.base}/stop", {}, 60)

    def headline(self) -> str:
        shown = json.loads(fetch(f"{self.base}/fire-exit/data"))
        return str(shown["rows"][0]["state"])

    def verdicts(self) -> list[Path]:
        return sorted(self.cwd.glob("runs/*/verdict.json"))


@pytest.fixture(params=[0, pytest.param(2, marks=pytest.mark.large)], ids=["alone", "workers"])
def page(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Page]:
    port, inner = free_port(), free_port()
    arguments = [*LOCUST, "--web-host", "127.0.0.1", "--web-port", str(port)]
    if request.param:
        arguments += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(inner)]
    hand = [*LOCUST, "--worker", "--master-host", "127.0.0.1", "--master-port", str(inner)]
    with ExitStack() as stack:
        stack.enter_context(running(arguments, tmp_path, "locust.log"))
        workers = [
            stack.enter_context(running(hand, tmp_path, f"worker-{n}.log")) for n in range(request.param)
        ]
        base = f"http://127.0.0.1:{port}"
        wait_for(lambda: fetch(f"{base}/"))
        count = f'"worker_count":{request.param}'
        wait_for(lambda: count in fetch(f"{base}/worker-count").replace(" ", ""))
        yield Page(base, tmp_path)
        assert all(worker.poll() is None for worker in workers), "workers stay for the next run"
    for log in tmp_path.glob("*.log"):
        assert "Traceback" not in log.read_text(), log.name


@pytest.mark.large
def test_refused_forms_then_two_runs_with_stops(page: Any) -> None:
    for changes, words in (
        ({"scenario": "nowhere"}, "can only be named where Locust is started"),
        ({"duration": "0.5"}, "duration must be from 1"),
        ({"rate": "0"}, "rate must be above 0"),
        ({"rate": "fast"}, "rate and seed are numbers"),
        ({"policy": "mine.py"}, "can only be named where Locust is started"),
        ({"host": "http://fapi.binance.com"}, "belongs to an exchange"),
        ({"host": "http://127.0.0.1:1"}, "--accounts"),
        ({"this_host_is_mine": "example.org"}, "can only be set where Locust is started"),
        ({"fireexit_job": "{}"}, "can only be set where Locust is started"),
    ):
        answer = page.start(**changes)
        assert not answer["success"]
        assert words in answer["message"], answer
    assert not page.verdicts()

    assert page.start(duration="60")["success"]
    wait_for(lambda: "of 60 s" in fetch(f"{page.base}/fire-exit/data"))
    again = page.start(duration="60")
    assert not again["success"]
    assert "not judged yet" in again["message"]
    time.sleep(14)
    page.stop()
    page.stop()
    wait_for(lambda: page.headline() in ("BROKEN", "INCONCLUSIVE"), 60)
    (first,) = page.verdicts()
    document = json.loads(first.read_text())
    assert document["validity"]["faults"] == [], "a run that is stopped by hand is no worse for it"
    assert 8 <= document["run"]["duration_s"] <= 30

    assert wait_for(lambda: page.start(duration="11", seed="4")["success"])
    wait_for(lambda: len(page.verdicts()) == 2, 60)
    assert json.loads(page.verdicts()[1].read_text())["run"]["seed"] == 4
    assert json.loads(first.read_text()) == document


def test_another_sites_page_cannot_start_a_run(page: Any) -> None:
    request = urllib.request.Request(
        f"{page.base}/swarm", b"user_count=1&spawn_rate=1&duration=5", {"Origin": "http://elsewhere.example"}
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        OPENER.open(request, timeout=10)
    assert not list(page.cwd.glob("runs/*"))


@pytest.mark.large
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_headless_run_that_is_interrupted_is_judged_all_the_same(number: Any, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*LOCUST, "--headless", "--duration", "90", "--policy", "undifferentiated", "--seed", "3"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    attempts = wait_for(lambda: next(tmp_path.glob("runs/*/replication-00/attempts.jsonl"), None))
    wait_for(lambda: attempts.stat().st_size > 700_000, 60)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    (path,) = tmp_path.glob("runs/*/verdict.json")
    result = json.loads(path.read_text())["result"]
    assert process.returncode == {"broken": 1, "inconclusive": 3}[result], err[-2000:]
    assert "Traceback" not in out + err
    assert f"records: {path.parent.relative_to(tmp_path)}" in out


def test_a_metrics_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*LOCUST, "--headless", "--metrics-port", str(port)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    assert f"fireexit: metrics port {port} cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_web_port_that_is_taken_is_one_line_and_help_names_our_options(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = subprocess.run(
            [*LOCUST, "--web-host", "127.0.0.1", "--web-port", port],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    assert result.stderr.startswith(f"fireexit: web port {port} cannot be used")
    shown = subprocess.run(
        [*LOCUST, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert all(name in shown for name in ("--policy", "--accounts", "--this-host-is-mine", "--headless"))

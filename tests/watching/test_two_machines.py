"""A worker on another machine: two network namespaces joined by a cable, and no file system in common."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.watching.programs import ROOT, program, running, wait_for

pytestmark = [pytest.mark.realtime, pytest.mark.watching]
PYTHON = [sys.executable, "-m"]
NAMES = (f"fx{os.getpid()}a", f"fx{os.getpid()}b")
ADDRESSES = ("10.77.0.1", "10.77.0.2")
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def ip(*arguments: str) -> None:
    subprocess.run([program("ip"), *arguments], check=True, capture_output=True)


@pytest.fixture
def cable() -> Iterator[None]:
    """Two hosts: the first for exchange and master, the second for the worker."""
    program("ip")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    for name in NAMES:
        ip("netns", "add", name)
    try:
        ip("link", "add", NAMES[0], "type", "veth", "peer", "name", NAMES[1])
        for name, address in zip(NAMES, ADDRESSES, strict=True):
            ip("link", "set", name, "netns", name)
            ip("-n", name, "addr", "add", f"{address}/24", "dev", name)
            ip("-n", name, "link", "set", name, "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in NAMES:
            ip("netns", "del", name)


def at(host: int, arguments: list[str]) -> list[str]:
    return ["ip", "netns", "exec", NAMES[host], *arguments]


def ask(port: int, path: str, data: dict[str, str] | None = None) -> str:
    """From inside the first host."""
    code = (
        "import json,sys; from tests.watching.programs import fetch; "
        f"print(fetch('http://127.0.0.1:{port}{path}', json.loads(sys.argv[1]), 20))"
    )
    result = subprocess.run(
        at(0, [sys.executable, "-c", code, json.dumps(data)]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=ENV,
    )
    return result.stdout


def test_records_come_home_over_the_network(cable: Any, tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    serve = [*PYTHON, "fireexit", "serve", "--bind", "0.0.0.0", "--port", "8899", "--accounts", "a.json"]
    master = [
        *PYTHON,
        "fireexit",
        "locust",
        "--master",
        "--web-host",
        "127.0.0.1",
        "--web-port",
        "8089",
        "--host",
        f"http://{ADDRESSES[0]}:8899",
        "--accounts",
        "a.json",
    ]
    worker = [*PYTHON, "fireexit", "locust", "--worker", "--master-host", ADDRESSES[0]]
    blind = f"mount --make-rprivate / && mount -t tmpfs none {near} && exec {' '.join(worker)}"
    with running(at(0, serve), near, "serve.log", env=ENV):
        wait_for((near / "a.json").exists)
        with (
            running(at(0, master), near, "master.log", env=ENV),
            running(at(1, ["unshare", "--mount", "sh", "-c", blind]), far, "worker.log", env=ENV),
        ):
            wait_for(lambda: '"worker_count": 1' in ask(8089, "/worker-count").replace(":1", ": 1"))
            form = {
                "user_count": "1",
                "spawn_rate": "1",
                "host": f"http://{ADDRESSES[0]}:8899",
                "policy": "undifferentiated",
                "duration": "12",
                "seed": "3",
            }
            assert '"success"' in ask(8089, "/swarm", form)
            path = wait_for(lambda: next(near.glob("runs/*/verdict.json"), None), 90, "no verdict")
            document = json.loads(path.read_text(encoding="utf-8"))
    assert document["result"] in ("broken", "inconclusive"), document["reasons"]
    assert document["classes"]["unmatched"] == 0
    assert document["classes"]["opening"]["attempts"] > 1000
    assert not list(far.glob("**/attempts*")), "the worker keeps nothing"
    records: Path = path.parent / "replication-00"
    assert {p.name for p in records.iterdir()} >= {"attempts.jsonl", "driver-0.json", "journal.jsonl"}

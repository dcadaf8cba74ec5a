"""Real programs: found, or the reason why a test has nothing to say. In CI a missing program is an error."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest

ROOT = Path(__file__).parents[2]
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
T = TypeVar("T")


def program(name: str) -> str:
    """Its path. Skips without it, but where FIREEXIT_CI is set: there it must be."""
    found = shutil.which(name)
    if found is None:
        missing(name)
    return found


def missing(name: str) -> NoReturn:
    """Skip, or fail where nothing may be missing."""
    message = f"{name} is not installed"
    if os.environ.get("FIREEXIT_CI"):
        pytest.fail(message)
    pytest.skip(message)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def fetch(url: str, data: dict[str, str] | None = None, timeout: float = 10) -> str:
    body = urllib.parse.urlencode(data).encode() if data is not None else None
    return str(OPENER.open(url, body, timeout=timeout).read().decode())


def wait_for(what: Callable[[], T | None], seconds: float = 60, why: str = "") -> T:
    """What it returns once that is something; connections refused meanwhile are waited out."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := what():
                return found
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        assert time.monotonic() < deadline, why or "waited in vain"
        time.sleep(0.1)


@contextmanager
def running(arguments: list[str], cwd: Path, log: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is asked to leave, then killed, at the end; its output goes to `log` in `cwd`. Not
    interrupted: that would strike whatever greenlet of Locust is at work."""
    with (cwd / log).open("wb") as out:
        process = subprocess.Popen(
            arguments, cwd=cwd, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, **options
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Prometheus:
    """Debian's Prometheus with our own rules, scraping loopback ports once a second."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def query(self, expr: str) -> list[dict[str, Any]]:
        return self._ask("query", {"query": expr})

    def query_range(self, expr: str, start: float, end: float, step: float = 1) -> list[dict[str, Any]]:
        times = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": str(step)}
        return self._ask("query_range", {"query": expr, **times})

    def value(self, expr: str) -> float | None:
        found = self.query(expr)
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[str]:
        return {row["metric"]["alertname"] for row in self.query('ALERTS{alertstate="firing"}')}

    def _ask(self, path: str, parameters: dict[str, str]) -> list[dict[str, Any]]:
        answer = json.loads(fetch(f"{self.url}/api/v1/{path}", parameters))
        assert answer["status"] == "success", answer
        rows: list[dict[str, Any]] = answer["data"]["result"]
        return rows


@contextmanager
def prometheus(cwd: Path, exchange_port: int, loader_port: int) -> Iterator[Prometheus]:
    binary = program("prometheus")
    folder = cwd / "prometheus"
    shutil.copytree(ROOT / "grafana" / "prometheus", folder)
    config = folder / "prometheus.yml"
    text = config.read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8898", f"127.0.0.1:{exchange_port}")
    config.write_text(text.replace("127.0.0.1:9646", f"127.0.0.1:{loader_port}"), encoding="utf-8")
    port = free_port()
    arguments = [
        binary,
        f"--config.file={config}",
        f"--storage.tsdb.path={cwd / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(arguments, cwd, "prometheus.log"):
        wait_for(lambda: "Ready" in fetch(f"http://127.0.0.1:{port}/-/ready"), 30, "Prometheus is not ready")
        yield Prometheus(port)

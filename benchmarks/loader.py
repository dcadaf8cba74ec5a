"""(c) Signed orders per processor second of the open-loop Locust driver, against FastHttpUser."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from benchmarks.processes import ROOT, Rate, environment_of, started
from loadgen.drive.handing import JOB_VARIABLE, handing_over
from loadgen.drive.job import Job
from loadgen.scenarios import load_scenario
from mock_exchange.plan import access_for

SECONDS = 5
ASKED_PER_S = 9_000
USERS = 64
_HERE = Path(__file__).parent


def fast_http() -> Rate:
    """FastHttpUser in its closed loop: it fills its processor."""
    with started("benchmarks.sink_server") as sink:
        out = _locust(
            _HERE / "fast_http_locustfile.py",
            [
                "--headless",
                "-u",
                str(USERS),
                "-r",
                str(USERS),
                "-t",
                f"{SECONDS}s",
                "--host",
                f"http://127.0.0.1:{sink.line().strip()}",
            ],
            {},
        )
    count, cpu = out.split()[-2:]
    return Rate(int(count) / SECONDS, int(count) / float(cpu))


def open_loop(asked_per_s: int = ASKED_PER_S, tree: Path = ROOT) -> Rate:
    """The driver at a rate it can keep: a Poisson schedule, records written, Locust's events fired."""
    report = driven(asked_per_s, tree)
    return Rate(report["sent"] / SECONDS, report["sent"] / report["cpu_s"])


def driven(asked_per_s: int, tree: Path = ROOT) -> dict[str, Any]:
    """What the driver says of itself after SECONDS at a rate."""
    text = load_scenario("mixed").source
    head, flood = text.split("[[traders]]")[:2]
    flood = flood.replace("rate = 220", f"rate = {asked_per_s}").replace(
        "accounts = 18", f"accounts = {USERS}"
    )
    text = head.replace("duration_s", "rate_limits_intended = true\nduration_s") + "[[traders]]" + flood
    from loadgen.scenarios.scenario import parse_scenario

    plan = parse_scenario(text, "of the benchmark").plan("none", 1, simulated=False)
    with started("benchmarks.sink_server") as sink, tempfile.TemporaryDirectory() as folder:
        job = Job(
            f"http://127.0.0.1:{sink.line().strip()}",
            None,
            tuple(access_for(plan)),
            None,
            text,
            1,
            float(SECONDS),
            folder,
            title={"run": "benchmark", "contract": "strict"},
        )
        arguments = ["--headless", "-u", "1", "--only-summary", "--skip-log"]
        with handing_over(job) as end:
            _locust(tree / "fireexit" / "locustfile.py", arguments, {JOB_VARIABLE: str(end)}, (end,), tree)
        report: dict[str, Any] = orjson.loads((Path(folder) / "driver-0.json").read_bytes())
    return report


def _locust(
    locustfile: Path,
    arguments: list[str],
    environment: dict[str, str],
    passed: tuple[int, ...] = (),
    tree: Path = ROOT,
) -> str:
    """Run Locust pinned to the second processor; its standard output."""
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", str(locustfile), *arguments],
        stdin=subprocess.PIPE,  # held to its end: a lifeline
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=passed,
        env={**environment_of(tree), **environment},
    )
    available = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(process.pid, {available[1 % len(available)]})
    assert process.stdout is not None
    out = process.stdout.read()
    process.communicate()
    return out.decode()

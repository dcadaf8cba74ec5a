"""One loader or several: the same schedule, and a worker that dies decides nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from scipy import stats

from run_records.clients import read_attempts
from tests.cli.support import command, fireexit

INCONCLUSIVE = 3
RATE = 2.0
ASKED_PER_S = 220 * RATE
SECONDS = 12


def arrivals(folder: Path) -> list[int]:
    """Instants at which the flood's orders were due, over the files of all workers."""
    return sorted(
        row.intended
        for path in (folder / "replication-00").glob("attempts*.jsonl")
        for row in read_attempts(path)
        if row.trader.startswith("opening-flood")
    )


def run(cwd: Path, workers: int) -> list[int]:
    result = fireexit(
        "check",
        "--workers",
        str(workers),
        "--set",
        f"rate={RATE}",
        "--seed",
        "11",
        "--duration",
        str(SECONDS),
        "--out",
        f"run-{workers}",
        "--json",
        cwd=cwd,
        timeout=120,
    )
    assert result.returncode in (0, 1, INCONCLUSIVE), result.stderr
    document = json.loads(result.stdout)
    assert len(document["validity"]["drivers"]) == workers
    assert not [fault for fault in document["validity"]["faults"] if "gone" in fault]
    return arrivals(cwd / f"run-{workers}")


@pytest.mark.large
def test_two_workers_send_what_one_would(tmp_path: Path) -> None:
    """The sum of the parts is still Poisson at the rate that was asked for, arrival by arrival the same."""
    one, two = run(tmp_path, 1), run(tmp_path, 2)
    assert two == one
    bins = [0] * (10 * SECONDS)
    for at in two:
        bins[min(len(bins) - 1, at // 100_000_000)] += 1
    expected = ASKED_PER_S / 10
    dispersion = sum((count - expected) ** 2 for count in bins) / expected
    assert 0.001 < stats.chi2.cdf(dispersion, len(bins)) < 0.999
    gaps = [(after - before) / 1e9 for before, after in pairwise(two)]
    assert stats.kstest(gaps, "expon", args=(0, 1 / ASKED_PER_S)).pvalue > 0.001
    assert abs(len(two) - ASKED_PER_S * SECONDS) < 4 * (ASKED_PER_S * SECONDS) ** 0.5


@pytest.mark.large
def test_a_worker_that_is_killed_makes_the_run_invalid_within_seconds(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("check", "--workers", "2", "--duration", "90", "--seed", "1", "--out", "run"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    attempts = tmp_path / "run" / "replication-00" / "attempts-1.jsonl"
    deadline = time.monotonic() + 60
    while not attempts.exists() or attempts.stat().st_size < 20_000:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    locust = next(
        child
        for child in psutil.Process(process.pid).children()
        if any("locust" in word for word in child.cmdline())
    )
    os.kill(locust.children()[0].pid, signal.SIGKILL)
    killed = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert process.returncode == INCONCLUSIVE, err
    assert time.monotonic() - killed < 30
    assert "of 2 is gone; its orders were not sent" in out
    assert "Traceback" not in out + err
    assert not locust.is_running()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--workers", "0"), "workers must be from 1"),
        (("--metrics-port", "4", "--control-port", "4"), "need a port each"),
        (("--mode", "sim", "--workers", "2"), "--workers needs --mode load"),
        (("--mode", "sim", "--metrics-port", "4"), "--metrics-port needs --mode load"),
    ],
)
def test_bad_numbers_are_refused_before_anything_starts(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    result = fireexit("check", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr
    assert not (tmp_path / "runs").exists()

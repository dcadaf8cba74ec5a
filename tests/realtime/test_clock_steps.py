"""Somebody sets the wall clock while a run goes on, forward or back: right or inconclusive, never wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.support import ROOT
from tests.watching.programs import missing

pytestmark = [pytest.mark.realtime, pytest.mark.large]

# The command itself sleeps by `clock_nanosleep`, which libfaketime gets wrong where the monotonic clock is
# left alone: its children, exchange and load generator, are those who are made to see another time.
DRIVER = """
import os, sys
from fireexit.cli import main
os.environ["LD_PRELOAD"] = sys.argv.pop(1)
main()
"""
HOLDS, BROKEN, INCONCLUSIVE = 0, 1, 3


def library() -> Path:
    """libfaketime, which a Debian package brings."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        missing("libfaketime")
    return found[0]


@pytest.mark.parametrize(
    ("policy", "truth", "step_s"), [("exempt", HOLDS, 3600), ("undifferentiated", BROKEN, -3600)]
)
def test_a_step_of_the_clock(policy: str, truth: int, step_s: int, tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    command = ["check", "--policy", policy, "--duration", "14", "--seed", "7", "--out", "run"]
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(library()), *command],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    attempts = tmp_path / "run" / "replication-00" / "attempts.jsonl"
    until = time.monotonic() + 60
    while not attempts.exists() or attempts.stat().st_size < 100_000:
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    offset.write_text(f"{step_s:+d}")
    out, err = process.communicate(timeout=120)
    assert process.returncode in (truth, INCONCLUSIVE), (out, err)
    assert "Traceback" not in out + err
    assert ",-1021," not in attempts.read_text(), "no request is out of its time"

"""A run is judged, reported, verified and compared where nothing is installed that makes load: to the same
bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fireexit.evidence import NOT_COMPARED, NOT_DERIVED
from fireexit.main_path import check
from fireexit.options import CheckOptions
from tests.cli.support import command, taken_away

AWAY = ("mock_exchange", "loadgen", "locust", "gevent", "aiohttp")
JUDGE_AGAIN = """
import sys
from pathlib import Path
from judging.run import count_run, judge_run, report_run
from judging.report.page.page import page
from run_records.run import as_json
folder = Path(sys.argv[1])
counted = count_run(folder)
verdict, report = judge_run(counted), report_run(counted)
sys.stdout.buffer.write(as_json(verdict) + as_json(report) + page(verdict, report))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("alone")
    folders = [place / "a", place / "b"]
    for folder, policy in zip(folders, ("exempt", "undifferentiated"), strict=True):
        check(
            CheckOptions(mode="sim", policy=policy, seed=5, duration_s=5, replications=2, out=folder),
        )
    return folders


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which every Python process finds these packages missing."""
    return {"PYTHONPATH": str(taken_away(tmp_path_factory.mktemp("without"), AWAY))}


def shown(arguments: list[str], cwd: Path, more: dict[str, str] | None = None) -> tuple[int, bytes]:
    environment = {**os.environ, "NO_COLOR": "1", **(more or {})}
    result = subprocess.run(arguments, cwd=cwd, capture_output=True, env=environment, check=False)
    assert b"Traceback" not in result.stderr, result.stderr.decode()
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("name", AWAY)
def test_they_are_really_away(alone: dict[str, str], tmp_path: Path, name: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", f"import {name}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **alone},
    )
    assert f"No module named '{name}'" in result.stderr


def test_judged_and_reported_from_the_records(
    runs: list[Path], alone: dict[str, str], tmp_path: Path
) -> None:
    for run in runs:
        arguments = [sys.executable, "-c", JUDGE_AGAIN, str(run)]
        status, made = shown(arguments, tmp_path, alone)
        assert status == 0, made.decode()
        assert made == shown(arguments, tmp_path)[1]
        assert made == b"".join(
            (run / n).read_bytes() for n in ("verdict.json", "report.json", "report.html")
        )


def test_commands_say_the_same(runs: list[Path], alone: dict[str, str], tmp_path: Path) -> None:
    a, b = map(str, runs)
    for arguments in (["diff", a, b], ["diff", b, a], ["reconcile", b], ["funnel", b, "--tsv"]):
        assert shown(command(*arguments), tmp_path, alone) == shown(command(*arguments), tmp_path)


def test_a_page_and_a_table_have_the_same_bytes(
    runs: list[Path], alone: dict[str, str], tmp_path: Path
) -> None:
    a, b = map(str, runs)
    for number, more in enumerate(({}, alone)):
        for arguments in (["report", b, "--against", a, "--out"], ["export", b]):
            target = tmp_path / f"{arguments[0]}-{number}"
            status, said = shown(command(*arguments, str(target)), tmp_path, more)
            assert status == 0, said.decode()
    for name in ("report", "export"):
        assert (tmp_path / f"{name}-0").read_bytes() == (tmp_path / f"{name}-1").read_bytes()


def test_verified_but_for_what_the_scenario_says(
    runs: list[Path], alone: dict[str, str], tmp_path: Path
) -> None:
    for run in runs:
        here, there = (shown(command("verify", str(run)), tmp_path, more) for more in ({}, alone))
        assert here[0] == there[0] == 0
        pairs = list(zip(here[1].decode().splitlines(), there[1].decode().splitlines(), strict=True))
        different = [(one, other) for one, other in pairs if one != other]
        name = json.loads((run / "run.json").read_bytes())["scenario"]
        assert different == [
            ("terms: the same when derived again from the scenario", NOT_DERIVED),
            (f"scenario {name}: as shipped", NOT_COMPARED.format(name)),
        ]

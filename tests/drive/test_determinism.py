"""The same seed gives the same bytes: committed digests, and other environments than this one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.golden import CASES, PATH, digest, digests

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"


def elsewhere(python: str, cwd: Path, **environment: str) -> Any:
    """The digests as another process sees them."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    result = subprocess.run(
        [python, "-m", "tests.golden", "--print"],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


@pytest.mark.digests
def test_committed_digests() -> None:
    assert digests() == json.loads(PATH.read_text())


@pytest.mark.digests
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4242", "TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "PYTHONOPTIMIZE": "1"},
    ],
)
def test_independent_of_hash_seed_time_zone_locale_and_directory(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert elsewhere(sys.executable, tmp_path, **environment) == json.loads(PATH.read_text())


def test_another_seed_differs() -> None:
    name, policy, seed, duration = CASES[0]
    ours, other = digest(name, policy, seed, duration), digest(name, policy, seed + 1, duration)
    assert not set(ours.values()) & set(other.values())


def find_python_313() -> str | None:
    roots = [Path.home() / ".pyenv" / "versions"]
    found = [str(p) for root in roots for p in sorted(root.glob("3.13*/bin/python3.13"))]
    return found[0] if found else shutil.which("python3.13")


@pytest.mark.large
def test_python_3_13(tmp_path: Path) -> None:
    python = find_python_313()
    if python is None:
        assert "FIREEXIT_CI" not in os.environ, "CI needs a Python 3.13"
        pytest.skip("no Python 3.13 here")
    environment = tmp_path / "venv"
    subprocess.run([python, "-m", "venv", environment], check=True)
    pip: list[str | Path] = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "-r",
        LOCK,
    ]
    subprocess.run(pip, check=True)
    assert elsewhere(str(environment / "bin" / "python"), tmp_path) == json.loads(PATH.read_text())

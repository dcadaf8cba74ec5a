"""The tool itself fails: one line, a log, a status that no verdict has, and a directory that says so."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from fireexit.directory import open_directory
from fireexit.errors import EXIT_FAILED, EXIT_PIPE
from fireexit.prepare import prepare_run
from run_records.run import read_run
from tests.cli.support import command, only_line

SIM = ("check", "--mode", "sim", "--duration", "3", "--replications", "2", "--seed", "1", "--out", "run")


def with_little_disk(arguments: tuple[str, ...], cwd: Path, most: int) -> subprocess.CompletedProcess[str]:
    """No file of the command or of what it starts may grow beyond `most` bytes."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "TMPDIR": str(cwd)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    """What is said beside the progress."""
    return only_line("\n".join(line for line in result.stderr.splitlines() if line.startswith("fireexit:")))


@pytest.mark.parametrize("room", [3_000, 100_000])
def test_a_full_disk_is_a_failure_and_no_verdict(room: int, tmp_path: Path) -> None:
    """Too little for a seal, and too little for the records."""
    result = with_little_disk(SIM, tmp_path, room)
    assert result.returncode == EXIT_FAILED
    assert result.stdout == ""
    assert "cannot be written: File too large. This is no verdict" in last_line(result)
    assert read_run(tmp_path / "run").state == "failed"
    assert not {"verdict.json", "manifest.json"} & {path.name for path in (tmp_path / "run").iterdir()}


def test_what_happened_is_in_the_log_that_the_line_names(tmp_path: Path) -> None:
    result = with_little_disk(SIM, tmp_path, 100_000)
    log = re.search(r"details: (\S+)", last_line(result))
    assert log is not None
    assert "RecordsLostError" in Path(log[1]).read_text()


def test_an_exchange_that_cannot_write_its_journal_ends_the_run(tmp_path: Path) -> None:
    load = ("check", "--duration", "3", "--seed", "1", "--out", "run")
    result = with_little_disk(load, tmp_path, 300_000)
    assert result.returncode == EXIT_FAILED
    assert "the exchange could not write its journal" in last_line(result)
    run = tmp_path / "run"
    assert read_run(run).state == "failed"
    assert "journal.jsonl cannot be written: File too large" in (run / "exchange.log").read_text()
    assert not (run / "verdict.json").exists()


def test_a_verdict_that_cannot_be_printed_is_a_failure(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            command("policies"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert result.returncode == EXIT_FAILED
    assert "No space left on device" in only_line(result.stderr)


def test_a_reader_who_leaves_is_nobodys_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        command("policies"), stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (EXIT_PIPE, "")


def test_any_other_crash_is_a_failure_too(tmp_path: Path) -> None:
    """Of our own code: what nobody has thought of."""
    crash = "import fireexit.main_path as path; path.prepare = lambda options: {}[0]\n"
    crash += "from fireexit.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", crash, *SIM],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert result.returncode == EXIT_FAILED
    assert "failed: KeyError: 0. This is no verdict" in only_line(result.stderr)


def test_a_disk_without_room_for_another_file_still_takes_the_state(tmp_path: Path) -> None:
    """Here a folder stands where the next file would be written first."""
    spec = prepare_run("mixed", "exempt", "strict", "sim", 1, 2.0, 2, {})
    opened = open_directory(tmp_path / "run", spec)
    folder = opened.__enter__()
    size = (folder / "run.json").stat().st_size
    (folder / ".run.json.part").mkdir()
    assert not opened.__exit__(OSError, OSError("no room for the seal"), None)
    assert read_run(folder).state == "failed"
    assert (folder / "run.json").stat().st_size == size
    assert json.loads((folder / "run.json").read_bytes())["seed"] == 1


SHORT = "check --mode sim --replications 2 --duration 3 --seed 1 --out run"


def through_a_shell(script: str, cwd: Path) -> tuple[int, str]:
    """(status, what was said on stderr). `fireexit` in the script is the command."""
    program = f'fireexit() {{ "{sys.executable}" -m fireexit "$@"; }}\n'
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    result = subprocess.run(
        ["bash", "-c", program + script],
        cwd=cwd, env=buffered, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, result.stderr


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (f"fireexit {SHORT} 2>/dev/null | true; exit ${{PIPESTATUS[0]}}", EXIT_PIPE),
        ("fireexit --help | true; exit ${PIPESTATUS[0]}", EXIT_PIPE),
        (f"fireexit {SHORT} >&-", 3),
        ("fireexit contracts >&- 2>&-", 0),
        ("fireexit contracts >/dev/full 2>/dev/full", EXIT_FAILED),
        ("fireexit --help >/dev/full", EXIT_FAILED),
        ("fireexit check --scenario nonsense 2>/dev/full", 2),
    ],
)
def test_a_status_is_true_wherever_the_words_go(script: str, status: int, tmp_path: Path) -> None:
    assert through_a_shell(script, tmp_path)[0] == status


def test_a_full_disk_is_not_the_policy_s_fault(tmp_path: Path) -> None:
    policy = "from fireexit.policy import ADMIT\n\n\nclass Mine:\n"
    policy += "    def admit(self, request, node):\n        return ADMIT\n"
    (tmp_path / "mine.py").write_text(policy)
    result = with_little_disk((*SIM, "--policy", "mine.py:Mine"), tmp_path, 100_000)
    assert result.returncode == EXIT_FAILED
    assert "policy" not in last_line(result)

"""Work spread over processes: nobody waits for what nobody wants any more, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fireexit.parallel import Workers
from tests.watching.programs import wait_for

SLEEPS_S = 600
KILLED = """
import sys
from fireexit.parallel import Workers
from tests.test_parallel import sleep_in
if __name__ == "__main__":
    with Workers() as each:
        each(sleep_in, sys.argv[1:])
"""


def fail_or_sleep(item: int) -> None:
    if item == 0:
        raise ValueError("the first has failed")
    time.sleep(SLEEPS_S)


def sleep_in(folder: str) -> None:
    Path(folder, "begun").write_text(str(os.getpid()))
    time.sleep(SLEEPS_S)


def test_the_first_failure_ends_what_is_under_way() -> None:
    began = time.monotonic()
    with pytest.raises(ValueError, match="the first has failed"), Workers() as each:
        each(fail_or_sleep, range(6))
    assert time.monotonic() - began < SLEEPS_S / 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(number: signal.Signals, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    program = tmp_path / "parent.py"
    program.write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    parent = subprocess.Popen([sys.executable, str(program), *map(str, folders)], env=environment)
    files = [folder / "begun" for folder in folders]
    wait_for(lambda: all(file.exists() and file.read_text() for file in files[: os.cpu_count() or 1]))
    workers = [int(file.read_text()) for file in files if file.exists()]
    parent.send_signal(number)
    parent.wait()
    wait_for(lambda: not any(is_alive(worker) for worker in workers))


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True

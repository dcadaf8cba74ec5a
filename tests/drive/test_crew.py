"""Master and worker of a run: ranks, reports, records that cross from one machine to another, the lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loadgen.drive.channel import Fault, Progress, begin_from, from_worker, read_messages, write_line

ROOT = Path(__file__).parents[2]


def test_records_cross_to_the_master_and_losses_are_seen(tmp_path: Path) -> None:
    """In a process of its own: Locust patches sockets and threads."""
    command = [sys.executable, "-m", "tests.drive.crew_in_a_process", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "all well", result.stderr


def test_messages_on_a_pipe_are_told_from_whatever_else_is_written_there(tmp_path: Path) -> None:
    path = tmp_path / "stdout"
    with path.open("wb") as stream:
        stream.write(b"Type     Name  # reqs\n")
        write_line(stream, Progress(0.25))
        stream.write(b'{"type":"progress","share":"x"}\n{"type":"nonsense"}\n\xff\n')
        write_line(stream, Fault("no disk\nleft"))
    with path.open("rb") as stream:
        assert list(read_messages(stream)) == [Progress(0.25), Fault("no disk\nleft")]


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x80", b"{}"])
def test_what_is_no_message_is_a_value_error(data: bytes) -> None:
    for read in (begin_from, from_worker):
        with pytest.raises(ValueError, match=r".*"):
            read(data)

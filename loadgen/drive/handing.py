"""How a Locust process gets the job of the command that has started it: through a pipe that it inherits,
since a job holds the keys of all accounts, and a file may outlive a run."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from loadgen.drive.job import Job

JOB_VARIABLE = "FIREEXIT_JOB"
"""The number of the pipe's end."""


@contextmanager
def handing_over(job: Job) -> Iterator[int]:
    """The end to be passed to a process that is started meanwhile."""
    reading, writing = os.pipe()
    threading.Thread(target=_write, args=(writing, job.encoded()), daemon=True).start()
    try:
        yield reading
    finally:
        os.close(reading)


def _write(end: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(end, "wb") as pipe:
        pipe.write(data)


def is_for_a_command() -> bool:
    """Whether another process has started this one and handed it a job."""
    return JOB_VARIABLE in os.environ


def taken_over() -> Job:
    """The job, once. Raises ValueError, OSError."""
    with open(int(os.environ[JOB_VARIABLE]), "rb") as pipe:
        return Job.decoded(pipe.read())

"""Real Dask clusters on loopback: a scheduler and its workers, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.watching.programs import wait_for

STARTS_S = 120


@dataclass(slots=True)
class Cluster:
    """`folder` holds what its processes write. Workers are started one by one, with `worker`."""

    folder: Path
    environment: Mapping[str, str]
    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def executor(self) -> str:
        """As `--executor` takes it."""
        return f"dask://{self.address}"

    def worker(self, *, nanny: bool = False, **environment: str) -> subprocess.Popen[bytes]:
        """One more, with one thread. With a nanny it is started anew when it dies."""
        number = len(self.workers)
        options = ["--name", str(number), "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
        options += ["--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder / str(number))]
        variables = {**self.environment, **environment}
        process = _started("dask_worker", self.folder, variables, self.address, *options)
        self.workers.append(process)
        log = self.folder / f"dask_worker-{process.pid}.log"
        wait_for(lambda: "Starting established connection" in log.read_text(), STARTS_S, str(log))
        return process


@contextmanager
def cluster(folder: Path, workers: int = 0, **environment: str) -> Iterator[Cluster]:
    """A scheduler at a free port with so many workers; all of it is gone afterwards."""
    where = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(where)]
    scheduler = _started("dask_scheduler", folder, {**os.environ, **environment}, *options)
    try:
        address = wait_for(lambda: _address(where), STARTS_S)
        made = Cluster(folder, {**os.environ, **environment}, scheduler, address)
        try:
            for _ in range(workers):
                made.worker()
            yield made
        finally:
            for process in made.workers:
                process.terminate()
            for process in made.workers:
                process.wait()
    finally:
        scheduler.kill()
        scheduler.wait()


def _address(file: Path) -> str | None:
    try:
        return str(json.loads(file.read_text())["address"]).removeprefix("tcp://")
    except (FileNotFoundError, ValueError):
        return None


def _started(
    what: str, folder: Path, environment: Mapping[str, str], *options: str
) -> subprocess.Popen[bytes]:
    """Its output goes to a file that its process number names."""
    command = [sys.executable, "-m", f"distributed.cli.{what}", *options]
    unnamed = folder / f"{what}.log"
    with unnamed.open("wb") as log:
        process = subprocess.Popen(command, env=dict(environment), cwd=folder, stdout=log, stderr=log)
    unnamed.rename(folder / f"{what}-{process.pid}.log")
    return process

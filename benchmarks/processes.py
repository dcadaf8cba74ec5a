"""Server and client on a processor each, so that neither slows the other; interleaved repeats."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPEATS = 5
SECONDS = 3.0


def environment_of(tree: Path) -> dict[str, str]:
    """In which a program finds the code of that checkout."""
    return {**os.environ, "PYTHONPATH": str(tree)}


@dataclass(frozen=True)
class Rate:
    """Requests per second of wall time, and per second of processor time of the pinned process under
    test: on a shared machine the second is the steadier figure."""

    wall: float
    cpu: float


class Process:
    """A child pinned to one processor, of the code in one checkout."""

    def __init__(self, module: str, arguments: tuple[str, ...], processor: int, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=tree,
            env=environment_of(tree),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        available = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(self._process.pid, {available[processor % len(available)]})

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode()

    def cpu_seconds(self) -> float:
        """User and system time so far, of all threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def started(module: str, *arguments: str, processor: int = 0, tree: Path = ROOT) -> Iterator[Process]:
    process = Process(module, arguments, processor, tree)
    try:
        yield process
    finally:
        process.end()


def server_rate(server: tuple[str, ...], client: str, *client_arguments: str, tree: Path = ROOT) -> Rate:
    """What a checkout's server does for a client that prints `<requests in all> <requests per second>`."""
    with started(*server, tree=tree) as under_test:
        port = under_test.line().split()[0]
        before = under_test.cpu_seconds()
        with started(client, port, *client_arguments, processor=1) as load:
            answered, rate = load.line().split()
        return Rate(float(rate), int(answered) / (under_test.cpu_seconds() - before))


def interleaved(measures: dict[str, Callable[[], Rate]], repeats: int = REPEATS) -> dict[str, list[Rate]]:
    """Every measure in turn, `repeats` times, so that drift of the machine hits all alike."""
    found: dict[str, list[Rate]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def quotients(found: Sequence[Rate], baseline: Sequence[Rate], of: str = "cpu") -> list[float]:
    """Pair by pair."""
    return [getattr(a, of) / getattr(b, of) for a, b in zip(found, baseline, strict=True)]


@dataclass(frozen=True)
class Ratio:
    """Median, least and greatest of the ratios pair by pair."""

    median: float
    least: float
    greatest: float


def ratio(found: dict[str, list[Rate]], name: str, baseline: str, of: str) -> Ratio:
    pairs = quotients(found[name], found[baseline], of)
    return Ratio(statistics.median(pairs), min(pairs), max(pairs))

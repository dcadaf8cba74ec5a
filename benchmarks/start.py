"""(l) How long a command takes before it does anything, by what the libraries alone take."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.processes import ROOT, Rate

HELP = (sys.executable, "-m", "fireexit", "--help")
LIBRARIES = (sys.executable, "-c", "import typer, rich")
RUNS = 10


def seconds(command: Sequence[str]) -> float:
    """Processor time of one run; several in turn, as one is over too soon to be measured."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(RUNS):
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / RUNS


def rate(command: Sequence[str]) -> Rate:
    """Starts per second."""
    found = 1 / seconds(command)
    return Rate(found, found)

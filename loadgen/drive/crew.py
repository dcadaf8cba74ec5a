"""The master's side of a run's workers: who takes part, what each has counted, who is gone.

The master gives each worker a rank when the run starts; who joins later sends nothing. Workers report their
counts every second, and at the end once more with their records, unless they see the master's folder
themselves. A worker that is gone makes the run invalid: its part of the schedule was not sent.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from locust.runners import MasterRunner

from loadgen.drive.channel import Done, FromWorker, GivenUp, Piece, Report
from loadgen.live.ledger import Counts, Ledger
from loadgen.live.run import LiveRun

ABSENT_S = 2.0
HANDING_IN_S = 10.0
_RECORD = re.compile(r"(attempts|intents)(-\d+)?\.jsonl|driver-\d+\.json")


def ranks_of(runner: MasterRunner) -> dict[str, int]:
    """A rank for each worker that is ready, by its client id."""
    ready = [client.id for client in (*runner.clients.ready, *runner.clients.running)]
    return {name: rank for rank, name in enumerate(sorted(ready))}


class Crew:
    """The workers of one run."""

    def __init__(self, runner: MasterRunner, run: LiveRun, ranks: dict[str, int], records: Path) -> None:
        self._runner = runner
        self._run = run
        self._ranks = ranks
        self._records = records
        self._absent: dict[int, float] = {}
        self._handing: dict[int, float] = {}
        self._given_up: dict[int, str] = {}
        self._done: set[int] = set()

    def hear(self, message: FromWorker) -> None:
        """What a worker of this run says; what belongs to an earlier run, or comes after its end, is passed
        over."""
        late = message.run != self._run.title["run"] or self._run.over or message.rank in self._done
        if late or message.rank not in self._ranks.values():
            return
        match message:
            case Report(rank=rank, counts=counts):
                self._count(rank, counts)
            case Piece(rank=rank, file=file, data=data):
                self._take_piece(rank, file, data)
            case Done(rank=rank, counts=counts):
                self._count(rank, counts)
                self._done.add(rank)
            case GivenUp(rank=rank, reason=reason):
                self._given_up[rank] = reason

    def _count(self, rank: int, counts: Counts) -> None:
        self._run.ledgers[rank] = Ledger.of(counts)
        self._run.heard[rank] = time.monotonic()

    def _take_piece(self, rank: int, file: str, data: bytes) -> None:
        if _RECORD.fullmatch(file):
            self._handing[rank] = time.monotonic()
            with (self._records / file).open("ab") as stream:
                stream.write(data)

    def lost(self) -> list[int]:
        """Ranks of workers that are gone before they were done. Locust notices within a few seconds; one that
        changes its state is absent for a moment, one that hands in may be too busy to be heard."""
        now = time.monotonic()
        clients = self._runner.clients
        there = {client.id for client in (*clients.ready, *clients.running, *clients.spawning)}
        gone = set(self._given_up)
        for name, rank in self._ranks.items():
            if rank in self._done:
                continue
            if name in there or now - self._handing.get(rank, 0.0) < HANDING_IN_S:
                self._absent.pop(rank, None)
            elif now - self._absent.setdefault(rank, now) >= ABSENT_S:
                gone.add(rank)
        return sorted(gone)

    def faults(self) -> list[str]:
        """A line for each worker that was lost or has given up."""
        of = len(self._ranks)
        return [
            f"worker {rank} of {of}: {self._given_up[rank]}"
            if rank in self._given_up
            else f"worker {rank} of {of} is gone; its orders were not sent"
            for rank in self.lost()
        ]

    @property
    def under_way(self) -> int:
        """How many of the workers that are left are not done."""
        return len(self._ranks) - len(self._done) - len(self.lost())

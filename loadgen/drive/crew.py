"""Master and workers of one run, over Locust's own connection.

The master gives each worker a rank when the run starts; who joins later sends nothing. Workers report their
ledger every second, and at the end once more with their records, unless they see the master's folder
themselves. A worker that is gone makes the run invalid: its part of the schedule was not sent.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from locust import runners
from locust.runners import MasterRunner, WorkerRunner

from loadgen.drive.job import Job
from loadgen.drive.open_loop import Dispatcher
from loadgen.live.ledger import Ledger
from loadgen.live.run import LiveRun

REPORT_EVERY_S = 1.0
PIECE = "fireexit-piece"
DONE = "fireexit-done"
KEY = "fireexit"
PIECE_BYTES = 1 << 20
PIECE_PAUSE_S = 0.05
ABSENT_S = 2.0
HANDING_IN_S = 10.0
_RECORD = re.compile(r"(attempts|intents)(-\d+)?\.jsonl|driver-\d+\.json")

runners.WORKER_REPORT_INTERVAL = REPORT_EVERY_S


def ranks_of(runner: MasterRunner) -> dict[str, int]:
    """A rank for each worker that is ready, by its client id."""
    ready = [client.id for client in (*runner.clients.ready, *runner.clients.running)]
    return {name: rank for rank, name in enumerate(sorted(ready))}


class Crew:
    """The master's side of one run."""

    def __init__(self, runner: MasterRunner, run: LiveRun, ranks: dict[str, int], records: Path) -> None:
        self._runner = runner
        self._run = run
        self._ranks = ranks
        self._records = records
        self._absent: dict[int, float] = {}
        self._handing: dict[int, float] = {}
        self._failed: dict[int, str] = {}
        self.done: set[int] = set()

    def hear(self, data: dict[str, Any]) -> None:
        """A worker's regular report; one of an earlier run is passed over."""
        report = data.get(KEY)
        if report is not None and self._is_awaited(report):
            self._run.ledgers[report["rank"]] = Ledger.from_dict(report["ledger"])
            self._run.heard[report["rank"]] = time.monotonic()

    def take_piece(self, data: dict[str, Any]) -> None:
        """The next piece of a record file from a worker elsewhere."""
        if self._is_awaited(data) and _RECORD.fullmatch(data["name"]):
            self._handing[data["rank"]] = time.monotonic()
            with (self._records / data["name"]).open("ab") as file:
                file.write(data["bytes"])

    def take_last(self, data: dict[str, Any]) -> None:
        """A worker is done, or has given up: nothing of it will change any more."""
        if not self._is_awaited(data):
            return
        if data.get("failed"):
            self._failed[data["rank"]] = data["failed"]
            return
        self.hear({KEY: data})
        self.done.add(data["rank"])

    def lost(self) -> list[int]:
        """Ranks of workers that are gone before they were done. Locust notices within a few seconds; one that
        changes its state is absent for a moment, one that hands in may be too busy to be heard."""
        now = time.monotonic()
        clients = self._runner.clients
        there = {client.id for client in (*clients.ready, *clients.running, *clients.spawning)}
        gone = []
        for name, rank in self._ranks.items():
            if rank in self.done:
                continue
            if name in there or now - self._handing.get(rank, 0.0) < HANDING_IN_S:
                self._absent.pop(rank, None)
            elif now - self._absent.setdefault(rank, now) >= ABSENT_S:
                gone.append(rank)
            if rank in self._failed:
                gone.append(rank)
        return sorted(set(gone))

    def faults(self) -> list[str]:
        """A line for each worker that was lost or has failed."""
        of = len(self._ranks)
        return [
            f"worker {rank} of {of}: {self._failed[rank]}"
            if rank in self._failed
            else f"worker {rank} of {of} is gone; its orders were not sent"
            for rank in self.lost()
        ]

    @property
    def under_way(self) -> int:
        """How many of the workers that are left are not done."""
        return len(self._ranks) - len(self.done) - len(self.lost())

    def _is_awaited(self, data: dict[str, Any]) -> bool:
        """Of this run, not over, and from a worker that is not done."""
        return data["run"] == self._run.title["run"] and not self._run.over and data["rank"] not in self.done


class Hand:
    """A worker's side of one run."""

    def __init__(self, runner: WorkerRunner, job: Job, ranks: str) -> None:
        self._runner = runner
        self._job = job
        by_name: dict[str, int] = json.loads(ranks)
        self.rank = by_name.get(runner.client_id, -1)
        self.workers = len(by_name)
        self._elsewhere: tempfile.TemporaryDirectory[str] | None = None

    @property
    def takes_part(self) -> bool:
        """Whether the run began with this worker in it."""
        return self.rank >= 0

    def folder(self) -> Path:
        """Where to write records: the master's folder if this machine sees it, else one of our own."""
        if _is_shared(self._job):
            return Path(self._job.folder)
        self._elsewhere = tempfile.TemporaryDirectory(prefix="fireexit-")
        return Path(self._elsewhere.name)

    def report(self, dispatcher: Dispatcher) -> dict[str, Any]:
        return {"run": self._job.title["run"], "rank": self.rank, "ledger": dispatcher.ledger.to_dict()}

    def hand_in(self, dispatcher: Dispatcher, sleep: Callable[[float], object]) -> None:
        """Send the records, piece by piece, and the last figures."""
        if self._elsewhere is not None:
            for path in sorted(Path(self._elsewhere.name).iterdir()):
                self._send_file(path, sleep)
            self._elsewhere.cleanup()
        self._runner.send_message(DONE, self.report(dispatcher))

    def give_up(self, reason: str) -> None:
        """Tell the master that this worker's part will not be sent."""
        self._runner.send_message(DONE, {"run": self._job.title["run"], "rank": self.rank, "failed": reason})

    def _send_file(self, path: Path, sleep: Callable[[float], object]) -> None:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                message = {
                    "run": self._job.title["run"],
                    "rank": self.rank,
                    "name": path.name,
                    "bytes": piece,
                }
                self._runner.send_message(PIECE, message)
                sleep(PIECE_PAUSE_S)  # heartbeats go the same way


def _is_shared(job: Job) -> bool:
    try:
        return Job.read(Path(job.folder) / "job.json").nonce == job.nonce
    except (OSError, ValueError):
        return False

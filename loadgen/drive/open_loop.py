"""The open loop over real sockets: one dispatcher per worker drives all its traders by the clock.

Arrivals leave when they are due, whatever the answers do; how late each really left is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event

from loadgen.drive.connections import HttpTransport
from loadgen.drive.job import Job
from loadgen.drive.open_loop_report import summarize, write_report
from loadgen.drive.runner import Observer, Runner
from loadgen.drive.thinning import Thinning
from loadgen.live.ledger import Ledger
from loadgen.scenarios.scenario import parse_scenario
from loadgen.traders.board import Board
from mock_exchange.clock import Timeline
from mock_exchange.descriptors import raise_limit
from mock_exchange.garbage import rare_collection
from run_records.clients import attempts_file, intents_file
from run_records.machine import DriverReport
from run_records.units import NS_PER_MS, NS_PER_S

LONGEST_WAIT_S = 0.05
DRAIN_S = 20.0
"""After the end, how long answers still under way are waited for."""
INTENTS_PER_WORKER = 1_000_000_000
TURN_NS = 5 * NS_PER_MS
SLICE_NS = NS_PER_MS
"""Of the schedule, between two looks at the clock."""
BREATH_S = 0.0002
"""Long enough for the event loop to go round once."""
FLUSH_EVERY_NS = NS_PER_S // 10


class Dispatcher:
    """Runs worker `worker` of `workers` of a job; traders are dealt out by account. `zero_ns` is the run's
    instant 0 by the monotonic clock of this machine; records go to `folder`."""

    def __init__(
        self,
        job: Job,
        zero_ns: int,
        worker: int = 0,
        workers: int = 1,
        observer: Observer | None = None,
        folder: Path | None = None,
    ) -> None:
        raise_limit()
        self._zero_ns = zero_ns
        self._end_ns = round(job.duration_s * NS_PER_S)
        self._wakeup = Event()
        self._stopped = False
        self._folder = folder if folder is not None else Path(job.folder)
        self.ledger = Ledger(self._end_ns)
        self._worker = worker
        suffix = "" if worker == 0 else f"-{worker}"
        self._attempts = attempts_file(self._folder / f"attempts{suffix}.jsonl")
        self._intents = intents_file(self._folder / f"intents{suffix}.jsonl")
        self._timeline = Timeline()
        self._timeline.run_until(min(0, self._elapsed_ns()))
        self._transport = HttpTransport(
            job.accounts,
            job.target(),
            self._elapsed_ns,
            self._wakeup.set,
            f"fx{job.seed}-{worker}",
            self.ledger,
        )
        self._thinning = Thinning()
        self._transport.could_not = self._thinning.could_not
        names = [access.account for access in job.accounts]
        self.runner = Runner(
            self._timeline,
            self._transport,
            self._attempts,
            self._intents,
            names,
            observer,
            first_intent=worker * INTENTS_PER_WORKER,
            ledger=self.ledger,
            lets=self._lets,
        )
        members = parse_scenario(
            job.scenario, "of the job", job.time_scale, job.settings
        ).population.members()
        board = Board()
        for member in members:
            if member.account % workers == worker or member.group.everywhere:
                self.runner.add(member.label, member.account, member.start(job.seed, board))

    def run(self, progress: Callable[[float], None] | None = None) -> DriverReport:
        """Drive until the end of the run or `stop`, wait for answers under way, write the records."""
        with rare_collection():
            return self._run(progress)

    def _run(self, progress: Callable[[float], None] | None) -> DriverReport:
        cpu, wall = time.process_time(), time.monotonic()
        next_flush = 0
        while not self._stopped and (now := self._elapsed_ns()) < self._end_ns:
            self._turn(min(now, self._end_ns))
            if now >= next_flush:
                self._flush()
                next_flush = now + FLUSH_EVERY_NS
                if progress is not None:
                    progress(max(0.0, now / self._end_ns))
            self._wait(self._end_ns)
        while not self._stopped and self._timeline.now() < self._end_ns:
            self._turn(self._end_ns)
        self.runner.close()
        self._drain()
        self._transport.close()
        self._attempts.close()
        self._intents.close()
        transport = self._transport
        report = summarize(
            self.runner.sent,
            self.ledger.missed,
            self.runner.in_flight,
            transport.lateness_ns,
            time.process_time() - cpu,
            time.monotonic() - wall,
            self._thinning.kept_per_s,
        )
        write_report(self._folder, self._worker, report)
        return report

    def stop(self) -> None:
        """End the run now; what is under way is still waited for."""
        self._stopped = True
        self._wakeup.set()

    def _lets(self, intended: int) -> bool:
        now = self._elapsed_ns()
        return self._thinning.lets(now, now - intended)

    def _elapsed_ns(self) -> int:
        return time.monotonic_ns() - self._zero_ns

    def _turn(self, now: int) -> None:
        """Do what is due, then take the answers that have come in. Whoever is behind does a part of it, and
        looks at the sockets in between."""
        timeline, begun = self._timeline, time.monotonic_ns()
        while timeline.now() < now:
            timeline.run_until(min(now, timeline.now() + SLICE_NS))
            if time.monotonic_ns() - begun > TURN_NS:
                gevent.sleep(BREATH_S)
                break
        finished = self._transport.finished
        self.runner.heard_at = self._elapsed_ns()
        while finished:
            sent, http, code, data = finished.popleft()
            sent.answered(http, code, partial(_same, data))

    def _wait(self, until_ns: int) -> None:
        due = self._timeline.next_due()
        now = self._elapsed_ns()
        wake_at = until_ns if due is None else min(due, until_ns)
        self._wakeup.wait(max(0.0, min((wake_at - now) / NS_PER_S, LONGEST_WAIT_S)))
        self._wakeup.clear()

    def _drain(self) -> None:
        deadline = self._elapsed_ns() + round(DRAIN_S * NS_PER_S)
        while self.runner.in_flight and (now := self._elapsed_ns()) < deadline:
            self._turn(now)
            self._flush()
            if self.runner.in_flight:
                self._wait(deadline)

    def _flush(self) -> None:
        self._attempts.flush()
        self._intents.flush()


def _same(data: Any) -> Any:
    return data

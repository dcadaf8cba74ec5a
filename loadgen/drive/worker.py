"""A Locust worker: it sends its part of the schedule, and tells the master what it has counted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import gevent
from locust import runners
from locust.env import Environment
from locust.runners import WorkerRunner

from loadgen.drive import instant
from loadgen.drive.channel import NAME, Begin, Done, FromWorker, GivenUp, Piece, Report, begin_from, packed
from loadgen.drive.observing import observer_of
from loadgen.drive.open_loop import Dispatcher
from loadgen.drive.sending import send_all

REPORT_EVERY_S = 1.0
PIECE_BYTES = 1 << 20
PIECE_PAUSE_S = 0.05

runners.WORKER_REPORT_INTERVAL = REPORT_EVERY_S
runners.MASTER_HEARTBEAT_TIMEOUT = 10
"""Seconds after which a worker gives a silent master up. It sends what nobody will judge until then."""


class Worker:
    """Waits for the next run to begin. One that it cannot take part in it leaves to the others, and says so:
    the next one may suit it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._runner: WorkerRunner = environment.runner
        self._stop: Callable[[], None] = _nothing

    def hear(self, data: bytes) -> None:
        """The master says that a run begins."""
        begin = begin_from(data)
        rank = begin.ranks.get(self._runner.client_id)
        if rank is None:
            return
        try:
            part = Part(self._environment, begin, rank)
        except Exception as error:  # the master must not wait for what will never be sent
            self._tell(GivenUp(begin.job.title["run"], rank, str(error)))
            return
        self._stop = part.dispatcher.stop
        gevent.spawn(part.send, self._tell)

    def start(self) -> None:
        """Locust starts a test: the master's own message has begun it already."""

    def stop(self) -> None:
        """Locust stops the test."""
        self._stop()

    def quit(self) -> None:
        """The process ends."""

    def _tell(self, message: FromWorker) -> None:
        self._runner.send_message(NAME, packed(message))


class Part:
    """One worker's part of one run. Raises ValueError, OSError if it cannot be sent."""

    def __init__(self, environment: Environment, begin: Begin, rank: int) -> None:
        self._run, self._rank = begin.job.title["run"], rank
        self._stack = ExitStack()
        self._elsewhere = not begin.job.is_marked()
        self._folder = Path(begin.job.folder)
        if self._elsewhere:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fireexit-")))
        self.dispatcher = Dispatcher(
            begin.job,
            instant.monotonic_of(begin.zero_ns),
            rank,
            len(begin.ranks),
            observer_of(environment),
            self._folder,
        )

    def send(self, tell: Callable[[FromWorker], None]) -> None:
        """To the end of the run; then hand in the records and the last figures."""
        reporting = gevent.spawn(self._keep_reporting, tell)
        with self._stack:
            fault = send_all(self.dispatcher, lambda share: None)
            reporting.kill()
            if fault:
                tell(GivenUp(self._run, self._rank, fault))
                return
            try:
                for path in sorted(self._folder.iterdir()) if self._elsewhere else ():
                    self._hand_in(path, tell)
            except OSError as error:
                tell(GivenUp(self._run, self._rank, f"its records cannot be handed in: {error}"))
                return
            tell(Done(self._run, self._rank, self.dispatcher.ledger.counts()))

    def _keep_reporting(self, tell: Callable[[FromWorker], None]) -> None:
        while True:
            gevent.sleep(REPORT_EVERY_S)
            tell(Report(self._run, self._rank, self.dispatcher.ledger.counts()))

    def _hand_in(self, path: Path, tell: Callable[[FromWorker], None]) -> None:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                tell(Piece(self._run, self._rank, path.name, piece))
                gevent.sleep(PIECE_PAUSE_S)  # heartbeats go the same way


def _nothing() -> None:
    pass

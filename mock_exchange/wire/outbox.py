"""What leaves the venue, held back until all that it speaks of is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

Waiting = list[tuple[asyncio.WriteTransport, bytes]]


class Outbox:
    """Answers of one pass of the event loop, written together at its end.

    A send evicts our code from the processor's caches, so sends between requests make each request
    half again as dear; here requests run one after the other, and so do the sends.

    Before they leave, `recorded` says whether all that they speak of is written down. If it is not, nobody is
    told anything.
    """

    __slots__ = ("_loop", "_recorded", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, recorded: Callable[[], bool]) -> None:
        self._loop = loop
        self._recorded = recorded
        self._waiting: Waiting = []

    def put(self, transport: asyncio.WriteTransport, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append((transport, data))

    def flush(self) -> None:
        """Let them go, or see that they go as soon as they may."""
        waiting, self._waiting = self._waiting, []
        _write(waiting, safe=self._recorded())

    def when_recorded(self, send: Callable[[], object]) -> None:
        """Call `send` once all that has happened so far is written down."""
        if self._recorded():
            send()

    async def all_gone(self) -> None:
        """Return when nothing waits any more."""
        self.flush()


class DurableOutbox(Outbox):
    """Lets nothing go before the disk has it. One `sync` serves all that has gathered while the one before
    it ran (group commit), in a thread of its own, so that the loop goes on. `failed` is told what it raises.
    """

    __slots__ = ("_failed", "_gone", "_sends", "_sync", "_syncing", "_thread")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        recorded: Callable[[], bool],
        sync: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        super().__init__(loop, recorded)
        self._sync = sync
        self._failed = failed
        self._syncing = False
        self._sends: list[Callable[[], object]] = []
        self._gone: list[asyncio.Future[None]] = []
        self._thread = ThreadPoolExecutor(1, "sync")

    def flush(self) -> None:
        if self._syncing or not (self._waiting or self._sends or self._gone):
            return
        group = self._waiting, self._sends, self._gone
        self._waiting, self._sends, self._gone = [], [], []
        if not self._recorded():
            self._leave(*group, safe=False)
            return
        self._syncing = True
        done = self._loop.run_in_executor(self._thread, self._sync)
        done.add_done_callback(partial(self._synced, group))

    def when_recorded(self, send: Callable[[], object]) -> None:
        self._sends.append(send)
        self.flush()

    async def all_gone(self) -> None:
        gone = self._loop.create_future()
        self._gone.append(gone)
        self.flush()
        await gone

    def _synced(
        self,
        group: tuple[Waiting, list[Callable[[], object]], list[asyncio.Future[None]]],
        done: asyncio.Future[None],
    ) -> None:
        self._syncing = False
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._failed(error)
        self._leave(*group, safe=error is None and not done.cancelled())
        self.flush()

    @staticmethod
    def _leave(
        waiting: Waiting,
        sends: list[Callable[[], object]],
        gone: list[asyncio.Future[None]],
        *,
        safe: bool,
    ) -> None:
        _write(waiting, safe=safe)
        for send in sends if safe else ():
            send()
        for future in gone:
            if not future.done():
                future.set_result(None)


def _write(waiting: Waiting, *, safe: bool) -> None:
    for transport, data in waiting:
        if not safe:
            transport.abort()
        elif not transport.is_closing():
            transport.write(data)

"""What leaves the venue, held back until all that it speaks of is written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

_log = logging.getLogger(__name__)
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

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nobody should ask for more before it has left."""
        return False

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


@dataclass
class _Group:
    """What leaves together once it is on the disk."""

    waiting: Waiting = field(default_factory=list)
    sends: list[Callable[[], object]] = field(default_factory=list)
    gone: list[asyncio.Future[None]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.waiting or self.sends or self.gone)

    def leave(self, *, safe: bool) -> None:
        _write(self.waiting, safe=safe)
        for send in self.sends if safe else ():
            try:
                send()
            except Exception:  # one consumer's trouble must not keep the others waiting for ever
                _log.exception("an event could not be sent")
        for future in self.gone:
            if not future.done():
                future.set_result(None)


MOST_WAITING: Final = 1 << 24
"""Bytes of answers that wait for one sync. A client that sends on without reading would make them any."""


class DurableOutbox(Outbox):
    """Lets nothing go before the disk has it. One sync serves all that has gathered while the one before it
    ran (group commit), in a thread of its own, so that the loop goes on. `syncing` gives what is to be called
    there; `failed` is told what it raises."""

    __slots__ = ("_failed", "_group", "_held", "_syncer", "_syncing", "_syncs")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        recorded: Callable[[], bool],
        syncing: Callable[[], Callable[[], None]],
        failed: Callable[[BaseException], None],
    ) -> None:
        super().__init__(loop, recorded)
        self._syncing = syncing
        self._failed = failed
        self._syncs = False
        self._held = 0
        self._group = _Group()
        self._syncer = ThreadPoolExecutor(1, "sync")

    @property
    def is_full(self) -> bool:
        return self._held >= MOST_WAITING

    def put(self, transport: asyncio.WriteTransport, data: bytes) -> None:
        super().put(transport, data)
        self._held += len(data)

    def flush(self) -> None:
        group = self._group
        group.waiting += self._waiting
        self._waiting = []
        if self._syncs or not group:
            return
        self._group = _Group()
        self._held = 0
        if not self._recorded():
            group.leave(safe=False)
            return
        try:
            sync = self._syncing()
        except Exception as error:
            self._failed(error)
            group.leave(safe=False)
            return
        self._syncs = True
        done = self._loop.run_in_executor(self._syncer, sync)
        done.add_done_callback(partial(self._synced, group))

    def when_recorded(self, send: Callable[[], object]) -> None:
        self._group.sends.append(send)
        self.flush()

    async def all_gone(self) -> None:
        gone = self._loop.create_future()
        self._group.gone.append(gone)
        self.flush()
        await gone

    def _synced(self, group: _Group, done: asyncio.Future[None]) -> None:
        self._syncs = False
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._failed(error)
        try:
            group.leave(safe=error is None and not done.cancelled())
        finally:
            self.flush()


def _write(waiting: Waiting, *, safe: bool) -> None:
    for transport, data in waiting:
        if not safe:
            transport.abort()
        elif not transport.is_closing():
            transport.write(data)

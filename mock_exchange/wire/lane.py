"""A connection of the order port that is read by us: one request after the other, straight into the gateway.

Everything that is an ordinary request stays here, queries and orders alike. An upgrade, an `Expect`, what the
parser refuses, and a body that will be refused go to the HTTP library with all their bytes, and the
connection stays with it. So what is odd is answered as it always was, and what is not is answered with no
task, no request object and no dictionary of headers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, cast

from mock_exchange.errors import CONNECTION_LOST
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.wire.head import DRAIN_ABOVE_BYTES, head
from mock_exchange.wire.outbox import Outbox
from mock_exchange.wire.reader import OddError, Reader

MOST_AHEAD: Final = 1 << 16
"""Bytes of further requests that are taken in while one is answered."""
MOST_AT_ONCE: Final = 64
"""Requests of one connection that are let in before others have their turn."""


class Reply:
    """Takes the answer of one request. A second one, of a venue that is gone since, is dropped."""

    __slots__ = ("answer", "later")

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.later: Callable[[], object] | None = None
        """Called when the answer has come; None while nobody waits for it."""

    def __call__(self, answer: Answer) -> None:
        if self.answer is None:
            self.answer = answer
            if self.later is not None:
                self.later()


class Exchange(Protocol):
    """What stands behind the connections."""

    @property
    def outbox(self) -> Outbox:
        """By which answers leave."""

    def begin(self, method: str, target: str, body: bytes, api_key: str, remote: str, reply: Reply) -> Call:
        """Let one request in. `reply` has its answer on return, or gets it later."""

    def await_reply(self, reply: Reply, later: Callable[[], object]) -> None:
        """Call `later` when the answer has come, or its venue is gone."""

    def finished(self, answer: Answer, call: Call) -> tuple[int, bytes, str, str]:
        """Status, body, further header lines and content type of an answer."""


class Lanes(Protocol):
    """What holds all connections."""

    def opened(self, lane: Lane, transport: asyncio.Transport) -> str:
        """A connection was made; the address of its other end."""

    def closed(self, lane: Lane) -> None:
        """It is lost."""

    def hand_over(self, lane: Lane, transport: asyncio.Transport, data: bytes) -> None:
        """The HTTP library reads on, beginning with these bytes."""


class Lane:
    """One connection: its transport's protocol, though not by inheritance, so that it can be compiled.

    `since` is when it was made, or owed its client nothing for the first time after a request, or had the
    head of one whose body it awaits (seconds of the loop).
    """

    __slots__ = (
        "_call", "_closing", "_exchange", "_lanes", "_loop", "_paused", "_put", "_reader", "_remote",
        "_reply", "_stalled", "_taken", "_task", "_transport", "since",
    )  # fmt: skip

    def __init__(
        self, exchange: Exchange, lanes: Lanes, loop: asyncio.AbstractEventLoop, most_body: int
    ) -> None:
        self._exchange = exchange
        self._lanes = lanes
        self._loop = loop
        self._reader = Reader(most_body)
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._remote = ""
        self._reply: Reply | None = None
        self._call: Call | None = None
        self._stalled = self._closing = self._paused = False
        self._taken = self._put = 0
        """Requests let in, and bytes answered, since others had their turn."""
        self.since = loop.time()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is owed to its client, or still comes from it."""
        return self._reply is None and self._task is None and not self.in_body

    @property
    def in_body(self) -> bool:
        """Whether the head of a request has come, and its body has not."""
        return self._reader.in_body

    @property
    def is_closing(self) -> bool:
        """Whether it ends once its client has taken what it was told."""
        return self._closing

    def end(self, status: int = 0) -> None:
        """Close it, with an answer if there is a status."""
        transport = self._transport
        if transport is None or self._closing:
            return
        self._closing = True
        self.since = self._loop.time()
        if self._stalled:  # its client takes nothing
            transport.abort()
            return
        if status:
            self._exchange.outbox.put(transport, head(status, 0, "", keep_alive=False))
        self._task = self._loop.create_task(self._close_when_gone(transport))

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- what the transport calls ------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._remote = self._lanes.opened(self, self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._closing = True
        self._reader.close()
        self._lanes.closed(self)

    def pause_writing(self) -> None:
        self._stalled = True

    def resume_writing(self) -> None:
        self._stalled = False
        self._read()

    def eof_received(self) -> None:
        """Its client sends nothing more: the transport closes itself."""

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        reader.buffer = reader.buffer + data if reader.buffer else data
        if self._reply is None and not self._stalled and self._task is None:
            self._read()
        elif len(reader.buffer) > MOST_AHEAD and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    # -- one request after the other ---------------------------------------------------------------

    def _read(self) -> None:
        """All whole requests that are there, until one must wait for its answer or others have their turn."""
        reader = self._reader
        while reader.buffer and self._reply is None and self._task is None and not self._stalled:
            if self._closing:
                return
            in_body = reader.in_body
            try:
                is_whole = reader.take()
            except OddError:
                self._hand_over()
                return
            if not is_whole:
                if reader.in_body and not in_body:
                    self.since = self._loop.time()
                break
            self._take(reader)
        if self._paused and self._reply is None and self._task is None and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _take(self, reader: Reader) -> None:
        """Let one request in, and answer it if that can be done at once."""
        self._taken += 1
        reply = Reply()
        call = self._exchange.begin(
            reader.method, reader.target, reader.body, reader.api_key, self._remote, reply
        )
        if reply.answer is not None:
            self._respond(reply.answer, call)
        else:
            self._reply, self._call = reply, call
            self._exchange.await_reply(reply, self._answered)

    def _answered(self) -> None:
        # Whoever answers is in the middle of something: the next request has to wait until that is done.
        self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        reply, call = self._reply, self._call
        assert reply is not None
        assert reply.answer is not None
        assert call is not None
        self._reply = self._call = None
        self._respond(reply.answer, call)
        self._read()

    def _respond(self, answer: Answer, call: Call) -> None:
        transport = self._transport
        if transport is None:
            return
        if answer.code == CONNECTION_LOST:
            self._closing = True
            transport.abort()
            return
        status, body, extra, mime = self._exchange.finished(answer, call)
        data = head(status, len(body), extra, self._reader.keeps_alive, mime)
        outbox = self._exchange.outbox
        if call.method != "HEAD":
            data += body
        outbox.put(transport, data)
        self._put += len(data)
        self.since = self._loop.time()
        if not self._reader.keeps_alive:
            self.end()
        elif self._taken >= MOST_AT_ONCE or self._put > DRAIN_ABOVE_BYTES or outbox.is_full:
            self._task = self._loop.create_task(self._wait_until_gone())

    async def _close_when_gone(self, transport: asyncio.Transport) -> None:
        await self._exchange.outbox.all_gone()
        transport.close()

    async def _wait_until_gone(self) -> None:
        await self._exchange.outbox.all_gone()
        self._task = None
        self._taken = self._put = 0
        self._read()

    def _hand_over(self) -> None:
        transport = self._transport
        assert transport is not None
        self._closing = True
        if self._paused:
            transport.resume_reading()
        self._lanes.hand_over(self, transport, self._reader.close())

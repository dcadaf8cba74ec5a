"""A connection of the order port that is read by us: one request after the other, straight into the gateway.

Everything that is an ordinary request stays here, queries and orders alike. An upgrade, an `Expect`, what the
parser refuses, and a body that will be refused go to the HTTP library with all their bytes, and the
connection stays with it. So what is odd is answered as it always was, and what is not is answered with no
task, no request object and no dictionary of headers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from mock_exchange.errors import CONNECTION_LOST
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.wire.outbox import Outbox
from mock_exchange.wire.response import head

MOST_HEAD = 8_190
"""Bytes of a head that are read here; the HTTP library's own bound for a line is the same."""
MOST_AHEAD = 1 << 16
"""Bytes of further requests that are taken in while one is answered."""
_END = b"\r\n\r\n"
_LINE = b"\r\n"
_ODD = (b"upgrade", b"expect")
"""Headers of what others read."""


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


class Lane(asyncio.Protocol):
    """One connection. `since` is when it was made, or owed its client nothing for the first time after a
    request, or had the head of one whose body it awaits (seconds of the loop)."""

    __slots__ = (
        "_body", "_buffer", "_call", "_chunk", "_chunked", "_closing", "_exchange", "_fed", "_head",
        "_is_odd", "_keeps_alive", "_key", "_lanes", "_length", "_loop", "_most_body", "_parser", "_paused",
        "_remote", "_reply", "_stalled", "_target", "_task", "_transport", "in_body", "since",
    )  # fmt: skip

    _fed: int
    """Bytes of the buffer that the parser has had."""
    _head: int
    """Bytes of the head, 0 while it is not whole."""
    _length: int
    _target: bytes
    _key: bytes
    _body: list[bytes]
    _chunked: bool
    _chunk: int
    """Where the first chunk begins that is not all there."""
    _is_odd: bool
    in_body: bool

    def __init__(
        self, exchange: Exchange, lanes: Lanes, loop: asyncio.AbstractEventLoop, most_body: int
    ) -> None:
        self._exchange = exchange
        self._lanes = lanes
        self._loop = loop
        self._most_body = most_body
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._remote = ""
        self._parser = HttpRequestParser(self)
        self._buffer = b""
        self._reply: Reply | None = None
        self._call: Call | None = None
        self._stalled = self._closing = self._paused = False
        self._keeps_alive = True
        self.since = loop.time()
        self._expect_request()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is owed to its client."""
        return self._reply is None and self._task is None

    def end(self, status: int = 0) -> None:
        """Close it, with an answer if there is a status."""
        transport = self._transport
        if transport is None or self._closing:
            return
        self._closing = True
        if status:
            self._exchange.outbox.put(transport, head(status, 0, "", keep_alive=False))
        self._task = self._loop.create_task(self._close_when_gone(transport))

    # -- what the transport calls ------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._remote = self._lanes.opened(self, self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._closing = True
        self._parser = cast(HttpRequestParser, None)  # or the two would keep each other
        self._lanes.closed(self)

    def pause_writing(self) -> None:
        self._stalled = True

    def resume_writing(self) -> None:
        self._stalled = False
        self._read()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if self._reply is None and not self._stalled and self._task is None:
            self._read()
        elif len(self._buffer) > MOST_AHEAD and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    # -- what the parser calls ---------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        size = len(name)
        if size < 6 or self._head:  # of trailers
            return
        name = name.lower()
        if name == b"x-mbx-apikey":
            self._key = self._key or value
        elif name == b"content-length":
            self._length = int(value)
        elif name == b"transfer-encoding":
            self._chunked = True
        elif name in _ODD or (name == b"content-encoding" and value.lower() != b"identity"):
            self._is_odd = True

    def on_headers_complete(self) -> None:
        self._head = self._fed
        self._keeps_alive = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    # -- one request after the other ---------------------------------------------------------------

    def _expect_request(self) -> None:
        self._fed = self._head = self._length = self._chunk = 0
        self._target = self._key = b""
        self._body = []
        self._chunked = self._is_odd = self.in_body = False

    def _read(self) -> None:
        """All whole requests that are there, until one has to wait for its answer."""
        while self._buffer and self._reply is None and self._task is None and not self._stalled:
            if self._closing:
                return
            try:
                size = self._size()
            except (HttpParserError, HttpParserUpgrade, ValueError):
                size = -1
            if size < 0:
                self._hand_over()
                return
            if not size:
                break
            self._take(size)
        if self._paused and self._reply is None and self._task is None and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _size(self) -> int:
        """Bytes of the request that the buffer begins with; 0 while that is not known or they are not all
        there, negative for one that others have to read. Raises what the parser raises, and ValueError."""
        buffer = self._buffer
        if not self._head:
            # Without an empty line there is no end of a head, and the parser may have all there is.
            end = buffer.find(_END, max(0, self._fed - 3))
            fed, self._fed = self._fed, len(buffer) if end < 0 else end + len(_END)
            self._parser.feed_data(buffer[fed : self._fed])
            if not self._is_ordinary(whole=end >= 0):
                return -1
            if end < 0:
                return 0
            self.since = self._loop.time()
        if self._chunked:
            self._chunk, is_whole = next_chunk(buffer, self._chunk or self._head)
            end = self._chunk
        else:
            end = self._head + self._length
            is_whole = end <= len(buffer)
        if is_whole:
            if end > self._head:
                self._parser.feed_data(buffer[self._head : end])
            return end if sum(map(len, self._body)) <= self._most_body else -1
        self.in_body = True
        return -1 if len(buffer) > MOST_HEAD + 2 * self._most_body else 0

    def _is_ordinary(self, *, whole: bool) -> bool:
        """Whether we read on, now that the parser has had a head, or the `whole` of it."""
        if self._fed > MOST_HEAD or bool(self._head) != whole:
            return False
        return not whole or (
            not self._is_odd and self._target.startswith(b"/") and self._length <= self._most_body
        )

    def _take(self, size: int) -> None:
        """Let one request in, and answer it if that can be done at once."""
        method = self._parser.get_method().decode("ascii")
        target = self._target.decode("utf-8", "surrogateescape")
        key = self._key.decode("utf-8", "surrogateescape")
        body = b"".join(self._body)
        self._buffer = self._buffer[size:]
        self._expect_request()
        reply = Reply()
        call = self._exchange.begin(method, target, body, key, self._remote, reply)
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
            transport.abort()
            return
        status, body, extra, mime = self._exchange.finished(answer, call)
        data = head(status, len(body), extra, self._keeps_alive, mime)
        outbox = self._exchange.outbox
        outbox.put(transport, data if call.method == "HEAD" else data + body)
        self.since = self._loop.time()
        if not self._keeps_alive:
            self.end()
        elif outbox.is_full:
            self._task = self._loop.create_task(self._wait_until_gone())

    async def _close_when_gone(self, transport: asyncio.Transport) -> None:
        await self._exchange.outbox.all_gone()
        transport.close()

    async def _wait_until_gone(self) -> None:
        await self._exchange.outbox.all_gone()
        self._task = None
        self._read()

    def _hand_over(self) -> None:
        transport = self._transport
        assert transport is not None
        data, self._buffer = self._buffer, b""
        self._closing = True
        self._parser = cast(HttpRequestParser, None)
        if self._paused:
            transport.resume_reading()
        self._lanes.hand_over(self, transport, data)


def next_chunk(data: bytes, at: int) -> tuple[int, bool]:
    """Go on through a chunked body from the chunk that begins at `at` (RFC 9112, 7.1): the byte where the
    first one begins that is not all there, or the byte after the body, and whether it is that. What their
    lines say is checked by the parser. Raises ValueError for what is no chunk."""
    while True:
        line = data.find(_LINE, at)
        if line < 0:
            return at, False
        size = int(data[at:line].partition(b";")[0], 16)
        if size < 0:
            raise ValueError("a negative size")
        after = line + len(_LINE)
        if not size:
            if data.startswith(_LINE, after):
                return after + len(_LINE), True
            end = data.find(_END, after)  # of trailers
            return (end + len(_END), True) if end >= 0 else (at, False)
        after += size
        if not _LINE.startswith(data[after : after + len(_LINE)]):
            raise ValueError("more than its size")
        if len(data) < after + len(_LINE):
            return at, False
        at = after + len(_LINE)

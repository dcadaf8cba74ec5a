"""HTTP answers as finished bytes.

An order gateway writes small answers of one shape by the ten thousand. aiohttp's own response assembles
headers as a dictionary and writes head and body apart; here both are one piece of bytes, which doubles
the rate of refusals. aiohttp still parses requests, keeps connections alive and finds broken ones.
"""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from mock_exchange.wire.outbox import Outbox

DRAIN_ABOVE_BYTES = 1 << 18
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_REASONS[418] = "I'm a teapot"


class _DateHeader:
    """The Date header, made once a second."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def text(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._text = formatdate(second, usegmt=True)
        return self._text


_date = _DateHeader()


JSON = "application/json"
HTML = "text/html"


def head(status: int, body_length: int, extra: str, keep_alive: bool, content_type: str = JSON) -> bytes:
    """Status line and headers; `extra` is further header lines, each ending in CRLF."""
    connection = "" if keep_alive else "Connection: close\r\n"
    return (
        f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\nServer: nginx\r\nDate: {_date.text()}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {body_length}\r\n{extra}{connection}\r\n"
    ).encode("ascii")


class WrittenResponse(web.StreamResponse):
    """An answer that is written as it stands. Only what aiohttp's server asks of a response is here."""

    def __init__(  # the parent's set-up is what we save
        self, outbox: Outbox, status: int, body: bytes, extra: str, content_type: str
    ) -> None:
        self._outbox = outbox
        self._written_status = status
        self._written_body = body
        self._extra = extra
        self._mime = content_type
        self._alive = True

    @property
    def status(self) -> int:
        return self._written_status

    @property
    def keep_alive(self) -> bool:
        return self._alive

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        transport = cast(asyncio.WriteTransport | None, request.transport)
        if transport is None:
            return None
        body = self._written_body
        self._alive = request.keep_alive
        data = head(self._written_status, len(body), self._extra, self._alive, self._mime)
        if request.method != "HEAD":
            data += body
        protocol = request.protocol
        self._outbox.put(transport, data)
        # The connection may be closed next, or somebody else may answer on it: keep the order.
        if not self._alive or protocol._messages or self._outbox.is_full:
            await self._outbox.all_gone()
        if transport.get_write_buffer_size() > DRAIN_ABOVE_BYTES:
            await protocol._drain_helper()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything has been written, or is about to be."""

"""HTTP answers as finished bytes.

An order gateway writes small answers of one shape by the ten thousand. aiohttp's own response assembles
headers as a dictionary and writes head and body apart; here both are one piece of bytes, which doubles
the rate of refusals. aiohttp still parses requests, keeps connections alive and finds broken ones.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

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


def head(status: int, body_length: int, extra: str, keep_alive: bool) -> bytes:
    """Status line and headers; `extra` is further header lines, each ending in CRLF."""
    connection = "" if keep_alive else "Connection: close\r\n"
    return (
        f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\nServer: nginx\r\nDate: {_date.text()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {body_length}\r\n{extra}{connection}\r\n"
    ).encode("ascii")


class WrittenResponse(web.StreamResponse):
    """An answer that is written as it stands. Only what aiohttp's server asks of a response is here."""

    def __init__(self, status: int, body: bytes, extra: str) -> None:  # the parent's set-up is what we save
        self._written_status = status
        self._written_body = body
        self._extra = extra
        self._alive = True

    @property
    def status(self) -> int:
        return self._written_status

    @property
    def keep_alive(self) -> bool:
        return self._alive

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        transport = request.transport
        if transport is None:
            return None
        body = self._written_body
        self._alive = request.keep_alive
        start = head(self._written_status, len(body), self._extra, self._alive)
        transport.write(start if request.method == "HEAD" else start + body)
        if transport.get_write_buffer_size() > DRAIN_ABOVE_BYTES:
            await request.protocol._drain_helper()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything has been written."""

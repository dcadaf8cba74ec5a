"""Finished bytes as an answer of the HTTP library.

The library's own response assembles headers as a dictionary and writes head and body apart. Here both are one
piece of bytes; the library parses the request, keeps the connection alive and finds broken ones.
"""

from __future__ import annotations

import asyncio
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from mock_exchange.wire.head import DRAIN_ABOVE_BYTES, head
from mock_exchange.wire.outbox import Outbox


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

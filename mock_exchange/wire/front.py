"""The order port's connections: how many, how long they may take, how large a body may be. No rules of an
exchange live here; this is what keeps one client from standing in the way of all others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING
from aiohttp.web_protocol import RequestHandler

from mock_exchange.wire.response import WrittenResponse

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
AllGone = Callable[[], Awaitable[None]]


class Limits(NamedTuple):
    """What one client may take."""

    connections: int = 2_000
    """Of one address; one more is closed at once."""
    idle_s: float = 75.0
    """For which a connection may stay open without a whole request."""
    body_s: float = 10.0
    """In which a body must have come once its head has."""
    body: int = 1 << 17
    """Bytes. Five orders of a batch take a hundredth of it."""


LIMITS = Limits()


class _Connection(RequestHandler):
    """Answers leave in the order of their requests. Ours may still wait for the disk when the HTTP library
    answers what is no HTTP, or a body that is refused, with bytes of its own."""

    __slots__ = ("_all_gone",)

    def __init__(self, manager: Front, all_gone: AllGone, **options: Any) -> None:
        super().__init__(manager, **options)
        self._all_gone = all_gone

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if not isinstance(resp, WrittenResponse):
            await self._all_gone()
        return await super().finish_response(request, resp, start_time)


class Front(web.Server):
    """Bodies are taken as they come, never inflated: a kilobyte could become a gigabyte. `all_gone` returns
    when no answer waits any more."""

    def __init__(self, handle: Handle, all_gone: AllGone, limits: Limits = LIMITS, **options: Any) -> None:
        super().__init__(handle)
        self._all_gone = all_gone
        self._options = {"keepalive_timeout": limits.idle_s, "auto_decompress": False, **options}
        self._limits = limits
        self._of_address: Counter[str] = Counter()
        self._addresses: dict[RequestHandler, str] = {}

    def __call__(self) -> RequestHandler:
        return _Connection(self, self._all_gone, loop=asyncio.get_running_loop(), **self._options)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self._addresses[handler] = address
        self._of_address[address] += 1
        if self._of_address[address] > self._limits.connections:
            transport.abort()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        if (address := self._addresses.pop(handler, None)) is not None:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]


class BodyRefused(Exception):
    """A body that is not read to its end; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def check_body(body: bytes, request: web.BaseRequest, limits: Limits) -> None:
    """Raises BodyRefused: 413 for one that is too large, 415 for one that is encoded."""
    if len(body) > limits.body:
        raise BodyRefused(413)
    if request.headers.get(CONTENT_ENCODING, "identity") != "identity":
        raise BodyRefused(415)


async def read_body(request: web.BaseRequest, limits: Limits) -> bytes:
    """A body that comes in parts. Raises BodyRefused: 413 for one that is too large, 408 for one that does
    not come."""
    if (request.content_length or 0) > limits.body:
        raise BodyRefused(413)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_s):
            while part := await request.content.readany():
                parts.append(part)
                size += len(part)
                if size > limits.body:
                    raise BodyRefused(413)
    except TimeoutError:
        raise BodyRefused(408) from None
    return b"".join(parts)

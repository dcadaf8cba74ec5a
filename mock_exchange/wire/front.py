"""The order port's connections: how many, how long they may take, how large a body may be. No rules of an
exchange live here; this is what keeps one client from standing in the way of all others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from mock_exchange.wire.lane import Lane
from mock_exchange.wire.response import WrittenResponse
from mock_exchange.wire.server import ExchangeServer

TIMED_OUT = 408


class _Connection(RequestHandler):
    """One that the HTTP library reads. Answers leave in the order of their requests: ours may still wait for
    the disk when the library answers what is no HTTP, or a body that is refused, with bytes of its own."""

    __slots__ = ("_all_gone",)

    def __init__(self, manager: Front, all_gone: Callable[[], Awaitable[None]], **options: Any) -> None:
        super().__init__(manager, **options)
        self._all_gone = all_gone

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if not isinstance(resp, WrittenResponse):
            await self._all_gone()
        return await super().finish_response(request, resp, start_time)


class Front(web.Server):
    """Makes the connections of the order port and knows them all: each is read by a Lane until that hands it
    over to the HTTP library. Bodies are taken as they come, never inflated: a kilobyte could become a
    gigabyte."""

    def __init__(self, exchange: ExchangeServer, *, lanes: bool = True, **options: Any) -> None:
        """Without `lanes` the HTTP library reads everything."""
        limits = exchange.limits
        super().__init__(exchange.handle)
        self._options = {"keepalive_timeout": limits.idle_s, "auto_decompress": False, **options}
        self._exchange = exchange
        self._limits = limits
        self._lanes = lanes
        self._of_address: Counter[str] = Counter()
        self._addresses: dict[object, str] = {}
        self._read_by_us: set[Lane] = set()
        self._look_every_s = min(1.0, limits.idle_s / 4, limits.body_s / 4)
        self._look: asyncio.TimerHandle | None = None

    def __call__(self) -> RequestHandler:
        loop = asyncio.get_running_loop()
        if not self._lanes:
            return self._by_the_library()
        # The server that it is given to calls nothing but what every protocol has.
        return cast(RequestHandler, Lane(self._exchange, self, loop, self._limits.body))

    def _by_the_library(self) -> RequestHandler:
        loop = asyncio.get_running_loop()
        return _Connection(self, self._exchange.all_gone, loop=loop, **self._options)

    # -- connections that we read ------------------------------------------------------------------

    def opened(self, lane: Lane, transport: asyncio.Transport) -> str:
        """A connection was made; the address of its other end."""
        address = self._enter(lane, transport)
        self._read_by_us.add(lane)
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(self._look_every_s, self._look_at_all)
        return address

    def closed(self, lane: Lane) -> None:
        """It is lost."""
        self._read_by_us.discard(lane)
        self._leave(lane)

    def hand_over(self, lane: Lane, transport: asyncio.Transport, data: bytes) -> None:
        """The HTTP library reads on, beginning with these bytes."""
        self.closed(lane)
        handler = self._by_the_library()
        transport.set_protocol(handler)
        handler.connection_made(transport)
        handler.data_received(data)

    def _look_at_all(self) -> None:
        """Who has been silent for too long?"""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for lane in list(self._read_by_us):
            if lane.in_body and now - lane.since > self._limits.body_s:
                lane.end(TIMED_OUT)
            elif lane.is_closing and now - lane.since > self._limits.idle_s:
                lane.abort()
            elif lane.is_idle and now - lane.since > self._limits.idle_s:
                lane.end()
        self._look = loop.call_later(self._look_every_s, self._look_at_all) if self._read_by_us else None

    # -- connections that the library reads --------------------------------------------------------

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._enter(handler, transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._leave(handler)

    # -- all ---------------------------------------------------------------------------------------

    def _enter(self, connection: object, transport: asyncio.Transport) -> str:
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self._addresses[connection] = address
        self._of_address[address] += 1
        if self._of_address[address] > self._limits.connections:
            transport.abort()
        return address

    def _leave(self, connection: object) -> None:
        if (address := self._addresses.pop(connection, None)) is not None:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def pre_shutdown(self) -> None:
        """Close whoever is owed nothing."""
        super().pre_shutdown()
        for lane in list(self._read_by_us):
            if lane.is_idle:
                lane.end()

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  (the library's own)
        """Close all, those that are owed an answer after so many seconds at most."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (timeout or 0.0)
        while any(not lane.is_idle for lane in self._read_by_us) and loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for lane in list(self._read_by_us):
            lane.end()
        if self._look is not None:
            self._look.cancel()
        await super().shutdown(max(0.0, until - loop.time()))

"""A venue served on real sockets inside the test's own loop, and a client that signs for its accounts."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import tempfile
import urllib.parse
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

from mock_exchange.control import ControlPort
from mock_exchange.gateway.authentication import Signature
from mock_exchange.journal import Journal
from mock_exchange.plan import TOKEN_HEADER, Access, access_for
from mock_exchange.succession import Succession
from mock_exchange.tls import throwaway
from mock_exchange.venue import Venue
from mock_exchange.watch import LoopWatch
from mock_exchange.wire.bodies import LIMITS, Limits
from mock_exchange.wire.front import Front
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.server import ExchangeServer
from tests.support import plan_of


class Exchange:
    """A served venue and a client that signs for one of its accounts."""

    def __init__(
        self,
        server: Any,
        port: int,
        control: int,
        session: aiohttp.ClientSession,
        trusts: ssl.SSLContext | None = None,
    ) -> None:
        self.server = server
        self.port = port
        self.trusts = trusts
        """What a client of the order port must trust; None where it speaks no TLS."""
        self.control = f"http://127.0.0.1:{control}"
        self.session = session
        self.access: list[Access] = access_for(server.venue.plan)

    def signed(self, access: Access, params: dict[str, str]) -> str:
        """Parameters of an account's request, with the time and its signature."""
        fields = {**params, "timestamp": str(self.server.venue.clock.epoch_ms()), "recvWindow": "60000"}
        text = urllib.parse.urlencode(fields)
        return f"{text}&signature={Signature(access.secret).sign(text.encode())}"

    async def send(self, method: str, path: str, account: Any = 0, **params: str) -> tuple[Any, ...]:
        """(status, JSON, headers) of a signed request."""
        access = self.access[account]
        text = self.signed(access, params)
        in_body = method in ("POST", "PUT")
        url = f"http://127.0.0.1:{self.port}{path}" + ("" if in_body else f"?{text}")
        headers = {"X-MBX-APIKEY": access.api_key, "Content-Type": "application/x-www-form-urlencoded"}
        data = text if in_body else None
        async with self.session.request(method, URL(url, encoded=True), data=data, headers=headers) as answer:
            return answer.status, orjson.loads(await answer.read()), answer.headers

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, token: str = "token"
    ) -> tuple[Any, ...]:
        headers = {TOKEN_HEADER: token}
        async with self.session.request(method, self.control + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()


PATIENCE_S = 30.0
"""How long a test waits for what has to come; only one that fails waits so long. Machines that run tests are
busy."""


@contextlib.asynccontextmanager
async def exchange(
    limits: Limits = LIMITS, *, lanes: bool = True, tls: bool = False, **options: Any
) -> AsyncIterator[Exchange]:
    """Without `lanes` the HTTP library reads every connection."""
    loop = asyncio.get_running_loop()
    recordings = tempfile.mkdtemp()
    plan = plan_of(**options)
    clock = LiveClock(loop)
    server = ExchangeServer(Venue(plan, clock, Journal()), clock, loop, limits)
    http = Front(server, lanes=lanes, access_log=None)
    front = web.ServerRunner(http, shutdown_timeout=0.5)
    back = web.AppRunner(
        ControlPort(
            server, clock, LoopWatch(), "token", Succession(server, clock, Path(recordings))
        ).application(),
        shutdown_timeout=0.1,
    )
    ca_file = Path(recordings) / "ca.pem"
    ports = []
    for runner, context in ((front, throwaway(ca_file) if tls else None), (back, None)):
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        ports.append(runner.addresses[0][1])
    async with aiohttp.ClientSession() as session:
        public, control = ports
        trusts = ssl.create_default_context(cafile=ca_file) if tls else None
        yield Exchange(server, public, control, session, trusts)
    await front.cleanup()
    await back.cleanup()
    shutil.rmtree(recordings)


class Stream:
    """A WebSocket connection to the venue; `events` gathers what has arrived."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self, wanted: str = "", within_s: float = PATIENCE_S) -> Any:
        """The next event, of type `wanted` if one is named. Others are skipped."""
        async with asyncio.timeout(within_s):
            while True:
                event = orjson.loads(await self.socket.receive_str())
                inner = event.get("data", event)
                if not wanted or (isinstance(inner, dict) and inner.get("e") == wanted):
                    return event

    async def ask(self, method: str, *params: object, number: object = 1) -> Any:
        await self.socket.send_str(orjson.dumps({"method": method, "params": params, "id": number}).decode())
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = orjson.loads(await self.socket.receive_str())
                if "id" in answer:
                    return answer

"""The third way to let the same traders trade: a real aiohttp client on an asyncio loop.

With a virtual-time loop under both client and server it is one half of the differential test.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import aiohttp

from loadgen.drive.answers import read_answer
from loadgen.drive.runner import Sent
from loadgen.drive.signing import Signer
from mock_exchange.errors import CONNECTION_LOST
from mock_exchange.plan import Access
from mock_exchange.wire.live_clock import LiveClock


class AiohttpTransport:
    """One client session per account, each from its own source address."""

    def __init__(
        self, access: list[Access], port: int, timeline: LiveClock, now_ms: Callable[[], int]
    ) -> None:
        self._timeline = timeline
        self._base = f"http://127.0.0.1:{port}"
        self._signers = [Signer(a, f"127.0.0.1:{port}", now_ms=now_ms) for a in access]
        self._keys = [a.api_key for a in access]
        self._sessions = [
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, local_addr=(a.source, 0)),
                timeout=aiohttp.ClientTimeout(total=None),
            )
            for a in access
        ]
        for session in self._sessions:
            # aiohttp sends a DELETE again when a kept-alive connection breaks; no trader of ours does
            session._retry_connection = False
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, sent: Sent) -> None:
        verb = sent.verb
        account = sent.task.account
        sent.key, wire = self._signers[account].request(verb.method, verb.path, verb.params)
        head, _, body = wire.decode().partition("\r\n\r\n")
        task = asyncio.ensure_future(self._exchange(sent, account, verb.method, head.split(" ")[1], body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _exchange(self, sent: Sent, account: int, method: str, target: str, body: str) -> None:
        headers = {"X-MBX-APIKEY": self._keys[account], "Content-Type": "application/x-www-form-urlencoded"}
        try:
            session = self._sessions[account]
            async with session.request(
                method, self._base + target, data=body or None, headers=headers
            ) as answer:
                code, data = read_answer(answer.status, await answer.read())
                http = answer.status
        except aiohttp.ClientError:
            http, code, data = 0, CONNECTION_LOST, None
        self._timeline.arrive()
        sent.answered(http, code, partial(_same, data))

    async def close(self) -> None:
        for session in self._sessions:
            await session.close()


def _same(data: Any) -> Any:
    return data

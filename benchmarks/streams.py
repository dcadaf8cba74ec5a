"""Order entry with and without a hundred stream consumers, on the same exchange."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator

import aiohttp

from benchmarks.processes import Rate, started
from benchmarks.targets import CONSUMERS

STREAMS = "btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@depth@100ms/btcusdt@markPrice@1s"


async def _consume(port: int) -> None:
    """Connect all consumers, say so, and read until killed."""
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/market/stream?streams={STREAMS}"
        sockets = [await session.ws_connect(url) for _ in range(CONSUMERS)]
        print("connected", flush=True)

        async def read(socket: aiohttp.ClientWebSocketResponse) -> None:
            async for _ in socket:
                pass

        await asyncio.gather(*(read(socket) for socket in sockets))


@contextlib.contextmanager
def _consumers(port: str, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    with started("benchmarks.streams", port, processor=1) as process:
        if process.line().split()[0] != "connected":
            raise RuntimeError("the consumers did not connect")
        yield


def rate(consumers: bool) -> Rate:
    """Orders answered, with or without consumers; a part of the orders trade and move the book."""
    with started("benchmarks.exchange_server", "trade") as exchange:
        port = exchange.line().split()[0]
        with _consumers(port, consumers):
            before = exchange.cpu_seconds()
            answered, per_second = _load(port)
            return Rate(per_second, answered / (exchange.cpu_seconds() - before))


def _load(port: str) -> tuple[int, float]:
    with started("benchmarks.order_client", port, "3", "200", "trade", processor=1) as load:
        answered, per_second = load.line().split()
        return int(answered), float(per_second)


if __name__ == "__main__":
    asyncio.run(_consume(int(sys.argv[1])))

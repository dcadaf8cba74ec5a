"""What the load generators of (c) send to: the cheapest server that still speaks HTTP, so that the
generator is the bottleneck. It parses requests and answers every one with the same order."""

from __future__ import annotations

import asyncio
from typing import cast

import httptools
import orjson
import uvloop

from benchmarks.plain_server import ANSWER

BODY = orjson.dumps(ANSWER)
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-MBX-USED-WEIGHT-1M: 1\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
) + BODY


class Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(RESPONSE)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())

"""What one client may take of the order port: bodies that are large, encoded or never end, connections that
say nothing, too many of them. Nobody else is kept waiting by it."""

from __future__ import annotations

import asyncio
import gzip
import re
import threading
import zlib

import pytest

from mock_exchange.wire.bodies import Limits
from mock_exchange.wire.outbox import DurableOutbox
from tests.wire.served import PATIENCE_S, Exchange, exchange

HEAD = b"POST /fapi/v1/order HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(params=[True, False], ids=["read by us", "read by the library"])
def lanes(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


BOMB = gzip.compress(bytes(100_000_000), 9)


async def answer_to(venue: Exchange, *parts: bytes) -> tuple[str, bool]:
    """The status line, and whether the connection was closed after it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", venue.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(PATIENCE_S):
            first = (await reader.readline()).decode().rstrip()
            head = await reader.readuntil(b"\r\n\r\n") if first else b""
            return first, not first or b"connection: close" in head.lower()
    finally:
        writer.close()


async def answers_while_the_disk_is_slow(lanes: bool, *parts: bytes) -> list[str]:
    """The statuses on one connection, each part of which comes while the answer before it waits."""
    disk = threading.Semaphore(0)

    def sync() -> None:
        disk.acquire(timeout=PATIENCE_S)

    async with exchange(lanes=lanes) as venue:
        loop = asyncio.get_running_loop()
        venue.server.outbox = DurableOutbox(loop, lambda: True, lambda: sync, _fails)
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.port)
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.05)
        disk.release(100)
        async with asyncio.timeout(PATIENCE_S):
            said = b""
            while said.count(b"HTTP/1.") < len(parts) and (more := await reader.read(1 << 16)):
                said += more
        writer.close()
    return [found.decode() for found in re.findall(rb"HTTP/1\.[01] (\d+)", said)]


def _fails(error: BaseException) -> None:
    raise error


PING = b"GET /fapi/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (b"no HTTP at all\r\n\r\n", "400"),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", "413"),
        (
            b"GET /market/ws/btcusdt@bookTicker HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            "101",
        ),
    ],
    ids=["no HTTP", "too large", "a stream"],
)
async def test_answers_leave_in_the_order_of_their_requests(last: bytes, status: str, lanes: bool) -> None:
    """However long the disk takes for the ones before."""
    assert await answers_while_the_disk_is_slow(lanes, PING, PING, last) == ["200", "200", status]


def body(data: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(data) + data


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (body(b"hello", b"Content-Encoding: deflate"), "415"),
        (body(BOMB, b"Content-Encoding: gzip"), "415"),
        (body(zlib.compress(b"a=1"), b"Content-Encoding: deflate"), "415"),
        (body(b"a=1", b"Content-Encoding: br"), "415"),
        (body(b"a=1", b"Content-Encoding: \xff"), "415"),
        (body(b"a" * 200_000), "413"),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", "413"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"a" * 0x8000 + b"\r\n" * 1
         + (b"8000\r\n" + b"a" * 0x8000 + b"\r\n") * 5 + b"0\r\n\r\n", "413"),
        (HEAD + b"Content-Length: 5\r\n\r\nab", "408"),
        (body(b"a=1", b"Content-Encoding: identity"), "401"),
        (body(b"a=1"), "401"),
    ],
)  # fmt: skip
async def test_a_body_that_is_not_taken(sent: bytes, status: str, lanes: bool) -> None:
    async with exchange(Limits(body_s=0.2), lanes=lanes) as venue:
        first, closed = await answer_to(venue, sent)
        assert first.split()[1] == status
        assert closed == (status != "401")
        assert venue.server.internal_errors == 0
        assert (await venue.send("GET", "/fapi/v1/ping"))[0] == 200


@pytest.mark.parametrize("said", [b"", b"GET /fapi/v1/ping HT", b"GET /fapi/v1/ping HTTP/1.1\r\nHost: x\r\n"])
async def test_a_connection_that_never_asks_is_closed(said: bytes, lanes: bool) -> None:
    async with exchange(Limits(idle_s=0.3), lanes=lanes) as venue:
        assert await answer_to(venue, said) == ("", True)


async def test_one_address_has_so_many_connections(lanes: bool) -> None:
    async with exchange(Limits(connections=3), lanes=lanes) as venue:
        held = [await asyncio.open_connection("127.0.0.1", venue.port) for _ in range(3)]
        for reader, writer in held:
            writer.write(b"GET /fapi/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).split()[1] == b"200"
        assert (await answer_to_or_lost(venue)) == ""
        held[0][1].close()
        await held[0][1].wait_closed()
        for _ in range(round(PATIENCE_S / 0.01)):  # until the other end has noticed
            if said := await answer_to_or_lost(venue):
                break
            await asyncio.sleep(0.01)
        assert said.split()[1] == "200"
        for _, writer in held[1:]:
            writer.close()


async def answer_to_or_lost(venue: Exchange) -> str:
    try:
        return (await answer_to(venue, b"GET /fapi/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n"))[0]
    except ConnectionError:
        return ""

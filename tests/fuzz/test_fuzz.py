"""Bad input, by the thousand: documented refusals only, nothing in the log, memory flat."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import httptools
import orjson
import pytest

from fireexit.exchange import Exchange
from mock_exchange.default_plan import default_plan
from mock_exchange.errors import error_table
from mock_exchange.gateway.config import Limits
from mock_exchange.wire.openapi import document
from tests.fuzz.requests import Requests

CONNECTIONS = 8
RESET_EVERY = 5_000
PLENTY = Limits(10**9, 10**9, 10**9)
STATUSES = {200, 400, 401, 404}
"""What a calm venue may answer: no 5xx at all."""
GROWTH_ALLOWED = 1.15


EPOCH = "2025-10-10"


def venue_without_limits() -> Exchange:
    plan = default_plan(epoch=EPOCH, accounts=4)
    return Exchange(plan=replace(plan, gateway=replace(plan.gateway, limits=PLENTY)))


class Connection:
    """Sends requests one after the other and keeps what is wrong with the answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._known = error_table("2025-10-10") | error_table()
        self.statuses: dict[int, int] = {}
        self.codes: dict[int, int] = {}

    async def send(self, request: bytes) -> None:
        self._body, self._done = b"", False
        parser = httptools.HttpResponseParser(self)
        self._writer.write(request)
        while not self._done:
            data = await asyncio.wait_for(self._reader.read(65_536), 20)
            assert data, f"connection lost after {request[:300]!r}"
            parser.feed_data(data)
            if request.startswith(b"HEAD"):
                self._done = self._done or b"\r\n\r\n" in data
        self._check(request, parser.get_status_code())

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        self._done = True

    def _check(self, request: bytes, status: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        assert status in STATUSES, (status, request, self._body)
        if request.startswith(b"HEAD"):
            return
        try:
            body = orjson.loads(self._body)
        except orjson.JSONDecodeError:
            raise AssertionError((status, request, self._body)) from None
        for row in body if isinstance(body, list) else [body]:
            if isinstance(row, dict) and row.get("code", 200) != 200:
                self.codes[row["code"]] = self.codes.get(row["code"], 0) + 1
                assert row["code"] in self._known, (request, body)
                assert "%s" not in row["msg"] or row["msg"] in self._known[row["code"]].messages
        assert (status == 200) or body["code"] < 0


async def flood(venue: Exchange, count: int, seed: int) -> Connection:
    """`count` requests over a few connections; one of them, with everybody's counts."""
    host, port = venue.url.removeprefix("http://").split(":")
    requests = Requests(document(EPOCH), venue.accounts, seed)
    connections = [Connection(*await asyncio.open_connection(host, int(port))) for _ in range(CONNECTIONS)]

    async def work(connection: Connection) -> None:
        for _ in range(count // CONNECTIONS):
            await connection.send(requests.draw())

    await asyncio.gather(*(work(connection) for connection in connections))
    first = connections[0]
    for other in connections[1:]:
        for mine, theirs in ((first.statuses, other.statuses), (first.codes, other.codes)):
            for key, number in theirs.items():
                mine[key] = mine.get(key, 0) + number
        other._writer.close()
    first._writer.close()
    return first


def resident(venue: Exchange) -> int:
    """Bytes of memory that the venue's process holds."""
    pages = Path(f"/proc/{venue._process.pid}/statm").read_text().split()[1]
    return int(pages) * 4096


def assert_quiet(venue: Exchange) -> None:
    status = venue._ask("GET", "/status", None)
    assert status["internal_errors"] == 0
    log = (venue._folder / "exchange.log").read_text()
    assert log == "", log[-3000:]
    assert venue.snapshot()["money_conserved"]


def run_requests(count: int) -> None:
    with venue_without_limits() as venue:
        memory, statuses, codes = [], dict[int, int](), dict[int, int]()
        for number in range(0, count, RESET_EVERY):
            seen = asyncio.run(flood(venue, RESET_EVERY, number))
            for total, part in ((statuses, seen.statuses), (codes, seen.codes)):
                for key, amount in part.items():
                    total[key] = total.get(key, 0) + amount
            venue.reset()
            memory.append(resident(venue))
            assert_quiet(venue)
        assert sum(statuses.values()) == count // CONNECTIONS * CONNECTIONS
        assert statuses[200] > count // 10, "hardly anything was accepted: the generator is too wild"
        assert len(codes) > 30, f"only {sorted(codes)}: the generator is too tame"
        assert memory[-1] <= memory[len(memory) // 4] * GROWTH_ALLOWED, memory


def test_generated_requests() -> None:
    run_requests(5_000)


@pytest.mark.large
def test_many_generated_requests() -> None:
    run_requests(100_000)


# -- malformed bytes ------------------------------------------------------------------------------

GOOD = b"GET /fapi/v1/depth?symbol=BTCUSDT&limit=5 HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET /ws/btcusdt@bookTicker HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
POST = b"POST /fapi/v1/order HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nsymbol=BTCUSDT&side=B"


def malformed(draw: random.Random) -> bytes:
    """Noise, a valid request with bytes changed, one cut short, or noise after a WebSocket upgrade."""
    noise = draw.randbytes(draw.randint(1, 2000))
    kind = draw.randint(0, 5)
    if kind == 0:
        return noise
    if kind == 1:
        return UPGRADE + noise
    if kind == 2:
        return UPGRADE + bytes((0x81, 0x80 | draw.randint(1, 125))) + noise
    base = draw.choice((GOOD, UPGRADE, POST))
    if kind == 3:
        return base[: draw.randint(1, len(base))]
    changed = bytearray(base)
    for _ in range(draw.randint(1, 8)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed) + (noise if kind == 4 else b"")


async def pour(venue: Exchange, count: int, seed: int) -> int:
    """At least `count` malformed bytes, a connection each; returns how many."""
    host, port = venue.url.removeprefix("http://").split(":")
    draw = random.Random(seed)
    sent = 0
    while sent < count:
        reader, writer = await asyncio.open_connection(host, int(port))
        data = malformed(draw)
        sent += len(data)
        writer.write(data)
        if draw.random() < 0.5:
            writer.write_eof()
            while await asyncio.wait_for(reader.read(65_536), 20):
                pass
        writer.close()
    reader, writer = await asyncio.open_connection(host, int(port))
    connection = Connection(reader, writer)
    await connection.send(GOOD)
    assert connection.statuses == {200: 1}
    writer.close()
    return sent


def run_bytes(count: int) -> None:
    with venue_without_limits() as venue:
        asyncio.run(pour(venue, count // 4, 1))
        venue.reset()
        before = resident(venue)
        assert asyncio.run(pour(venue, count, 2)) >= count
        venue.reset()
        assert resident(venue) <= before * GROWTH_ALLOWED
        assert_quiet(venue)


def test_malformed_bytes() -> None:
    run_bytes(100_000)


@pytest.mark.large
def test_a_million_malformed_bytes() -> None:
    run_bytes(1_000_000)

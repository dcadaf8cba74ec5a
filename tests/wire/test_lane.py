"""Whoever reads a connection, we or the HTTP library: the same bytes, however they are cut, get the same
answers in the same order, and the connection ends alike."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.wire.lane import MOST_AHEAD
from mock_exchange.wire.reader import MOST_HEAD, next_chunk
from tests.support import examples
from tests.wire.served import PATIENCE_S, Exchange, exchange

FORM = b"Content-Type: application/x-www-form-urlencoded"


def get(path: bytes, *headers: bytes, method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    lines = b"".join(line + b"\r\n" for line in (b"Host: x", *headers))
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, path, version, lines)


def post(body: bytes, *headers: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    return get(b"/fapi/v1/order", FORM, *headers, length, method=b"POST") + body


def chunked(*parts: bytes, trailer: bytes = b"", extension: bytes = b"") -> bytes:
    head = get(b"/fapi/v1/order", FORM, b"Transfer-Encoding: chunked", method=b"POST")
    lines = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    return head + lines + b"0\r\n" + trailer + b"\r\n"


ORDINARY = {
    "ping": get(b"/fapi/v1/ping"),
    "a query with parameters": get(b"/fapi/v1/depth?symbol=BTCUSDT&limit=5"),
    "a percent sign": get(b"/fapi/v1/depth?symbol=BTC%55SDT&limit=5"),
    "no such path": get(b"/nothing"),
    "no such symbol": get(b"/fapi/v1/depth?symbol=X"),
    "head": get(b"/fapi/v1/ping", method=b"HEAD"),
    "options": get(b"/fapi/v1/ping", method=b"OPTIONS"),
    "delete": get(b"/fapi/v1/order?symbol=BTCUSDT", method=b"DELETE"),
    "an order without a key": post(b"symbol=BTCUSDT&side=BUY"),
    "an order with a key": post(b"symbol=BTCUSDT&side=BUY", b"X-MBX-APIKEY: nobody's"),
    "two keys": post(b"symbol=BTCUSDT", b"x-mbx-apikey: a", b"X-Mbx-ApiKey: b"),
    "an empty body": post(b""),
    "a body that is no text": post(b"\xff\xfe=1&\x00=2"),
    "chunks": chunked(b"symbol=", b"BTCUSDT"),
    "chunks with all that may be": chunked(b"symbol=BTC", trailer=b"X-Late: 1\r\n", extension=b";a=b"),
    "no chunk": chunked(),
    "a get with a body": get(b"/fapi/v1/ping", b"Content-Length: 3") + b"a=1",
    "an encoding that is none": post(b"a=1", b"Content-Encoding: identity"),
    "spaces around a value": get(b"/fapi/v1/ping", b"X-MBX-APIKEY:   a  "),
    "an empty line before": b"\r\n" + get(b"/fapi/v1/ping"),
    "an encoding that is none, spelt otherwise": post(b"a=1", b"Content-Encoding: Identity"),
    "a stream's path without an upgrade": get(b"/market/ws/btcusdt@bookTicker"),
    "no stream's path": get(b"/stream"),
    "an old version without a host, kept": b"GET /fapi/v1/ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "many headers": get(b"/fapi/v1/ping", *(b"X-H-%d: %d" % (n, n) for n in range(40))),
}
LAST = {
    "close": get(b"/fapi/v1/ping", b"Connection: close"),
    "an old version": get(b"/fapi/v1/ping", version=b"1.0"),
    "no HTTP": b"hello\r\n\r\n",
    "no HTTP and no end": b"\x16\x03\x01\x02\x00\x01\x00",
    "a header that is none": get(b"/fapi/v1/ping", b"no colon"),
    "a length that is none": get(b"/fapi/v1/ping", b"Content-Length: many"),
    "two lengths": get(b"/fapi/v1/ping", b"Content-Length: 1", b"Content-Length: 2") + b"ab",
    "a length and chunks": get(b"/fapi/v1/ping", b"Content-Length: 1", b"Transfer-Encoding: chunked"),
    "a chunk that is none": get(b"/fapi/v1/ping", b"Transfer-Encoding: chunked") + b"xyz\r\n",
    "a chunk of less than nothing": get(b"/fapi/v1/ping", b"Transfer-Encoding: chunked") + b"-5\r\n",
    "a chunk with a longer one in it": get(b"/fapi/v1/ping", b"Transfer-Encoding: chunked") + b"2\r\nabc\r\n",
    "a large body": post(b"a" * 200_000),
    "a compressed body": post(b"a", b"Content-Encoding: gzip"),
    "a long line": get(b"/fapi/v1/ping?" + b"a" * 9_000),
    "a long header": get(b"/fapi/v1/ping", b"X-Long: " + b"a" * 9_000),
    "bytes in the path": get(b"/fapi/v1/\xff\xfe"),
    "a space in the path": get(b"/fapi/v1/pi ng"),
    "another version": get(b"/fapi/v1/ping", version=b"3.0"),
    "no host": b"GET /fapi/v1/ping HTTP/1.1\r\n\r\n",
    "two hosts": get(b"/fapi/v1/ping", b"Host: y"),
    "two content types": post(b"a=1", b"Content-Type: text/plain"),
    "two codings": get(b"/fapi/v1/ping", b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"),
    "too many headers": get(b"/fapi/v1/ping", *(b"X-%d: 1" % n for n in range(200))),
    "a header of an old protocol": get(b"/fapi/v1/ping", b"Sec-WebSocket-Key1: 1"),
    "another method": get(b"/fapi/v1/ping", method=b"BREW"),
}
"""After which neither of them reads on."""


class Heard(NamedTuple):
    answers: list[tuple[str, bytes]]
    closed: bool


async def told(venue: Exchange, parts: list[bytes], answers: int, after: bytes = b"") -> Heard:
    """All that is answered to these bytes, and whether the connection was closed then. They are sent `after`
    another request was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", venue.port, ssl=venue.trusts)
    said = b""
    try:
        if after:
            writer.write(after)
            said = await reader.readuntil(b"{}")
            answers += 1
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.002 if len(parts) > 1 else 0)
        async with asyncio.timeout(PATIENCE_S):
            while len(heard(said)) < answers and (more := await reader.read(1 << 16)):
                said += more
        try:
            async with asyncio.timeout(0.1):
                closed = not await reader.read(1 << 16)
        except TimeoutError:
            closed = False
    except ConnectionError:
        closed = True
    finally:
        writer.close()
    return Heard(heard(said), closed)


def heard(said: bytes) -> list[tuple[str, bytes]]:
    """Status and body of each answer; of the library's own pages the status alone."""
    found = []
    for answer in re.split(rb"(?=HTTP/1\.[01] \d)", said)[1:]:
        head, _, body = answer.partition(b"\r\n\r\n")
        ours = b"Server: nginx" in head
        found.append((head.split()[1].decode(), re.sub(rb"\d{10,}", b"N", body) if ours else b""))
    return found


async def both(
    parts: list[bytes], answers: int, after: bytes = b"", *, tls: bool = False
) -> tuple[Heard, Heard]:
    found = []
    for lanes in (True, False):
        async with exchange(lanes=lanes, tls=tls) as venue:
            found.append(await told(venue, parts, answers, after))
    return found[0], found[1]


@pytest.mark.parametrize("name", ORDINARY)
async def test_one_request_whole_and_cut(name: str) -> None:
    request = ORDINARY[name]
    ours, theirs = await both([request], 1)
    assert ours == theirs
    assert len(ours.answers) == 1
    assert not ours.closed
    for cut in (1, len(request) // 2, len(request) - 1):
        assert (await both([request[:cut], request[cut:]], 1))[0] == ours


@pytest.mark.parametrize("name", LAST)
async def test_after_it_nothing_is_read(name: str) -> None:
    ours, theirs = await both([LAST[name]], 1, after=get(b"/fapi/v1/ping"))
    assert ours == theirs
    assert ours.closed
    assert ours.answers[0] == ("200", b"{}")
    assert len(ours.answers) == 2


@pytest.mark.parametrize("name", LAST)
async def test_what_came_before_it_is_answered_and_what_comes_after_it_is_not(name: str) -> None:
    """The library forgets what came in the same piece; we do not."""
    ping = get(b"/fapi/v1/ping")
    async with exchange() as venue:
        found = await told(venue, [ping + LAST[name] + ping], 3)
    assert found.closed
    assert found.answers[0] == ("200", b"{}")
    assert len(found.answers) == 2


@examples(12)
@given(
    names=st.lists(st.sampled_from(sorted(ORDINARY)), min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 1_500), max_size=6),
)
async def test_many_requests_cut_anywhere(names: list[str], cuts: list[int]) -> None:
    whole = b"".join(ORDINARY[name] for name in names)
    places = sorted({0, len(whole), *(cut % len(whole) for cut in cuts)})
    parts = [whole[begin:end] for begin, end in pairwise(places)]
    ours, theirs = await both(parts, len(names))
    assert ours == theirs
    assert len(ours.answers) == len(names)


async def test_over_tls_it_is_the_same() -> None:
    whole = b"".join(ORDINARY.values())
    half = len(whole) // 2
    ours, theirs = await both([whole[:half], whole[half:]], len(ORDINARY), tls=True)
    assert ours == theirs
    assert len(ours.answers) == len(ORDINARY)


@pytest.mark.parametrize("name", ["close", "a large body", "no HTTP", "a compressed body", "two lengths"])
async def test_over_tls_a_connection_is_handed_over_alike(name: str) -> None:
    ours, theirs = await both([LAST[name]], 1, after=get(b"/fapi/v1/ping"), tls=True)
    assert ours == theirs
    assert ours.closed
    assert len(ours.answers) == 2


async def test_each_byte_by_itself() -> None:
    request = ORDINARY["chunks with all that may be"] + ORDINARY["an order with a key"]
    async with exchange() as venue:
        whole = await told(venue, [request], 2)
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.port)
        for place in range(len(request)):
            writer.write(request[place : place + 1])
            await asyncio.sleep(0)
        said = b""
        while len(heard(said)) < 2 and (more := await asyncio.wait_for(reader.read(1 << 16), PATIENCE_S)):
            said += more
        writer.close()
    assert heard(said) == whole.answers


async def test_the_next_request_waits_until_the_one_before_is_answered() -> None:
    """A slow order and a quick query behind it: the query is not answered, nor let in, before the order."""
    async with exchange(handling={"law": "constant", "mean_ms": 100}) as venue:
        heard_both = await told(venue, [signed(venue) + ORDINARY["ping"]], 2)
        assert [status for status, _ in heard_both.answers] == ["200", "200"]
        assert b"orderId" in heard_both.answers[0][1]


def signed(venue: Exchange, *headers: bytes, space: bytes = b"") -> bytes:
    """A market order with its key, and what is said after the key."""
    access = venue.access[0]
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}
    text = venue.signed(access, order)
    return post(text.encode(), b"X-MBX-APIKEY: " + access.api_key.encode() + space, *headers)


@pytest.mark.parametrize("lanes", [True, False])
async def test_spaces_after_a_key_are_not_of_it_and_the_first_of_two_counts(lanes: bool) -> None:
    async with exchange(lanes=lanes) as venue:
        answers = (await told(venue, [signed(venue, space=b" \t ")], 1)).answers
        assert answers[0][0] == "200", answers
        answers = (await told(venue, [signed(venue, b"X-MBX-APIKEY: other")], 1)).answers
        assert answers[0][0] == "200", answers


@pytest.mark.stands_in
async def test_an_answer_that_cannot_be_made_is_a_500_and_not_the_next_ones_answer() -> None:
    async with exchange(handling={"law": "constant", "mean_ms": 50}) as venue:
        server, render = venue.server, venue.server._render

        def broken(answer: Answer, call: Call) -> bytes:
            if answer.http == 200 and call.method == "POST":
                raise ZeroDivisionError
            return bytes(render(answer, call))

        server._render = broken
        found = await told(venue, [signed(venue) + ORDINARY["ping"]], 2)
        assert [status for status, _ in found.answers] == ["500", "200"]
        assert server.internal_errors == 1


async def test_others_have_their_turn_while_one_pipelines_without_end() -> None:
    async with exchange() as venue:
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.port)
        writer.write(ORDINARY["ping"] * 2_000)
        assert (await venue.send("GET", "/fapi/v1/time"))[0] in (200, 429)
        said = 0
        while said < 2_000:
            said += (await asyncio.wait_for(reader.read(1 << 16), PATIENCE_S)).count(b"HTTP/1.1 ")
        writer.close()


@pytest.mark.parametrize("lanes", [True, False])
async def test_a_client_that_sends_on_without_reading_is_made_to_wait(lanes: bool) -> None:
    async with exchange(lanes=lanes) as venue:
        reader, writer = await asyncio.open_connection("127.0.0.1", venue.port, limit=1 << 12)
        many = get(b"/fapi/v1/depth?symbol=BTCUSDT&limit=5") * 200
        sent = 0
        try:
            async with asyncio.timeout(PATIENCE_S):
                while sent < 100 << 20:
                    writer.write(many)
                    sent += len(many)
                    async with asyncio.timeout(1.0):
                        await writer.drain()
        except TimeoutError:
            pass
        assert sent < 100 << 20, "everything was taken, and nothing was read"
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.transport.abort()
        assert (await venue.send("GET", "/fapi/v1/ping"))[0] == 418, "it has asked too often, and is heard"


CHUNKS = b"3\r\nabc\r\n" + b"A;x=y\r\n0123456789\r\n"


@pytest.mark.parametrize(
    ("data", "at", "whole"),
    [
        (b"", 0, False),
        (b"3", 0, False),
        (b"3\r\nab", 0, False),
        (b"3\r\nabc\r", 0, False),
        (b"3\r\nabc\r\n", 8, False),
        (b"3\r\nabc\r\n0\r\n", 8, False),
        (b"3\r\nabc\r\n0\r\n\r\n", 13, True),
        (b"3\r\nabc\r\n0\r\n\r\nGET", 13, True),
        (b"0\r\nX: 1\r\n", 0, False),
        (b"0\r\nX: 1\r\n\r\nGET", 11, True),
        (CHUNKS + b"0\r\n\r\n", len(CHUNKS) + 5, True),
    ],
)
def test_how_far_chunks_go(data: bytes, at: int, whole: bool) -> None:
    assert next_chunk(b"head" + data, 4) == (at + 4, whole)


@given(cut=st.integers(0, len(CHUNKS)))
def test_going_on_from_where_it_stopped_is_the_same(cut: int) -> None:
    whole = CHUNKS + b"0\r\n\r\n"
    stopped, _ = next_chunk(whole[:cut], 0)
    assert next_chunk(whole, stopped) == next_chunk(whole, 0)


@pytest.mark.parametrize("data", [b"\r\n", b"x\r\n", b"-1\r\n", b";a\r\n", b"2\r\nabc\r\n"])
def test_what_is_no_chunk(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (of int, too)
        next_chunk(data, 0)


def test_bounds_are_those_of_the_library() -> None:
    assert MOST_HEAD == 8_190
    assert MOST_AHEAD >= MOST_HEAD

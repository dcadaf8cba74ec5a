"""A million malformed requests and frames with every header that a client may send, and control-port bodies.

Is anything answered that is not documented, does anything stand still or grow?

    python -m studies.malformed [REQUESTS]

Half of the requests are drawn from the OpenAPI description, nearly right; the others are spoilt on the wire:
headers, lengths, encodings, targets, bytes, WebSocket frames. The summary goes to docs/proof/malformed.json.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from fireexit.exchange import Exchange
from mock_exchange.default_plan import default_plan
from mock_exchange.gateway.config import Limits
from mock_exchange.plan import TOKEN_HEADER
from mock_exchange.wire.openapi import document
from studies.proof import commit_here, write_proof
from tests.fuzz.requests import NASTY, Requests

REQUESTS = 1_000_000
CONTROL_BODIES = 10_000
CONNECTIONS = 16
PIECE = 10_000
"""Requests between two looks at the process."""
ANSWER_WITHIN_S = 5.0
DOCUMENTED = {200, 400, 401, 404, 408, 411, 413, 414, 415, 417, 418, 426, 429, 431, 501, 505, 101}
PLENTY = Limits(10**9, 10**9, 10**9)
EPOCH = "2025-10-10"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
HEADERS = (
    "Content-Encoding: gzip", "Content-Encoding: deflate", "Content-Encoding: br", "Content-Encoding: zstd",
    "Content-Encoding: identity", "Content-Encoding: x", "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Content-Length: 0",
    "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 5", "Content-Length: +5",
    "Content-Length: 0x5", "Expect: 100-continue", "Expect: 200-ok", "Connection: close",
    "Connection: keep-alive", "Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c", "Host: other",
    "Host:", "Host: a, b", "Accept: */*", "Accept-Encoding: gzip, br;q=0.5", "Cookie: a=b; c",
    "Cookie: \x01", "Range: bytes=0-1", "If-None-Match: *", "If-Modified-Since: x", "Origin: http://evil",
    "Content-Type: application/json", "Content-Type: multipart/form-data; boundary=x", "Content-Type: \xff",
    "Content-Type: application/x-www-form-urlencoded; charset=utf-16", "Content-Type: text/html;;",
    "X-MBX-APIKEY: a", "X-MBX-APIKEY:", "X-Forwarded-For: 1.2.3.4", "Forwarded: for=x", "Via: 1.1 x",
    "Authorization: Basic eA==", "Proxy-Connection: x", "TE: trailers", "Trailer: X", "Keep-Alive: timeout=1",
    "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 99", "HTTP2-Settings: AA",
    "X" * 300 + ": y", "X: " + "y" * 7_000, "X: " + "y" * 70_000, " X: folded", "X : y", ": y", "X",
    "\x00: y",
)  # fmt: skip
TARGETS = (
    b"*", b"//", b"/../..", b"http://other/fapi/v1/time", b"/fapi/v1/time?" + b"a=b&" * 3_000,
    b"/fapi/v1/%00", b"/fapi/v1/\xff\xfe", b"/" + b"a" * 9_000, b"", b"/fapi/v1/order#x", b"/ws",
    b"/stream?streams=",
    b"/ws/btcusdt@trade/" + b"x/" * 400,
)  # fmt: skip


class Spoilt:
    """Requests that were right, and are not any more."""

    def __init__(self, requests: Requests, seed: int) -> None:
        self._requests = requests
        self._random = random.Random(f"spoilt/{seed}")

    def draw(self) -> bytes:
        draw = self._random
        request = self._requests.draw()
        kind = draw.random()
        if kind < 0.5:
            return request
        if kind < 0.75:
            return self._with_headers(request)
        if kind < 0.85:
            line, _, rest = request.partition(b"\r\n")
            method, _, version = line.split(b" ", 1)[0], 0, line.rsplit(b" ", 1)[-1]
            return b"%b %b %b\r\n%b" % (method, draw.choice(TARGETS), version, rest)
        if kind < 0.93:
            return self._with_other_bytes(request)
        if kind < 0.97:
            return self._frames()
        return bytes(draw.randrange(256) for _ in range(draw.randrange(1, 300))) + b"\r\n\r\n"

    def _with_headers(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        for _ in range(self._random.randint(1, 3)):
            header = self._random.choice(HEADERS).encode("latin-1", "replace")
            lines.insert(self._random.randint(1, len(lines)), header)
        if self._random.random() < 0.2:
            lines[0] = lines[0].rsplit(b" ", 1)[0] + self._random.choice(
                (b" HTTP/1.0", b" HTTP/2.0", b" HTTP/9", b" http/1.1", b"", b" HTTP/1.1 x")
            )
        if self._random.random() < 0.2:
            body = self._random.choice(
                (b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"\x1f\x8b\x08" + body, body[:3])
            )
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def _with_other_bytes(self, request: bytes) -> bytes:
        spoilt = bytearray(request)
        for _ in range(self._random.randint(1, 6)):
            place = self._random.randrange(len(spoilt))
            what = self._random.random()
            if what < 0.4:
                spoilt[place] = self._random.randrange(256)
            elif what < 0.7:
                del spoilt[place : place + self._random.randint(1, 8)]
            else:
                nasty = self._random.choice(NASTY).encode("utf-8", "surrogateescape")
                spoilt[place:place] = nasty
            if not spoilt:
                return b"\r\n\r\n"
        return bytes(spoilt)

    def _frames(self) -> bytes:
        """A WebSocket handshake, and frames that no client would send."""
        head = (
            b"GET /ws/btcusdt@trade HTTP/1.1\r\nHost: venue\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        frames = b""
        for _ in range(self._random.randint(1, 4)):
            size = self._random.choice((0, 1, 125, 126, 127))
            first = self._random.randrange(256)
            frames += bytes((first, size | self._random.choice((0, 128)))) + self._random.randbytes(
                self._random.randint(0, 140)
            )
        return head + frames


async def sent(port: int, spoilt: Spoilt, count: int, statuses: Counter[int]) -> None:
    """So many over as many connections as they cost: whatever closes one is followed by another."""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    for _ in range(count):
        request = spoilt.draw()
        with suppress(ConnectionError, OSError):
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert reader is not None
            writer.write(request)
            status, alive = await _answer(reader)
            statuses[status] += 1
            if alive:
                continue
        if writer is not None:
            writer.transport.abort()
        reader = writer = None
    if writer is not None:
        writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status, 0 for a closed connection, 1 for one that waits for more; whether it can be used again."""
    try:
        data = await asyncio.wait_for(reader.read(262_144), 0.05)
    except TimeoutError:  # half a request: the exchange waits for the rest, and will not for ever
        return 1, False
    if not data:
        return 0, False
    found = _STATUS.match(data)
    if found is None:
        return -1, False
    status = int(found[1])
    return status, status in (200, 400, 401, 404) and b"onnection: close" not in data and data.count(
        b"HTTP/1.1"
    ) == 1


def control_bodies(venue: Exchange, count: int) -> Counter[int]:
    """What the control port answers to bodies of all kinds."""
    draw = random.Random("control")
    statuses: Counter[int] = Counter()
    control = venue._process.control
    paths = ("/switch", "/seed", "/price", "/transfer", "/restrict", "/key", "/fault", "/start")
    keys = (
        "plan", "policy", "parameters", "slots", "service", "symbol", "price", "account", "amount", "code",
        "public_key", "fault", "times", "zero_ns", "deadline_ms", "handling", "lost_nodes",
    )  # fmt: skip
    numbers = (0, -1, 1e308, 2**70, True, None)
    values: tuple[Any, ...] = (*NASTY, *numbers, [], {}, [[]], {"law": "x"}, {"mean_ms": -1})
    for _ in range(count):
        body: Any = {draw.choice(keys): draw.choice(values) for _ in range(draw.randrange(5))}
        text = json.dumps(draw.choice((body, body, body, [body], "x", 5, None))).encode(
            "utf-8", "surrogatepass"
        )
        if draw.random() < 0.1:
            text = text[: draw.randrange(len(text) + 1)] + draw.randbytes(3)
        connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=20)
        connection.request("POST", draw.choice(paths), text, {TOKEN_HEADER: control.token})
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
        connection.close()
    return statuses


def looked_at(venue: Exchange) -> dict[str, Any]:
    status = venue._ask("GET", "/status", None)
    pages = int(Path(f"/proc/{venue._process.pid}/statm").read_text().split()[1])
    return {
        "rss_mb": round(pages * 4096 / 1e6, 1),
        "loop_lag_max_ms": status["loop_lag_max_ms"],
        "internal_errors": status["internal_errors"],
    }


def main(requests: int = REQUESTS) -> int:
    """1 if anything was not as it must be."""
    commit = commit_here()
    plan = default_plan(epoch=EPOCH, accounts=4)
    plan = replace(plan, gateway=replace(plan.gateway, limits=PLENTY))
    statuses: Counter[int] = Counter()
    looks: list[dict[str, Any]] = []
    begun = time.monotonic()
    with Exchange(plan=plan) as venue:
        port = int(venue.url.rpartition(":")[2])
        for piece in range(requests // PIECE):
            many = [
                Spoilt(Requests(document(EPOCH), venue.accounts, piece * 100 + n), piece * 100 + n)
                for n in range(CONNECTIONS)
            ]

            async def all_of_them(many: list[Spoilt] = many) -> None:
                await asyncio.gather(*(sent(port, one, PIECE // CONNECTIONS, statuses) for one in many))

            asyncio.run(all_of_them())
            looks.append(looked_at(venue))
            venue.reset()
            if piece % 10 == 0:
                print(piece * PIECE, looks[-1], dict(statuses), flush=True)
        control = control_bodies(venue, CONTROL_BODIES * requests // REQUESTS)
        venue.reset()
        looks.append(looked_at(venue))
        log = (venue._folder / "exchange.log").read_text()
    undocumented = {status: n for status, n in statuses.items() if status > 1 and status not in DOCUMENTED}
    told = write_proof(
        "malformed",
        "python -m studies.malformed",
        {
            "requests": sum(statuses.values()),
            "minutes": round((time.monotonic() - begun) / 60, 1),
            "statuses": {str(status): n for status, n in sorted(statuses.items())},
            "control_statuses": {str(status): n for status, n in sorted(control.items())},
            "loop_lag_max_ms": max(look["loop_lag_max_ms"] for look in looks),
            "rss_mb": [looks[len(looks) // 4]["rss_mb"], looks[-1]["rss_mb"]],
            "internal_errors": looks[-1]["internal_errors"],
            "undocumented": undocumented,
            "log": log[-2_000:],
        },
        [{"commit": commit}],
    )
    print(json.dumps(told, indent=1))
    return 1 if undocumented or log or told["internal_errors"] or max(control) >= 500 else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS))

"""The client of (a) and (b), the same for every server: closed loop, keep-alive, signed orders, raw
asyncio protocols that check each status. As an SDK does it, a connection begins with exchangeInfo, and one
request in ten is a question. usage: PORT SECONDS EXPECTED_STATUS"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import httptools
import uvloop

from benchmarks.exchange_server import plan_for
from loadgen.drive.signing import Signer
from mock_exchange.plan import access_for

CONNECTIONS = 32
QUESTION_EVERY = 10
EXCHANGE_INFO = "/fapi/v1/exchangeInfo"
QUESTION = "/fapi/v1/ticker/bookTicker"
OK = 200
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "IOC",
    "quantity": "0.002",
    "price": "99000.00",
}


class Client(asyncio.Protocol):
    """Sends the next order when the last one is answered."""

    def __init__(self, signer: Signer, expected: int, orders: tuple[dict[str, str], ...] = (ORDER,)) -> None:
        self._orders = orders
        self._signer = signer
        self._expected = expected
        self._now_expected = OK
        self.answered = 0
        self.stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is no subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() != self._now_expected:
            raise SystemExit(f"unexpected status {self._parser.get_status_code()}")
        self.answered += 1
        if not self.stopped:
            self._send()

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        if self.answered % QUESTION_EVERY == 0:
            path, asked = (QUESTION, {"symbol": "BTCUSDT"}) if self.answered else (EXCHANGE_INFO, {})
            self._now_expected = OK
            self._transport.write(self._signer.request("GET", path, asked)[1])
            return
        self._now_expected = self._expected
        self._transport.write(self._signer.request("POST", "/fapi/v1/order", self._next())[1])

    def _next(self) -> dict[str, str]:
        return self._orders[self.answered % len(self._orders)]


TRADES = (
    ORDER,
    {**ORDER, "price": "100500.00"},
    {**ORDER, "price": "99500.00", "side": "SELL"},
    {**ORDER, "price": "99000.00"},
)
"""Half of them trade: bought at the ask, sold at the bid."""


async def main(port: int, seconds: float, expected: int, kind: str = "") -> str:
    loop = asyncio.get_running_loop()
    access = access_for(plan_for("accept"))
    clients = []
    for number in range(CONNECTIONS):
        signer = Signer(access[number], f"127.0.0.1:{port}", f"b{number}")
        client = Client(signer, expected, TRADES if kind == "trade" else (ORDER,))
        await loop.create_connection(lambda c=client: c, "127.0.0.1", port)  # type: ignore[misc]
        clients.append(client)
    await asyncio.sleep(0.5)
    before, begin = sum(c.answered for c in clients), time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (sum(c.answered for c in clients) - before) / (time.perf_counter() - begin)
    for client in clients:
        client.stopped = True
    await asyncio.sleep(0.2)
    return f"{sum(c.answered for c in clients)} {rate}"


if __name__ == "__main__":
    print(uvloop.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])), flush=True)

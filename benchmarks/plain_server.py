"""The baseline of (a) and (b): a plain aiohttp Application that reads a form body, parses it with
`parse_qsl` and answers with orjson. No signature, no limits, no engine; what it is asked besides it answers
alike."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qsl

import orjson
import uvloop
from aiohttp import web

from benchmarks.order_client import EXCHANGE_INFO, QUESTION
from mock_exchange.engine.requests import OrderRequest
from mock_exchange.wire.render.orders import order_fields
from tests.support import BTC, EPOCH_MS, engine_with

_ENGINE, (_ACCOUNT,) = engine_with("a")
_REQUEST = OrderRequest(BTC, 1, "LIMIT", "GTC", 10, 9_900_000, False, "BOTH", "x")
ANSWER = order_fields(_ENGINE.place(_ACCOUNT, _REQUEST, EPOCH_MS))
TICKER = {
    "symbol": "",
    "bidPrice": "99990.00",
    "bidQty": "10.000",
    "askPrice": "100010.00",
    "askQty": "10.000",
}


async def order(request: web.Request) -> web.Response:
    params = dict(parse_qsl((await request.read()).decode()))
    answer = dict(ANSWER, clientOrderId=params["newClientOrderId"], updateTime=time.time_ns() // 1_000_000)
    return web.Response(body=orjson.dumps(answer), content_type="application/json")


async def question(request: web.Request) -> web.Response:
    answer = dict(TICKER, symbol=dict(parse_qsl(request.query_string)).get("symbol", ""))
    return web.Response(body=orjson.dumps(answer), content_type="application/json")


async def main() -> None:
    app = web.Application()
    app.router.add_get(EXCHANGE_INFO, question)
    app.router.add_get(QUESTION, question)
    app.router.add_post("/fapi/v1/order", order)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())

"""A short trading day with unmodified ccxt (binanceusdm) over HTTP. Prints what it saw as JSON.

usage: ccxt_rest_day.py URL KEY SECRET CONTROL_PORT TOKEN
"""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.request
from typing import Any

import ccxt

URL, KEY, SECRET, CONTROL, TOKEN = sys.argv[1:]
MARKET = "BTC/USDT:USDT"


def client(secret: Any = SECRET) -> Any:
    names = ("fapiPublic", "fapiPrivate")
    urls = {
        f"{name}{version}": f"{URL}/fapi/{version.lower() or 'v1'}"
        for name in names
        for version in ("", "V2", "V3")
    }
    urls["sapi"] = f"{URL}/sapi/v1"
    return ccxt.binanceusdm(
        {"apiKey": KEY, "secret": secret, "urls": {"api": urls}, "enableRateLimit": False}
    )


def raised(call: Any) -> Any:
    """(class, message) of what a call raises."""
    try:
        call()
    except ccxt.BaseError as error:
        return [type(error).__name__, str(error)]
    return None


def control(path: Any, body: Any) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{CONTROL}{path}", json.dumps(body).encode(), {"X-Fireexit-Token": TOKEN}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.load(opener.open(request, timeout=10))


def overload(exchange: Any) -> Any:
    """Two openings at once on a single slot: one of them is shed."""
    control("/switch", {"policy": "exempt", "slots": 1, "handling": {"law": "constant", "mean_ms": 400}})
    first = threading.Thread(target=lambda: client_order(client(), "buy", 0.002))
    first.start()
    time.sleep(0.15)
    shed = raised(lambda: client_order(exchange, "buy", 0.002))
    closing = client_order(exchange, "sell", 0.002, {"reduceOnly": True})
    first.join()
    control("/switch", {"policy": "none", "handling": {"law": "instant"}})
    return shed, closing["status"]


def client_order(exchange: Any, side: Any, amount: Any, params: Any = None, price: Any = None) -> Any:
    return exchange.create_order(MARKET, "limit" if price else "market", side, amount, price, params or {})


def errors(exchange: Any) -> Any:
    """Each refusal from the condition that causes it."""
    ro = {"reduceOnly": True}
    client_order(exchange, "buy", 0.01)
    resting = client_order(exchange, "sell", 0.01, ro, 113500)
    found = {"-4118": raised(lambda: client_order(exchange, "sell", 0.01, ro))}
    exchange.cancel_order(resting["id"], MARKET)
    client_order(exchange, "sell", 0.01, ro)
    found["-2022"] = raised(lambda: client_order(exchange, "sell", 0.01, ro))
    found["-2019"] = raised(lambda: client_order(exchange, "buy", 300, price=112000))
    found["-1121"] = raised(lambda: exchange.fapiPublicGetDepth({"symbol": "NOPE"}))
    late = client()
    late.load_markets()
    late.milliseconds = lambda: int(time.time() * 1000) - 60_000
    late.nonce = late.milliseconds
    found["-1021"] = raised(lambda: late.fapiPrivateGetOpenOrders({}))
    found["-1022"] = raised(lambda: client("wrong").fapiPrivateGetOpenOrders({}))
    return found


def day() -> Any:
    exchange = client()
    seen: dict[str, Any] = {"markets": sorted(exchange.load_markets())}
    book = exchange.fetch_order_book(MARKET, 5)
    seen["depth"] = [len(book["bids"]), book["bids"][0][0] < book["asks"][0][0]]
    order = client_order(exchange, "buy", 0.01, price=112000)
    seen["placed"] = order["status"]
    seen["queried"] = exchange.fetch_order(order["id"], MARKET)["status"]
    seen["open"] = [o["id"] for o in exchange.fetch_open_orders(MARKET)] == [order["id"]]
    seen["canceled"] = exchange.cancel_order(order["id"], MARKET)["status"]
    batch = [
        {"symbol": MARKET, "type": "limit", "side": "buy", "amount": 0.01, "price": p}
        for p in (111000, 111500)
    ]
    seen["batch"] = [o["status"] for o in exchange.create_orders(batch)]
    exchange.cancel_all_orders(MARKET)
    seen["left"] = len(exchange.fetch_open_orders(MARKET))
    seen["bought"] = client_order(exchange, "buy", 0.01)["filled"]
    seen["position"] = [p["contracts"] for p in exchange.fetch_positions([MARKET])]
    seen["closed"] = client_order(exchange, "sell", 0.01, {"reduceOnly": True})["filled"]
    seen["flat"] = exchange.fetch_positions([MARKET])
    seen["balance"] = exchange.fetch_balance()["USDT"]["total"]
    seen["plain"] = errors(exchange)
    seen["plain"]["-1008"], seen["exit_under_overload"] = overload(exchange)
    exchange.exceptions["exact"].update(exchange.exceptions["linear"]["exact"])
    seen["mapped"] = errors(exchange)
    seen["mapped"]["-1008"], _ = overload(exchange)
    return seen


print(json.dumps(day()))

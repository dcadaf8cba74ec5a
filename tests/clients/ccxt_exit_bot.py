"""An exit bot on unmodified ccxt, as a developer would write it: told that an order failed, it sends it
again; not told what became of it, it asks. Arguments: url, key, secret, seconds."""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

import ccxt

SYMBOL = "DOGE/USDT:USDT"


def connect(url: Any, key: Any, secret: Any) -> Any:
    names = ("fapiPublic", "fapiPublicV2", "fapiPublicV3", "fapiPrivate", "fapiPrivateV2", "fapiPrivateV3")
    paths = {name: f"{url}/fapi/v{name[-1] if name[-2] == 'V' else 1}" for name in names}
    exchange = ccxt.binanceusdm(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "options": {"fetchCurrencies": False, "fetchMargins": False},
            "urls": {"api": {**ccxt.binanceusdm().urls["api"], **paths}},
        }
    )
    exchange.load_markets()
    return exchange


def left(exchange: Any) -> Any:
    return sum(float(row["info"]["positionAmt"]) for row in exchange.fetch_positions([SYMBOL]))


def mark_of(exchange: Any) -> Any:
    return float(exchange.fapiPublicGetPremiumIndex({"symbol": "DOGEUSDT"})["markPrice"])


def settle(exchange: Any, name: Any) -> None:
    """Ask what became of an order, and take it out of the market if it rests."""
    try:
        order = exchange.fetch_order(None, SYMBOL, {"origClientOrderId": name})
        if order["status"] == "open":
            exchange.cancel_order(order["id"], SYMBOL)
    except ccxt.BaseError:
        time.sleep(0.5)


def main() -> None:
    url, key, secret, seconds = sys.argv[1:]
    exchange = connect(url, key, secret)
    end = time.monotonic() + float(seconds)
    first = mark_of(exchange)
    while mark_of(exchange) > 0.985 * first:  # the risk system's trigger
        time.sleep(0.2)
    for number in itertools.count():
        if time.monotonic() > end:
            return
        name = f"ccxt-{number}"
        try:
            amount = left(exchange)
            if amount <= 0:
                return
            price = exchange.price_to_precision(SYMBOL, mark_of(exchange) * 0.9985)
            params = {"reduceOnly": True, "newClientOrderId": name}
            order = exchange.create_order(SYMBOL, "limit", "sell", amount, price, params)
            time.sleep(0.5)
            exchange.cancel_order(order["id"], SYMBOL)
        except (ccxt.ExchangeNotAvailable, ccxt.RequestTimeout):
            settle(exchange, name)
        except ccxt.BaseError:
            time.sleep(0.5)


main()

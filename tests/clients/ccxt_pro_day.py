"""ccxt.pro: REST and sockets of `binanceusdm`, each watcher a task on a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import ccxt.pro
from story import SYMBOL, live

MARKET = "BTC/USDT:USDT"


class Client:
    def __init__(self, venue: Any) -> None:
        names = [f"{kind}{version}" for kind in ("fapiPublic", "fapiPrivate") for version in ("", "V2", "V3")]
        urls: dict[str, Any] = {
            name: f"{venue.url}/fapi/v{name[-1] if name[-1] in '23' else 1}" for name in names
        }
        urls.update(sapi=f"{venue.url}/sapi/v1", ws={"linear": f"{venue.ws_url}/ws"})
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._events: list[Any] = []
        self._book: Any = None
        self._exchange = self._run(self._make(venue, urls))
        self._watchers = [
            asyncio.run_coroutine_threadsafe(w, self._loop) for w in (self._orders(), self._books())
        ]

    async def _make(self, venue: Any, urls: Any) -> Any:
        exchange = ccxt.pro.binanceusdm(
            {"apiKey": venue.key, "secret": venue.secret, "urls": {"api": urls}, "enableRateLimit": False}
        )
        await exchange.load_markets()
        return exchange

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _orders(self) -> None:
        while True:
            for order in await self._exchange.watch_orders(MARKET):
                self._events.append(order["info"])

    async def _books(self) -> None:
        while True:
            self._book = await self._exchange.watch_order_book(MARKET, 500)

    def connected(self) -> Any:
        return MARKET in self._exchange.markets

    def depth(self) -> Any:
        return self._run(self._exchange.fapiPublicGetDepth({"symbol": SYMBOL, "limit": 20}))

    def book(self) -> Any:
        if self._book is None:
            return [], []
        return self._book["bids"][:10], self._book["asks"][:10]

    def limit(self, side: Any, quantity: Any, price: Any) -> Any:
        order = self._exchange.create_order(MARKET, "limit", side.lower(), float(quantity), float(price))
        return self._run(order)["id"]

    def market(self, side: Any, quantity: Any, reduce_only: bool = False) -> Any:
        params = {"reduceOnly": True} if reduce_only else {}
        order = self._exchange.create_order(MARKET, "market", side.lower(), float(quantity), None, params)
        return self._run(order)["id"]

    def stop(self, side: Any, quantity: Any, price: Any) -> Any:
        """ccxt sends conditional orders to the later algo endpoint; this is the endpoint of the day."""
        row = {
            "symbol": SYMBOL,
            "side": side,
            "type": "STOP_MARKET",
            "quantity": quantity,
            "stopPrice": price,
            "reduceOnly": "true",
        }
        return self._run(self._exchange.fapiPrivatePostOrder(row))["orderId"]

    def amend(self, order_id: Any, side: Any, quantity: Any, price: Any) -> None:
        self._run(
            self._exchange.edit_order(order_id, MARKET, "limit", side.lower(), float(quantity), float(price))
        )

    def cancel(self, order_id: Any) -> None:
        self._run(self._exchange.cancel_order(order_id, MARKET))

    def order(self, order_id: Any) -> Any:
        return self._run(self._exchange.fetch_order(order_id, MARKET))["info"]

    def open_ids(self) -> Any:
        return [order["id"] for order in self._run(self._exchange.fetch_open_orders(MARKET))]

    def position(self) -> Any:
        return sum(p["contracts"] for p in self._run(self._exchange.fetch_positions([MARKET])))

    def forced(self) -> Any:
        return self._run(self._exchange.fapiPrivateGetForceOrders({"symbol": SYMBOL}))

    def events(self) -> Any:
        return list(self._events)

    def wallet(self) -> Any:
        return self._run(self._exchange.fetch_balance())["info"]["totalWalletBalance"]

    def close(self) -> None:
        for watcher in self._watchers:
            watcher.cancel()
        self._run(self._exchange.close())


live(Client)

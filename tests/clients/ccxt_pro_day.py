"""ccxt.pro: REST and sockets of `binanceusdm`, each watcher a task on a loop of its own."""

import asyncio
import threading

import ccxt.pro
from story import SYMBOL, live

MARKET = "BTC/USDT:USDT"


class Client:
    def __init__(self, venue):
        names = [f"{kind}{version}" for kind in ("fapiPublic", "fapiPrivate") for version in ("", "V2", "V3")]
        urls = {name: f"{venue.url}/fapi/v{name[-1] if name[-1] in '23' else 1}" for name in names}
        urls.update(sapi=f"{venue.url}/sapi/v1", ws={"linear": f"{venue.ws_url}/ws"})
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._events, self._book = [], None
        self._exchange = self._run(self._make(venue, urls))
        self._watchers = [
            asyncio.run_coroutine_threadsafe(w, self._loop) for w in (self._orders(), self._books())
        ]

    async def _make(self, venue, urls):
        exchange = ccxt.pro.binanceusdm(
            {"apiKey": venue.key, "secret": venue.secret, "urls": {"api": urls}, "enableRateLimit": False}
        )
        await exchange.load_markets()
        return exchange

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _orders(self):
        while True:
            for order in await self._exchange.watch_orders(MARKET):
                self._events.append(order["info"])

    async def _books(self):
        while True:
            self._book = await self._exchange.watch_order_book(MARKET, 500)

    def connected(self):
        return MARKET in self._exchange.markets

    def depth(self):
        return self._run(self._exchange.fapiPublicGetDepth({"symbol": SYMBOL, "limit": 20}))

    def book(self):
        if self._book is None:
            return [], []
        return self._book["bids"][:10], self._book["asks"][:10]

    def limit(self, side, quantity, price):
        order = self._exchange.create_order(MARKET, "limit", side.lower(), float(quantity), float(price))
        return self._run(order)["id"]

    def market(self, side, quantity, reduce_only=False):
        params = {"reduceOnly": True} if reduce_only else {}
        order = self._exchange.create_order(MARKET, "market", side.lower(), float(quantity), None, params)
        return self._run(order)["id"]

    def stop(self, side, quantity, price):
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

    def amend(self, order_id, side, quantity, price):
        self._run(
            self._exchange.edit_order(order_id, MARKET, "limit", side.lower(), float(quantity), float(price))
        )

    def cancel(self, order_id):
        self._run(self._exchange.cancel_order(order_id, MARKET))

    def order(self, order_id):
        return self._run(self._exchange.fetch_order(order_id, MARKET))["info"]

    def open_ids(self):
        return [order["id"] for order in self._run(self._exchange.fetch_open_orders(MARKET))]

    def position(self):
        return sum(p["contracts"] for p in self._run(self._exchange.fetch_positions([MARKET])))

    def forced(self):
        return self._run(self._exchange.fapiPrivateGetForceOrders({"symbol": SYMBOL}))

    def events(self):
        return list(self._events)

    def wallet(self):
        return self._run(self._exchange.fetch_balance())["info"]["totalWalletBalance"]

    def close(self):
        for watcher in self._watchers:
            watcher.cancel()
        self._run(self._exchange.close())


live(Client)

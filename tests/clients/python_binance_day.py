"""python-binance: AsyncClient and BinanceSocketManager, on a loop of their own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from binance import AsyncClient, BinanceSocketManager
from story import SYMBOL, LocalBook, live


class Client:
    def __init__(self, venue: Any) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        AsyncClient.FUTURES_URL = f"{venue.url}/fapi"
        self._local, self._ready = LocalBook(), threading.Event()
        self._events: list[Any] = []
        self._client, self._sockets = self._run(self._make(venue))
        self._readers = [
            asyncio.run_coroutine_threadsafe(reader, self._loop) for reader in (self._books(), self._user())
        ]
        self._ready.wait(10)

    async def _make(self, venue: Any) -> Any:
        client = AsyncClient(venue.key, venue.secret)
        sockets = BinanceSocketManager(client)
        sockets.FSTREAM_URL = f"{venue.ws_url}/"
        return client, sockets

    async def _books(self) -> None:
        async with self._sockets.futures_multiplex_socket([f"{SYMBOL.lower()}@depth@100ms"]) as socket:
            while True:
                message = await socket.recv()
                if message.get("data", {}).get("e") == "depthUpdate":
                    self._local.event(message["data"])

    async def _user(self) -> None:
        async with self._sockets.futures_user_socket() as socket:
            self._ready.set()
            while True:
                message = await socket.recv()
                if message.get("e") == "ORDER_TRADE_UPDATE":
                    self._events.append(message["o"])

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def connected(self) -> Any:
        return SYMBOL in [row["symbol"] for row in self._run(self._client.futures_exchange_info())["symbols"]]

    def depth(self) -> Any:
        if self._local.last is None and self._local.events:
            self._local.snapshot(self._run(self._client.futures_order_book(symbol=SYMBOL, limit=1000)))
        return self._run(self._client.futures_order_book(symbol=SYMBOL, limit=20))

    def book(self) -> Any:
        return self._local.top()

    def _order(self, **params: Any) -> Any:
        return self._run(self._client.futures_create_order(symbol=SYMBOL, **params))["orderId"]

    def limit(self, side: Any, quantity: Any, price: Any) -> Any:
        return self._order(side=side, type="LIMIT", timeInForce="GTC", quantity=quantity, price=price)

    def market(self, side: Any, quantity: Any, reduce_only: bool = False) -> Any:
        extra = {"reduceOnly": "true"} if reduce_only else {}
        return self._order(side=side, type="MARKET", quantity=quantity, **extra)

    def stop(self, side: Any, quantity: Any, price: Any) -> Any:
        """Conditional types are re-routed to the later algo endpoint, except in batches."""
        row = {
            "symbol": SYMBOL,
            "side": side,
            "type": "STOP_MARKET",
            "quantity": quantity,
            "stopPrice": price,
            "reduceOnly": "true",
        }
        (placed,) = self._run(self._client.futures_place_batch_order(batchOrders=[row]))
        return placed["orderId"]

    def amend(self, order_id: Any, side: Any, quantity: Any, price: Any) -> None:
        row = {"symbol": SYMBOL, "orderId": order_id, "side": side, "quantity": quantity, "price": price}
        self._run(self._client.futures_modify_order(**row))

    def cancel(self, order_id: Any) -> None:
        self._run(self._client.futures_cancel_order(symbol=SYMBOL, orderId=order_id))

    def order(self, order_id: Any) -> Any:
        return self._run(self._client.futures_get_order(symbol=SYMBOL, orderId=order_id))

    def open_ids(self) -> Any:
        return [row["orderId"] for row in self._run(self._client.futures_get_open_orders(symbol=SYMBOL))]

    def position(self) -> Any:
        rows = self._run(self._client.futures_position_information(symbol=SYMBOL))
        return sum(float(row["positionAmt"]) for row in rows)

    def forced(self) -> Any:
        return self._run(self._client.futures_liquidation_orders(symbol=SYMBOL))

    def events(self) -> Any:
        return list(self._events)

    def wallet(self) -> Any:
        return self._run(self._client.futures_account())["totalWalletBalance"]

    def close(self) -> None:
        for reader in self._readers:
            reader.cancel()
        self._run(self._client.close_connection())


live(Client)

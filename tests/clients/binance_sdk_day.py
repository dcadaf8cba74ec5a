"""The venue's modular SDK: typed REST, and its stream client on a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from story import SYMBOL, LocalBook, live


def plain(response: Any) -> Any:
    """The data of an answer as JSON types, by the venue's own names."""
    data = response.data()
    if isinstance(data, list):
        return [row.to_dict() for row in data]
    return data.to_dict()


class Client:
    def __init__(self, venue: Any) -> None:
        sdk = DerivativesTradingUsdsFutures(
            config_rest_api=ConfigurationRestAPI(venue.key, venue.secret, base_path=venue.url, timeout=5000),
            config_ws_streams=ConfigurationWebSocketStreams(stream_url=f"{venue.ws_url}/stream"),
        )
        self._rest = sdk.rest_api
        self._local = LocalBook()
        self._events: list[Any] = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._connection = self._run(self._stream(sdk.websocket_streams))

    async def _stream(self, streams: Any) -> Any:
        connection = await streams.create_connection()
        depth = await connection.diff_book_depth_streams(symbol=SYMBOL.lower(), update_speed="100ms")
        depth.on("message", lambda event: self._local.event(event.to_dict()))
        user = await connection.user_data(plain(self._rest.start_user_data_stream())["listenKey"])
        user.on("message", self._on_user)
        return connection

    def _on_user(self, event: Any) -> None:
        event = event.actual_instance
        if type(event).__name__ == "OrderTradeUpdate":
            self._events.append(event.to_dict()["o"])

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def connected(self) -> Any:
        return SYMBOL in [row.symbol for row in self._rest.exchange_information().data().symbols]

    def depth(self) -> Any:
        if self._local.last is None and self._local.events:
            self._local.snapshot(plain(self._rest.order_book(SYMBOL, limit=1000)))
        return plain(self._rest.order_book(SYMBOL, limit=20))

    def book(self) -> Any:
        return self._local.top()

    def limit(self, side: Any, quantity: Any, price: Any) -> Any:
        row = self._rest.new_order(
            SYMBOL, side, "LIMIT", quantity=float(quantity), price=float(price), time_in_force="GTC"
        )
        return row.data().order_id

    def market(self, side: Any, quantity: Any, reduce_only: bool = False) -> Any:
        extra = {"reduce_only": "true"} if reduce_only else {}
        return self._rest.new_order(SYMBOL, side, "MARKET", quantity=float(quantity), **extra).data().order_id

    def stop(self, side: Any, quantity: Any, price: Any) -> Any:
        """The SDK's own call has lost `stopPrice`; legs of a batch are sent as they are."""
        row = {
            "symbol": SYMBOL,
            "side": side,
            "type": "STOP_MARKET",
            "quantity": float(quantity),
            "stopPrice": price,
            "reduceOnly": "true",
        }
        (placed,) = self._rest.place_multiple_orders([row]).data()
        return placed.order_id

    def amend(self, order_id: Any, side: Any, quantity: Any, price: Any) -> None:
        self._rest.modify_order(SYMBOL, side, float(quantity), float(price), order_id=order_id)

    def cancel(self, order_id: Any) -> None:
        self._rest.cancel_order(SYMBOL, order_id=order_id)

    def order(self, order_id: Any) -> Any:
        return plain(self._rest.query_order(SYMBOL, order_id=order_id))

    def open_ids(self) -> Any:
        return [row["orderId"] for row in plain(self._rest.current_all_open_orders(SYMBOL))]

    def position(self) -> Any:
        return sum(float(row["positionAmt"]) for row in plain(self._rest.position_information_v3(SYMBOL)))

    def forced(self) -> Any:
        return plain(self._rest.users_force_orders(SYMBOL))

    def events(self) -> Any:
        return list(self._events)

    def wallet(self) -> Any:
        return plain(self._rest.account_information_v3())["totalWalletBalance"]

    def close(self) -> None:
        self._run(self._connection.close_connection(close_session=True))


live(Client)

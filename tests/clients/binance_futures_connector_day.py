"""binance-futures-connector: REST, and one socket each for the book and the account."""

from __future__ import annotations

import json
from typing import Any

from binance.um_futures import UMFutures
from binance.websocket.um_futures.websocket_client import UMFuturesWebsocketClient
from story import SYMBOL, LocalBook, live


class Client:
    def __init__(self, venue: Any) -> None:
        self._rest = UMFutures(venue.key, venue.secret, base_url=venue.url)
        self._local = LocalBook()
        self._events: list[Any] = []
        self._market = UMFuturesWebsocketClient(venue.ws_url, on_message=self._on_market)
        self._market.diff_book_depth(SYMBOL, speed=100)
        self._user = UMFuturesWebsocketClient(venue.ws_url, on_message=self._on_user)
        self._user.user_data(self._rest.new_listen_key()["listenKey"])

    def _on_market(self, _: Any, message: Any) -> None:
        event = json.loads(message)
        if event.get("e") == "depthUpdate":
            self._local.event(event)

    def _on_user(self, _: Any, message: Any) -> None:
        event = json.loads(message)
        if event.get("e") == "ORDER_TRADE_UPDATE":
            self._events.append(event["o"])

    def connected(self) -> Any:
        return SYMBOL in [row["symbol"] for row in self._rest.exchange_info()["symbols"]]

    def depth(self) -> Any:
        if self._local.last is None and self._local.events:
            self._local.snapshot(self._rest.depth(SYMBOL, limit=1000))
        return self._rest.depth(SYMBOL, limit=20)

    def book(self) -> Any:
        return self._local.top()

    def limit(self, side: Any, quantity: Any, price: Any) -> Any:
        row = self._rest.new_order(SYMBOL, side, "LIMIT", quantity=quantity, price=price, timeInForce="GTC")
        return row["orderId"]

    def market(self, side: Any, quantity: Any, reduce_only: bool = False) -> Any:
        extra = {"reduceOnly": "true"} if reduce_only else {}
        return self._rest.new_order(SYMBOL, side, "MARKET", quantity=quantity, **extra)["orderId"]

    def stop(self, side: Any, quantity: Any, price: Any) -> Any:
        row = self._rest.new_order(
            SYMBOL, side, "STOP_MARKET", quantity=quantity, stopPrice=price, reduceOnly="true"
        )
        return row["orderId"]

    def amend(self, order_id: Any, side: Any, quantity: Any, price: Any) -> None:
        self._rest.modify_order(SYMBOL, side, float(quantity), float(price), orderId=order_id)

    def cancel(self, order_id: Any) -> None:
        self._rest.cancel_order(SYMBOL, orderId=order_id)

    def order(self, order_id: Any) -> Any:
        return self._rest.query_order(SYMBOL, orderId=order_id)

    def open_ids(self) -> Any:
        return [row["orderId"] for row in self._rest.get_orders(symbol=SYMBOL)]

    def position(self) -> Any:
        return sum(float(row["positionAmt"]) for row in self._rest.get_position_risk(symbol=SYMBOL))

    def forced(self) -> Any:
        return self._rest.force_orders(symbol=SYMBOL)

    def events(self) -> Any:
        return list(self._events)

    def wallet(self) -> Any:
        return self._rest.account()["totalWalletBalance"]

    def close(self) -> None:
        self._market.stop()
        self._user.stop()


live(Client)

"""binance-futures-connector: REST, and one socket each for the book and the account."""

import json

from binance.um_futures import UMFutures
from binance.websocket.um_futures.websocket_client import UMFuturesWebsocketClient
from story import SYMBOL, LocalBook, live


class Client:
    def __init__(self, venue):
        self._rest = UMFutures(venue.key, venue.secret, base_url=venue.url)
        self._local, self._events = LocalBook(), []
        self._market = UMFuturesWebsocketClient(venue.ws_url, on_message=self._on_market)
        self._market.diff_book_depth(SYMBOL, speed=100)
        self._user = UMFuturesWebsocketClient(venue.ws_url, on_message=self._on_user)
        self._user.user_data(self._rest.new_listen_key()["listenKey"])

    def _on_market(self, _, message):
        event = json.loads(message)
        if event.get("e") == "depthUpdate":
            self._local.event(event)

    def _on_user(self, _, message):
        event = json.loads(message)
        if event.get("e") == "ORDER_TRADE_UPDATE":
            self._events.append(event["o"])

    def connected(self):
        return SYMBOL in [row["symbol"] for row in self._rest.exchange_info()["symbols"]]

    def depth(self):
        if self._local.last is None and self._local.events:
            self._local.snapshot(self._rest.depth(SYMBOL, limit=1000))
        return self._rest.depth(SYMBOL, limit=20)

    def book(self):
        return self._local.top()

    def limit(self, side, quantity, price):
        row = self._rest.new_order(SYMBOL, side, "LIMIT", quantity=quantity, price=price, timeInForce="GTC")
        return row["orderId"]

    def market(self, side, quantity, reduce_only=False):
        extra = {"reduceOnly": "true"} if reduce_only else {}
        return self._rest.new_order(SYMBOL, side, "MARKET", quantity=quantity, **extra)["orderId"]

    def stop(self, side, quantity, price):
        row = self._rest.new_order(
            SYMBOL, side, "STOP_MARKET", quantity=quantity, stopPrice=price, reduceOnly="true"
        )
        return row["orderId"]

    def amend(self, order_id, side, quantity, price):
        self._rest.modify_order(SYMBOL, side, float(quantity), float(price), orderId=order_id)

    def cancel(self, order_id):
        self._rest.cancel_order(SYMBOL, orderId=order_id)

    def order(self, order_id):
        return self._rest.query_order(SYMBOL, orderId=order_id)

    def open_ids(self):
        return [row["orderId"] for row in self._rest.get_orders(symbol=SYMBOL)]

    def position(self):
        return sum(float(row["positionAmt"]) for row in self._rest.get_position_risk(symbol=SYMBOL))

    def forced(self):
        return self._rest.force_orders(symbol=SYMBOL)

    def events(self):
        return list(self._events)

    def wallet(self):
        return self._rest.account()["totalWalletBalance"]

    def close(self):
        self._market.stop()
        self._user.stop()


live(Client)

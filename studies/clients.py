"""Clients of an exchange that may be killed at any moment: what they sent, what they were told, and whether
the exchange that comes back remembers it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
import time
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlencode

from mock_exchange.engine import Engine
from mock_exchange.engine.symbols import symbols
from run_records.scaled import format_scaled, parse_scaled

SYMBOL = "BTCUSDT"
TIMEOUT_S = 10.0
ASKED_ABOUT = 15
"""How many of the latest orders of a client are asked about one by one."""
_GONE = (OSError, http.client.HTTPException)
"""What a client meets when the exchange is killed before, in or after an answer."""
_DISTANCES = (-0.01, -0.002, 0.0, 0.002, 0.01)
"""Of a limit price from the market: some cross, some rest."""


class Seen(NamedTuple):
    """An order or a cancel that was acknowledged."""

    verb: str
    account: str
    order_id: int
    executed: str


class Told(NamedTuple):
    status: int
    body: Any
    order_count: int


class Sender:
    """Signed requests of one account over one connection."""

    def __init__(self, port: int, access: dict[str, str]) -> None:
        self._access = access
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", port, TIMEOUT_S, source_address=(access["source"], 0)
        )

    def ask(self, method: str, path: str, **params: object) -> Told:
        """Raises what is in _GONE."""
        params["timestamp"] = time.time_ns() // 1_000_000
        text = urlencode(params)
        signature = hmac.new(self._access["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
        head = {"X-MBX-APIKEY": self._access["api_key"]}
        self._connection.request(method, f"{path}?{text}&signature={signature}", headers=head)
        answer = self._connection.getresponse()
        count = int(answer.headers.get("X-MBX-ORDER-COUNT-1M", 0))
        return Told(answer.status, json.loads(answer.read()), count)

    def close(self) -> None:
        self._connection.close()


class Clients:
    """`count` of them, each with accounts of its own in turn. `seen` are all acknowledgements so far."""

    def __init__(self, count: int, seed: int) -> None:
        self._count = count
        self._draws = [Random(f"client/{seed}/{number}") for number in range(count)]
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self._counts: dict[str, tuple[int, int]] = {}
        self._listen_keys: dict[str, str] = {}
        self.seen: list[Seen] = []
        self.sent = 0

    def flood(self, port: int, accounts: list[dict[str, str]]) -> None:
        """Send until the exchange is gone."""
        self._threads = [
            threading.Thread(target=self._trade, args=(draw, port, accounts[number :: self._count][:8]))
            for number, draw in enumerate(self._draws)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._over.set()
        self.join()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _trade(self, draw: Random, port: int, accounts: list[dict[str, str]]) -> None:
        senders = {access["account"]: Sender(port, access) for access in accounts}
        mine: dict[str, list[int]] = {name: [] for name in senders}
        try:
            price = _price(next(iter(senders.values())))
            while not self._over.is_set():
                name = draw.choice(list(senders))
                self._once(draw, name, senders[name], mine[name], price)
        except _GONE:
            pass
        finally:
            for sender in senders.values():
                sender.close()

    def _once(self, draw: Random, name: str, sender: Sender, mine: list[int], price: float) -> None:
        self.sent += 1
        kind = draw.random()
        if kind < 0.2 and mine:
            order_id = mine.pop(draw.randrange(len(mine)))
            told = sender.ask("DELETE", "/fapi/v1/order", symbol=SYMBOL, orderId=order_id)
            if told.status == 200:
                self.seen.append(Seen("cancel", name, order_id, told.body["executedQty"]))
        elif kind < 0.22:
            told = sender.ask("POST", "/fapi/v1/listenKey")
            if told.status == 200:
                self._listen_keys[name] = told.body["listenKey"]
        elif kind < 0.23:
            sender.ask("POST", "/fapi/v1/countdownCancelAll", symbol=SYMBOL, countdownTime=600_000)
        else:
            minute = _minute()
            told = sender.ask("POST", "/fapi/v1/order", **_order(draw, price))
            if told.order_count and _minute() == minute:  # counted in this one for sure
                self._counts[name] = (minute, told.order_count)
            if told.status == 200:
                self.seen.append(Seen("new", name, told.body["orderId"], told.body["executedQty"]))
                mine.append(told.body["orderId"])

    def faults_against(self, port: int, accounts: list[dict[str, str]], engine: Engine) -> list[str]:
        """What the exchange says that is not so by what was seen, or by the replay of its journal."""
        senders = {
            access["account"]: Sender(port, access)
            for access in accounts
            if any(answer.account == access["account"] for answer in self.seen)
        }
        wrong: list[str] = []
        try:
            for name, sender in senders.items():
                wrong += _state_faults(sender, name, engine)
                wrong += self._order_faults(sender, name)
            for name, sender in senders.items():  # orders, which may trade with anybody's
                wrong += self._memory_faults(sender, name)
        finally:
            for sender in senders.values():
                sender.close()
        return wrong

    def _order_faults(self, sender: Sender, name: str) -> list[str]:
        wrong = []
        of_account = [answer for answer in self.seen if answer.account == name]
        canceled = {answer.order_id for answer in of_account if answer.verb == "cancel"}
        for answer in of_account[-ASKED_ABOUT:]:
            found = sender.ask("GET", "/fapi/v1/order", symbol=SYMBOL, orderId=answer.order_id)
            if found.status == 429:  # its own limit still counts
                break
            if found.status != 200:
                wrong.append(f"order {answer.order_id} of {name} is not known any more: {found.body}")
            elif float(found.body["executedQty"]) < float(answer.executed):
                wrong.append(f"order {answer.order_id} of {name} has forgotten an execution")
            elif answer.order_id in canceled and found.body["status"] != "CANCELED":
                wrong.append(f"order {answer.order_id} of {name} was canceled, and is {found.body['status']}")
        return wrong

    def _memory_faults(self, sender: Sender, name: str) -> list[str]:
        wrong = []
        if (key := self._listen_keys.get(name)) is not None:
            told = sender.ask("POST", "/fapi/v1/listenKey")
            if told.status == 200 and told.body["listenKey"] != key:
                wrong.append(f"{name} has another listen key")
        if name in self._counts:
            minute, count = self._counts[name]
            told = sender.ask(
                "POST", "/fapi/v1/order", symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.005"
            )
            if told.status == 200:
                self.seen.append(Seen("new", name, told.body["orderId"], told.body["executedQty"]))
            if told.order_count and _minute() == minute and told.order_count <= count:
                wrong.append(f"{name} had used {count} of its orders of this minute, now {told.order_count}")
        return wrong


def _state_faults(sender: Sender, name: str, engine: Engine) -> list[str]:
    account, symbol = engine.accounts[name], symbols()[SYMBOL]
    told = sender.ask("GET", "/fapi/v1/openOrders", symbol=SYMBOL)
    if told.status == 429:
        return []
    wrong = []
    resting = {order.order_id for order in account.orders.values() if order.symbol is symbol}
    if {row["orderId"] for row in told.body} != resting:
        wrong.append(f"the open orders of {name} are not those of the replay")
    told = sender.ask("GET", "/fapi/v2/positionRisk", symbol=SYMBOL)
    held = {leg.side: format_scaled(leg.amount, symbol.quantity_precision) for leg in account.legs_of(symbol)}
    for row in told.body if told.status == 200 else ():
        amount = parse_scaled(row["positionAmt"].lstrip("-"), symbol.quantity_precision)
        expected = parse_scaled(held.get(row["positionSide"], "0").lstrip("-"), symbol.quantity_precision)
        if amount != expected:
            wrong.append(f"the position of {name} is {row['positionAmt']}, by the replay {expected}")
    return wrong


def _minute() -> int:
    return int(time.time()) // 60


def _price(sender: Sender) -> float:
    told = sender.ask("GET", "/fapi/v1/premiumIndex", symbol=SYMBOL)
    return float(told.body["markPrice"])


def _order(draw: Random, price: float) -> dict[str, object]:
    """A limit order near the market, a market order, one that only reduces, or a stop."""
    side = draw.choice(("BUY", "SELL"))
    order: dict[str, object] = {"symbol": SYMBOL, "side": side}
    kind = draw.random()
    if kind < 0.6:
        at = round(price * (1 + draw.choice(_DISTANCES)), 1)
        order |= {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010", "price": f"{at:.1f}"}
        if kind < 0.1:
            order["reduceOnly"] = "true"
    elif kind < 0.85:
        order |= {"type": "MARKET", "quantity": "0.005"}
        if kind < 0.75:
            order["reduceOnly"] = "true"
    else:
        stop = round(price * (1.1 if side == "BUY" else 0.9), 1)
        order |= {"type": "STOP_MARKET", "quantity": "0.010", "stopPrice": f"{stop:.1f}"}
    return order

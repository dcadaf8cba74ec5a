"""A trading day, told once and lived by every client. Runs inside the client's own environment (standard
library only); prints what the client saw as one JSON document.

A client brings an adapter with the methods of `Client`; `live(make)` does the rest.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.request
from typing import Any

SYMBOL = "BTCUSDT"
QUANTITY = "0.01"


class Venue:
    """Where the venue is, and its control port."""

    def __init__(self, row: Any) -> None:
        self.url, self.ws_url = row["url"], row["ws_url"]
        self.key, self.secret, self.account = row["key"], row["secret"], row["account"]
        self._control, self._token = row["control_port"], row["token"]

    def control(self, path: Any, body: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._control}{path}",
            json.dumps(body).encode(),
            {"X-Fireexit-Token": self._token},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return json.load(opener.open(request, timeout=10))

    def price(self, price: Any) -> None:
        self.control("/price", {"symbol": SYMBOL, "price": price})


class LocalBook:
    """A book kept from diff events by the documented procedure."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.last: int | None = None
        self.gaps = 0

    def event(self, event: Any) -> None:
        """An event of the diff stream."""
        if self.last is None:
            self.events.append(event)
        else:
            self._apply(event)

    def snapshot(self, snapshot: Any) -> None:
        """What REST says; then everything buffered that is newer."""
        self.bids = {float(p): float(q) for p, q in snapshot["bids"]}
        self.asks = {float(p): float(q) for p, q in snapshot["asks"]}
        self.last = snapshot["lastUpdateId"]
        waiting = [event for event in self.events if event["u"] >= self.last]
        self.events = []
        for number, event in enumerate(waiting):
            self._apply(event, first=number == 0)

    def _apply(self, event: Any, first: bool = False) -> None:
        if not first and event["pu"] != self.last and event["u"] > self.last:
            self.gaps += 1
        if event["u"] < self.last:
            return
        for side, rows in ((self.bids, event["b"]), (self.asks, event["a"])):
            for price, quantity in rows:
                if float(quantity):
                    side[float(price)] = float(quantity)
                else:
                    side.pop(float(price), None)
        self.last = event["u"]

    def top(self, count: int = 10) -> Any:
        bids = sorted(self.bids.items(), reverse=True)[:count]
        return [list(row) for row in bids], [list(row) for row in sorted(self.asks.items())[:count]]


def until(condition: Any, within: float = 15.0, what: str = "") -> Any:
    """The value of `condition` once it is true."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.05)


def raised(call: Any) -> Any:
    """[class, text] of what a call raises; None if it does not."""
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error) or repr(error)]
    return None


def same_book(client: Any) -> Any:
    """The local book against REST, once the last event has arrived."""

    def compare() -> Any:
        rest = client.depth()
        wanted = [[[float(p), float(q)] for p, q in rest[side][:10]] for side in ("bids", "asks")]
        return [[list(map(float, row[:2])) for row in side] for side in client.book()] == wanted

    return bool(until(compare, what="the local book to equal REST"))


def overload(venue: Any, client: Any) -> Any:
    """On a single slot: an opening order is shed, a reducing one passes."""
    venue.control(
        "/switch", {"policy": "exempt", "slots": 1, "handling": {"law": "constant", "mean_ms": 600}}
    )
    holder = threading.Thread(target=lambda: raised(lambda: client.limit("BUY", QUANTITY, "110000.00")))
    holder.start()
    time.sleep(0.2)
    shed = raised(lambda: client.limit("BUY", QUANTITY, "110000.00"))
    passed = raised(lambda: client.market("SELL", QUANTITY, reduce_only=True))
    holder.join()
    venue.control("/switch", {"slots": 1000, "handling": {"law": "instant"}})
    return {"shed": shed, "reducing": passed}


def unknown(venue: Any, client: Any) -> Any:
    """The answer is lost; the order is found all the same."""
    before = set(client.open_ids())
    venue.control("/fault", {"fault": "answer-lost"})
    error = raised(lambda: client.limit("BUY", QUANTITY, "109000.00"))
    found = set(client.open_ids()) - before
    for order_id in found:
        client.cancel(order_id)
    return {"error": error, "found": len(found), "left": len(set(client.open_ids()) - before)}


def stop_loss(venue: Any, client: Any) -> Any:
    """A stop below the market, triggered by a falling price."""
    client.market("BUY", QUANTITY)
    stop_id = client.stop("SELL", QUANTITY, "112500.00")
    waiting = client.order(stop_id)
    venue.price("112400.00")
    client.market("BUY", QUANTITY)  # a print at the new price
    done = until(
        lambda: (o := client.order(stop_id)) and o["status"] == "FILLED" and o, what="the stop to be filled"
    )
    venue.price("113000.00")
    return {
        "waiting": [waiting["status"], waiting["type"]],
        "done": [done["status"], done["origType"]],
        "position": client.position(),
    }


def liquidation(venue: Any, client: Any) -> Any:
    """Too large a position for the wallet, a falling price, a forced order on the user's stream."""
    client.market("SELL", QUANTITY, reduce_only=True)
    venue.control("/transfer", {"account": venue.account, "amount": "-99000"})
    client.market("BUY", "0.1")
    for price in ("103500.00", "103400.00"):
        venue.price(price)
    seen = until(
        lambda: [
            e for e in client.events() if e.get("c", "").startswith("autoclose-") and e["X"] == "FILLED"
        ],
        what="the liquidation on the user stream",
    )
    until(lambda: client.position() == 0, what="the position to be gone")
    return {"execution": seen[-1]["x"], "type": seen[-1]["o"], "forced": len(client.forced())}


def live(make: Any) -> None:
    """The whole day; `make(venue)` gives a connected client."""
    venue = Venue(json.loads(sys.argv[1]))
    client = make(venue)
    seen = {"connected": client.connected()}
    order_id = client.limit("BUY", QUANTITY, "112000.00")
    seen["book"] = same_book(client)
    client.amend(order_id, "BUY", "0.02", "112500.00")
    seen["amended"] = [float(client.order(order_id)[name]) for name in ("price", "origQty")]
    client.cancel(order_id)
    seen["canceled"] = client.order(order_id)["status"]
    client.market("BUY", QUANTITY)
    seen["position"] = client.position()
    seen["overload"] = overload(venue, client)
    seen["unknown"] = unknown(venue, client)
    seen["stop"] = stop_loss(venue, client)
    seen["book_later"] = same_book(client)
    seen["liquidated"] = liquidation(venue, client)
    until(
        lambda: all(client.order(order)["status"] != "NEW" for order in client.open_ids()),
        what="orders to end",
    )
    seen["kinds"] = sorted({event["x"] for event in client.events()})
    seen["end"] = {"open": len(client.open_ids()), "position": client.position(), "wallet": client.wallet()}
    client.close()
    print(json.dumps(seen))

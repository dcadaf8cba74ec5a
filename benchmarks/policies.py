"""(g) What a policy's decision costs: its messages, its answer and all its hooks, on prepared attempts.

Ten attempts are eight openings, one reducing order of an account that holds a position, and one cancel of an
open order; the node is below, at and above its slots in turn; time goes on by 3 ms an attempt. Whoever is let
in waits, has its turn, and is answered.
"""

from __future__ import annotations

import time

from mock_exchange.gateway.attempt import Answer, Attempt, Call
from mock_exchange.gateway.boundary import Boundary
from mock_exchange.gateway.endpoints import CANCEL_ONE, ORDER, READERS
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies import NAMES, load_policy
from mock_exchange.gateway.policies.messages import Request, Verb
from mock_exchange.tryout import TryOut

ACCOUNTS = 20
ROUNDS = 2000
STEP_NS = 3_000_000
OCCUPANCY = (12, 16, 19, 20, 21, 18, 20, 22)
_MARKET = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.002"}
_OPENING = {**_MARKET, "side": "BUY"}
_REDUCING = {**_MARKET, "side": "SELL", "reduceOnly": "true"}


def _ignore(answer: Answer) -> None:
    pass


def prepared() -> tuple[TryOut, list[Attempt]]:
    """A venue whose accounts hold a position and an open order each, and attempts of every class."""
    gate = TryOut(
        load_policy("none"), slots=10_000, accounts=ACCOUNTS, position="10", handling={"law": "instant"}
    )
    gateway = gate.venue.gateway
    attempts = []
    for number in range(ACCOUNTS):
        gate.reducing("0.1", account=number, price="104000")
        account = gate.venue.account(f"a{number}")
        cancel = {"symbol": "BTCUSDT", "orderId": str(next(iter(account.orders)))}
        for verb, params in (*((ORDER, _OPENING),) * 8, (ORDER, _REDUCING), (CANCEL_ONE, cancel)):
            call = Call("POST", "/fapi/v1/order", params, "127.1.0.1", number, account)
            call.epoch_ms = gate.timeline.epoch_ms()
            asked = READERS[verb](params, "2026", 0, 0)
            name: Verb = "order" if verb == ORDER else "cancel"
            attempts.append(gateway.attempts.make(call, 0, name, asked, _ignore))
    return gate, attempts


def decisions_per_second(name: str) -> float:
    """Of one policy, its hooks included."""
    gate, attempts = prepared()
    backend = gate.venue.gateway.backend
    node = backend.nodes[0]
    node.slots = 20
    backend.obey(Boundary(backend.around_policy, load_policy(name)))
    begin = time.perf_counter()
    for number in range(ROUNDS):
        _decide(backend.boundary, attempts, node, number * len(attempts))
    return ROUNDS * len(attempts) / (time.perf_counter() - begin)


def _decide(boundary: Boundary, attempts: list[Attempt], node: Node, number: int) -> None:
    rank, keep = boundary.rank, boundary.keep
    for attempt in attempts:
        number += 1
        now = number * STEP_NS
        r = attempt.request
        attempt.request = Request(
            number,
            r.node,
            r.account,
            r.klass,
            r.verb,
            r.symbol,
            r.side,
            r.kind,
            r.quantity,
            r.price,
            r.order,
            r.leg,
            now,
            r.venue_ms,
        )
        node.in_flight = OCCUPANCY[number & 7]
        decision = boundary.decide(attempt)
        if decision.act == "evict" and boundary.names_victims:
            boundary.victim(attempt)
        elif decision.act == "admit":
            attempt.admitted = attempt.queued = now
            if decision.note is not None or boundary.hears_admitted:
                boundary.admitted(attempt, decision.note)
            if rank is not None:
                rank(attempt)
            if keep is not None:
                keep(attempt, STEP_NS)
            if boundary.hears_done:
                boundary.done(attempt, 0, now + STEP_NS)
            if boundary.notes:
                boundary.forget(attempt)


def costs(repeats: int) -> dict[str, list[float]]:
    """Cost of each policy as multiples of `undifferentiated`, measured beside it, `repeats` times."""
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(repeats):
        for name in NAMES:
            found[name].append(decisions_per_second("undifferentiated") / decisions_per_second(name))
    return found

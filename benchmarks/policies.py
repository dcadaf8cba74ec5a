"""(g) What a policy's decision costs: priority, admission and all its hooks, on prepared attempts.

Ten attempts are eight openings, one reducing order of an account that holds a position, and one cancel of an
open order; the node is below, at and above its slots in turn; time goes on by 3 ms an attempt.
"""

from __future__ import annotations

import time
from typing import Any

from mock_exchange.engine.requests import BUY, SELL, CancelRequest, OrderRequest
from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.attempt import Answer, Attempt, Call
from mock_exchange.gateway.policies import ADMIT, EVICT, NAMES, load_policy
from mock_exchange.gateway.policies.hooks import Hooks, World
from mock_exchange.randomness import stream
from mock_exchange.tryout import TryOut
from run_records.words import CANCEL, OPENING, REDUCING

ADAPTIVE = ("dagor", "adaptive", "codel", "fair", "partitions", "budgeted-lane")
"""Those that keep or look up state at each decision; the others compare two numbers."""
ACCOUNTS = 20
ROUNDS = 2000
STEP_NS = 3_000_000
OCCUPANCY = (12, 16, 19, 20, 21, 18, 20, 22)


def _ignore(answer: Answer) -> None:
    pass


def prepared() -> tuple[TryOut, list[Attempt]]:
    """A venue whose accounts hold a position and an open order each, and attempts of every class."""
    gate = TryOut(
        load_policy("none"), slots=10_000, accounts=ACCOUNTS, position="10", handling={"law": "instant"}
    )
    symbol = symbols()["BTCUSDT"]
    attempts = []
    for number in range(ACCOUNTS):
        gate.reducing("0.1", account=number, price="104000")
        account = gate.venue.account(f"a{number}")
        order = next(iter(account.orders.values()))
        opening = OrderRequest(symbol, BUY, "MARKET", "", 2, 0, False, "BOTH", "")
        closing = OrderRequest(symbol, SELL, "MARKET", "", 2, 0, True, "BOTH", "")
        cancel = CancelRequest(symbol, order.order_id, "")
        for verb, klass in ((opening, OPENING),) * 8 + ((closing, REDUCING), (cancel, CANCEL)):
            call = Call("POST", "/fapi/v1/order", {}, "127.1.0.1", number, account)
            call.epoch_ms = gate.timeline.epoch_ms()
            attempt = Attempt(call, 0, account, verb, klass, 0, _ignore)
            attempt.node = gate.venue.gateway.backend.nodes[0]
            attempts.append(attempt)
    return gate, attempts


def decisions_per_second(name: str) -> float:
    """Of one policy, its hooks included."""
    gate, attempts = prepared()
    policy = load_policy(name)
    hooks = Hooks(policy)
    backend = gate.venue.gateway.backend
    node = backend.nodes[0]
    node.slots = 20
    if hooks.attach is not None:
        hooks.attach(World(gate.timeline, stream(1, name), backend.nodes))
    begin = time.perf_counter()
    for number in range(ROUNDS):
        _decide(policy, hooks, attempts, node, number * len(attempts) * STEP_NS)
    return ROUNDS * len(attempts) / (time.perf_counter() - begin)


def _decide(policy: Any, hooks: Hooks, attempts: list[Attempt], node: Any, now: int) -> None:
    for place, attempt in enumerate(attempts):
        now += STEP_NS
        attempt.arrived = now
        node.in_flight = OCCUPANCY[place & 7]
        attempt.priority = policy.priority(attempt)
        decision = policy.admit(attempt, node)
        if decision == EVICT and hooks.victim is not None:
            hooks.victim(attempt)
        elif decision == ADMIT:
            attempt.admitted = attempt.queued = now
            if hooks.admitted is not None:
                hooks.admitted(attempt)
            if hooks.rank is not None:
                hooks.rank(attempt)
            if hooks.keep is not None:
                hooks.keep(attempt, STEP_NS)
            if hooks.done is not None:
                hooks.done(attempt, 0, now + STEP_NS)


def costs(repeats: int) -> dict[str, list[float]]:
    """Cost of each policy as multiples of `undifferentiated`, measured beside it, `repeats` times."""
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(repeats):
        for name in NAMES:
            found[name].append(decisions_per_second("undifferentiated") / decisions_per_second(name))
    return found

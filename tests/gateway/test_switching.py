"""What must survive a change under load: of the policy, of the plan's phases, of the nodes."""

from __future__ import annotations

from typing import Any

import pytest

from loadgen.drive.answers import leg_code
from mock_exchange.errors import CONNECTION_LOST, UNKNOWN_503
from mock_exchange.gateway.nodes import node_number
from mock_exchange.gateway.policies import NAMES, load_policy
from mock_exchange.plan import Phase
from mock_exchange.tryout import TryOut
from mock_exchange.venue import Venue
from run_records.units import NS_PER_MS, NS_PER_S
from tests.support import Caller, venue_of

LEG = '{"symbol":"BTCUSDT","side":"%s","type":"MARKET","quantity":"0.002"%s}'


@pytest.mark.parametrize("second", NAMES)
@pytest.mark.parametrize("first", ["budgeted-lane", "fair", "partitions", "strict-priority"])
def test_another_policy_takes_over_what_is_under_way(first: str, second: str) -> None:
    gate = TryOut(
        load_policy(first),
        slots=30,
        position="5",
        service_ms=5,
        accounts=3,
        handling={"law": "constant", "mean_ms": 2},
    )
    for number in range(3):
        gate.flood(every_ms=1, count=40, account=number)
        gate.reducing("0.1", account=number)
    gate.wait(20)
    policy: Any = load_policy(second)
    gate.venue.gateway.install(policy)
    gate.reducing("0.1")
    gate.run()
    assert gate.venue.close_books() == []
    node = gate.venue.gateway.backend.nodes[0]
    assert (node.in_flight, node.reserved) == (0, {})
    if second == "partitions":
        assert set(policy._held[0].values()) == {0}


def test_a_reset_plays_the_plan_again_from_its_beginning() -> None:
    venue, timeline = venue_of()
    slow = Phase(2 * NS_PER_S, "later", venue.gateway.config.changed({"slots": 7}))
    timeline.run_until(25 * NS_PER_S)
    plan = type(venue.plan)(
        **{f: getattr(venue.plan, f) for f in venue.plan.__slots__ if f != "phases"}, phases=(slow,)
    )
    again = Venue(plan, timeline)
    timeline.run_until(26 * NS_PER_S)
    assert again.gateway.config.slots == 20
    timeline.run_until(27 * NS_PER_S)
    assert again.gateway.config.slots == 7


def test_a_test_order_that_is_late_gives_back_what_it_reserved() -> None:
    venue, timeline = venue_of(
        policy="verified-exempt", position="1", deadline_ms=10, handling={"law": "constant", "mean_ms": 50}
    )
    caller = Caller(venue)
    params = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.4", "reduceOnly": "true"}
    for _ in range(3):
        caller("POST", "/fapi/v1/order/test", **params)
    timeline.run_until(NS_PER_S)
    assert venue.gateway.backend.nodes[0].reserved == {}


def test_eviction_looks_at_all_shards_for_the_worst() -> None:
    for reducing_symbol, opening_symbol in (("BTCUSDT", "ETHUSDT"),):
        venue, timeline = venue_of(
            policy="strict-priority",
            slots=4,
            shards=2,
            position="1",
            service={"law": "constant", "mean_ms": 50},
        )
        caller = Caller(venue)
        for symbol in (reducing_symbol, opening_symbol):
            caller("DELETE", "/fapi/v1/allOpenOrders", symbol=symbol)
        reducing = caller.order("SELL", type="MARKET", reduceOnly="true")
        opening = caller(
            "POST", "/fapi/v1/order", symbol=opening_symbol, side="BUY", type="MARKET", quantity="1"
        )
        caller("DELETE", "/fapi/v1/allOpenOrders", symbol=reducing_symbol)
        assert [a.code for a in opening] == [-1008]
        assert reducing == []
        timeline.run_until(NS_PER_S)


def test_shedding_the_legs_of_a_batch_takes_it_off_the_minute_once() -> None:
    venue, _ = venue_of(
        policy="strict-priority", slots=6, position="1", service={"law": "constant", "mean_ms": 50}
    )
    caller = Caller(venue)
    caller.order()
    caller.order()
    caller("POST", "/fapi/v1/batchOrders", batchOrders=f"[{','.join([LEG % ('BUY', '')] * 4)}]")
    used = venue.gateway.orders.used
    assert used(caller.account.number, venue.clock.epoch_ms()) == (7, 3)
    for _ in range(3):
        caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert used(caller.account.number, venue.clock.epoch_ms()) == (4, 3)
    for _ in range(2):
        caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert used(caller.account.number, venue.clock.epoch_ms()) == (2, 1)


def test_a_batch_on_a_lost_node_loses_its_connection_as_a_whole() -> None:
    venue, timeline = venue_of(
        nodes=2,
        slots=50,
        position="1",
        handling={"law": "constant", "mean_ms": 10},
        service={"law": "constant", "mean_ms": 3},
    )
    ip = next(f"127.1.0.{n}" for n in range(1, 50) if node_number(f"127.1.0.{n}", 2) == 1)
    answers = Caller(venue, ip=ip)(
        "POST", "/fapi/v1/batchOrders", batchOrders=f"[{','.join([LEG % ('BUY', '')] * 3)}]"
    )
    timeline.run_until(14 * NS_PER_MS)
    venue.enter(Phase(0, "lost", venue.gateway.config.changed({"lost_nodes": [1]})))
    timeline.run_until(NS_PER_S)
    assert [(a.http, a.code) for a in answers] == [(0, CONNECTION_LOST)]


def test_only_connections_to_the_lost_node_move() -> None:
    venue, _ = venue_of(nodes=3)
    gateway = venue.gateway
    addresses = [f"127.1.{n // 200}.{n % 200 + 1}" for n in range(400)]
    before = {ip: gateway.backend.node_of(ip).number for ip in addresses}
    venue.enter(Phase(0, "lost", gateway.config.changed({"lost_nodes": [2]})))
    after = {ip: gateway.backend.node_of(ip).number for ip in addresses}
    assert all(after[ip] == before[ip] for ip in addresses if before[ip] != 2)
    assert {after[ip] for ip in addresses if before[ip] == 2} == {0, 1}


def test_what_a_lost_node_had_waiting_does_not_keep_its_workers_busy() -> None:
    venue, timeline = venue_of(nodes=2, slots=50, workers=1, handling={"law": "constant", "mean_ms": 100})
    ip = next(f"127.1.0.{n}" for n in range(1, 50) if node_number(f"127.1.0.{n}", 2) == 1)
    caller = Caller(venue, ip=ip)
    for _ in range(20):
        caller.order()
    venue.enter(Phase(0, "lost", venue.gateway.config.changed({"lost_nodes": [1]})))
    timeline.run_until(50 * NS_PER_MS)
    venue.enter(Phase(0, "back", venue.gateway.config.changed({"lost_nodes": []})))
    answers = caller.order()
    timeline.run_until(210 * NS_PER_MS)
    assert [a.code for a in answers] == [0]
    assert venue.close_books() == []


def test_a_late_copy_forgets_what_it_has_shown() -> None:
    venue, timeline = venue_of(replica_lag_ms=50)
    caller = Caller(venue)
    for number in range(300):
        caller.order(type="MARKET")
        timeline.run_until((number + 1) * 10 * NS_PER_MS)
    assert len(venue.gateway.backend.replica._arriving) < 20


def test_a_leg_without_a_code_has_an_unknown_fate() -> None:
    assert leg_code({"orderId": 1}) == 0
    assert leg_code({"code": -2022, "msg": ""}) == -2022
    assert leg_code({"timestamp": 1, "path": "/", "msg": "Unknown error"}) == UNKNOWN_503

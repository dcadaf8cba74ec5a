"""The way of a request: stages in order, slots, deadline, batches, the judgement of refusals."""

from __future__ import annotations

from typing import Any

import pytest

from mock_exchange.errors import UNKNOWN_503
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.gateway.nodes import node_number
from mock_exchange.gateway.policies import UnknownPolicyError, load_policy
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.gateway.policies.messages import ADMIT, Decision, NodeView, Request
from mock_exchange.metrics.gateway import gateway_families
from mock_exchange.venue import Venue
from mock_exchange.wire.answers import body_of
from run_records.journal import OutcomeRow
from run_records.words import Judgement
from tests.support import Caller, proves, venue_of

MS = 1_000_000


def outcomes(venue: Venue) -> list[OutcomeRow]:
    return [row for row in venue.journal.rows if isinstance(row, OutcomeRow)]


@proves("-1099")
def test_unknown_path_and_method() -> None:
    venue, _ = venue_of()
    caller = Caller(venue)
    assert [caller(m, p)[0].http for m, p in (("GET", "/nope"), ("PUT", "/fapi/v1/time"))] == [404, 404]


def test_a_slot_is_held_until_the_answer() -> None:
    venue, timeline = venue_of(
        policy="undifferentiated", slots=2, handling={"law": "constant", "mean_ms": 10}
    )
    caller = Caller(venue)
    node = venue.gateway.backend.nodes[0]
    answers = [caller.order() for _ in range(3)]
    assert (node.in_flight, [len(a) for a in answers]) == (2, [0, 0, 1])
    timeline.run_until(10 * MS)
    assert (node.in_flight, [a[0].code for a in answers]) == (0, [0, 0, -1008])


def test_the_engine_serves_one_at_a_time_and_shards_in_parallel() -> None:
    def finish_times(shards: int) -> list[int]:
        venue, timeline = venue_of(shards=shards, service={"law": "constant", "mean_ms": 5})
        caller = Caller(venue)
        for symbol in ("BTCUSDT", "BTCUSDT", "ETHUSDT"):
            caller("DELETE", "/fapi/v1/allOpenOrders", symbol=symbol)
        timeline.run_until(100 * MS)
        return [row.at // MS for row in outcomes(venue)]

    assert finish_times(1) == [5, 10, 15]
    assert finish_times(2) == [5, 5, 10]


@proves("-503")
def test_too_late_is_an_unknown_503_and_the_order_still_executes() -> None:
    venue, timeline = venue_of(service={"law": "constant", "mean_ms": 30}, deadline_ms=20)
    caller = Caller(venue)
    answers = caller.order("BUY", timeInForce="GTC", price="99000.00")
    timeline.run_until(20 * MS)
    assert (answers[0].http, answers[0].code) == (503, UNKNOWN_503)
    body = body_of(answers[0], caller.last_call, venue.gateway)
    assert set(body) == {"timestamp", "path", "msg"}
    timeline.run_until(30 * MS)
    assert len(answers) == 1
    (order,) = caller.account.orders.values()
    assert order.fate_unknown


def test_strict_priority_goes_first_in_the_engine_queue() -> None:
    venue, timeline = venue_of(
        policy="strict-priority", position="1", service={"law": "constant", "mean_ms": 5}
    )
    caller = Caller(venue)
    caller.order()
    caller.order()
    caller.order("SELL", type="MARKET", reduceOnly="true")
    caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    timeline.run_until(100 * MS)
    assert [row.klass for row in outcomes(venue)] == ["opening", "cancel", "reducing", "opening"]


def test_eviction_takes_the_newest_of_the_worst_class_and_never_an_equal() -> None:
    """Full with one in service and three waiting: two openings and a reducing order."""
    venue, timeline = venue_of(
        policy="strict-priority", slots=4, position="1", service={"law": "constant", "mean_ms": 5}
    )
    caller = Caller(venue)
    in_service, older, newer = caller.order(), caller.order(), caller.order()
    reducing = caller.order("SELL", type="MARKET", reduceOnly="true")
    first_cancel = caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert [len(a) for a in (in_service, older, newer, reducing)] == [0, 0, 1, 0]
    assert newer[0].code == -1008
    second_reducing = caller.order("SELL", type="MARKET", reduceOnly="true")
    assert older[0].code == -1008
    assert not second_reducing
    third_reducing = caller.order("SELL", type="MARKET", reduceOnly="true")
    assert third_reducing[0].code == -1008, "nobody worse is waiting"
    second_cancel = caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert second_reducing[0].code == -1008
    timeline.run_until(1000 * MS)
    assert [a[0].code for a in (in_service, reducing, first_cancel, second_cancel)] == [0, 0, 0, 0]
    assert venue.gateway.backend.nodes[0].in_flight == 0


def test_a_batch_is_decided_leg_by_leg() -> None:
    venue, timeline = venue_of(
        policy="exempt", slots=1, position="1", service={"law": "constant", "mean_ms": 5}
    )
    caller = Caller(venue)
    leg = '{"symbol":"BTCUSDT","side":"%s","type":"MARKET","quantity":"0.002"%s}'
    legs = ",".join([leg % ("BUY", ""), leg % ("BUY", ""), leg % ("SELL", ',"reduceOnly":"true"'), "{}"])
    answers = caller("POST", "/fapi/v1/batchOrders", batchOrders=f"[{legs}]")
    timeline.run_until(100 * MS)
    assert [a.code for a in answers[0].payload] == [0, -1008, 0, -1102]
    assert caller.last_call.order_counts == (5, 1)
    assert [row.leg for row in outcomes(venue)] == [1, 3, 0, 2]


def test_order_test_is_validated_and_can_be_shed_but_never_trades() -> None:
    venue, timeline = venue_of(policy="exempt", slots=1, handling={"law": "constant", "mean_ms": 5})
    caller = Caller(venue)
    params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.002"}
    answers = [caller("POST", "/fapi/v1/order/test", **params) for _ in range(2)]
    timeline.run_until(100 * MS)
    assert [a[0].code for a in answers] == [0, -1008]
    assert caller.account.is_flat()


class HideBehind2022:
    """A policy that refuses reducing orders with a state refusal instead of -1008."""

    def admit(self, request: Request, node: NodeView) -> Decision:
        return Decision("shed", code=-2022) if request.klass == "reducing" else ADMIT


def test_a_state_refusal_that_the_engine_contradicts_is_false() -> None:
    venue, _ = venue_of(policy=f"{__name__}:HideBehind2022", position="1")
    caller = Caller(venue)
    caller.order("SELL", type="MARKET", reduceOnly="true")
    caller.order("BUY", type="MARKET", reduceOnly="true")
    assert [(row.truly, row.code, row.judgement) for row in outcomes(venue)] == [
        (True, -2022, Judgement.FALSE),
        (False, -2022, Judgement.JUSTIFIED),
    ]


class HideBehind1015:
    """Says "too many orders" to everybody."""

    def admit(self, request: Request, node: NodeView) -> Decision:
        return Decision("shed", code=-1015)


def test_a_shed_that_calls_itself_a_rate_limit_counts_as_one_for_want_of_capacity() -> None:
    venue, _ = venue_of(policy=f"{__name__}:HideBehind1015")
    caller = Caller(venue)
    assert [caller.order()[0].code for _ in range(2)] == [-1015, -1015]
    families = {family.name: family for family in gateway_families(venue, "mine")}
    told = [
        (sample.labels["stage"], sample.labels["outcome"], sample.value)
        for sample in families["fireexit_exchange_outcomes"].samples
    ]
    assert told == [("admission", "capacity", 2)]
    limited = families["fireexit_exchange_rate_limited"].samples
    assert {sample.labels["limit"]: sample.value for sample in limited} == {"request_weight": 0, "orders": 0}


def test_an_own_attempt_of_unknown_fate_in_the_way_is_self_inflicted() -> None:
    venue, timeline = venue_of(position="1", service={"law": "constant", "mean_ms": 30}, deadline_ms=20)
    caller = Caller(venue)
    caller.order("SELL", "1", timeInForce="GTC", price="101000.00", reduceOnly="true")
    timeline.run_until(40 * MS)
    venue.gateway.adopt(venue.gateway.config.changed({"service": {"law": "constant", "mean_ms": 1}}))
    caller.order("SELL", "1", type="MARKET", reduceOnly="true")
    timeline.run_until(100 * MS)
    assert [(row.code, row.judgement) for row in outcomes(venue)] == [
        (UNKNOWN_503, "capacity"),
        (-4118, Judgement.SELF_INFLICTED),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nope", "unknown policy"),
        ("no_such_module:X", "cannot be loaded"),
        ("tests.support:Caller", "refused its parameters"),
        ("no_such_file.py", "there is no file no_such_file.py"),
        ("tests/support.py", "must have one class with admit"),
        ("builtins:dict", "lacks admit"),
    ],
)
def test_policies_that_cannot_be_used(name: str, words: str) -> None:
    with pytest.raises(UnknownPolicyError, match=words):
        load_policy(name)


@pytest.mark.parametrize(
    ("policy", "parameters", "admitted"),
    [
        # five arrivals at one full instant: opening, opening, reducing, cancel, opening; two slots
        ("none", {}, [1, 1, 1, 1, 1]),
        ("undifferentiated", {}, [1, 1, 0, 0, 0]),
        ("exempt", {}, [1, 1, 1, 1, 0]),
        ("exempt", {"hard_cap": 3}, [1, 1, 1, 0, 0]),
        ("reserved", {"slots": 1}, [1, 0, 1, 0, 0]),
    ],
)
def test_what_each_policy_admits(policy: str, parameters: dict[str, Any], admitted: list[int]) -> None:
    venue, timeline = venue_of(
        policy=policy,
        parameters=parameters,
        slots=2,
        position="1",
        handling={"law": "constant", "mean_ms": 10},
    )
    caller = Caller(venue)
    answers = [
        caller.order(),
        caller.order(),
        caller.order("SELL", type="MARKET", reduceOnly="true"),
        caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT"),
        caller.order(),
    ]
    timeline.run_until(1000 * MS)
    assert [int(a[0].code == 0) for a in answers] == admitted


def test_a_stop_price_beyond_all_numbers_is_refused_and_the_engine_goes_on() -> None:
    """Scaled it needs more than 64 bits, which the record of its terms could not hold once."""
    venue, timeline = venue_of(epoch="2025-10-10", service={"law": "constant", "mean_ms": 5})
    caller = Caller(venue)
    huge = caller(
        "POST",
        "/fapi/v1/order",
        symbol="BTCUSDT",
        side="SELL",
        type="STOP_MARKET",
        quantity="0.01",
        stopPrice="9" * 18,
    )
    after = caller.order()
    timeline.run_until(100 * MS)
    assert [answers[0].code for answers in (huge, after)] == [-4007, 0]


def test_cancels_of_a_batch_take_no_more_slots_than_they_need() -> None:
    venue, _ = venue_of(policy="undifferentiated", slots=2)
    caller = Caller(venue)
    answers = caller("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", orderIdList="[1,2,3,4,5]")
    assert [leg.code for leg in answers[0].payload] == [-2011] * 5, "nobody is shed: each is done at once"


class FailsOnThird:
    def __init__(self) -> None:
        self._asked = 0

    def admit(self, request: Request, node: NodeView) -> Decision:
        self._asked += 1
        if self._asked == 3:
            raise KeyError("third")
        return ADMIT


def test_a_policy_that_fails_in_the_middle_of_a_batch_leaves_no_slot_behind() -> None:
    venue, timeline = venue_of(policy=f"{__name__}:FailsOnThird", service={"law": "constant", "mean_ms": 5})
    leg = '{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"0.002"}'
    with pytest.raises(PolicyError, match=r"admit\(\) raised KeyError: 'third'"):
        Caller(venue)("POST", "/fapi/v1/batchOrders", batchOrders=f"[{','.join([leg] * 4)}]")
    timeline.run_until(100 * MS)
    assert venue.gateway.backend.nodes[0].in_flight == 0
    assert [row.code for row in outcomes(venue)] == [0, 0]
    assert venue.close_books() == []


def test_an_answer_that_brings_about_others_does_not_stop_the_loss_of_a_node() -> None:
    """A client that hears of the loss and orders anew at once, in the place of others that are to be lost."""
    venue, timeline = venue_of(
        policy="strict-priority", nodes=2, slots=3, position="1", service={"law": "constant", "mean_ms": 50}
    )
    ip = next(f"127.1.0.{n}" for n in range(1, 60) if node_number(f"127.1.0.{n}", 2) == 1)
    caller = Caller(venue, ip=ip)
    codes: list[int] = []

    def insist(answer: Answer) -> None:
        codes.append(answer.code)
        caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")

    for number in range(3):
        params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.002"}
        call = Call("POST", "/fapi/v1/order", params, ip, f"lost-{number}", caller.account)
        venue.gateway.submit(call, insist)
    venue.gateway.adopt(venue.gateway.config.changed({"lost_nodes": [1]}))
    timeline.run_until(1000 * MS)
    assert len(codes) == 3
    assert [node.lost for node in venue.gateway.backend.nodes] == [False, True]
    assert [node.in_flight for node in venue.gateway.backend.nodes] == [0, 0]

"""Every field of what a gateway writes down, for one order of each fate; instants worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mock_exchange.errors import CONNECTION_LOST, UNKNOWN_503
from mock_exchange.gateway.nodes import node_number
from mock_exchange.gateway.parts import Parts
from mock_exchange.venue import Venue
from run_records.journal import OutcomeRow, QueryRow
from run_records.words import OPENING, QUERY, REDUCING, UNCLASSIFIED, Cause, Judgement, Meaning, Stage
from tests.support import Caller, venue_of

MS = 1_000_000
ONE_MS = {"law": "constant", "mean_ms": 1}
FIVE_MS = {"law": "constant", "mean_ms": 5}


def rows(venue: Venue) -> list[tuple[Any, ...]]:
    """at, key, stage, meaning, http, code, judgement, (arrived, admitted, started), counted, cause, held."""
    return [
        (
            r.at / MS,
            r.key,
            r.stage,
            r.meaning,
            r.http,
            r.code,
            r.judgement,
            tuple(t if t < 0 else t / MS for t in (r.arrived, r.admitted, r.started)),
            r.counted,
            r.cause,
            r.held,
        )
        for r in venue.journal.rows
        if isinstance(r, OutcomeRow)
    ]


def test_filled_shed_and_too_late() -> None:
    """Two slots, 1 ms in the node, 5 ms in the engine, a deadline of 8 ms: the second is executed unknown."""
    venue, timeline = venue_of(
        policy="undifferentiated", slots=2, handling=ONE_MS, service=FIVE_MS, deadline_ms=8, position="1"
    )
    caller = Caller(venue)
    answers = [caller.order(), caller.order("SELL", reduceOnly="true"), caller.order()]
    timeline.run_until(50 * MS)
    assert rows(venue) == [
        (
            0,
            "a0-3",
            Stage.ADMISSION,
            Meaning.CAPACITY_REFUSED,
            503,
            -1008,
            Judgement.CAPACITY,
            (0, -1, -1),
            False,
            Cause.NODE_SLOTS,
            0,
        ),
        (6, "a0-1", Stage.FILLED, Meaning.ACCEPTED, 200, 0, Judgement.NONE, (0, 0, 1), True, Cause.NONE, 1),
        (
            8,
            "a0-2",
            Stage.ENGINE_QUEUE,
            Meaning.UNKNOWN,
            503,
            UNKNOWN_503,
            Judgement.CAPACITY,
            (0, 0, 6),
            True,
            Cause.DEADLINE,
            2,
        ),
    ]
    assert [a[0].code for a in answers] == [0, UNKNOWN_503, -1008]
    first, second, third = (r for r in venue.journal.rows if isinstance(r, OutcomeRow))
    assert [(r.klass, r.truly) for r in (first, second, third)] == [
        ("opening", False),
        ("opening", False),
        ("reducing", True),
    ]
    assert {(r.leg, r.account, r.node, r.shard) for r in (first, second, third)} == {(0, "a0", 0, 0)}
    counts = {key: n for key, n in venue.gateway.outcomes.counts.items() if key[1] != QUERY}
    assert counts == {
        ("admission", "opening", -1008): 1,
        ("filled", "opening", 0): 1,
        ("engine-queue", "reducing", UNKNOWN_503): 1,
    }
    waits = venue.gateway.outcomes.queue_wait
    assert (waits[OPENING].count, waits[OPENING].total_ns) == (1, 1 * MS)
    assert (waits[REDUCING].count, waits[REDUCING].total_ns) == (1, 6 * MS)
    times = venue.gateway.outcomes.time_in_gateway
    assert (times[OPENING].count, times[OPENING].total_ns) == (1, 6 * MS)
    assert (times[REDUCING].count, times[REDUCING].total_ns) == (1, 8 * MS)


def test_what_is_refused_before_it_is_an_attempt() -> None:
    venue, timeline = venue_of(policy="none")
    timeline.run_until(3 * MS)
    caller = Caller(venue)
    caller("POST", "/fapi/v1/order", symbol="BTCUSDT")
    caller("POST", "/fapi/v1/batchOrders", batchOrders='[{"symbol":"BTCUSDT"},{"symbol":"?"}]')
    caller("GET", "/fapi/v1/openOrders", symbol="?")
    assert rows(venue) == [
        (
            3,
            key,
            Stage.PARAMETERS,
            Meaning.MALFORMED,
            400,
            code,
            Judgement.JUSTIFIED,
            (3, -1, -1),
            False,
            Cause.CLIENT,
            0,
        )
        for key, code in (("a0-1", -1102), ("a0-2", -1102), ("a0-2", -1121))
    ]
    found = [r for r in venue.journal.rows if isinstance(r, OutcomeRow)]
    assert [(r.leg, r.klass, r.truly, r.node, r.shard) for r in found] == [
        (leg, UNCLASSIFIED, False, -1, -1) for leg in (0, 0, 1)
    ]
    counts = venue.gateway.outcomes.counts
    assert counts[Stage.PARAMETERS, UNCLASSIFIED, -1102] == 2
    assert counts[Stage.PARAMETERS, QUERY, -1121] == 1


def test_questions_about_an_account_are_written_down_and_public_ones_are_not() -> None:
    venue, timeline = venue_of(policy="none")
    timeline.run_until(2 * MS)
    caller = Caller(venue)
    caller("GET", "/fapi/v1/time")
    caller("GET", "/fapi/v3/balance")
    caller("GET", "/fapi/v1/openOrders")
    caller("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId="5")
    found = [
        (r.at / MS, r.account, r.path, r.http, r.cause, r.tells_of_orders)
        for r in venue.journal.rows
        if isinstance(r, QueryRow)
    ]
    assert found == [
        (2, "a0", "/fapi/v3/balance", 200, Cause.NONE, False),
        (2, "a0", "/fapi/v1/openOrders", 200, Cause.NONE, True),
        (2, "a0", "/fapi/v1/order", 400, Cause.CLIENT, True),
    ]
    assert venue.gateway.outcomes.counts[Stage.ANSWERED, QUERY, 0] == 3


@pytest.mark.parametrize(
    ("conditions", "row"),
    [
        (
            {"backend_link": "down"},
            (
                1,
                Stage.BACKEND_LINK,
                Meaning.CAPACITY_REFUSED,
                503,
                -1001,
                Judgement.CAPACITY,
                (0, 0, -1),
                Cause.BACKEND_LINK,
            ),
        ),
        (
            {"replica": "unavailable", "replica_check": True},
            (
                1,
                Stage.REPLICA,
                Meaning.STATE_REFUSED,
                400,
                -2022,
                Judgement.FALSE,
                (0, 0, -1),
                Cause.REPLICA_DOWN,
            ),
        ),
        (
            {"backend_timeout_ms": 3},
            (
                4,
                Stage.ENGINE_QUEUE,
                Meaning.UNKNOWN,
                408,
                -1007,
                Judgement.CAPACITY,
                (0, 0, 1),
                Cause.BACKEND_TIMEOUT,
            ),
        ),
        ({}, (6, Stage.FILLED, Meaning.ACCEPTED, 200, 0, Judgement.NONE, (0, 0, 1), Cause.NONE)),
    ],
)
def test_one_order_to_reduce_under_one_condition(conditions: dict[str, Any], row: tuple[Any, ...]) -> None:
    venue, timeline = venue_of(policy="none", handling=ONE_MS, service=FIVE_MS, position="1", **conditions)
    caller = Caller(venue)
    answers = caller.order("SELL", reduceOnly="true")
    timeline.run_until(50 * MS)
    at, stage, meaning, http, code, judgement, instants, cause = row
    assert rows(venue) == [(at, "a0-1", stage, meaning, http, code, judgement, instants, True, cause, 1)]
    assert [answer.code for answer in answers] == [code]
    assert caller.account.orders == {}
    done = code in (0, -1007)
    assert caller.account.is_flat() is False
    assert abs(caller.account.legs[0, "BOTH"].amount) == (998 if done else 1000)
    shut = venue.gateway.outcomes.shut_exits
    assert list(shut) == ([] if code == 0 else [(caller.account.number, 0, "BOTH")])
    assert all(row[0] == at * MS for row in shut.values())


def test_the_way_out_is_shut_until_an_order_gets_through_and_since_the_first_that_did_not() -> None:
    venue, timeline = venue_of(policy="undifferentiated", slots=1, handling=FIVE_MS, position="1")
    caller = Caller(venue)
    caller.order()
    for at in (1, 2):
        timeline.run_until(at * MS)
        caller.order("SELL", reduceOnly="true")
    shut = venue.gateway.outcomes.shut_exits
    ((instant, account, symbol),) = shut.values()
    assert (instant, account, symbol.name) == (1 * MS, caller.account, "BTCUSDT")
    timeline.run_until(10 * MS)
    caller.order("BUY", reduceOnly="true")  # nothing to reduce on that side: its own mistake
    timeline.run_until(20 * MS)
    assert len(shut) == 1
    caller.order("SELL", reduceOnly="true")
    timeline.run_until(30 * MS)
    assert shut == {}


def test_a_collateral_service_that_is_too_late() -> None:
    venue, timeline = venue_of(
        policy="none",
        service=FIVE_MS,
        accounts=2,
        collateral={"law": "constant", "mean_ms": 10},
        collateral_timeout_ms=25,
    )
    backend = venue.gateway.backend
    slow, other = Caller(venue), Caller(venue, "a1")
    backend.collateralised = frozenset((slow.account.number,))
    answers = [caller.order() for caller in (slow, slow, slow, other)]
    timeline.run_until(100 * MS)
    assert [(at, key, stage, code) for at, key, stage, _, _, code, *_ in rows(venue)] == [
        (5, "a1-1", Stage.FILLED, 0),
        (15, "a0-1", Stage.FILLED, 0),
        (25, "a0-3", Stage.COLLATERAL, -2010),
        (25, "a0-2", Stage.FILLED, 0),
    ]
    assert [a[0].code for a in answers] == [0, 0, -2010, 0]
    (late,) = (row for row in rows(venue) if row[5] == -2010)
    assert late[3:] == (
        Meaning.STATE_REFUSED,
        400,
        -2010,
        Judgement.FALSE,
        (0, 0, -1),
        True,
        Cause.COLLATERAL,
        3,
    )
    assert not backend.nodes[0].in_flight


def test_a_lost_node_ends_what_the_engine_has_not_begun() -> None:
    venue, timeline = venue_of(
        policy="none", nodes=2, slots=5, handling=ONE_MS, service=FIVE_MS, parts=Parts()
    )
    ip = next(f"127.1.0.{n}" for n in range(1, 99) if node_number(f"127.1.0.{n}", 2) == 1)
    caller = Caller(venue, ip=ip)
    answers = [caller.order() for _ in range(2)]
    timeline.run_until(3 * MS)
    answers.append(caller.order())
    config = venue.gateway.config
    lost = replace(config, conditions=replace(config.conditions, lost_nodes=(1,)))
    venue.gateway.adopt(lost)
    timeline.run_until(50 * MS)
    assert [
        (at, key, stage, code, cause) for at, key, stage, _, _, code, _, _, _, cause, _ in rows(venue)
    ] == [
        (3, "a0-1", Stage.NODE, CONNECTION_LOST, Cause.NODE_LOSS),
        (3, "a0-2", Stage.NODE, CONNECTION_LOST, Cause.NODE_LOSS),
        (3, "a0-3", Stage.NODE, CONNECTION_LOST, Cause.NODE_LOSS),
    ]
    assert [a[0].code for a in answers] == [CONNECTION_LOST] * 3
    assert caller.account.legs[0, "BOTH"].amount in (2, 4)

"""Each mechanism alone produces its code and no other; all together each outcome names its one cause."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mock_exchange.clock import TRADERS, Timeline
from mock_exchange.errors import CONNECTION_LOST, NGINX_503, SERVICE_UNAVAILABLE, THROTTLED, UNKNOWN_503
from mock_exchange.gateway.attempt import Call
from mock_exchange.gateway.causes import CODES
from mock_exchange.gateway.policies import NAMES
from mock_exchange.plan import Phase
from mock_exchange.randomness import exponential, stream
from mock_exchange.venue import Venue
from mock_exchange.wire.answers import body_of
from run_records.journal import CancelAllRow, OrderRow, OutcomeRow
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import Cause, Judgement, Stage
from tests.support import Caller, plan_of, proves, venue_of

SLOW = {"law": "constant", "mean_ms": 30}
QUICK = {"law": "exponential", "mean_ms": 2}


def outcomes(venue: Venue) -> list[OutcomeRow]:
    return [row for row in venue.journal.rows if isinstance(row, OutcomeRow)]


def traffic(venue: Venue, timeline: Timeline, seconds: float = 4.0, rate: float = 100.0) -> None:
    """Openings, reductions, passive reductions and cancels of eight accounts, Poisson, to the last answer."""
    rng = stream(9, "mechanisms")
    callers = [Caller(venue, f"a{i}", f"127.1.0.{i + 1}") for i in range(8)]

    def arrive() -> None:
        caller = callers[int(rng.random() * len(callers))]
        what = rng.random()
        if what < 0.5:
            caller.order(type="MARKET")
        elif what < 0.9:
            caller.order("SELL", "0.002", type="MARKET", reduceOnly="true")
        else:
            caller("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
        due = timeline.now() + exponential(rng, NS_PER_S / rate)
        if due < seconds * NS_PER_S:
            timeline.call_at(due, arrive, rank=TRADERS)

    timeline.call_at(0, arrive, rank=TRADERS)
    timeline.run_until(round(seconds * NS_PER_S))
    venue.rest()
    while (due := timeline.next_due()) is not None:
        timeline.run_until(due)


def run(**options: Any) -> tuple[Venue, Counter[tuple[int, str]]]:
    """Traffic through a venue: (code, cause) of everything that was not accepted."""
    venue, timeline = venue_of(accounts=8, position="20", **options)
    traffic(venue, timeline)
    ended = Counter((row.code, row.cause) for row in outcomes(venue))
    assert venue.close_books() == []
    assert sum(ended.values()) > 300
    return venue, Counter({end: count for end, count in ended.items() if end[0]})


@pytest.mark.parametrize(
    ("options", "code", "cause"),
    [
        ({"policy": "undifferentiated", "slots": 2, "handling": SLOW}, THROTTLED, Cause.NODE_SLOTS),
        (
            {"policy": "strict-priority", "slots": 3, "service": {"law": "exponential", "mean_ms": 15}},
            THROTTLED,
            (Cause.NODE_SLOTS, Cause.EVICTED),
        ),
        (
            {"policy": "codel", "slots": 900, "service": {"law": "exponential", "mean_ms": 11}},
            THROTTLED,
            Cause.QUEUE_DELAY,
        ),
        ({"service": {"law": "exponential", "mean_ms": 11}, "deadline_ms": 50}, UNKNOWN_503, Cause.DEADLINE),
        ({"front_end": "refusing"}, SERVICE_UNAVAILABLE, Cause.FRONT_END),
        ({"front_end": "gone"}, NGINX_503, Cause.FRONT_END),
        ({"backend_link": "down"}, -1001, Cause.BACKEND_LINK),
        (
            {"service": {"law": "exponential", "mean_ms": 11}, "backend_timeout_ms": 50},
            -1007,
            Cause.BACKEND_TIMEOUT,
        ),
        ({"replica_check": True, "replica": "unavailable"}, -2022, Cause.REPLICA_DOWN),
        ({"house": "withdrawn"}, -4131, Cause.EMPTY_BOOK),
        (
            {"policy": "undifferentiated", "slots": 2, "handling": SLOW, "lying_share": 1},
            THROTTLED,
            Cause.LYING,
        ),
    ],
)
def test_each_alone_has_its_code_and_no_other(
    options: dict[str, Any], code: int, cause: Cause | tuple[Cause, Cause]
) -> None:
    _, ended = run(**options)
    wanted = {cause} if isinstance(cause, str) else set(cause)
    assert {end[0] for end in ended} == {code}
    assert {end[1] for end in ended} == wanted


def test_nothing_wrong_nothing_refused() -> None:
    assert run()[1] == {}


@proves("-2010")
def test_collateral_too_late_is_2010_for_those_accounts_alone() -> None:
    venue, timeline = venue_of(
        accounts=8, position="20", collateral={"law": "exponential", "mean_ms": 60}, collateral_timeout_ms=80
    )
    venue.gateway.backend.collateralised = frozenset(venue.account(f"a{i}").number for i in range(4))
    traffic(venue, timeline)
    refused = [row for row in outcomes(venue) if row.code]
    assert {(row.code, row.cause, row.stage) for row in refused} == {
        (-2010, Cause.COLLATERAL, Stage.COLLATERAL)
    }
    assert {row.account for row in refused} == {"a0", "a1", "a2", "a3"}
    assert {row.judgement for row in refused} == {Judgement.FALSE}, (
        "the engine would have taken every one of them"
    )
    executed = {row.key for row in venue.journal.rows if isinstance(row, OrderRow) and row.code == 0}
    assert executed.isdisjoint(row.key for row in refused)


def test_a_late_replica_refuses_what_was_opened_a_moment_ago() -> None:
    venue, timeline = venue_of(replica_check=True, replica_lag_ms=200)
    caller = Caller(venue)
    caller.order("BUY", "1", type="MARKET")
    early = caller.order("SELL", "0.5", type="MARKET", reduceOnly="true")
    timeline.run_until(200 * NS_PER_MS)
    late = caller.order("SELL", "0.5", type="MARKET", reduceOnly="true")
    assert (early[0].code, late[0].code) == (-2022, 0)
    assert [(row.code, row.cause, row.judgement) for row in outcomes(venue) if row.code] == [
        (-2022, Cause.REPLICA_LAG, Judgement.FALSE)
    ]


def test_impatience_and_an_own_attempt_of_unknown_fate_are_4118() -> None:
    """The first order outlives its deadline, executes and rests; the next one is in its own way."""
    venue, timeline = venue_of(position="1", service=SLOW, deadline_ms=20)
    caller = Caller(venue)
    caller.order("SELL", "1", timeInForce="GTC", price="101000.00", reduceOnly="true")
    timeline.run_until(40 * NS_PER_MS)
    venue.gateway.adopt(venue.gateway.config.changed({"deadline_ms": 0}))
    caller.order("SELL", "1", type="MARKET", reduceOnly="true")
    timeline.run_until(200 * NS_PER_MS)
    assert [(row.code, row.cause) for row in outcomes(venue)] == [
        (UNKNOWN_503, Cause.DEADLINE),
        (-4118, Cause.OWN_UNKNOWN),
    ]


@proves("-5028")
def test_waiting_beyond_recv_window_is_5028() -> None:
    venue, timeline = venue_of(engine="paused")
    caller = Caller(venue)
    orders: list[Any] = []
    for _ in range(3):
        answers: list[Any] = []
        params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.002"}
        call = Call("POST", "/fapi/v1/order", params, "127.1.0.1", f"k{len(orders)}", caller.account)
        call.deadline_ms = timeline.epoch_ms() + 5000
        venue.gateway.submit(call, answers.append)
        orders.append(answers)
    timeline.run_until(5001 * NS_PER_MS)
    assert orders == [[], [], []], "a paused engine answers nobody"
    venue.enter(Phase(timeline.now(), "resumed", venue.gateway.config.changed({"engine": "running"})))
    assert [(row.code, row.cause) for row in outcomes(venue)] == [(-5028, Cause.RECV_WINDOW)] * 3


def test_a_lost_node_breaks_its_connections_and_the_others_take_over() -> None:
    venue, timeline = venue_of(nodes=2, accounts=8, position="20", handling=QUICK, service=QUICK)
    lost = Phase(2 * NS_PER_S, "lost", venue.gateway.config.changed({"lost_nodes": [1]}))
    timeline.call_at(lost.at_ns, venue.enter, lost)
    traffic(venue, timeline, rate=400)
    refused = [row for row in outcomes(venue) if row.code]
    assert {(row.code, row.cause) for row in refused} == {(CONNECTION_LOST, Cause.NODE_LOSS)}
    assert {row.at for row in refused} == {2 * NS_PER_S}
    assert {row.node for row in outcomes(venue) if row.arrived > 2 * NS_PER_S} == {0}
    executed = {row.key for row in venue.journal.rows if isinstance(row, OrderRow) and row.code == 0}
    lost_keys = {row.key for row in refused}
    assert lost_keys - executed, "what the node was handling is lost"
    assert venue.close_books() == []


@proves("-1001", "-1007")
def test_fates_are_discoverable_and_kept_apart() -> None:
    """-1001 has not executed, -1007 has or will; the order query says which."""
    venue, timeline = venue_of(backend_link="down")
    caller = Caller(venue)
    assert caller.order(newClientOrderId="lost")[0].http == 503
    assert caller("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="lost")[0].code == -2013
    venue, timeline = venue_of(service=SLOW, backend_timeout_ms=10)
    caller = Caller(venue)
    answers = caller.order(newClientOrderId="late")
    timeline.run_until(10 * NS_PER_MS)
    assert (answers[0].http, answers[0].code) == (408, -1007)
    timeline.run_until(30 * NS_PER_MS)
    found = caller("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="late")[0]
    assert body_of(found, caller.last_call, venue.gateway)["status"] == "FILLED"


@proves("-504", "-505")
def test_a_front_end_that_is_down_answers_queries_too() -> None:
    for state, code in (("refusing", SERVICE_UNAVAILABLE), ("gone", NGINX_503)):
        venue, _ = venue_of(front_end=state)
        answer = Caller(venue)("GET", "/fapi/v1/time")[0]
        assert (answer.http, answer.code) == (503, code)


def test_a_lying_1008_is_executed_and_found() -> None:
    venue, _ = run(policy="undifferentiated", slots=2, handling=SLOW, lying_share=0.5)
    told = {row.key for row in outcomes(venue) if row.code == THROTTLED}
    lies = {row.key for row in outcomes(venue) if row.cause == Cause.LYING}
    done = [row for row in venue.journal.rows if isinstance(row, OrderRow | CancelAllRow)]
    executed = {row.key for row in done if row.code == 0}
    assert lies
    assert told & executed == lies


@pytest.mark.parametrize("policy", list(NAMES))
def test_no_policy_hears_of_an_order_that_it_has_shed(policy: str) -> None:
    """A lying venue executes it behind the policy's back: who keeps books on what it admitted must not find
    it there."""
    _, ended = run(policy=policy, slots=2, handling=SLOW, lying_share=0.5)
    if any(code == THROTTLED for code, _ in ended):
        assert ended[THROTTLED, Cause.LYING]


def test_all_together_each_outcome_names_its_one_cause() -> None:
    base: dict[str, Any] = {
        "nodes": 2,
        "slots": 4,
        "handling": QUICK,
        "service": {"law": "exponential", "mean_ms": 9},
        "deadline_ms": 150,
        "backend_timeout_ms": 120,
        "replica_check": True,
        "replica_lag_ms": 300,
        "collateral": {"law": "exponential", "mean_ms": 40},
        "collateral_timeout_ms": 60,
        "lying_share": 0.1,
    }
    plan = plan_of("strict-priority", accounts=8, position="20", **base)
    timeline = Timeline(plan.epoch_start_ms)
    venue = Venue(plan, timeline)
    venue.gateway.backend.collateralised = frozenset(venue.account(f"a{i}").number for i in range(3))
    changes: list[dict[str, Any]] = [
        {"front_end": "refusing"},
        {},
        {"front_end": "gone"},
        {"backend_link": "down"},
        {},
        {"replica": "unavailable"},
        {"house": "withdrawn"},
        {},
        {"lost_nodes": [0]},
        {"engine": "paused"},
        {},
        {"slots": 60},
        {},
    ]
    for number, change in enumerate(changes, 1):
        phase = Phase(number * NS_PER_S // 2, str(number), plan.gateway.changed(change))
        timeline.call_at(phase.at_ns, venue.enter, phase)
    traffic(venue, timeline, seconds=7.0, rate=250)
    ended = Counter((row.cause, row.code) for row in outcomes(venue))
    for cause, code in ended:
        assert (cause == "") == (code == 0)
        if cause and cause != Cause.ACCOUNT_STATE:
            assert code in CODES[cause], (cause, code)
    assert {cause for cause, _ in ended} >= {
        Cause.FRONT_END,
        Cause.BACKEND_LINK,
        Cause.REPLICA_DOWN,
        Cause.EMPTY_BOOK,
        Cause.NODE_LOSS,
        Cause.NODE_SLOTS,
        Cause.EVICTED,
        Cause.COLLATERAL,
        Cause.LYING,
        Cause.BACKEND_TIMEOUT,
    }
    assert venue.close_books() == []
    answered = Counter((row.key, row.leg) for row in outcomes(venue))
    assert set(answered.values()) == {1}, "every attempt ends once"

"""What a venue may be told: configurations, conditions, times of queries, signatures, policies by name."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mock_exchange.engine.accounts import Account
from mock_exchange.gateway.attempt import Call
from mock_exchange.gateway.authentication import Authenticator, check_time, verify_by_secret
from mock_exchange.gateway.conditions import Conditions
from mock_exchange.gateway.config import GatewayConfig, Limits
from mock_exchange.gateway.countdown import Countdown
from mock_exchange.gateway.faults import Fault, Faults
from mock_exchange.gateway.parameters.times import DAY_MS, begun, id_or_times, unless, window, within
from mock_exchange.gateway.policies import UnknownPolicyError, describe, load_policy
from mock_exchange.gateway.policies.hooks import fault_of
from run_records.units import NS_PER_MS
from tests.engine.test_boundaries import TAKEN, code_of
from tests.samples import sample
from tests.support import BTC, Caller, venue_of

NOW = 1_760_130_720_000
FIVE_MS = {"law": "constant", "mean_ms": 5}


# -- configurations -----------------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "nodes": 3,
    "slots": 7,
    "workers": 2,
    "handling": {"law": "constant", "mean_ms": 2},
    "shards": 4,
    "service": {"law": "exponential", "mean_ms": 5},
    "deadline_ms": 1000,
    "epoch": "2025-10-10",
    "conflict_rule": "knock_out",
    "marking": "median",
    "limits": {"weight_per_minute": 11, "orders_per_10s": 12, "orders_per_minute": 13},
    "front_end": "refusing",
    "backend_link": "down",
    "replica": "unavailable",
    "engine": "paused",
    "expired": "dropped",
    "house": "withdrawn",
    "backend_timeout_ms": 20,
    "replica_lag_ms": 30,
    "collateral_timeout_ms": 40,
    "replica_check": True,
    "collateral": {"law": "constant", "mean_ms": 6},
    "lost_nodes": [2, 0],
    "lying_share": 0.25,
}


def test_every_key_arrives_and_comes_back() -> None:
    config = GatewayConfig.from_dict(FULL)
    back = config.to_dict()
    assert {name: back[name] for name in FULL} == {**FULL, "lost_nodes": [0, 2]}
    assert set(back) == set(FULL)
    assert GatewayConfig.from_dict(back) == config
    assert (config.deadline_ns, config.conditions.replica_lag_ns) == (1000 * NS_PER_MS, 30 * NS_PER_MS)
    assert (config.conditions.backend_timeout_ns, config.conditions.collateral_timeout_ns) == (
        20 * NS_PER_MS,
        40 * NS_PER_MS,
    )


def test_what_is_not_said() -> None:
    config = GatewayConfig.from_dict({})
    assert (config.nodes, config.slots, config.workers, config.shards, config.deadline_ns) == (1, 20, 0, 1, 0)
    assert (config.epoch, config.conflict_rule, config.marking) == ("2026", "reject_4118", "plan")
    assert (config.limits, config.conditions) == (Limits(), Conditions())
    assert (
        config.limits.weight_per_minute,
        config.limits.orders_per_10s,
        config.limits.orders_per_minute,
    ) == (
        2400,
        300,
        1200,
    )


@pytest.mark.parametrize(
    ("row", "servers", "work_ms", "alone_ms"),
    [
        ({"slots": 7, "nodes": 3, "handling": FIVE_MS}, 21, 5, 5),
        ({"slots": 7, "nodes": 3, "handling": FIVE_MS, "lost_nodes": [1]}, 14, 5, 5),
        ({"slots": 7, "nodes": 3, "workers": 2, "handling": FIVE_MS}, 6, 5, 5),
        (
            {"slots": 7, "handling": FIVE_MS, "service": {"law": "constant", "mean_ms": 2}, "shards": 4},
            4,
            2,
            7,
        ),
        ({}, 20, 0, 0),
    ],
)
def test_what_limits_a_venue(row: dict[str, Any], servers: int, work_ms: float, alone_ms: float) -> None:
    config = GatewayConfig.from_dict(row)
    assert config.servers == servers
    assert (config.work_ns, config.alone_ns) == (work_ms * NS_PER_MS, alone_ms * NS_PER_MS)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"node": 1}, "unknown key 'node'; known: backend_link"),
        ({"epoch": "2024"}, "epoch must be one of"),
        ({"conflict_rule": "x"}, "conflict_rule must be one of"),
        ({"marking": "x"}, "marking must be 'median' or 'plan', not 'x'"),
        ({"nodes": 0}, "nodes"),
        ({"slots": 0}, "slots"),
        ({"shards": 0}, "shards"),
        ({"slots": 1.5}, "slots"),
        ({"slots": True}, "slots"),
        ({"workers": -1}, "workers"),
        ({"deadline_ms": -1}, "deadline_ms"),
        ({"deadline_ms": "x"}, "deadline_ms"),
        ({"limits": 5}, "limits: a table"),
        ({"limits": {"x": 5}}, "limits: unknown key 'x'"),
        ({"limits": {"orders_per_10s": 0}}, "orders_per_10s must be a whole number from 1, not 0"),
        ({"front_end": "x"}, "front_end must be one of up, refusing, gone, not 'x'"),
        ({"replica_check": 1}, "replica_check must be true or false, not 1"),
        ({"lying_share": 1.01}, "lying_share must be a number from 0 to 1"),
        ({"lying_share": -0.01}, "lying_share"),
        ({"collateral": FIVE_MS}, "collateral needs collateral_timeout_ms"),
        ({"nodes": 2, "lost_nodes": [2]}, "lost_nodes must be a list of node numbers from 0 to 1, not [2]"),
        ({"nodes": 2, "lost_nodes": [-1]}, "lost_nodes must be a list"),
        ({"nodes": 2, "lost_nodes": [True]}, "lost_nodes must be a list"),
        ({"nodes": 2, "lost_nodes": 1}, "lost_nodes must be a list"),
        ({"nodes": 2, "lost_nodes": [1, 0]}, "lost_nodes must leave a node"),
    ],
)
def test_what_is_wrong_is_said(row: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        GatewayConfig.from_dict(row)


def test_edges_that_are_fine() -> None:
    assert Conditions.from_dict({"lying_share": 1}, 1).lying_share == 1
    assert Conditions.from_dict({"lost_nodes": [1, 1]}, 2).lost_nodes == (1,)
    assert (
        GatewayConfig.from_dict({"deadline_ms": 0, "limits": {"orders_per_10s": 1}}).limits.orders_per_10s
        == 1
    )


def test_a_phase_changes_what_phases_may_change() -> None:
    config = GatewayConfig.from_dict(FULL)
    changed = config.changed({"slots": 9, "engine": "running"})
    assert (changed.slots, changed.conditions.engine, changed.nodes) == (9, "running", 3)
    with pytest.raises(ValueError, match="unknown key 'nodes'"):
        config.changed({"nodes": 4})


# -- times --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, TAKEN),
        ({"startTime": 5}, TAKEN),
        ({"startTime": 5, "endTime": 5}, TAKEN),
        ({"startTime": 6, "endTime": 5}, -1023),
        ({"startTime": 5, "endTime": 5 + DAY_MS}, TAKEN),
        ({"startTime": 5, "endTime": 6 + DAY_MS}, -4165),
    ],
)
def test_times_that_a_query_allows(values: dict[str, Any], code: int) -> None:
    assert code_of(within(DAY_MS), values, NOW) == code
    assert code_of(unless("orderId", within(DAY_MS)), values, NOW) == code
    assert code_of(unless("orderId", within(DAY_MS)), {**values, "orderId": 1}, NOW) == TAKEN


def test_times_that_have_begun_and_ids_instead() -> None:
    rows = [
        {"startTime": NOW},
        {"startTime": NOW + 1},
        {"startTime": 5, "endTime": 5},
        {"startTime": 6, "endTime": 5},
    ]
    assert [code_of(begun, row, NOW) for row in rows] == [TAKEN, -1023, TAKEN, -1023]
    both: list[dict[str, Any]] = [
        {"fromId": 1},
        {"fromId": 1, "startTime": 1},
        {"fromId": 1, "endTime": 1},
        {"endTime": 1},
    ]
    assert [code_of(id_or_times, row, NOW) for row in both] == [TAKEN, -1128, -1128, TAKEN]


def test_the_window_of_a_query() -> None:
    assert window({}, 100, NOW) == (NOW - 100, NOW)
    assert window({"startTime": 7}, 100, NOW) == (7, 107)
    assert window({"endTime": 107}, 100, NOW) == (7, 107)
    assert window({"startTime": 1, "endTime": 2}, 100, NOW) == (1, 2)


# -- who sends ----------------------------------------------------------------------------------------


def test_a_key_s_owner_is_known_without_a_signature() -> None:
    keys, account = Authenticator(), Account(1, "a")
    keys.add("k" * 64, verify_by_secret("s"), account)
    assert (keys.owner("k" * 64), keys.owner("x" * 64)) == (account, None)


@pytest.mark.parametrize(
    ("timestamp", "window_ms", "code"),
    [
        (NOW, 5000, TAKEN),
        (NOW - 5000, 5000, TAKEN),
        (NOW - 5001, 5000, -1021),
        (NOW + 999, 5000, TAKEN),
        (NOW + 1000, 5000, -1021),
        (NOW - 60_000, 60_000, TAKEN),
        (NOW, 60_001, -1130),
        (NOW, 0, TAKEN),
        (NOW - 1, 1, TAKEN),
    ],
)
def test_a_request_is_meant_for_now(timestamp: int, window_ms: int, code: int) -> None:
    params = {"timestamp": str(timestamp), "recvWindow": str(window_ms)}
    assert code_of(check_time, params, NOW) == code


def test_without_a_window_it_is_five_seconds() -> None:
    assert check_time({"timestamp": str(NOW)}, NOW) == NOW + 5000
    assert check_time({"timestamp": str(NOW), "recvWindow": "7"}, NOW) == NOW + 7


# -- faults and switches ------------------------------------------------------------------------------


def attempt(name: str = "a", verb: str = "order", *, is_test: bool = False) -> Any:
    return SimpleNamespace(
        account=SimpleNamespace(name=name), request=SimpleNamespace(verb=verb), is_test=is_test
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "fault must be one of"),
        ({"fault": "x"}, "fault must be one of"),
        ({"fault": "answer-lost", "x": 1}, "unknown key 'x'"),
        ({"fault": "refused"}, "code is missing"),
        ({"fault": "refused", "code": -9}, "code must be one that the venue documents, not -9"),
        ({"fault": "refused", "code": "-2010"}, "code must be one"),
        ({"fault": "refused", "code": True}, "code must be one"),
        ({"fault": "answer-lost", "verb": "x"}, "verb must be one of"),
        ({"fault": "answer-lost", "times": 0}, "times must be a whole number from 1, not 0"),
        ({"fault": "answer-lost", "times": 1.0}, "times must be a whole number"),
        ({"fault": "answer-lost", "times": True}, "times must be a whole number"),
    ],
)
def test_a_fault_that_cannot_be(row: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Fault.from_dict(row, (-2010, -503, -1007, 1))


@pytest.mark.stands_in
def test_a_fault_hits_whom_it_is_for_as_often_as_it_says_the_oldest_first() -> None:
    faults = Faults()
    rows: list[dict[str, Any]] = [
        {"fault": "refused", "code": -2010, "account": "b"},
        {"fault": "backend-timeout", "times": 2},
        {"fault": "refused", "code": -2010, "verb": "cancel"},
        {"fault": "refused", "code": -2010, "verb": "any"},
    ]
    kept = [Fault.from_dict(row, (-2010, -1007)) for row in rows]
    assert [fault.executes for fault in kept] == [False, True, False, False]
    for fault in kept:
        faults.add(fault)
    assert faults.first_for(attempt("b")) is kept[0]
    assert faults.first_for(attempt("a")) is kept[1]
    assert faults.first_for(attempt("a", is_test=True)) is None
    assert faults.first_for(attempt("a", "cancel-all")) is faults.first_for(attempt("a", "cancel")) is kept[2]
    assert faults.first_for(attempt("a", "amend")) is kept[3]
    faults.use(kept[1])
    assert faults.first_for(attempt("a")) is kept[1]
    faults.use(kept[1])
    assert faults.first_for(attempt("a")) is kept[3]


def test_a_dead_man_s_switch_goes_off_unless_it_is_set_anew() -> None:
    venue, timeline = venue_of()
    switch = Countdown(venue.commands, venue.clock)
    caller = Caller(venue)
    for at_ms, countdown_ms, after in (
        (0, 10, {9: 1, 10: 0}),
        (20, 10, {29: 1}),
        (29, 10, {38: 1}),
        (38, 0, {99: 1}),
    ):
        timeline.run_until(at_ms * NS_PER_MS)
        if not caller.account.orders:
            caller.order(price="99000.00", timeInForce="GTC")
        switch.set(caller.account, BTC, countdown_ms)
        for until, open_orders in after.items():
            timeline.run_until(until * NS_PER_MS)
            assert len(caller.account.orders) == open_orders, until


# -- policies by name ---------------------------------------------------------------------------------


def test_a_policy_of_a_file_with_and_without_its_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sample("opens.py", tmp_path)
    for name in (f"trust:{path}", f"trust:{path}:Open"):
        policy = load_policy(name)
        assert (type(policy).__name__, fault_of(policy)) == ("Open", "")
        assert sys.modules[type(policy).__module__].__file__ == str(path), (
            "others find its module, dataclasses too"
        )
    monkeypatch.chdir(tmp_path)
    assert type(load_policy("trust:opens:Open")).__name__ == "Open"
    for name, words in (
        ("opens:Shut", "cannot be loaded"),
        ("nowhere.py", "cannot be loaded"),
        ("nowhere:X", "cannot be loaded"),
        ("./", "cannot be loaded: it is no .py file"),
        ("trust:pipe:cat", "always has a process of its own: leave trust: out"),
        ("nobody", "unknown policy 'nobody'; known: none, undifferentiated"),
    ):
        with pytest.raises(UnknownPolicyError, match=words):
            load_policy(name)


def test_the_list_says_of_each_what_it_is() -> None:
    told = dict(describe())
    assert all(told.values())


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (SimpleNamespace(), "lacks admit()"),
        (SimpleNamespace(admit=3), "lacks admit()"),
        (SimpleNamespace(admit=lambda r, n: None, priority=lambda r: 0), "has a method priority()"),
        (
            SimpleNamespace(admit=lambda r, n: None, rnak=lambda r: 0),
            "has a method rnak(), which no gateway calls",
        ),
        (SimpleNamespace(admit=lambda r, n: None, rank=3), "has rank, which must be a method"),
        (SimpleNamespace(admit=lambda r, n: None, _own=lambda: 0), ""),
    ],
)
def test_what_is_no_policy(policy: Any, words: str) -> None:
    assert words in fault_of(policy)
    assert bool(fault_of(policy)) == bool(words)


def test_a_class_is_no_policy() -> None:
    assert fault_of(type(load_policy("exempt"))) == "is a class; give an instance of it"


def test_a_call_says_where_it_comes_from() -> None:
    call = Call("GET", "/", {}, "127.0.0.1", "k")
    assert (call.key, call.ip, call.account) == ("k", "127.0.0.1", None)

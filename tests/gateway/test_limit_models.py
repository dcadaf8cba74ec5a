"""Limiters, keys and copies against the plainest statement of what each of them does."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.clock import Timeline
from mock_exchange.engine.accounts import Account
from mock_exchange.gateway.config import Limits
from mock_exchange.gateway.limits import LONGEST_BAN_MS, OrderLimiter, TooMany, WeightLimiter
from mock_exchange.gateway.listen_keys import LIFE_MS, ListenKeys
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.replica import Replica
from run_records.units import NS_PER_MS
from run_records.words import Cause, Stage
from tests.support import EPOCH_MS, examples, refused

MINUTE, TEN = 60_000, 10_000

CHARGES = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 3),
        st.sampled_from([0, 0, 0, 1, 900, 59_000, 60_000, 119_999, 120_000]),
    ),
    max_size=80,
)


@examples(200)
@given(rows=CHARGES, limit=st.integers(1, 4))
def test_weight_like_a_list_of_what_was_charged(rows: list[tuple[str, int, int]], limit: int) -> None:
    limiter, now = WeightLimiter(limit), EPOCH_MS - EPOCH_MS % MINUTE + 30_123
    charged: list[tuple[str, int, int]] = []
    over: list[tuple[str, int]] = []
    banned_until, bans = Counter[str](), Counter[str]()
    for ip, weight, later in rows:
        now += later
        window = now // MINUTE
        code, said = 200, None
        if now < banned_until[ip]:
            code, said = 418, -(-(banned_until[ip] - now) // 1000)
        else:
            charged.append((ip, weight, window))
            used = sum(w for a, w, at in charged if (a, at) == (ip, window))
            if used > limit:
                over.append((ip, window))
                code, said = 429, -(-((window + 1) * MINUTE - now) // 1000)
                if over.count((ip, window)) > 10:
                    banned_until[ip] = now + min(2 * MINUTE * 2 ** bans[ip], 3 * 24 * 60 * MINUTE)
                    bans[ip] += 1
                    over = [row for row in over if row != (ip, window)]
                    code, said = 418, -(-(banned_until[ip] - now) // 1000)
        if code == 200:
            assert limiter.charge(ip, weight, now) == used
        else:
            with pytest.raises(TooMany) as caught:
                limiter.charge(ip, weight, now)
            found = caught.value
            assert (found.code, found.http, found.retry_after) == (-1003, code, said)
            assert (found.stage, found.variant) == (Stage.IP_WEIGHT, 1 if code == 418 else None)
            assert found.cause is (Cause.BAN if code == 418 else Cause.RATE_LIMIT)
            assert found.arguments == ((limit,) if code == 429 else (banned_until[ip],))
        for one in "ab":
            assert limiter.used(one, now) == sum(w for a, w, at in charged if (a, at) == (one, window))
        assert limiter.banned == bans.total()
        assert limiter.banned_at(now) == sum(now < until for until in banned_until.values())


def test_no_ban_is_longer_than_three_days() -> None:
    limiter, now, lengths = WeightLimiter(1), 0, []
    for _ in range(16):
        for _ in range(12):
            try:
                limiter.charge("a", 1, now)
            except TooMany as refusal:
                last = refusal
        (until,) = last.arguments
        lengths.append(int(str(until)) - now)
        now = int(str(until)) + MINUTE
    assert lengths == [min(2 * MINUTE << n, LONGEST_BAN_MS) for n in range(16)]
    assert max(lengths) == 3 * 24 * 3600 * 1000


ORDERS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["count", "count", "check", "uncount", "uncount-leg"]),
        st.sampled_from([0, 0, 0, 3_000, 9_999, 10_000, 59_999]),
        st.sampled_from([(1, 1), (5, 1)]),
    ),
    max_size=60,
)


@examples(200)
@given(rows=ORDERS)
def test_orders_like_a_list_of_what_was_counted(rows: list[tuple[int, str, int, tuple[int, int]]]) -> None:
    limiter = OrderLimiter(Limits(orders_per_10s=7, orders_per_minute=11))
    now = EPOCH_MS - EPOCH_MS % MINUTE + 55_000
    tens, minutes = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    last = {0: 0, 1: 0}
    for account, what, later, (in_ten, in_minute) in rows:
        now += later
        ten, minute = (account, now // TEN), (account, now // MINUTE)
        if what == "count":
            tens[ten] += in_ten
            minutes[minute] += in_minute
            assert limiter.count(account, now, in_ten, in_minute) == (tens[ten], minutes[minute])
            last[account] = now
        elif what == "check":
            wrong = (
                "10 SECONDS"
                if tens[ten] + in_ten > 7
                else "1 MINUTE"
                if minutes[minute] + in_minute > 11
                else ""
            )
            if wrong:
                with pytest.raises(TooMany) as caught:
                    limiter.check(account, now, in_ten, in_minute)
                found = caught.value
                assert (found.code, found.http, found.retry_after) == (-1015, 429, None)
                assert found.arguments == (7 if wrong == "10 SECONDS" else 11, wrong)
            else:
                limiter.check(account, now, in_ten, in_minute)
        elif last[account]:
            limiter.used(account, now)  # so that its windows are those of now
            counted = last[account]
            if counted // TEN == now // TEN:
                tens[ten] = max(0, tens[ten] - 1)
            if what == "uncount" and counted // MINUTE == now // MINUTE:
                minutes[minute] = max(0, minutes[minute] - 1)
            limiter.uncount(account, counted, whole=what == "uncount")
        assert limiter.used(account, now) == (tens[ten], minutes[minute])


# -- slots of a node ----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=40))
def test_slots_keep_littles_law(rows: list[tuple[bool, int]]) -> None:
    node, now = Node(0, 5, now=100), 100
    held: list[int] = []
    area = kept = 0
    for enters, later in rows:
        area += len(held) * later
        now += later
        if enters:
            held.append(now)
            assert node.enter(now) == len(held)
        elif held:
            since = held.pop(0)
            kept += now - since
            node.leave(since, now)
        assert node.in_flight == len(held)
        assert node.books(now) == (area, kept)
        assert node.books(now + 3) == (area + 3 * len(held), kept)


def test_what_is_spoken_for_is_forgotten_when_it_is_nothing() -> None:
    node = Node(0, 5)
    side = (1, 2, "BOTH", -1)
    node.reserve(side, 5)
    node.reserve(side, 7)
    node.release(side, 5)
    assert node.reserved == {side: 7}
    node.release(side, 7)
    assert node.reserved == {}


# -- listen keys --------------------------------------------------------------------------------------


def test_a_listen_key_lives_an_hour_and_again_as_often_as_it_is_kept_alive() -> None:
    keys = ListenKeys(7)
    told: list[tuple[str, ...]] = []
    keys.on_expired = lambda account, key: told.append(("expired", account.name, key))
    keys.on_closed = lambda key: told.append(("closed", key))
    a, b = Account(1, "a"), Account(2, "b")
    key = keys.start(a, 0)
    assert (len(key), keys.start(a, 10)) == (64, key)
    other = keys.start(b, 20)
    assert other != key
    assert (keys.account_of(key, 20), keys.account_of(other, 20), keys.account_of("x", 20)) == (a, b, None)
    assert keys.account_of(key, LIFE_MS + 9) is a
    assert keys.account_of(key, LIFE_MS + 10) is None
    assert keys.keep_alive(a, LIFE_MS + 9) == key
    keys.expire(LIFE_MS + 19)
    assert told == []
    keys.expire(LIFE_MS + 20)
    assert told == [("expired", "b", other), ("closed", other)]
    assert keys.account_of(other, LIFE_MS) is None, "closed for good"
    with refused(-1125):
        keys.keep_alive(b, LIFE_MS + 20)
    assert keys.account_of(key, 2 * LIFE_MS + 8) is a
    with refused(-1125):
        keys.keep_alive(a, 2 * LIFE_MS + 9)
    told.clear()
    again = keys.start(a, 2 * LIFE_MS + 9)  # the old one is seen off first
    assert again not in (key, other)
    assert told == [("expired", "a", key), ("closed", key)]
    keys.close(a)
    keys.close(a)
    assert told[2:] == [("closed", again)]
    assert ListenKeys(7).start(Account(1, "a"), 0) == key
    assert ListenKeys(8).start(Account(1, "a"), 0) != key


# -- the copy of positions ----------------------------------------------------------------------------


class Position(SimpleNamespace):
    __hash__ = object.__hash__  # type: ignore[assignment]


class Legs:
    """Two positions whose history is written down."""

    def __init__(self, clock: Timeline) -> None:
        self.clock = clock
        self.legs: list[Any] = [Position(amount=0, bid_quantity=0, ask_quantity=0) for _ in range(2)]
        self.seen: list[list[tuple[int, tuple[int, int, int]]]] = [
            [(-(10**18), (0, 0, 0))] for _ in self.legs
        ]

    def change(self, number: int, value: int) -> Any:
        leg = self.legs[number]
        leg.amount, leg.bid_quantity, leg.ask_quantity = value, value + 1, 2 * value
        self.seen[number].append((self.clock.now(), (value, value + 1, 2 * value)))
        return leg

    def at(self, number: int, instant: int) -> tuple[int, int, int]:
        return next(state for at, state in reversed(self.seen[number]) if at <= instant)


@pytest.mark.stands_in
@examples(200)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(-5, 5), st.integers(0, 12)), max_size=30),
    st.integers(1, 9),
)
def test_a_copy_shows_what_was_there_a_lag_ago(rows: list[tuple[int, int, int]], lag: int) -> None:
    clock = Timeline(EPOCH_MS)
    world = Legs(clock)
    account: Any = SimpleNamespace(legs=dict(enumerate(world.legs)))
    engine: Any = SimpleNamespace(accounts={"a": account})
    copy = Replica(engine, clock)
    copy.adopt(lag, True)
    for number, value, later in rows:
        clock.run_until(clock.now() + later)
        copy.note([world.change(number, value)])
        for one in (0, 1):
            assert copy.view(world.legs[one]) == world.at(one, clock.now() - lag)
    copy.adopt(lag, False)
    assert copy.view(world.legs[0]) == (0, 0, 0)
    copy.adopt(0, True)
    assert [copy.view(leg) for leg in world.legs] == [world.at(n, clock.now()) for n in (0, 1)]
    copy.adopt(lag, True)  # a lag that begins freezes the copy as it is
    assert [copy.view(leg) for leg in world.legs] == [world.at(n, clock.now()) for n in (0, 1)]


@pytest.mark.stands_in
def test_orders_appear_and_disappear_a_lag_late() -> None:
    clock = Timeline(EPOCH_MS)
    copy = Replica(SimpleNamespace(accounts={}), clock)  # type: ignore[arg-type]
    clock.run_until(100 * NS_PER_MS)
    order: Any = SimpleNamespace(created_ms=EPOCH_MS + 90, updated_ms=EPOCH_MS + 95)
    rows = []
    for lag_ms in (0, 4, 5, 6, 9, 10, 11):
        copy.adopt(lag_ms * NS_PER_MS, True)
        rows.append((copy.shows(order), copy.shows_open(order, True), copy.shows_open(order, False)))
    assert rows == [
        (True, True, False),
        (True, True, False),
        (True, True, False),
        (True, True, True),
        (True, True, True),
        (True, True, True),
        (False, False, False),
    ]
    copy.adopt(0, False)
    assert (copy.shows(order), copy.shows_open(order, True), copy.shows_open(order, False)) == (False,) * 3

"""Rate limits: calendar windows, what counts and what does not, bans that grow."""

from __future__ import annotations

import pytest

from mock_exchange.gateway.config import Limits
from mock_exchange.gateway.limits import (
    FIRST_BAN_MS,
    TOLERATED_REFUSALS,
    OrderLimiter,
    TooMany,
    WeightLimiter,
)
from run_records.words import Cause
from tests.support import Caller, proves, refused, venue_of

MINUTE = 60_000


def test_weight_is_counted_per_address_and_calendar_minute() -> None:
    limiter = WeightLimiter(2400)
    assert limiter.charge("1", 2400, MINUTE - 1) == 2400
    assert limiter.charge("2", 1, MINUTE - 1) == 1
    with pytest.raises(TooMany) as caught:
        limiter.charge("1", 1, MINUTE - 1)
    assert (caught.value.code, caught.value.http, caught.value.retry_after) == (-1003, 429, 1)
    assert limiter.charge("1", 5, MINUTE) == 5


def test_going_on_after_429_earns_growing_bans() -> None:
    limiter = WeightLimiter(1)
    now = 0
    for ban in range(3):
        length = FIRST_BAN_MS << ban
        statuses = [charge(limiter, now) for _ in range(TOLERATED_REFUSALS + 2)]
        assert statuses == [200] + [429] * TOLERATED_REFUSALS + [418]
        with pytest.raises(TooMany) as caught:
            limiter.charge("1", 0, now + length - 1)
        assert (caught.value.http, caught.value.arguments, caught.value.retry_after) == (
            418,
            (now + length,),
            1,
        )
        now += length + MINUTE
    assert limiter.banned == 3


def charge(limiter: WeightLimiter, now: int) -> int | None:
    try:
        limiter.charge("1", 1, now)
    except TooMany as refusal:
        return refusal.http
    return 200


def test_orders_are_limited_in_ten_seconds_and_in_a_minute() -> None:
    limiter = OrderLimiter(Limits())
    for _ in range(300):
        limiter.check(1, 9_999)
        limiter.count(1, 9_999)
    with refused(-1015):
        limiter.check(1, 9_999)
    limiter.check(2, 9_999)
    for window in range(1, 4):
        for _ in range(300):
            limiter.check(1, window * 10_000)
            limiter.count(1, window * 10_000)
    with refused(-1015):
        limiter.check(1, 40_000)
    limiter.check(1, MINUTE)


def test_taking_back_a_count_touches_only_its_own_windows() -> None:
    limiter = OrderLimiter(Limits())
    limiter.count(1, 9_999)
    limiter.count(1, 10_000)
    limiter.uncount(1, 9_999)
    assert limiter.used(1, 10_000) == (1, 1)
    limiter.uncount(1, 10_000)
    assert limiter.used(1, 10_000) == (0, 0)


@proves("-1003", "-1015")
def test_the_gateway_answers_with_429_and_counts_in_headers() -> None:
    venue, _ = venue_of(limits={"orders_per_10s": 2})
    caller = Caller(venue)
    assert [caller.order()[0].http for _ in range(3)] == [200, 200, 429]
    assert caller.last_call.order_counts is None
    venue, _ = venue_of(limits={"weight_per_minute": 10})
    caller = Caller(venue)
    answers = [caller("GET", "/fapi/v3/account")[0] for _ in range(3)]
    assert [(a.http, a.code) for a in answers] == [(200, 0), (200, 0), (429, -1003)]


def test_sheds_are_not_counted_but_admitted_orders_are() -> None:
    venue, timeline = venue_of(
        policy="undifferentiated", slots=1, handling={"law": "constant", "mean_ms": 100}
    )
    caller = Caller(venue)
    first, second = caller.order(), caller.order()
    timeline.run_until(10**9)
    assert (first[0].code, second[0].code) == (0, -1008)
    assert venue.gateway.orders.used(caller.account.number, venue.clock.epoch_ms())[1] == 1


def test_an_evicted_order_is_taken_back_from_the_count() -> None:
    venue, timeline = venue_of(
        policy="strict-priority", slots=2, service={"law": "constant", "mean_ms": 100}, position="1"
    )
    caller = Caller(venue)
    in_service, waiting = caller.order(), caller.order()
    reducing = caller.order("SELL", type="MARKET", reduceOnly="true")
    assert waiting[0].code == -1008
    timeline.run_until(10**9)
    assert (in_service[0].code, reducing[0].code) == (0, 0)
    assert venue.gateway.orders.used(caller.account.number, venue.clock.epoch_ms())[1] == 2


def test_evicted_legs_of_a_batch_never_leave_a_negative_count() -> None:
    limiter = OrderLimiter(Limits())
    limiter.count(1, 0, 5, 1)
    for _ in range(5):
        limiter.uncount(1, 0)
    assert limiter.used(1, 0) == (0, 0)


def test_who_is_turned_away_is_told_the_weight_used_so_far() -> None:
    """Also by a request that never became an attempt."""
    venue, _ = venue_of(policy="none")
    caller = Caller(venue)
    caller.order("BUY", "nonsense")
    used = caller.last_call.used_weight
    caller.order("BUY", "nonsense")
    assert caller.last_call.used_weight == used
    caller("GET", "/fapi/v1/openOrders", symbol="BTCUSDT")
    caller.order("BUY", "nonsense")
    assert caller.last_call.used_weight == used + 1


def test_a_ban_says_until_when_and_ends_then() -> None:
    limiter = WeightLimiter(1)
    for _ in range(TOLERATED_REFUSALS + 1):
        charge(limiter, 1_000)
    with pytest.raises(TooMany) as caught:
        limiter.charge("1", 1, 1_000)
    ban = caught.value
    assert (ban.code, ban.http, ban.cause, ban.variant) == (-1003, 418, Cause.BAN, 1)
    assert ban.arguments == (1_000 + FIRST_BAN_MS,)
    assert [limiter.banned_at(now + FIRST_BAN_MS) for now in (999, 1_000)] == [1, 0]
    with pytest.raises(TooMany) as caught:
        limiter.charge("2", 2, MINUTE + 1)
    limit = caught.value
    assert (limit.code, limit.http, limit.cause, limit.variant) == (-1003, 429, Cause.RATE_LIMIT, None)
    assert limit.retry_after == 60

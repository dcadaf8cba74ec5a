"""The shipped gateway against queueing theory, at 10⁵ arrivals and more.

Each oracle comes with planted defects (service 5 % longer, one slot more, no priority) that it must
reject: a check that accepts a broken gateway proves nothing. Tolerances are four standard errors of
twenty batch means; seeds are fixed, so results are, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean, stdev

import pytest

from mock_exchange.clock import NS_PER_S, TRADERS, Timeline
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.journal import Journal
from mock_exchange.plan import Plan
from mock_exchange.randomness import exponential, stream
from mock_exchange.venue import Venue
from tests.support import plan_of

ARRIVALS = 100_000
BATCHES = 20
SIGMAS = 4.0
NO_LIMITS = {"orders_per_10s": 10**9, "orders_per_minute": 10**9, "weight_per_minute": 10**9}
OPENING = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "IOC", "quantity": "0.002",
           "price": "99000"}  # fmt: skip
REDUCING = {**OPENING, "reduceOnly": "true"}


@dataclass(frozen=True)
class Estimate:
    """A mean over batches and its standard error."""

    value: float
    error: float

    def agrees_with(self, truth: float) -> bool:
        return abs(self.value - truth) <= SIGMAS * self.error


def estimate(batches: list[float]) -> Estimate:
    return Estimate(mean(batches), stdev(batches) / math.sqrt(len(batches)))


def poisson(plan: Plan, rates: dict[str, float], arrivals: int = ARRIVALS) -> list[list]:
    """Journal outcomes of Poisson arrivals of both classes, in order of arrival."""
    timeline = Timeline(plan.epoch_start_ms)
    venue = Venue(plan, timeline, Journal())
    account = venue.account("a0")
    classes = [(OPENING, rates.get("opening", 0.0)), (REDUCING, rates.get("reducing", 0.0))]
    total = sum(rate for _, rate in classes)
    rng = stream(42, "arrivals")
    gap = NS_PER_S / total
    venue.journal.rows.clear()
    venue.rest()

    def ignore(answer: Answer) -> None:
        pass

    def arrive(number: int) -> None:
        params = classes[rng.random() * total >= classes[0][1]][0]
        venue.gateway.submit(Call("POST", "/fapi/v1/order", params, "127.1.0.1", number, account), ignore)
        if number + 1 < arrivals:
            timeline.call_at(timeline.now() + exponential(rng, gap), arrive, number + 1, rank=TRADERS)

    timeline.call_at(0, arrive, 0)
    while (due := timeline.next_due()) is not None:
        timeline.run_until(due)
    rows = [row for row in venue.journal.rows if row[0] == "outcome"]
    assert len(rows) == arrivals
    return sorted(rows, key=lambda row: row[2])


def refused_share(rows: list[list], klass: str) -> Estimate:
    size = len(rows) // BATCHES
    shares = []
    for batch in range(BATCHES):
        part = [row for row in rows[batch * size : (batch + 1) * size] if row[5] == klass]
        shares.append(sum(row[9] == -1008 for row in part) / len(part))
    return estimate(shares)


def mean_wait(rows: list[list], klass: str) -> Estimate:
    """Seconds from admission to start of service."""
    size = len(rows) // BATCHES
    waits = []
    for batch in range(BATCHES):
        part = [row for row in rows[batch * size : (batch + 1) * size] if row[5] == klass]
        waits.append(mean((row[14] - row[13]) / NS_PER_S for row in part))
    return estimate(waits)


# -- theory ---------------------------------------------------------------------------------------


def erlang_b(load: float, servers: int) -> float:
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def guard_channel(
    opening: float, reducing: float, rate: float, slots: int, reserved: int
) -> tuple[float, float]:
    """(opening refused, reducing refused) of the birth-death chain with `reserved` slots."""
    weights = [1.0]
    for k in range(slots):
        births = reducing + (opening if k < slots - reserved else 0.0)
        weights.append(weights[-1] * births / ((k + 1) * rate))
    total = sum(weights)
    return sum(weights[slots - reserved :]) / total, weights[slots] / total


def mm1k(load: float, places: int) -> float:
    """Blocking of one exponential server with room for `places`, the one in service included."""
    return (1 - load) * load**places / (1 - load ** (places + 1))


def priority_waits(first: float, second: float, service: float, second_moment: float) -> tuple[float, float]:
    """Mean waits of two classes, non-preemptive M/G/1: W1 = R/(1−ρ1), W2 = R/((1−ρ1)(1−ρ1−ρ2))."""
    residual = (first + second) * second_moment / 2
    load1, load2 = first * service, second * service
    return residual / (1 - load1), residual / ((1 - load1) * (1 - load1 - load2))


# -- systems --------------------------------------------------------------------------------------


def loss_system(
    slots: int, mean_ms: float, policy: str = "undifferentiated", parameters: dict | None = None
) -> Plan:
    return plan_of(
        policy, accounts=1, parameters=parameters, slots=slots, limits=NO_LIMITS,
        handling={"law": "exponential", "mean_ms": mean_ms},
    )  # fmt: skip


@pytest.mark.parametrize("rate", [150.0, 220.0, 300.0, 400.0])
def test_erlang_b(rate):
    truth = erlang_b(rate * 0.05, 10)

    def measured(slots: int, mean_ms: float) -> Estimate:
        return refused_share(poisson(loss_system(slots, mean_ms), {"opening": rate}), "opening")

    assert measured(10, 50).agrees_with(truth)
    assert not measured(10, 52.5).agrees_with(truth)
    assert not measured(11, 50).agrees_with(truth)


@pytest.mark.parametrize("reserved", [0, 1, 2, 3])
def test_guard_channel(reserved):
    truth = guard_channel(270, 30, 20, 10, reserved)

    def agrees(slots: int, mean_ms: float) -> bool:
        plan = loss_system(slots, mean_ms, "reserved", {"slots": reserved})
        rows = poisson(plan, {"opening": 270, "reducing": 30})
        return refused_share(rows, "opening").agrees_with(truth[0]) and refused_share(
            rows, "reducing"
        ).agrees_with(truth[1])

    assert agrees(10, 50)
    assert not agrees(10, 52.5)
    assert not agrees(11, 50)


@pytest.mark.parametrize("rate", [150.0, 250.0])
def test_mm1k(rate):
    truth = mm1k(rate * 0.005, 4)

    def measured(slots: int, mean_ms: float) -> Estimate:
        plan = plan_of(
            "undifferentiated", accounts=1, slots=slots, limits=NO_LIMITS,
            service={"law": "exponential", "mean_ms": mean_ms},
        )  # fmt: skip
        return refused_share(poisson(plan, {"opening": rate}), "opening")

    assert measured(4, 5).agrees_with(truth)
    assert not measured(4, 5.25).agrees_with(truth)
    assert not measured(5, 5).agrees_with(truth)


@pytest.mark.parametrize(("law", "second_moment"), [("constant", 1.0), ("exponential", 2.0)])
def test_two_class_priority_waits(law, second_moment):
    service = 0.005
    truth = priority_waits(60, 80, service, second_moment * service**2)

    def agrees(policy: str, mean_ms: float) -> tuple[bool, bool]:
        plan = plan_of(
            policy, accounts=1, slots=10**6, limits=NO_LIMITS, service={"law": law, "mean_ms": mean_ms}
        )
        rows = poisson(plan, {"opening": 80, "reducing": 60})
        return mean_wait(rows, "reducing").agrees_with(truth[0]), mean_wait(rows, "opening").agrees_with(
            truth[1]
        )

    assert agrees("strict-priority", 5) == (True, True)
    assert agrees("strict-priority", 5.25) == (False, False)
    assert agrees("exempt", 5) == (False, False)


def test_erlang_b_depends_on_the_mean_handling_time_alone():
    truth = erlang_b(15.0, 10)

    def measured(mean_ms: float) -> Estimate:
        handling = {"law": "constant", "mean_ms": mean_ms}
        plan = plan_of("undifferentiated", accounts=1, slots=10, limits=NO_LIMITS, handling=handling)
        return refused_share(poisson(plan, {"opening": 300}), "opening")

    assert measured(50).agrees_with(truth)
    assert not measured(52.5).agrees_with(truth)

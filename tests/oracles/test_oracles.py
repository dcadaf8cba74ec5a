"""The shipped gateway against queueing theory, at 10⁵ arrivals and more.

Each oracle comes with planted defects (service 5 % longer, one slot more, no priority) that it must
reject: a check that accepts a broken gateway proves nothing. Tolerances are four standard errors of
twenty batch means; seeds are fixed, so results are, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

import pytest

from mock_exchange.clock import TRADERS, Timeline
from mock_exchange.gateway.attempt import Answer, Attempt, Call
from mock_exchange.gateway.parts import Parts
from mock_exchange.gateway.stations import Station
from mock_exchange.journal import Journal
from mock_exchange.plan import Plan
from mock_exchange.randomness import exponential, stream
from mock_exchange.venue import Venue
from run_records.journal import OutcomeRow
from run_records.units import NS_PER_S
from tests.support import large, plan_of

ARRIVALS = 100_000
BATCHES = 20
SIGMAS = 4.0
NO_LIMITS = {"orders_per_10s": 10**9, "orders_per_minute": 10**9, "weight_per_minute": 10**9}
OPENING = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "IOC",
    "quantity": "0.002",
    "price": "99000",
}
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


def poisson(plan: Plan, rates: dict[str, float], arrivals: int = ARRIVALS) -> list[OutcomeRow]:
    """Journal outcomes of Poisson arrivals of both classes, in order of arrival."""
    return poisson_run(plan, rates, arrivals)[1]


def poisson_run(
    plan: Plan, rates: Any, arrivals: int = ARRIVALS, parts: Parts | None = None
) -> tuple[Venue, list[OutcomeRow]]:
    """The same, with the venue afterwards."""
    timeline = Timeline(plan.epoch_start_ms)
    venue = Venue(plan, timeline, Journal(), parts=parts)
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
    rows = [row for row in venue.journal.rows if isinstance(row, OutcomeRow)]
    assert len(rows) == arrivals
    return venue, sorted(rows, key=lambda row: row.key)


def refused_share(rows: list[OutcomeRow], klass: str) -> Estimate:
    size = len(rows) // BATCHES
    shares = []
    for batch in range(BATCHES):
        part = [row for row in rows[batch * size : (batch + 1) * size] if row.klass == klass]
        shares.append(sum(row.code == -1008 for row in part) / len(part))
    return estimate(shares)


def mean_wait(rows: list[OutcomeRow], klass: str) -> Estimate:
    """Seconds from admission to start of service."""
    size = len(rows) // BATCHES
    waits = []
    for batch in range(BATCHES):
        part = [row for row in rows[batch * size : (batch + 1) * size] if row.klass == klass]
        waits.append(mean((row.started - row.admitted) / NS_PER_S for row in part))
    return estimate(waits)


def mean_stay(rows: list[OutcomeRow]) -> Estimate:
    """Seconds from admission to answer, of those admitted."""
    size = len(rows) // BATCHES
    return estimate(
        [
            mean(
                (row.at - row.admitted) / NS_PER_S
                for row in rows[b * size : (b + 1) * size]
                if row.admitted >= 0
            )
            for b in range(BATCHES)
        ]
    )


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


def mmck(arrivals: float, service: float, servers: int, places: int) -> tuple[float, float]:
    """(blocked share, mean wait of those admitted, seconds) of M/M/c/K, from its birth-death chain."""
    weights = [1.0]
    for k in range(places):
        weights.append(weights[-1] * arrivals * service / min(k + 1, servers))
    total = sum(weights)
    blocked = weights[places] / total
    queue = sum(weight / total * (k - servers) for k, weight in enumerate(weights) if k > servers)
    return blocked, queue / (arrivals * (1 - blocked))


def priority_waits(first: float, second: float, service: float, second_moment: float) -> tuple[float, float]:
    """Mean waits of two classes, non-preemptive M/G/1: W1 = R/(1−ρ1), W2 = R/((1−ρ1)(1−ρ1−ρ2))."""
    residual = (first + second) * second_moment / 2
    load1, load2 = first * service, second * service
    return residual / (1 - load1), residual / ((1 - load1) * (1 - load1 - load2))


# -- systems --------------------------------------------------------------------------------------


def loss_system(
    slots: int, mean_ms: float, policy: str = "undifferentiated", parameters: dict[str, Any] | None = None
) -> Plan:
    return plan_of(
        policy,
        accounts=1,
        parameters=parameters,
        slots=slots,
        limits=NO_LIMITS,
        handling={"law": "exponential", "mean_ms": mean_ms},
    )


@pytest.mark.parametrize("rate", [220.0, *large(150.0, 300.0, 400.0)])
def test_erlang_b(rate: float) -> None:
    truth = erlang_b(rate * 0.05, 10)

    def measured(slots: int, mean_ms: float) -> Estimate:
        return refused_share(poisson(loss_system(slots, mean_ms), {"opening": rate}), "opening")

    assert measured(10, 50).agrees_with(truth)
    assert not measured(10, 52.5).agrees_with(truth)
    assert not measured(11, 50).agrees_with(truth)


@pytest.mark.parametrize("reserved", [2, *large(0, 1, 3)])
def test_guard_channel(reserved: int) -> None:
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


@pytest.mark.parametrize("rate", [250.0, *large(150.0)])
def test_mm1k(rate: float) -> None:
    truth = mm1k(rate * 0.005, 4)

    def measured(slots: int, mean_ms: float) -> Estimate:
        plan = plan_of(
            "undifferentiated",
            accounts=1,
            slots=slots,
            limits=NO_LIMITS,
            service={"law": "exponential", "mean_ms": mean_ms},
        )
        return refused_share(poisson(plan, {"opening": rate}), "opening")

    assert measured(4, 5).agrees_with(truth)
    assert not measured(4, 5.25).agrees_with(truth)
    assert not measured(5, 5).agrees_with(truth)


@pytest.mark.parametrize(("rate", "workers"), [*large((300.0, 3), (700.0, 8))])
def test_mmck(rate: float, workers: int) -> None:
    """A node's workers with a queue before them, the engine instant: K slots in all."""
    places, service = workers + 6, 0.01

    def agrees(slots: int, mean_ms: float, count: int) -> tuple[bool, bool]:
        plan = plan_of(
            "undifferentiated",
            accounts=1,
            slots=slots,
            workers=count,
            limits=NO_LIMITS,
            handling={"law": "exponential", "mean_ms": mean_ms},
        )
        rows = poisson(plan, {"opening": rate})
        blocked, wait = mmck(rate, service, workers, places)
        return (
            refused_share(rows, "opening").agrees_with(blocked),
            mean_stay(rows).agrees_with(wait + service),
        )

    assert agrees(places, 10, workers) == (True, True)
    assert agrees(places, 10.5, workers) == (False, False)
    assert agrees(places + 1, 10, workers) != (True, True)


def jain(shares: list[float]) -> float:
    """(Σx)² / (n · Σx²): 1 if all are alike, 1/n if one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))


def throughput_by_account(policy: str, rates: list[float]) -> list[float]:
    """Accepted a second of accounts that offer `rates` to an engine of 200/s, over 200 seconds."""
    plan = plan_of(
        policy, accounts=len(rates), slots=40, limits=NO_LIMITS, service={"law": "exponential", "mean_ms": 5}
    )
    timeline = Timeline(plan.epoch_start_ms)
    venue = Venue(plan, timeline, Journal())
    venue.journal.rows.clear()
    venue.rest()
    seconds = 200

    def arrive(number: int, rng: Any) -> None:
        account = venue.account(f"a{number}")
        call = Call("POST", "/fapi/v1/order", OPENING, f"127.1.0.{number + 1}", f"{rng.random()}", account)
        venue.gateway.submit(call, lambda answer: None)
        due = timeline.now() + exponential(rng, NS_PER_S / rates[number])
        if due < seconds * NS_PER_S:
            timeline.call_at(due, arrive, number, rng, rank=TRADERS)

    for number in range(len(rates)):
        timeline.call_at(0, arrive, number, stream(3, number), rank=TRADERS)
    while (due := timeline.next_due()) is not None:
        timeline.run_until(due)
    counts = [0] * len(rates)
    for row in venue.journal.rows:
        if isinstance(row, OutcomeRow) and row.code == 0:
            counts[int(row.account[1:])] += 1
    return [count / seconds for count in counts]


def test_fair_is_max_min_fair_and_undifferentiated_is_proportional() -> None:
    """All ask for more than an even share: Jain's index 1 under `fair`; undifferentiated shedding leaves it
    at the index of what they offer (Poisson arrivals all see the same gate)."""
    rates = [60.0, 90.0, 150.0, 300.0]
    assert jain(throughput_by_account("fair", rates)) == pytest.approx(1.0, abs=0.001)
    assert jain(throughput_by_account("undifferentiated", rates)) == pytest.approx(jain(rates), abs=0.02)
    assert jain(rates) < 0.8


def test_fair_gives_the_modest_all_they_ask_for() -> None:
    served = throughput_by_account("fair", [20.0, 30.0, 200.0, 400.0])
    assert served[0] == pytest.approx(20, rel=0.05)
    assert served[1] == pytest.approx(30, rel=0.05)
    assert served[2] == pytest.approx(75, rel=0.05)
    assert served[3] == pytest.approx(75, rel=0.05)


class Forgetful(Station[Any]):
    """Planted defect: services that begin from the queue are booked as if they had not waited."""

    def _leave(self, attempt: Attempt, now: int) -> None:
        super()._leave(attempt, now)
        self.waited_ns -= now - attempt.queued


class Overtaken(Station[Any]):
    """Planted defect: an attempt leaves the queue and is counted out of it a moment too late."""

    def _leave(self, attempt: Attempt, now: int) -> None:
        self.area_ns += 1
        super()._leave(attempt, now)


@pytest.mark.stands_in
@pytest.mark.parametrize("policy", ["undifferentiated", "strict-priority", "fair", "codel"])
def test_littles_law_holds_to_the_nanosecond_on_every_queue(policy: str) -> None:
    def books(station: type[Station[Any]]) -> list[str]:
        plan = plan_of(
            policy,
            accounts=1,
            position="50",
            slots=30,
            workers=4,
            limits=NO_LIMITS,
            handling={"law": "exponential", "mean_ms": 10},
            service={"law": "exponential", "mean_ms": 4},
        )
        rates = {"opening": 300, "reducing": 60}
        venue, _ = poisson_run(plan, rates, arrivals=20_000, parts=Parts(station))
        assert venue.gateway.backend.shards[0].area_ns > 0
        assert sum(node.held_ns for node in venue.gateway.backend.nodes) > 0
        return venue.close_books()

    assert books(Station) == []
    assert books(Forgetful)
    assert books(Overtaken)


@pytest.mark.parametrize(("law", "second_moment"), [("constant", 1.0), *large(("exponential", 2.0))])
def test_two_class_priority_waits(law: str, second_moment: float) -> None:
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


@pytest.mark.large
def test_erlang_b_depends_on_the_mean_handling_time_alone() -> None:
    truth = erlang_b(15.0, 10)

    def measured(mean_ms: float) -> Estimate:
        handling = {"law": "constant", "mean_ms": mean_ms}
        plan = plan_of("undifferentiated", accounts=1, slots=10, limits=NO_LIMITS, handling=handling)
        return refused_share(poisson(plan, {"opening": 300}), "opening")

    assert measured(50).agrees_with(truth)
    assert not measured(52.5).agrees_with(truth)

"""Every policy's worked example, its formula and its source; planted defects of the laws are rejected."""

from __future__ import annotations

import doctest
import importlib
import inspect
import math
import re
from typing import Any

import pytest

from mock_exchange import tryout
from mock_exchange.gateway.policies import NAMES, limits, load_policy
from mock_exchange.gateway.policies.codel import DropLaw
from mock_exchange.gateway.policies.dagor import threshold_down, threshold_up
from mock_exchange.tryout import TryOut
from run_records.journal import OrderRow
from run_records.units import NS_PER_MS

MODULES = sorted({target.partition(":")[0] for target in NAMES.values()})


@pytest.mark.parametrize("name", [*MODULES, limits.__name__, tryout.__name__])
def test_worked_examples(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module)
    assert result.attempted >= 2, f"{name} has no worked example"
    assert result.failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_each_policy_has_a_file_of_its_own_that_says_what_it_is(name: str) -> None:
    policy: type[Any] = type(load_policy(name))
    module = inspect.getmodule(policy)
    assert module is not None
    assert (module.__doc__ or "").startswith(f"`{name}`: ")
    text = policy.__doc__ or ""
    assert re.search(r"admit (iff|always)|Admit iff|Order of service|Level =", text), "no formula"
    assert "Source: " in text
    if set(inspect.signature(policy).parameters) - {"self"}:
        assert "Parameters: " in text or "`hard_cap`" in text or "`slots`" in text


# -- CoDel -------------------------------------------------------------------------------------------


def schedule(law: DropLaw, until: int, sojourn: int = 6) -> list[int]:
    return [t for t in range(until) if law.drops(t, sojourn)]


def expected_schedule(interval: int, until: int) -> list[int]:
    """RFC 8289 by hand: the first drop an interval after the sojourn time first exceeds the target, each
    further one interval/√count after the one before."""
    due, count, result = interval, 1, []
    while due < until:
        result.append(due)
        due += math.isqrt(interval * interval // count)
        count += 1
    return result


class Linear(DropLaw):
    """Planted defect: drops at a constant pace."""

    def _after(self, instant: int) -> int:
        return instant + self.interval_ns


class Hasty(DropLaw):
    """Planted defect: does not wait for an interval before the first drop."""

    def _slow_for_long(self, now: int, sojourn_ns: int) -> bool:
        return sojourn_ns >= self.target_ns


def test_codel_drop_schedule_and_twins() -> None:
    truth = expected_schedule(1000, 20_000)
    assert len(truth) > 90
    assert schedule(DropLaw(5, 1000), 20_000) == truth
    assert schedule(Linear(5, 1000), 20_000) != truth
    assert schedule(Hasty(5, 1000), 20_000) != truth


def test_codel_remembers_its_count_for_sixteen_intervals() -> None:
    law = DropLaw(5, 1000)
    schedule(law, 10_000)
    count = law.count
    assert not law.drops(10_000, 1)
    soon = [t for t in range(10_001, 12_500) if law.drops(t, 6)]
    assert law.count > count / 2, "back in trouble at once, it goes on"
    assert len(soon) > 3
    law = DropLaw(5, 1000)
    schedule(law, 10_000)
    law.drops(10_000, 1)
    assert not any(law.drops(t, 6) for t in range(60_000, 60_999))
    assert law.drops(61_000, 6)
    assert law.count == 1, "long calm, it starts over"


# -- DAGOR -------------------------------------------------------------------------------------------


def test_dagor_threshold_walk_by_hand() -> None:
    """Arrivals 10 20 30 40 at four levels, all 100 admitted. Overloaded: 95 may come, 10 + 20 + 30 fit, the
    fourth level does not. Then 60 are admitted and the queue is short: 61 is reached at the fourth."""
    histogram = [10, 20, 30, 40]
    assert threshold_down(histogram, 0.95 * 100) == 2
    assert threshold_up(histogram, 60 + 0.01 * 100) == 3
    assert threshold_down(histogram, 9) == -1
    assert threshold_up(histogram, 1000) == 3

    def twin_down(
        counts: list[int], target: int
    ) -> int:  # planted defect: includes the level at which the target is reached
        return threshold_up(counts, target)

    assert twin_down(histogram, 95) != threshold_down(histogram, 95)


def test_dagor_follows_an_overload_down_and_comes_back() -> None:
    policy: Any = load_policy("dagor", {"window_ms": 100})
    gate = TryOut(policy, slots=400, service_ms=5, accounts=40)
    for number in range(40):
        gate.flood(every_ms=100, count=40, account=number)
    gate.wait(3900)
    low = policy.threshold
    assert low < 3 * 128 - 1
    gate.flood(every_ms=20, count=300)
    gate.run()
    assert policy.threshold > low


# -- limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "start", "window", "after", "twin"),
    [
        # AIMD: too slow a window costs a tenth, rounded down; a busy good one adds one
        (limits.Aimd, 37, (1e6, 30, True), 33, 34),
        (limits.Aimd, 37, (1e6, 19, False), 38, 37),
        (limits.Aimd, 37, (1e6, 18, False), 37, 38),
    ],
)
def test_one_step_of_aimd_by_hand(
    law: type, start: int, window: tuple[float, int, bool], after: int, twin: int
) -> None:
    limit = law(start, 1, 200)
    limit.update(*window)
    assert limit.limit == after != twin


@pytest.mark.parametrize(
    ("rtt_ms", "after"),
    [
        (10, 126),  # q = 0 ≤ lg = 2: + β = 12
        (10.2, 116),  # q = ⌈114 · (1 − 10/10.2)⌉ = 3 < α = 6: + lg = 2
        (10.8, 114),  # q = ⌈114 · (1 − 10/10.8)⌉ = 9: between α = 6 and β = 12
        (12, 112),  # q = ⌈114 · (1 − 10/12)⌉ = 19 > β = 12: − lg = 2
    ],
)
def test_one_step_of_vegas_by_hand(rtt_ms: float | int, after: int) -> None:
    """L = 114, and a first window of 10 ms: lg = 2, α = 6, β = 12."""
    law = limits.Vegas(114, 1, 1000)
    law.update(10e6, 114, False)
    assert law.limit == 114
    law.update(rtt_ms * 1e6, 114, False)
    assert law.limit == after


def test_one_step_of_gradient2_by_hand() -> None:
    """long = 10 ms · after ten windows; 30 ms: long = 10 + 20 · 2/601, g = max(0.5, 1.5 · long/30)."""
    law = limits.Gradient2(100, 20, 200)
    for _ in range(10):
        law.update(10e6, 0, False)
    law.update(30e6, 100, False)
    long = 10 + 20 * 2 / 601
    gradient = max(0.5, 1.5 * long / 30)
    assert law.limit == pytest.approx(0.8 * 100 + 0.2 * (gradient * 100 + 4))
    assert law.limit != pytest.approx(0.8 * 100 + 0.2 * gradient * 100), "the twin without head room"


def test_adaptive_finds_a_short_queue_behind_a_deep_gate() -> None:
    for law in ("vegas", "gradient2", "aimd"):
        policy: Any = load_policy("adaptive", {"law": law, "slow_ms": 50 if law == "aimd" else 0})
        gate = TryOut(policy, slots=3000, service_ms=5)
        gate.flood(every_ms=3, count=2000)
        gate.run()
        assert 5 <= policy.gauges()["limit-0"] < 200, law


# -- the lane ----------------------------------------------------------------------------------------


def test_budget_is_spent_by_admission_and_comes_back_with_time() -> None:
    gate = TryOut(
        load_policy("budgeted-lane", {"per_second": 2, "burst": 2}), slots=2, position="1", service_ms=1000
    )
    assert [gate.opening(), gate.opening()] == ["admitted"] * 2
    assert [gate.reducing("0.1") for _ in range(2)] == ["admitted", "shed"], (
        "one evicts, none is left to evict"
    )
    gate.wait(1000)
    assert gate.opening() == "admitted"
    assert gate.reducing("0.1") == "admitted"
    assert gate.evicted() == 2


def test_cancels_of_nothing_known_do_not_get_the_lane() -> None:
    gate = TryOut(load_policy("budgeted-lane"), slots=3, position="1", service_ms=5)
    assert gate.reducing("0.1", price="104000") == "admitted"
    gate.wait(10)
    assert [gate.opening() for _ in range(4)] == ["admitted"] * 3 + ["shed"]
    assert gate.cancel() == "admitted"
    gate.run()
    gate = TryOut(load_policy("budgeted-lane"), slots=3, position="1", service_ms=5)
    assert [gate.opening() for _ in range(4)] == ["admitted"] * 3 + ["shed"]
    assert gate.cancel() == "shed"


def test_marketable_goes_before_passive() -> None:
    gate = TryOut(load_policy("budgeted-lane"), slots=10, position="1", service_ms=5)
    gate.opening()
    gate.reducing("0.1", price="104000")
    gate.reducing("0.2")
    gate.run()
    assert [row.type for row in gate.venue.journal.rows if isinstance(row, OrderRow)] == [
        "MARKET",
        "MARKET",
        "LIMIT",
    ]


def test_windows_are_in_milliseconds() -> None:
    dagor: Any = load_policy("dagor", {"window_ms": 250})
    assert dagor.window_ns == 250 * NS_PER_MS

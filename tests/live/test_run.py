"""The state of the exit, the verdict so far, the rows of the tab and the metrics, from the same counts."""

from __future__ import annotations

import time
from typing import Any

import pytest
from prometheus_client import generate_latest

from judging.contracts import load_contract
from loadgen.live.ledger import Ledger
from loadgen.live.metrics import registry_for
from loadgen.live.run import LiveRun, by_class
from loadgen.live.server import MetricsPage
from loadgen.live.verdict import so_far
from loadgen.scenarios import load_scenario
from loadgen.traders.verbs import NO_INTENT
from loadgen.webui.charts import chart_data
from loadgen.webui.rows import rows
from mock_exchange.errors import meaning_of
from run_records.units import NS_PER_S
from run_records.words import OPENING, REDUCING, Meaning

STRICT = load_contract("strict")


def live(ledger: Ledger, **changes: Any) -> LiveRun:
    title = {"run": "r", "scenario": "mixed", "policy": "exempt", "contract": "strict", "seed": "1"}
    zero = time.time_ns() - 20 * NS_PER_S
    run = LiveRun(title, 60.0, zero, 1, load_scenario("mixed").population)
    run.judged_by = (STRICT.source, STRICT.name)
    run.local = lambda: ledger
    for name, value in changes.items():
        setattr(run, name, value)
    return run


def counted(reducing: tuple[int, int], opening: tuple[int, int] = (50, 50)) -> Ledger:
    """(accepted, shed with -1008) of each class, spread over the run."""
    ledger = Ledger(60 * NS_PER_S)
    for klass, (accepted, shed) in ((REDUCING, reducing), (OPENING, opening)):
        intent = 1 if klass is REDUCING else NO_INTENT
        for n in range(accepted + shed):
            at = n * 20 * NS_PER_S // (accepted + shed)
            http, code = (200, 0) if n % 10 * (accepted + shed) < 10 * accepted else (503, -1008)
            ledger.count(klass, intent, at, at + 1000, meaning_of(http, code), code)
            ledger.offered[klass] += 1
    return ledger


@pytest.mark.parametrize(
    ("share", "state"), [((100, 0), "open"), ((80, 20), "closing"), ((10, 90), "shut"), ((2, 0), "no data")]
)
def test_the_exit_is_open_closing_or_shut(share: tuple[int, int], state: str) -> None:
    run = live(counted(share))
    assert run.exit_state() == "no data"
    run.sample()
    assert run.exit_state() == state


def test_now_is_the_last_ten_seconds() -> None:
    ledger = counted((100, 0))
    run = live(ledger, zero_ns=time.time_ns() - 30 * NS_PER_S)
    run.sample()
    run.zero_ns -= 11 * NS_PER_S
    for _ in range(20):
        ledger.count(REDUCING, 1, 0, 0, Meaning.CAPACITY_REFUSED, -1008)
    run.sample()
    assert run.exit_state() == "shut"


def test_the_verdict_so_far_knows_what_it_cannot_know() -> None:
    found = {c.clause.id: c.result for c in so_far(STRICT, counted((1, 99)), 20.0)}
    assert found["reducing-accepted"] is not None
    assert found["reducing-accepted"].result == "broken"
    for engine_only in ("no-leak", "parity", "goodput", "hard-cap", "recovery", "no-starvation"):
        assert found[engine_only] is None
    empty = {c.clause.id: c.result for c in so_far(STRICT, Ledger(NS_PER_S), 0.0)}
    nothing = empty["reducing-accepted"]
    assert nothing is not None
    assert nothing.result == "inconclusive"


def test_rows_say_what_was_seen_and_by_whom() -> None:
    run = live(counted((100, 900), (900, 100)), faults=["worker 1 is gone"])
    run.sample()
    shown = {row["what"]: row for row in rows(run)}
    assert shown["THE FIRE EXIT"]["state"] == "○ SHUT"
    assert shown["priority gap, reducing − opening"]["state"] == "INVERTED"
    assert shown["accepted, reducing"]["counted"] == "100 of 1,000 (1,000 in all)"
    assert shown["refused with -1008"]["counted"] == "900 of them reducing"
    assert shown["load generator"]["state"] == "MISSES ITS RATE"
    assert shown["not to be trusted"]["value"] == "worker 1 is gone"
    assert rows(None)[0]["what"] == "no run yet"


def test_charts_are_differences_between_moments() -> None:
    ledger = counted((10, 0))
    run = live(ledger)
    run.sample()
    run.sample()
    run.zero_ns -= NS_PER_S
    for _ in range(4):
        ledger.count(REDUCING, 1, 0, 0, Meaning.CAPACITY_REFUSED, -1008)
    run.sample()
    data = chart_data(run)
    assert data["series"]["accepted reducing"] == [0.0]
    assert data["series"]["accepted cancel"] == [None]
    assert chart_data(None)["state"] == "no data"


def test_metrics_are_the_counts() -> None:
    ledger = counted((7, 3))
    text = generate_latest(registry_for(lambda: live(ledger))).decode()
    line = (
        'fireexit_loader_attempts_total{class="reducing",code="-1008",outcome="capacity",purpose="exit"} 3.0'
    )
    assert line in text
    assert "fireexit_loader_running 1.0" in text
    assert by_class(ledger)["reducing"] == (7, 10, 10)
    assert (
        generate_latest(registry_for(lambda: None)).decode().splitlines()[-1] == "fireexit_loader_running 0.0"
    )


def test_the_intended_rate_is_the_schedule_of_the_moment() -> None:
    assert live(Ledger()).intended_per_second() == 275.0
    assert live(Ledger(), over=True).intended_per_second() == 0.0
    twice = load_scenario("mixed", settings={"rate": "2"}).population
    assert live(Ledger(), population=twice).intended_per_second() == 550.0


def test_whoever_has_scraped_is_waited_for_and_nobody_else() -> None:
    page = MetricsPage(registry_for(lambda: None))
    assert page.wait_for_reader(lambda _: pytest.fail("nobody reads"))
    page.read()
    page.read()
    assert page.wait_for_reader(lambda _: page.read())
    assert not page.wait_for_reader(time.sleep)


def test_intents_that_wait_count_against_served_in_time_however_many_they_are() -> None:
    ledger = Ledger(60 * NS_PER_S)
    for number in range(2500):
        ledger.begin(number, "t", "BTCUSDT", "1", 0)
        if number < 2000:
            ledger.note(0, number, NS_PER_S, {"orderId": number, "executedQty": "1", "status": "FILLED"})
    ledger.close()
    found: Any
    (found,) = [c.result for c in so_far(STRICT, ledger, 60.0) if c.clause.id == "served-in-time"]
    assert (found.numerator, found.denominator, found.result) == (2000, 2500, "broken")
    early: Any
    (early,) = [c.result for c in so_far(STRICT, ledger, 1.0) if c.clause.id == "served-in-time"]
    assert (early.denominator, early.result) == (2000, "holds"), "their time is not up yet"


def test_a_worker_that_is_silent_no_longer_reports() -> None:
    run = live(Ledger(), local=None)
    run.heard = {0: time.monotonic(), 1: time.monotonic() - 60}
    assert run.reporting == 1

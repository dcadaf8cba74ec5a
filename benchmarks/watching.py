"""(i) What it costs to be watched, and (k) what one core of the loader can send.

(i) An exchange scraped once a second against one that nobody looks at; a scrape's time; the ledger's share
of an order's cost to the loader. (k) The open loop at the target and at half of it, beside FastHttpUser.
"""

from __future__ import annotations

import http.client
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial

from prometheus_client import generate_latest

from benchmarks import history, loader
from benchmarks.processes import REPEATS, Rate, interleaved, quotients, started
from benchmarks.targets import TARGETS
from loadgen.live.ledger import Ledger
from loadgen.scenarios import load_scenario
from mock_exchange.clock import Timeline
from mock_exchange.metrics import registry_for
from mock_exchange.venue import Venue
from mock_exchange.watch import LoopWatch
from run_records.units import NS_PER_S
from run_records.words import OPENING, REDUCING, Meaning

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_COUNTED = 200_000
_PAGES = 50
TARGET_PER_S = 15_000


def exchange(scraped: bool, scrapes_ms: list[float]) -> Rate:
    """Accepted orders of a whole exchange process, on a processor of its own."""
    with started("benchmarks.exchange_server", "accept") as under_test:
        port, control = under_test.line().split()
        stop = threading.Event()
        url = f"http://127.0.0.1:{control}/metrics"
        scraper = threading.Thread(target=_scrape, args=(url, stop, scrapes_ms), daemon=True)
        if scraped:
            scraper.start()
        before = under_test.cpu_seconds()
        with started("benchmarks.order_client", port, "5", "200", processor=1) as load:
            answered, rate = load.line().split()
        stop.set()
        return Rate(float(rate), int(answered) / (under_test.cpu_seconds() - before))


def _scrape(url: str, stop: threading.Event, scrapes_ms: list[float]) -> None:
    while not stop.wait(1.0):
        begun = time.perf_counter()
        try:
            _OPENER.open(url, timeout=5).read()
        except (OSError, http.client.HTTPException):
            return  # the exchange has been stopped
        scrapes_ms.append((time.perf_counter() - begun) * 1000)


def ledger_us() -> float:
    """Processor time that the ledger takes for one attempt, in the mix of `mixed`: one in ten reduces."""
    ledger = Ledger(NS_PER_S)
    answer, accepted = {"orderId": 1, "executedQty": "1", "status": "FILLED"}, Meaning.ACCEPTED
    begun = time.process_time()
    for number in range(_COUNTED):
        reduces = number % 10 == 0
        klass = REDUCING if reduces else OPENING
        ledger.offered[klass] += 1
        ledger.lateness.observe(number)
        ledger.count(klass, 1 if reduces else -1, number, number + 1_000_000, accepted, 0)
        if reduces:
            ledger.note(0, 1, number, answer)
    return (time.process_time() - begun) * 1e6 / _COUNTED


def page_ms() -> float:
    """What a scrape takes an exchange's event loop: the incident's venue, 35 accounts under watch."""
    venue = Venue(load_scenario("incident-2025-10-11").plan("exempt", 1, simulated=True), Timeline())
    registry = registry_for(lambda: venue, lambda: "exempt", LoopWatch(), lambda: (0, 0))
    begun = time.perf_counter()
    for _ in range(_PAGES):
        generate_latest(registry)
    return (time.perf_counter() - begun) * 1000 / _PAGES


def report() -> None:
    scrapes: list[float] = []
    measures: dict[str, Callable[[], Rate]] = {
        "scraped": partial(exchange, True, scrapes),
        "unseen": partial(exchange, False, scrapes),
    }
    found = interleaved(measures)
    print(f"(i) exchange scraped once a second / unseen, {REPEATS} repeats")
    entry = history.append("i", history.PURE, quotients(found["scraped"], found["unseen"]))
    print(f"    ratio {entry.ratio:.3f}   ({entry.least:.3f} … {entry.greatest:.3f})", end="   ")
    print(f"target {TARGETS['i'].words(entry)}")
    page = statistics.median(page_ms() for _ in range(REPEATS))
    print(f"    a scrape takes the event loop {page:.1f} ms   target ≤ 5;", end=" ")
    print(f"its reader waits {statistics.median(scrapes):.1f} ms (median) while orders fill the processor")
    rates = interleaved(
        {
            "open loop": partial(loader.open_loop, 9_000),
            "FastHttpUser": loader.fast_http,
        }
    )
    order_us = 1e6 / statistics.median(rate.cpu for rate in rates["open loop"])
    share = statistics.median(ledger_us() for _ in range(REPEATS)) / order_us
    print(f"    the ledger's share of an order's cost at the loader: {share:.1%}   target ≤ 2 %")
    print("(k) the open loop on one core, signed orders, beside FastHttpUser")
    fast = statistics.median(rate.wall for rate in rates["FastHttpUser"])
    print(f"    FastHttpUser, closed loop: {fast:,.0f}/s")
    for asked in (TARGET_PER_S, TARGET_PER_S // 2):
        driven = [loader.driven(asked) for _ in range(REPEATS)]
        sent = statistics.median(d["sent"] - d["missed"] for d in driven) / loader.SECONDS
        late = statistics.median(d["lateness_p99_ms"] for d in driven)
        used = statistics.median(d["cpu_share"] for d in driven)
        print(
            f"    asked for {asked:,}/s: sent {sent:,.0f}/s, p99 lateness {late:.1f} ms, processor {used:.0%}"
        )

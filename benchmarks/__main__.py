"""`make bench`: every ratio against its baseline, measured in the same run, interleaved, on pinned
processors. `python -m benchmarks a d` runs a choice."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from benchmarks import engine, incident, policies, streams, watching
from benchmarks.loader import fast_http, open_loop
from benchmarks.processes import REPEATS, Rate, interleaved, server_rate
from benchmarks.processes import ratio as ratio_of
from benchmarks.simulation import bare_loop, half_accepted, simulated

_CLIENT = "benchmarks.order_client"
_SECONDS = "3"
TARGETS = {"a": 0.80, "b": 1.5, "c": 2.0, "d": 0.03, "f": 0.80}
WHAT = {
    "a": "signed order through the whole exchange / plain aiohttp handler",
    "b": "shed answer of the whole exchange / plain aiohttp handler",
    "c": "open-loop driver / FastHttpUser, signed orders",
    "d": "simulated attempts / bare heap-and-generator events",
    "f": f"order entry with {streams.CONSUMERS} stream consumers / without",
}


def _plain() -> Rate:
    return server_rate(("benchmarks.plain_server",), _CLIENT, _SECONDS, "200")


def _accept() -> Rate:
    return server_rate(("benchmarks.exchange_server", "accept"), _CLIENT, _SECONDS, "200")


def _shed() -> Rate:
    return server_rate(("benchmarks.exchange_server", "shed"), _CLIENT, _SECONDS, "503")


def _bare() -> Rate:
    rate = bare_loop()
    return Rate(rate, rate)


def _simulated() -> Rate:
    rate, accepted = simulated(half_accepted())
    if not 0.45 < accepted < 0.55:
        raise RuntimeError(f"the mix is off: {accepted:.0%} accepted")
    return Rate(rate, rate)


def _print(letter: str, found: dict[str, list[Rate]], name: str, baseline: str) -> None:
    for measured in (name, baseline):
        rates = sorted(rate.cpu for rate in found[measured])
        print(f"    {measured:<12} {rates[len(rates) // 2]:>12,.0f} /s of processor time (median)")
    r = ratio_of(found, name, baseline, "cpu")
    print(f"    ratio {r.median:.3f}   ({r.least:.3f} … {r.greatest:.3f})   target ≥ {TARGETS[letter]}")


def main(letters: list[str]) -> None:
    runs: list[tuple[dict[str, Callable[[], Rate]], list[tuple[str, str, str]]]] = [
        (
            {"plain": _plain, "exchange": _accept, "shed": _shed},
            [("a", "exchange", "plain"), ("b", "shed", "plain")],
        ),
        ({"FastHttpUser": fast_http, "open loop": open_loop}, [("c", "open loop", "FastHttpUser")]),
        ({"bare loop": _bare, "simulation": _simulated}, [("d", "simulation", "bare loop")]),
        (
            {"alone": partial(streams.rate, False), "consumers": partial(streams.rate, True)},
            [("f", "consumers", "alone")],
        ),
    ]
    for measures, pairs in runs:
        wanted = [pair for pair in pairs if not letters or pair[0] in letters]
        if not wanted:
            continue
        found = interleaved(measures)
        for letter, name, baseline in wanted:
            print(f"({letter}) {WHAT[letter]}, {REPEATS} repeats")
            _print(letter, found, name, baseline)
    if not letters or "e" in letters:
        _print_growth()
    if not letters or "g" in letters:
        _print_policies()
    if not letters or "h" in letters:
        incident.report()
    if not letters or "i" in letters:
        watching.report()


def _print_growth() -> None:
    """(e): the engine's cost of an order at each size over that at the size before."""
    print(f"(e) engine alone: cost of an order as resting orders and accounts grow, {REPEATS} repeats")
    grown = {size: engine.populated(size) for size in engine.SIZES}
    costs: dict[int, list[float]] = {size: [] for size in engine.SIZES}
    for repeat in range(REPEATS):
        for size, (market, accounts) in grown.items():
            costs[size].append(engine.cost_per_order(market, accounts, repeat))
    for before, size in pairwise(engine.SIZES):
        ratios = [b / a for a, b in zip(costs[before], costs[size], strict=True)]
        limit = 1.3 if size <= 100_000 else 3.0
        cost, ratio = statistics.median(costs[size]) * 1e6, statistics.median(ratios)
        print(f"    {before:>9,} to {size:>9,}: {cost:5.1f} µs an order, ratio {ratio:.2f}", end="")
        print(f"   ({min(ratios):.2f} … {max(ratios):.2f})   target ≤ {limit}")


def _print_policies() -> None:
    """(g): what each policy's decision costs, as a multiple of the plainest one's."""
    print(f"(g) decision of a policy / of undifferentiated, {REPEATS} repeats")
    for name, ratios in policies.costs(REPEATS).items():
        limit = 5 if name in policies.ADAPTIVE else 2
        spread = f"({min(ratios):.2f} … {max(ratios):.2f})"
        print(f"    {name:<18} {statistics.median(ratios):5.2f}   {spread:<16} target ≤ {limit}")


if __name__ == "__main__":
    main(sys.argv[1:])

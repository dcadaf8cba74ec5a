"""`make bench`: every ratio against its baseline, measured in the same run, interleaved, on pinned
processors. `python -m benchmarks a d` runs a choice."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks.loader import fast_http, open_loop
from benchmarks.processes import REPEATS, Rate, interleaved, ratio, server_rate
from benchmarks.simulation import bare_loop, half_accepted, simulated

_CLIENT = "benchmarks.order_client"
_SECONDS = "3"
TARGETS = {"a": 0.80, "b": 1.5, "c": 2.0, "d": 0.03}
WHAT = {
    "a": "signed order through the whole exchange / plain aiohttp handler",
    "b": "shed answer of the whole exchange / plain aiohttp handler",
    "c": "open-loop driver / FastHttpUser, signed orders",
    "d": "simulated attempts / bare heap-and-generator events",
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
    r = ratio(found, name, baseline, "cpu")
    print(f"    ratio {r.median:.3f}   ({r.least:.3f} … {r.greatest:.3f})   target ≥ {TARGETS[letter]}")


def main(letters: list[str]) -> None:
    runs: list[tuple[dict[str, Callable[[], Rate]], list[tuple[str, str, str]]]] = [
        (
            {"plain": _plain, "exchange": _accept, "shed": _shed},
            [("a", "exchange", "plain"), ("b", "shed", "plain")],
        ),
        ({"FastHttpUser": fast_http, "open loop": open_loop}, [("c", "open loop", "FastHttpUser")]),
        ({"bare loop": _bare, "simulation": _simulated}, [("d", "simulation", "bare loop")]),
    ]
    for measures, pairs in runs:
        wanted = [pair for pair in pairs if not letters or pair[0] in letters]
        if not wanted:
            continue
        found = interleaved(measures)
        for letter, name, baseline in wanted:
            print(f"({letter}) {WHAT[letter]}, {REPEATS} repeats")
            _print(letter, found, name, baseline)


if __name__ == "__main__":
    main(sys.argv[1:])

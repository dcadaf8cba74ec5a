"""(d) Simulated attempts per second at a fixed mix, against a bare heap-and-generator loop.

The mix: `mixed` under `undifferentiated` with the flood turned up until about half of all attempts are
refused; timers, journal and records written to disk, as in a real check. The bare loop does what no
discrete-event simulation can do without: one heap push, one pop and one generator step an event.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator
from heapq import heappop, heappush
from pathlib import Path

from loadgen.drive.simulation import simulate
from loadgen.scenarios.scenario import Scenario, load_scenario, parse_scenario
from mock_exchange.randomness import exponential, stream

BARE_EVENTS = 400_000
SIMULATED_S = 40.0
TRADERS = 36


def _trader(number: int) -> Generator[int, None, None]:
    rng = stream(1, "bare", number)
    while True:
        yield exponential(rng, 1e9)


def bare_loop() -> float:
    """Events per second of a heap of Poisson generators: draw, push, pop, resume, nothing else."""
    heap: list[tuple[int, int, Generator[int, None, None]]] = []
    for number in range(TRADERS):
        heappush(heap, (0, number, _trader(number)))
    sequence = TRADERS
    begin = time.perf_counter()
    for _ in range(BARE_EVENTS):
        due, _, generator = heappop(heap)
        sequence += 1
        heappush(heap, (due + next(generator), sequence, generator))
    return BARE_EVENTS / (time.perf_counter() - begin)


def half_accepted() -> Scenario:
    """`mixed` with enough openings that about half of all attempts are accepted."""
    text = load_scenario("mixed").source.replace("rate = 220", "rate = 330")
    return parse_scenario(text.replace("accounts = 18", "accounts = 26"), "of the benchmark")


def simulated(scenario: Scenario) -> tuple[float, float]:
    """(attempts per second, share accepted) of one simulation with all its records. Raises RuntimeError
    unless about half are accepted."""
    accepted = 0

    def observe(sent: object, answered: int, http: int, code: int) -> None:
        nonlocal accepted
        accepted += code == 0

    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        sent = simulate(scenario, "undifferentiated", 1, SIMULATED_S, Path(folder) / "run", observe)
        rate, share = sent / (time.perf_counter() - begin), accepted / sent
    if not 0.45 < share < 0.55:
        raise RuntimeError(f"the mix is off: {share:.0%} accepted")
    return rate, share

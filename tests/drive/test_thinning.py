"""A load generator that is asked for too much sends what it can, evenly; one that is not sends everything."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from loadgen.drive.connections import OPENED_AT_ONCE, OPENED_PER_S, Opening
from loadgen.drive.thinning import Thinning
from run_records.units import NS_PER_MS, NS_PER_S


class Loader:
    """Arrivals at a rate, each of which takes time whether it is sent or not: a loader with one processor."""

    def __init__(self, rate: float, send_ns: float, skip_ns: float = 0.0) -> None:
        self.thinning = Thinning()
        self.rate, self.send_ns, self.skip_ns = rate, send_ns, skip_ns
        self.sent: list[tuple[int, int]] = []
        """(due, late) of each."""
        self.missed: list[int] = []

    def run(self, seconds: float, pauses: dict[int, int] | None = None, seed: int = 1) -> None:
        """`pauses` are instants at which the machine stands still, and how long."""
        draw, now, due = Random(seed), 0.0, 0.0
        waiting = sorted((pauses or {}).items())
        while due < seconds * NS_PER_S:
            due += draw.expovariate(self.rate / NS_PER_S)
            now = max(now, due)
            if waiting and waiting[0][0] <= now:
                now += waiting.pop(0)[1]
            if self.thinning.lets(round(now), round(now - due)):
                self.sent.append((round(due), round(now - due)))
                now += self.send_ns
            else:
                self.missed.append(round(due))
                now += self.skip_ns


@pytest.mark.parametrize("load", [0.2, 0.8, 0.95])
def test_who_can_send_all_sends_all(load: float) -> None:
    loader = Loader(rate=load * 10_000, send_ns=100_000)
    loader.run(20)
    assert loader.missed == []
    assert loader.thinning.kept_per_s == 0


@pytest.mark.parametrize("pause_ms", [30, 100, 240])
def test_pauses_of_the_machine_are_no_reason(pause_ms: int) -> None:
    """They are caught up with: a third of the time is enough for what is due."""
    loader = Loader(rate=3_000, send_ns=100_000)
    loader.run(20, {NS_PER_S * second: pause_ms * NS_PER_MS for second in range(1, 20)})
    assert loader.missed == []


@pytest.mark.parametrize("asked", [1.3, 3.0, 20.0])
def test_who_cannot_sends_most_of_what_it_could_and_near_its_instants(asked: float) -> None:
    could = 10_000
    loader = Loader(rate=asked * could, send_ns=NS_PER_S / could, skip_ns=2_000)
    loader.run(15)
    free = 1 - 2_000 * asked * could / NS_PER_S
    """Of its time, once every arrival has been looked at."""
    late = sorted(late for _, late in loader.sent)
    assert late[len(late) * 95 // 100] <= 100 * NS_PER_MS
    assert 0.75 * free * could * 15 <= len(loader.sent) <= could * 15
    assert 0.7 * free * could <= loader.thinning.kept_per_s <= could


def test_who_would_never_catch_up_with_a_pause_leaves_some_out() -> None:
    """At 99 % of what it can do, three seconds of delay would stay to the end of the run."""
    loader = Loader(rate=9_900, send_ns=100_000, skip_ns=1_000)
    loader.run(40, {NS_PER_S: 3 * NS_PER_S})
    late = [late for due, late in loader.sent if due > 20 * NS_PER_S]
    assert max(late) < 150 * NS_PER_MS
    assert loader.missed


def test_a_short_run_says_what_it_kept_too() -> None:
    loader = Loader(rate=60_000, send_ns=100_000, skip_ns=1_000)
    loader.run(0.9)
    assert loader.missed
    assert loader.thinning.kept_per_s > 1_000


def test_what_could_not_be_sent_for_want_of_a_connection_counts_as_missed() -> None:
    thinning = Thinning()
    for at in range(0, 3 * NS_PER_S, NS_PER_MS):
        assert thinning.lets(at, 0)
        if at % (2 * NS_PER_MS):
            thinning.could_not()
    assert thinning.kept_per_s == 500


def test_what_it_sends_is_spread_evenly() -> None:
    loader = Loader(rate=40_000, send_ns=100_000, skip_ns=1_000)
    loader.run(15)
    settled = [due for due, _ in loader.sent if due > 3 * NS_PER_S]
    gaps = [later - earlier for earlier, later in pairwise(settled)]
    assert max(gaps) < 30 * NS_PER_MS
    by_second = [sum(due // NS_PER_S == second for due in settled) for second in range(3, 15)]
    assert min(by_second) > 0.6 * max(by_second)


def test_when_less_is_asked_for_again_it_sends_all_again() -> None:
    loader = Loader(rate=50_000, send_ns=100_000, skip_ns=1_000)
    loader.run(5)
    assert loader.thinning.share < 0.5
    thinning = loader.thinning
    for due in range(5 * NS_PER_S, 15 * NS_PER_S, NS_PER_MS):
        thinning.lets(due, 0)
    assert thinning.share == 1.0


def test_connections_are_opened_as_needed_and_not_all_at_once() -> None:
    opening = Opening()
    assert sum(opening.allows(0) for _ in range(10 * OPENED_AT_ONCE)) == OPENED_AT_ONCE
    in_a_second = sum(opening.allows(at) for at in range(0, NS_PER_S, NS_PER_S // 20_000))
    assert in_a_second == pytest.approx(OPENED_PER_S, rel=0.01)
    assert sum(opening.allows(60 * NS_PER_S) for _ in range(10 * OPENED_AT_ONCE)) == OPENED_AT_ONCE

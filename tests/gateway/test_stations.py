"""A queue with servers, against the plainest simulation of one: a list that is looked through every time."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.clock import Timeline
from mock_exchange.gateway.stations import Station
from mock_exchange.randomness import Law
from tests.support import examples

SERVICE = 10
CONSTANT = Law.from_dict({"law": "constant", "mean_ms": SERVICE / 1e6})

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["arrive", "arrive", "arrive", "withdraw", "pause", "go"]),
        st.integers(0, 12),  # time since the step before
        st.integers(0, 7),  # priority
        st.integers(0, 3),  # rank
    ),
    max_size=60,
)


class Plain:
    """The same by definition; `log` is (instant, what, number)."""

    def __init__(self, servers: int, *, ranked: bool, keeps: bool) -> None:
        self.servers, self.ranked, self.keeps = servers, ranked, keeps
        self.now = 0
        self.waiting: list[Any] = []
        self.busy: list[tuple[int, int]] = []
        """(end, number), in order of beginning."""
        self.log: list[tuple[int, str, int]] = []
        self.paused = False
        self.area = self.waited = self.worked = self.arrived = 0

    def advance(self, to: int) -> None:
        while self.busy and min(self.busy)[0] <= to:
            end, number = min(self.busy, key=lambda row: row[0])
            self._pass(end - self.now)
            self.busy.remove((end, number))
            self.log.append((end, "done", number))
            self.fill()
        self._pass(to - self.now)

    def _pass(self, time: int) -> None:
        self.area += len(self.waiting) * time
        self.now += time

    def arrive(self, number: int, priority: int, rank: int) -> None:
        self.arrived += 1
        item = SimpleNamespace(
            number=number, priority=priority, rank=rank if self.ranked else 0, since=self.now
        )
        if len(self.busy) < self.servers and not self.paused:
            self.begin(item)
        else:
            self.waiting.append(item)

    def begin(self, item: Any) -> None:
        if self.keeps and (self.now - item.since) % 3 == 1:
            self.log.append((self.now, "dropped", item.number))
            return
        self.log.append((self.now, "begin", item.number))
        self.worked += SERVICE
        self.busy.append((self.now + SERVICE, item.number))

    def fill(self) -> None:
        while self.waiting and len(self.busy) < self.servers and not self.paused:
            item = min(self.waiting, key=lambda one: (one.priority, one.rank, one.since, one.number))
            self.leave(item)
            self.begin(item)

    def leave(self, item: Any) -> None:
        self.waiting.remove(item)
        self.waited += self.now - item.since


@pytest.mark.parametrize("servers", [1, 3])
@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("keeps", [False, True])
@examples(60)
@given(steps=STEPS)
def test_like_a_list(servers: int, ranked: bool, keeps: bool, steps: list[tuple[str, int, int, int]]) -> None:
    clock, plain = Timeline(), Plain(servers, ranked=ranked, keeps=keeps)
    log: list[tuple[int, str, int]] = []
    station: Station[Any] = Station(
        "queue",
        clock,
        CONSTANT,
        random.Random(1),
        lambda item: log.append((clock.now(), "done", item.number)),
        servers,
        begin=lambda item, now: log.append((now, "begin", item.number)),
        drop=lambda item: log.append((clock.now(), "dropped", item.number)),
    )
    station.obey(
        (lambda item, waited: waited % 3 != 1) if keeps else None,
        station.lined_up((lambda item: item.rank) if ranked else None),
    )
    items: dict[int, Any] = {}
    for number, (what, later, priority, rank) in enumerate(steps):
        clock.run_until(clock.now() + later)
        plain.advance(clock.now())
        if what == "arrive":
            items[number] = SimpleNamespace(
                number=number, priority=priority, rank=rank, station=None, queued=-1
            )
            station.push(items[number])
            plain.arrive(number, priority, rank)
        elif what == "withdraw" and plain.waiting:
            chosen = plain.waiting[priority % len(plain.waiting)]
            station.withdraw(items[chosen.number])
            plain.leave(chosen)
        elif what in ("pause", "go"):
            plain.paused = what == "pause"
            station.adopt(CONSTANT, plain.paused)
            plain.fill()
        order = sorted(plain.waiting, key=lambda one: (one.priority, one.rank, one.since, one.number))
        assert [item.number for item in station.line()] == [one.number for one in order]
        assert (station.waiting, station.busy) == (len(plain.waiting), len(plain.busy))
        assert (station.arrivals, station.busy_ns) == (plain.arrived, plain.worked)
        still = sum(plain.now - one.since for one in plain.waiting)
        assert station.books() == (plain.area, plain.waited + still)
        assert {number for number, item in items.items() if item.station is station} == {
            o.number for o in order
        }
    assert log == plain.log
    if not ranked and plain.waiting:
        for below in range(8):
            worse = [one for one in plain.waiting if one.priority > below]
            found: Any = station.newest_worse_than(below, lambda item: True)
            newest = max(worse, key=lambda one: (one.priority, one.since, one.number), default=None)
            assert (None if found is None else found.number) == (None if newest is None else newest.number)
            picked = station.newest_worse_than(below, lambda item: item.rank == 2)
            assert picked is None or items[picked.number].rank == 2
    if plain.waiting:
        wanted = plain.waiting[-1].number
        assert station.find(lambda item: item.number == wanted) is items[wanted]
    assert station.find(lambda item: False) is None


def test_a_rank_knows_no_newest_of_the_worst() -> None:
    station: Station[Any] = Station("queue", Timeline(), CONSTANT, random.Random(1), lambda item: None)
    station.obey(None, station.lined_up(lambda item: 0))
    station.adopt(CONSTANT, True)
    station.push(SimpleNamespace(number=1, priority=5, station=None, queued=-1))
    assert station.newest_worse_than(0, lambda item: True) is None


@pytest.mark.parametrize(("law", "idle"), [(CONSTANT, True), (Law.from_dict({"law": "instant"}), False)])
def test_idle_work_and_work_of_no_length_hold_no_server(law: Law, idle: bool) -> None:
    clock = Timeline()
    done: list[int] = []
    station: Station[Any] = Station(
        "queue", clock, law, random.Random(1), lambda item: done.append(item.number)
    )
    station.adopt(law, False, (lambda item: True) if idle else None)
    for number in range(3):
        station.push(SimpleNamespace(number=number, priority=0, station=None, queued=-1))
    assert (done, station.busy, station.busy_ns, clock.next_due()) == ([0, 1, 2], 0, 0, None)


def test_a_mistake_in_one_item_s_work_does_not_keep_the_server() -> None:
    clock = Timeline()

    def fail(item: Any) -> None:
        raise RuntimeError

    station: Station[Any] = Station("queue", clock, CONSTANT, random.Random(1), fail)
    station.push(SimpleNamespace(number=1, priority=0, station=None, queued=-1))
    assert station.busy == 1
    with pytest.raises(RuntimeError):
        clock.run_until(SERVICE)
    assert station.busy == 0

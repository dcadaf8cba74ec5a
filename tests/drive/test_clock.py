"""The one heap behind both clocks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.clock import TRADERS, ConstantDelay, Timeline


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=40))
def test_events_run_by_due_time_then_rank_then_order_of_scheduling(events: list[Any]) -> None:
    timeline = Timeline()
    ran = []
    for number, (due, trader) in enumerate(events):
        timeline.call_at(due, lambda n=number: ran.append((timeline.now(), n)), rank=TRADERS if trader else 0)
    timeline.run_until(100)
    expected = sorted(range(len(events)), key=lambda n: (events[n][0], events[n][1], n))
    assert ran == [(events[n][0], n) for n in expected]
    assert timeline.now() == 100


def test_inside_a_callback_now_is_when_it_was_due() -> None:
    timeline = Timeline(epoch_start_ms=1000)
    seen = []
    timeline.call_at(5_000_000, lambda: seen.append((timeline.now(), timeline.epoch_ms())))
    timeline.run_until(9_000_000)
    assert seen == [(5_000_000, 1005)]


@given(st.lists(st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(0, 20))), max_size=30))
def test_a_constant_delay_expires_what_is_not_settled_exactly_when_due(items: list[Any]) -> None:
    """Started at an instant, settled some time later or never; delay 10."""
    timeline = Timeline()
    expired = []
    delay = ConstantDelay(timeline, 10, lambda item: expired.append((timeline.now(), item.number)))

    def start(number: int, settle_after: int | None) -> None:
        item = SimpleNamespace(settled=False, number=number)
        delay.start(item)
        if settle_after is not None:
            timeline.call_at(timeline.now() + settle_after, lambda: setattr(item, "settled", True))

    for number, (at, settle_after) in enumerate(items):
        timeline.call_at(at, start, number, settle_after)
    timeline.run_until(100)
    late = {n: at + 10 for n, (at, settle) in enumerate(items) if settle is None or settle > 10}
    certain = {n for n, (_, settle) in enumerate(items) if settle is not None and settle < 10}
    found = {n: at for at, n in expired}
    assert found.keys().isdisjoint(certain)
    assert {n: at for n, at in found.items() if n in late} == late

"""What a stream's consumer may hold of the venue: bytes, time, and all of them together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.streaming import feed as feeds
from mock_exchange.wire.streaming.consumer import MAX_STALLED_S, MAX_UNSENT_BYTES, Consumer, Message
from mock_exchange.wire.streaming.feed import Feed
from tests.support import venue_of


class Pipe:
    """A transport whose other end reads when it is told to."""

    def __init__(self) -> None:
        self.unread = 0
        self.aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def get_write_buffer_size(self) -> int:
        return self.unread

    def write(self, data: bytes) -> None:
        self.unread += len(data)

    def abort(self) -> None:
        self.aborted = True
        self.unread = 0


def consumer() -> tuple[Consumer, Pipe]:
    pipe = Pipe()
    return Consumer(cast(asyncio.WriteTransport, pipe), False), pipe


def at_once(send: Callable[[], object]) -> None:
    send()


def put(some: Consumer, size: int, now: float) -> bool:
    some.put(Message("x", "y" * size))
    data = some.take()
    return data is not None and some.write(data, now)


def test_one_that_takes_nothing_is_dropped_after_a_while_however_little_waits() -> None:
    some, pipe = consumer()
    assert put(some, 10, 0.0)
    assert put(some, 10, MAX_STALLED_S - 1)
    assert not put(some, 10, MAX_STALLED_S + 1)
    assert pipe.aborted
    assert some.dropped


def test_one_that_takes_a_little_now_and_then_is_not() -> None:
    some, pipe = consumer()
    for minute in range(20):
        assert put(some, 100, 60.0 * minute)
        pipe.unread -= 1  # never empty, never still


def test_one_that_slept_while_there_was_nothing_to_take_is_not() -> None:
    some, pipe = consumer()
    assert put(some, 10, 0.0)
    pipe.unread = 0
    assert put(some, 10, 10 * MAX_STALLED_S)


def test_one_that_lets_too_much_pile_up_is_dropped() -> None:
    some, _ = consumer()
    assert put(some, MAX_UNSENT_BYTES - 100, 0.0)
    assert not put(some, 200, 0.0)


async def test_what_waits_for_the_disk_counts_and_no_more_is_kept_of_who_was_dropped() -> None:
    venue, _ = venue_of()
    loop = asyncio.get_running_loop()
    waiting: list[Callable[[], object]] = []
    feed = Feed(venue, LiveClock(loop), loop, waiting.append)
    some, pipe = consumer()
    feed.connect(some)
    for _ in range(5):
        some.put(Message("x", "y" * (MAX_UNSENT_BYTES // 2 - 20)))
        feed._flush_all([some])
    assert some.dropped
    assert feed.dropped == 1
    assert len(waiting) == 2
    assert some.unsent == 0
    for send in waiting:
        send()
    assert pipe.unread == 0
    assert feed.dropped == 1


async def test_once_the_disk_has_it_there_is_room_again() -> None:
    some, pipe = consumer()
    for _ in range(5):
        assert put(some, MAX_UNSENT_BYTES - 100, 0.0)
        assert some.unsent > MAX_UNSENT_BYTES - 100
        pipe.unread = 0
        assert some.unsent == 0


async def test_all_together_may_not_hold_more_than_a_bound_and_the_slowest_go_first() -> None:
    venue, _ = venue_of()
    loop = asyncio.get_running_loop()
    feed = Feed(venue, LiveClock(loop), loop, at_once)
    share = MAX_UNSENT_BYTES // 2
    many = feeds.MAX_UNSENT_IN_ALL // share + 3
    slow = [consumer() for _ in range(many)]
    quick, unread = consumer()
    for one, _ in [*slow, (quick, unread)]:
        feed.connect(one)
        one.put(Message("x", "y" * (10 if one is quick else share)))
    feed._flush_all([one for one, _ in slow])
    feed._flush_all([quick])
    assert sum(pipe.unread for _, pipe in slow) <= feeds.MAX_UNSENT_IN_ALL
    assert feed.dropped == sum(one.dropped for one, _ in slow) >= 3
    assert not quick.dropped

"""All streams of a venue: ticks for market data, writes for everything, and an end to old connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from mock_exchange.errors import EPOCH_INCIDENT
from mock_exchange.venue import Venue
from mock_exchange.wire.live_clock import LiveClock
from mock_exchange.wire.streaming.consumer import Consumer
from mock_exchange.wire.streaming.market_feed import MarketFeed
from mock_exchange.wire.streaming.topics import TICK_MS, parse_topic
from mock_exchange.wire.streaming.user_feed import UserFeed

MAX_UNSENT_IN_ALL = 256 << 20
"""Bytes that wait for all consumers together."""
BOUND_EVERY_S = 1.0


class Feed:
    """Streams of one venue. The engine is observed only while somebody is connected. What is told leaves by
    `when_recorded`: no more than an answer may it speak of what is not written down."""

    def __init__(
        self,
        venue: Venue,
        clock: LiveClock,
        loop: asyncio.AbstractEventLoop,
        when_recorded: Callable[[Callable[[], object]], None],
    ) -> None:
        self._when_recorded = when_recorded
        self._venue = venue
        self._clock = clock
        self._loop = loop
        self._consumers: dict[Consumer, None] = {}
        self._waiting: dict[Consumer, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._number = 0
        self.dropped = 0
        self._bounded_at = 0.0
        incident = venue.plan.gateway.epoch == EPOCH_INCIDENT
        self._market = MarketFeed(venue.engine, largest_liquidation=not incident)
        self._user = UserFeed(
            venue.clock.epoch_ms,
            reasons=not incident,
            written=self._has_frames,
            liquidated=self._market.liquidated,
        )
        venue.gateway.listen_keys.on_expired = self._user.key_expired
        venue.gateway.listen_keys.on_closed = self._user.key_closed

    @property
    def connections(self) -> int:
        return len(self._consumers)

    def connect(self, consumer: Consumer) -> None:
        self._consumers[consumer] = None
        self._venue.engine.observer = self._user

    def disconnect(self, consumer: Consumer) -> None:
        for name in list(consumer.streams):
            self.unsubscribe(consumer, name)
        self._consumers.pop(consumer, None)
        self._waiting.pop(consumer, None)
        if not self._consumers:
            self._venue.engine.observer = None

    def subscribe(self, consumer: Consumer, name: str) -> bool:
        """False if there is no such stream and no such listen key."""
        topic = parse_topic(name)
        if topic is not None:
            self._market.subscribe(topic, consumer)
            self._start_ticking()
        else:
            account = self._venue.gateway.listen_keys.account_of(name, self._venue.clock.epoch_ms())
            if account is None:
                return False
            self._user.listen(account, name, consumer)
        consumer.streams[name] = None
        return True

    def unsubscribe(self, consumer: Consumer, name: str) -> None:
        if name not in consumer.streams:
            return
        del consumer.streams[name]
        topic = parse_topic(name)
        if topic is not None:
            self._market.unsubscribe(topic, consumer)
        else:
            self._user.leave(consumer, name)

    def close(self) -> None:
        """The venue is gone: so are its streams."""
        self._venue.engine.observer = None
        if self._timer is not None:
            self._timer.cancel()
        for consumer in list(self._consumers):
            consumer.close()

    def _start_ticking(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(TICK_MS / 1000, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._market.is_idle:
            return
        self._number += 1
        self._clock.arrive()
        self._market.tick(self._number, self._venue.clock.epoch_ms())
        self._flush_all(self._consumers)
        self._timer = self._loop.call_later(TICK_MS / 1000, self._tick)

    def _has_frames(self, consumer: Consumer) -> None:
        """Write once, after everything that the engine does now."""
        if not self._waiting:
            self._loop.call_soon(self._flush_waiting)
        self._waiting[consumer] = None

    def _flush_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        self._flush_all(waiting)

    def _flush_all(self, consumers: Iterable[Consumer]) -> None:
        """What has gathered by now: what is told later may speak of rows that are not written then."""
        told: list[tuple[Consumer, bytes]] = []
        for consumer in consumers:
            data = consumer.take()
            if data is None:
                self.dropped += 1
            elif data:
                told.append((consumer, data))
        if told:
            self._when_recorded(partial(self._write_all, told))
        now = self._loop.time()
        if now - self._bounded_at >= BOUND_EVERY_S:
            self._bounded_at = now
            self._bound_unsent()

    def _write_all(self, told: list[tuple[Consumer, bytes]]) -> None:
        now = self._loop.time()
        for consumer, data in told:
            if not consumer.write(data, now):
                self.dropped += 1

    def _bound_unsent(self) -> None:
        """However many are slow, together they may not hold more than MAX_UNSENT_IN_ALL: the slowest goes
        first."""
        unsent = sum(consumer.unsent for consumer in self._consumers)
        if unsent <= MAX_UNSENT_IN_ALL:
            return
        for consumer in sorted(self._consumers, key=lambda consumer: -consumer.unsent):
            if unsent <= MAX_UNSENT_IN_ALL:
                break
            unsent -= consumer.unsent
            consumer.drop()
            self.dropped += 1

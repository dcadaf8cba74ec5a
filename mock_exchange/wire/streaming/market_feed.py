"""Who listens to which market stream, and what each is sent at every tick of the feed.

Nothing is computed for a stream that nobody has subscribed to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Order
from mock_exchange.engine.market import Market
from mock_exchange.wire.queries.market import opening
from mock_exchange.wire.streaming import market_events as events
from mock_exchange.wire.streaming.consumer import Consumer, Message
from mock_exchange.wire.streaming.topics import (
    AGG_TRADE,
    BOOK_TICKER,
    DEPTH,
    EVERY,
    FORCE_ORDER,
    KLINE,
    MARK_PRICE,
    MINI_TICKER,
    PARTIAL_DEPTH,
    TICKER,
    Topic,
)

CONSUMERS_PER_TICK = 50


class MarketFeed:
    """Subscriptions to market streams. `largest_liquidation` sends the largest of a second instead of the
    latest, as the venue does since 2026-04-14."""

    def __init__(self, engine: Engine, *, largest_liquidation: bool) -> None:
        self._engine = engine
        self._largest = largest_liquidation
        self._subscribers: dict[Topic, dict[Consumer, None]] = {}
        self._diffs: dict[Topic, events.DepthDiff] = {}
        self._sent: dict[tuple[Topic, int], Any] = {}
        self._liquidations: dict[int, Order] = {}

    @property
    def is_idle(self) -> bool:
        return not self._subscribers

    def subscribe(self, topic: Topic, consumer: Consumer) -> None:
        first = topic not in self._subscribers
        self._subscribers.setdefault(topic, {})[consumer] = None
        if first:
            self._begin(topic)

    def unsubscribe(self, topic: Topic, consumer: Consumer) -> None:
        subscribers = self._subscribers.get(topic)
        if subscribers is not None:
            subscribers.pop(consumer, None)
            if not subscribers:
                del self._subscribers[topic]
                self._end(topic)

    def liquidated(self, order: Order) -> None:
        """A forced order has traded; it is told within the second, one per symbol."""
        if all(topic.kind != FORCE_ORDER for topic in self._subscribers):
            return
        index = order.symbol.index
        before = self._liquidations.get(index)
        if before is None or not self._largest or order.filled >= before.filled:
            self._liquidations[index] = order

    def tick(self, number: int, now_ms: int) -> None:
        """Send what is due at tick `number`."""
        due = [topic for topic in self._subscribers if number % self._period(topic) == 0]
        if not due:
            return
        if any(topic.kind == DEPTH for topic in due):
            self._collect_changes()
        for topic in due:
            messages = [Message(topic.name, event) for event in self._events(topic, now_ms)]
            for consumer in self._subscribers[topic]:
                for message in messages:
                    consumer.put(message)
        if any(topic.kind == FORCE_ORDER for topic in due):
            self._liquidations.clear()

    def _period(self, topic: Topic) -> int:
        """In ticks. Streams without a cadence of their own come the more rarely the more listen: each write
        costs the venue time that belongs to orders."""
        if topic.kind != BOOK_TICKER:
            return topic.period
        return 1 + len(self._subscribers[topic]) // CONSUMERS_PER_TICK

    def _begin(self, topic: Topic) -> None:
        """Start from here: what was before is for the REST snapshot to tell."""
        for market in self._markets(topic):
            if topic.kind == DEPTH:
                self._diffs[topic] = events.DepthDiff(market)
                for side in (market.bids, market.asks):
                    side.changed = side.changed if side.changed is not None else set()
            elif topic.kind == AGG_TRADE:
                market.tape.fold()
                rows = market.tape.aggregates
                self._sent[topic, market.symbol.index] = rows[-1].aggregate_id if rows else 0

    def _end(self, topic: Topic) -> None:
        self._diffs.pop(topic, None)
        if all(other.kind != FORCE_ORDER for other in self._subscribers):
            self._liquidations.clear()
        for market in self._markets(topic):
            self._sent.pop((topic, market.symbol.index), None)
            others = any(t.kind == DEPTH and t.symbol == topic.symbol for t in self._diffs)
            if topic.kind == DEPTH and not others:
                market.bids.changed = market.asks.changed = None

    def _collect_changes(self) -> None:
        """Move changed levels from the books into every diff of their market."""
        for index in {topic.symbol for topic in self._diffs}:
            market = self._engine.markets[index]
            bids, asks = market.bids.changed or set(), market.asks.changed or set()
            market.bids.changed, market.asks.changed = set(), set()
            for topic, diff in self._diffs.items():
                if topic.symbol == index:
                    diff.add(bids, asks)

    def _markets(self, topic: Topic) -> list[Market]:
        if topic.symbol == EVERY:
            return [market for market in self._engine.markets if market.index]
        return [self._engine.markets[topic.symbol]]

    def _events(self, topic: Topic, now_ms: int) -> Iterator[Any]:
        """What a topic is sent now: one event after the other, or all symbols in one list."""
        found = [event for market in self._markets(topic) for event in self._of(topic, market, now_ms)]
        if topic.argument != "arr":
            yield from found
        elif found:
            yield found

    def _of(self, topic: Topic, market: Market, now_ms: int) -> Iterator[Any]:
        kind, key = topic.kind, (topic, market.symbol.index)
        if kind == DEPTH:
            event = self._diffs[topic].take(market, now_ms)
            if event is not None:
                yield event
        elif kind == AGG_TRADE:
            for row in events.aggregate_trades(market, self._sent[key], now_ms):
                self._sent[key] = row["a"]
                yield row
        elif kind == BOOK_TICKER:
            best = (market.bids.best_quote(), market.asks.best_quote())
            if self._sent.get(key) != best:
                self._sent[key] = best
                yield events.book_ticker(market, now_ms)
        elif kind == PARTIAL_DEPTH:
            last = self._sent.get(key, 0)
            if last != market.update_id:
                self._sent[key] = market.update_id
                yield events.partial_depth(market, int(topic.argument), last, now_ms)
        elif kind == FORCE_ORDER:
            if market.symbol.index in self._liquidations:
                yield events.force_order(self._liquidations[market.symbol.index], now_ms)
        elif kind == KLINE:
            yield from self._klines(topic, market, now_ms)
        else:
            yield from self._of_prices(topic, market, now_ms)

    def _klines(self, topic: Topic, market: Market, now_ms: int) -> Iterator[Any]:
        """The running bar; when a new one has begun, first the one before, closed."""
        key = (topic, market.symbol.index)
        opens = opening(topic.argument, now_ms)
        before = self._sent.get(key, opens)
        self._sent[key] = opens
        for begin in {before: None, opens: None}:
            event = events.kline(market, topic.argument, begin, now_ms)
            if event is not None:
                yield event

    @staticmethod
    def _of_prices(topic: Topic, market: Market, now_ms: int) -> Iterator[Any]:
        if topic.kind == MARK_PRICE:
            yield events.mark_price(market, now_ms)
        elif topic.kind == TICKER:
            yield events.ticker(market, now_ms)
        elif topic.kind == MINI_TICKER:
            yield events.mini_ticker(market, now_ms)

"""Prometheus metrics of an exchange, read from plain counters at scrape; the hot path knows nothing of them.

All names begin with `fireexit_exchange_`; durations are seconds, money USDT. They follow what RTS 7 Art. 13
asks a venue to watch: capacity used; messages received, sent and rejected by element; latency from gateway to
engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from mock_exchange.metrics.gateway import gateway_families
from mock_exchange.metrics.market import market_families
from mock_exchange.metrics.process import StreamCounts, process_families
from mock_exchange.venue import Venue
from mock_exchange.watch import LoopWatch


class VenueCollector(Collector):
    """Everything a venue counts."""

    def __init__(
        self,
        venue: Callable[[], Venue],
        policy: Callable[[], str],
        watch: LoopWatch,
        streams: Callable[[], StreamCounts],
    ) -> None:
        self._venue = venue
        self._policy = policy
        self._watch = watch
        self._streams = streams

    def collect(self) -> Iterator[Metric]:
        venue = self._venue()
        yield from gateway_families(venue, self._policy())
        yield from market_families(venue)
        yield from process_families(self._watch, self._streams())


def registry_for(
    venue: Callable[[], Venue],
    policy: Callable[[], str],
    watch: LoopWatch,
    streams: Callable[[], StreamCounts],
) -> CollectorRegistry:
    """`venue` and `policy` (its name) are asked at each scrape: both may change while the exchange runs."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(VenueCollector(venue, policy, watch, streams))
    return registry

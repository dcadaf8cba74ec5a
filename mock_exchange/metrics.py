"""Prometheus metrics, read from plain counters at scrape; the hot path knows nothing of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from mock_exchange.gateway.outcomes import WAIT_BUCKETS_S, DurationHistogram
from mock_exchange.venue import Venue
from mock_exchange.watch import LoopWatch

StreamCounts = tuple[int, int]
"""Open stream connections, and consumers dropped so far."""


class VenueCollector(Collector):
    """Everything a venue counts, under the prefix `fireexit_`; durations in seconds."""

    def __init__(
        self, venue: Callable[[], Venue], watch: LoopWatch, streams: Callable[[], StreamCounts]
    ) -> None:
        self._venue = venue
        self._watch = watch
        self._streams = streams

    def collect(self) -> Iterator[Metric]:
        gateway = self._venue().gateway
        outcomes = CounterMetricFamily(
            "fireexit_outcomes",
            "Requests by the stage that ended them, class and code (0: success).",
            labels=["stage", "class", "code"],
        )
        for (stage, klass, code), count in gateway.outcomes.counts.items():
            outcomes.add_metric([stage, klass, str(code)], count)
        yield outcomes
        yield from self._nodes()
        yield from self._shards()
        yield _histogram(
            "fireexit_queue_wait_seconds", "Admission to start of service.", gateway.outcomes.queue_wait
        )
        yield _histogram("fireexit_gateway_seconds", "Admission to answer.", gateway.outcomes.time_in_gateway)
        bans = CounterMetricFamily("fireexit_bans", "Addresses banned for going on after 429.")
        bans.add_metric([], gateway.weights.banned)
        yield bans
        connections, dropped = self._streams()
        consumers = GaugeMetricFamily("fireexit_stream_consumers", "Open stream connections.")
        consumers.add_metric([], connections)
        yield consumers
        slow = CounterMetricFamily("fireexit_stream_consumers_dropped", "Consumers that read too slowly.")
        slow.add_metric([], dropped)
        yield slow
        yield from self._process()

    def _nodes(self) -> Iterator[Metric]:
        slots = GaugeMetricFamily("fireexit_slots", "Slots of a node.", labels=["node"])
        held = GaugeMetricFamily("fireexit_in_flight", "Attempts holding a slot.", labels=["node"])
        for node in self._venue().gateway.backend.nodes:
            slots.add_metric([str(node.number)], node.slots)
            held.add_metric([str(node.number)], node.in_flight)
        yield slots
        yield held

    def _shards(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily(
            "fireexit_engine_queue_depth", "Attempts waiting for the engine.", labels=["shard", "priority"]
        )
        busy = CounterMetricFamily(
            "fireexit_engine_busy_seconds", "Engine service time given out.", labels=["shard"]
        )
        for number, shard in enumerate(self._venue().gateway.backend.shards):
            busy.add_metric([str(number)], shard.busy_ns / 1e9)
            for priority, waiting in enumerate(shard.depths()):
                depth.add_metric([str(number), str(priority)], waiting)
        yield depth
        yield busy

    def _process(self) -> Iterator[Metric]:
        report = self._watch.report()
        for name, what in (
            ("loop_lag_p99_ms", "99th percentile of event-loop lag since start"),
            ("loop_lag_max_ms", "Worst event-loop lag since start"),
        ):
            seconds = GaugeMetricFamily(f"fireexit_{name.replace('_ms', '_seconds')}", f"{what}.")
            seconds.add_metric([], report[name] / 1000)
            yield seconds
        for name in ("cpu_share", "cpu_wait_share"):
            share = GaugeMetricFamily(f"fireexit_{name.replace('share', 'ratio')}", "Share of wall time.")
            share.add_metric([], report[name])
            yield share


def _histogram(name: str, what: str, histogram: DurationHistogram) -> Metric:
    buckets = []
    running = 0
    for bound, count in zip((*map(str, WAIT_BUCKETS_S), "+Inf"), histogram.counts, strict=True):
        running += count
        buckets.append((bound, running))
    return HistogramMetricFamily(name, what, buckets=buckets, sum_value=histogram.total_ns / 1e9)


def registry_for(
    venue: Callable[[], Venue], watch: LoopWatch, streams: Callable[[], StreamCounts]
) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(VenueCollector(venue, watch, streams))
    return registry

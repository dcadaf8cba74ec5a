"""Metric families for Prometheus from plain numbers: a name, what it is, labels, and rows of values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from run_records.histogram import BOUNDS_S, DurationHistogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Rows = Iterable[tuple[Sequence[str], float]]
"""(label values, value)."""

_BOUNDS = (*map(str, BOUNDS_S), "+Inf")


def counter(name: str, what: str, labels: Sequence[str], rows: Rows) -> Metric:
    """`name` without its `_total`."""
    family = CounterMetricFamily(name, what, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def gauge(name: str, what: str, labels: Sequence[str], rows: Rows) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def histogram(
    name: str, what: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], DurationHistogram]]
) -> Metric:
    """Durations in seconds, `name` ends in `_seconds`."""
    family = HistogramMetricFamily(name, what, labels=labels)
    for values, durations in rows:
        buckets = []
        running = 0
        for bound, count in zip(_BOUNDS, durations.counts, strict=True):
            running += count
            buckets.append((bound, running))
        family.add_metric(values, buckets, durations.total_ns / 1e9)
    return family

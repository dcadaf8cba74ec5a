"""How the exchange's own process fares: loop lag, processor, streams."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from mock_exchange.exposition import counter, gauge
from mock_exchange.watch import LoopWatch

StreamCounts = tuple[int, int]
"""Open stream connections, and consumers dropped so far."""


def process_families(watch: LoopWatch, streams: StreamCounts) -> Iterator[Metric]:
    connections, dropped = streams
    yield gauge("fireexit_exchange_stream_consumers", "Open stream connections.", (), (((), connections),))
    yield counter(
        "fireexit_exchange_stream_consumers_dropped", "Consumers that read too slowly.", (), (((), dropped),)
    )
    report = watch.report()
    yield gauge(
        "fireexit_exchange_loop_lag_seconds",
        "Event-loop lag since the start of the run.",
        ("rank",),
        (((rank,), report[f"loop_lag_{rank}_ms"] / 1000) for rank in ("p50", "p99", "max")),
    )
    yield gauge(
        "fireexit_exchange_processor_ratio",
        "Share of wall time since the start of the run.",
        ("state",),
        ((("used",), report["cpu_share"]), (("waited_for",), report["cpu_wait_share"])),
    )

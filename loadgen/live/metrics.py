"""Prometheus metrics of a load generator: what clients saw, summed over workers.

All names begin with `fireexit_loader_`; durations are seconds. At the end of a run the counters equal the
rows of its attempts files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from loadgen.live.ledger import Ledger
from loadgen.live.run import LiveRun
from mock_exchange.exposition import counter, gauge, histogram
from run_records.words import Meaning

OUTCOMES = {
    Meaning.ACCEPTED: "accepted",
    Meaning.CAPACITY_REFUSED: "capacity",
    Meaning.UNKNOWN: "unknown",
    Meaning.LIMITED: "rate-limit",
    Meaning.STATE_REFUSED: "state-refusal",
    Meaning.MALFORMED: "malformed",
}
"""What dashboards and alerts call a meaning."""


class LoaderCollector(Collector):
    """The run that is going on, or the last one."""

    def __init__(self, run: Callable[[], LiveRun | None]) -> None:
        self._run = run

    def collect(self) -> Iterator[Metric]:
        run = self._run()
        yield gauge(
            "fireexit_loader_running",
            "Whether a run is going on.",
            (),
            (((), float(run is not None and not run.over)),),
        )
        if run is not None:
            ledger = run.whole()
            yield from _run_families(run)
            yield from _requests(ledger)
            yield from _attempts(ledger)
            yield from _intents(run, ledger)


def registry_for(run: Callable[[], LiveRun | None]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LoaderCollector(run))
    return registry


def _run_families(run: LiveRun) -> Iterator[Metric]:
    names = tuple(run.title)
    yield gauge("fireexit_loader_run_info", "What is run.", names, ((tuple(run.title.values()), 1),))
    yield gauge(
        "fireexit_loader_started_timestamp_seconds",
        "When the run began.",
        ("run",),
        (((run.title["run"],), run.zero_ns / 1e9),),
    )
    yield gauge(
        "fireexit_loader_duration_seconds", "How long it is meant to take.", (), (((), run.duration_s),)
    )
    yield gauge(
        "fireexit_loader_workers",
        "Workers of the run, and those that have reported.",
        ("state",),
        ((("expected",), run.workers), (("reporting",), run.reporting)),
    )
    yield gauge("fireexit_loader_faults", "Known reasons to distrust the run.", (), (((), len(run.faults)),))
    yield gauge(
        "fireexit_loader_intended_per_second",
        "Arrivals that the scenario's schedules ask for now.",
        (),
        (((), run.intended_per_second()),),
    )


def _requests(ledger: Ledger) -> Iterator[Metric]:
    yield counter(
        "fireexit_loader_offered",
        "Requests that were due.",
        ("class",),
        (((klass,), count) for klass, count in ledger.offered.items()),
    )
    yield counter(
        "fireexit_loader_sent",
        "Requests that left.",
        (),
        (((), sum(ledger.offered.values()) - ledger.missed),),
    )
    yield counter(
        "fireexit_loader_missed", "Requests that were due and could not be sent.", (), (((), ledger.missed),)
    )
    yield histogram(
        "fireexit_loader_lateness_seconds",
        "From the instant a request was due until it left.",
        (),
        (((), ledger.lateness),),
    )


def _attempts(ledger: Ledger) -> Iterator[Metric]:
    """`purpose` is exit for attempts made for an intent to reduce, else none."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for (_, klass, exiting, meaning, code), count in ledger.attempts.items():
        counts[klass, OUTCOMES[meaning], str(code), "exit" if exiting else "none"] += count
    yield counter(
        "fireexit_loader_attempts",
        "Attempts as their clients saw them end.",
        ("class", "outcome", "code", "purpose"),
        counts.items(),
    )
    yield histogram(
        "fireexit_loader_answer_seconds",
        "From the instant an attempt was due to its answer.",
        ("class",),
        (((klass,), found) for klass, found in ledger.latency.items()),
    )


def _intents(run: LiveRun, ledger: Ledger) -> Iterator[Metric]:
    yield counter(
        "fireexit_loader_intents",
        "Decisions to reduce, by what became of them.",
        ("event",),
        (((event,), ledger.intents[event]) for event in ("begun", "served", "abandoned")),
    )
    yield gauge(
        "fireexit_loader_intents_outstanding",
        "Decisions to reduce that are not served yet.",
        (),
        (((), ledger.outstanding),),
    )
    age = run.elapsed_s() - ledger.oldest / 1e9 if ledger.oldest >= 0 else 0.0
    yield gauge(
        "fireexit_loader_intent_oldest_seconds", "Age of the oldest of them.", (), (((), max(0.0, age)),)
    )
    yield histogram(
        "fireexit_loader_time_to_flat_seconds",
        "From a decision to the answer that completes it.",
        (),
        (((), ledger.time_to_flat),),
    )

"""One replication's records, or those of a run over sockets, taken apart for a reader while they are
counted."""

from __future__ import annotations

from typing import Any

from judging.anatomy.exposure import Prices, WantingOut
from judging.anatomy.latencies import Latencies
from judging.anatomy.reconciliation import Reconciliation, Reconciling
from judging.anatomy.strip import Strips
from judging.anatomy.timeline import Timeline
from judging.counting.watched import Watched
from judging.reading.ended import Collector
from run_records.terms import Terms

EXAMPLES = 5
"""Differences of a kind that are listed in a report; all are listed by `fireexit reconcile --all`."""


class Dissection:
    """Collectors for what a report shows of one run beyond its rates and endings."""

    def __init__(self, terms: Terms) -> None:
        self._timeline = Timeline(terms.duration_ns)
        step_ns, steps = self._timeline.step_ns, self._timeline.steps
        self._latencies, self._strips = Latencies(), Strips(Watched(terms.reported))
        self._prices, self._wanting_out = Prices(step_ns, steps), WantingOut(step_ns, steps)
        self._reconciling = Reconciling()

    @property
    def collectors(self) -> list[Collector]:
        return [
            self._timeline,
            self._latencies,
            self._strips,
            self._prices,
            self._wanting_out,
            self._reconciling,
        ]

    def document(self, *, blind: bool) -> dict[str, Any]:
        """Instants in seconds of the run, prices and quantities as text, notional in whole USDT. Without a
        journal (`blind`) nothing is said of the exchange's side."""
        steps = self._timeline.document(blind=blind)
        if not blind:
            steps["prices"] = self._prices.texts
            steps["wanting_out"] = self._wanting_out.held
        return {
            "attempts": self._reconciling.found.attempts,
            "timeline": steps,
            "codes": self._timeline.codes(),
            "meanings": self._timeline.meanings(),
            "latency": self._latencies.document(),
            "strip": self._strips.document(),
            "reconciliation": None if blind else _told(self._reconciling.found),
        }


def _told(found: Reconciliation) -> dict[str, Any]:
    """Counts by kind, and the first few differences of each."""
    shown: dict[str, int] = {}
    examples = []
    for difference in found.differences:
        place = shown[difference.kind] = shown.get(difference.kind, 0) + 1
        if place <= EXAMPLES:
            examples.append(
                {
                    "kind": difference.kind,
                    "file": difference.file,
                    "record": difference.record,
                    "account": difference.account,
                    "what": difference.what,
                }
            )
    return {
        "attempts": found.attempts,
        "matched": found.matched,
        "kinds": found.counts(),
        "examples": examples,
    }

"""One replication's records, or those of a run over sockets, read once and taken apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loadgen.anatomy.exposure import prices, wanting_out
from loadgen.anatomy.latencies import Latencies
from loadgen.anatomy.strip import Strips
from loadgen.anatomy.timeline import Timeline
from loadgen.evidence.reconciliation import Reconciliation, reconcile
from loadgen.records import ATTEMPT_COLUMNS, ATTEMPTS_SCHEMA, INTENTS_SCHEMA
from loadgen.verdict.breakdown import Breakdown
from loadgen.verdict.exchange import Exchange, Key
from loadgen.verdict.terms import Terms
from mock_exchange.gateway.attempt import REDUCING
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines

EXAMPLES = 5
"""Differences of a kind that are listed in a report; all are listed by `fireexit reconcile --all`."""
_A = {name: place for place, name in enumerate(ATTEMPT_COLUMNS)}
_TRADER, _CLASS, _INTENT = _A["trader"], _A["class"], _A["intent"]
_INTENDED, _ANSWERED, _CODE, _HTTP = _A["intended"], _A["answered"], _A["code"], _A["http"]


def dissect(folder: Path, terms: Terms) -> dict[str, Any]:
    """What a report shows of the records in a folder. Instants in seconds of the run, prices and quantities
    as text, notional in whole USDT. Raises OSError, ValueError."""
    journal = folder / "journal.jsonl"
    blind = not journal.exists()
    exchange = Exchange(() if blind else read_lines(journal, JOURNAL_SCHEMA))
    watch = Breakdown.of(terms.duration_ns, terms.reported)
    timeline, latencies, strips = Timeline(terms.duration_ns), Latencies(), Strips()
    keys_of: dict[int, list[Key]] = {}
    attempts = 0
    for path in sorted(folder.glob("attempts*.jsonl")):
        for row in read_lines(path, ATTEMPTS_SCHEMA):
            attempts += 1
            klass, code, intended = row[_CLASS], row[_CODE], row[_INTENDED]
            key = (row[0], row[1])
            timeline.count(klass, code, intended, exchange.outcome_of(key))
            if code == 0 and row[_HTTP] == 200:
                latencies.count(klass, row[_ANSWERED] - intended)
            if klass == REDUCING:
                strips.count(row[_TRADER], watch.watches(row[_TRADER]), intended, code)
            if row[_INTENT] >= 0:
                keys_of.setdefault(row[_INTENT], []).append(key)
    steps = timeline.document(blind=blind)
    if not blind:
        intents = [
            row for path in sorted(folder.glob("intents*.jsonl")) for row in read_lines(path, INTENTS_SCHEMA)
        ]
        steps["prices"] = prices(journal, timeline.step_ns, timeline.steps)
        steps["wanting_out"] = wanting_out(intents, keys_of, exchange, timeline.step_ns, timeline.steps)
    return {
        "attempts": attempts,
        "timeline": steps,
        "codes": timeline.codes(),
        "latency": latencies.document(),
        "strip": strips.document(),
        "reconciliation": None if blind else _told(reconcile(folder, exchange)),
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
                    "kind": difference.kind, "file": difference.file, "record": difference.record,
                    "account": difference.account, "what": difference.what,
                }
            )  # fmt: skip
    return {
        "attempts": found.attempts, "matched": found.matched, "kinds": found.counts(), "examples": examples,
    }  # fmt: skip

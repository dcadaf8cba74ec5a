"""What happened to every attempt and every intent of a run, joined from both vantages.

Client: `attempts.jsonl`. Exchange: `journal.jsonl`. They are joined by the request's key, which both
sides know; an attempt the exchange never journaled keeps what its parameters claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadgen.records import ATTEMPTS_SCHEMA, INTENTS_SCHEMA
from loadgen.traders.verbs import UNKNOWN_CODES
from loadgen.verdict.statistics import Duration
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import SERVICE_UNAVAILABLE, THROTTLED
from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING
from mock_exchange.journal import FALSE, SELF_INFLICTED
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines
from mock_exchange.scaled import parse_scaled

TRULY_REDUCING = "truly-reducing"
GROUPS = (OPENING, REDUCING, TRULY_REDUCING, CANCEL)

ACCEPTED = "accepted"
CAPACITY = "capacity"
UNKNOWN = "unknown"
FALSE_STATE = "false-state"
SELF_STATE = "self-inflicted"
STATE = "justified"
LIMIT = "rate-limit"
KINDS = (ACCEPTED, CAPACITY, UNKNOWN, FALSE_STATE, SELF_STATE, STATE, LIMIT)
AGAINST = (CAPACITY, UNKNOWN, FALSE_STATE)
"""Kinds that count against the venue; justified and self-inflicted refusals and rate limits do not."""

NEVER_NS = 1 << 62
"""Length of a duration that cannot end in service any more: at risk at every horizon."""
_CAPACITY_CODES = frozenset((THROTTLED, SERVICE_UNAVAILABLE, -1001, -1016, -5028))

SERVED = "served"
ABANDONED = "abandoned"
OPEN_AT_END = "open at the end"


@dataclass(slots=True)
class Sample:
    """One replication or one batch of a socket run: counts by (group, kind) and (group, code)."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: Counter[tuple[str, int]] = field(default_factory=Counter)
    executed_refusals: int = 0
    counted_refusals: int = 0
    unmatched: int = 0

    def attempts(self, group: str) -> int:
        return sum(self.kinds[group, kind] for kind in KINDS)

    def against(self, group: str) -> tuple[int, int]:
        """(attempts refused for the venue's reasons, attempts that the venue had to accept)."""
        refused = sum(self.kinds[group, kind] for kind in AGAINST)
        return refused, refused + self.kinds[group, ACCEPTED]


@dataclass(slots=True)
class Tally:
    """All samples of a run and its intents."""

    samples: list[Sample] = field(default_factory=list)
    durations: list[list[Duration]] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)

    def merged(self) -> Sample:
        whole = Sample()
        for sample in self.samples:
            whole.kinds.update(sample.kinds)
            whole.codes.update(sample.codes)
            whole.executed_refusals += sample.executed_refusals
            whole.counted_refusals += sample.counted_refusals
            whole.unmatched += sample.unmatched
        return whole

    def all_durations(self) -> list[Duration]:
        return [duration for group in self.durations for duration in group]


@dataclass(slots=True)
class _Exchange:
    """What the journal says about each attempt key."""

    outcomes: dict[Any, tuple[bool, str, str, bool]] = field(default_factory=dict)
    executed: set[Any] = field(default_factory=set)
    fills: dict[Any, list[tuple[int, int]]] = field(default_factory=dict)


def tally_folder(folder: Path, duration_ns: int, batches: int = 1) -> Tally:
    """Read one run's records. With `batches` > 1 the attempts are cut by intended time into equal parts."""
    exchange = _read_journal(folder / "journal.jsonl")
    tally = Tally(samples=[Sample() for _ in range(batches)])
    keys_of: dict[int, list[Any]] = {}
    for row in _all_lines(folder, "attempts", ATTEMPTS_SCHEMA):
        batch = min(batches - 1, row[9] * batches // duration_ns)
        _count(tally.samples[batch], row, exchange)
        if row[8] >= 0:
            keys_of.setdefault(row[8], []).append(row[0])
    intents = _all_lines(folder, "intents", INTENTS_SCHEMA)
    tally.durations = [[] for _ in range(batches)]
    for start, duration, ending in _intents(intents, keys_of, exchange, duration_ns):
        tally.durations[min(batches - 1, start * batches // duration_ns)].append(duration)
        tally.endings[ending] += 1
    return tally


def combine(tallies: Iterable[Tally]) -> Tally:
    """Several replications as one tally, one sample each."""
    whole = Tally()
    for tally in tallies:
        whole.samples.extend(tally.samples)
        whole.durations.extend(tally.durations)
        whole.endings.update(tally.endings)
    return whole


def _all_lines(folder: Path, stem: str, schema: str) -> Iterator[list[Any]]:
    """The rows of all workers' files."""
    for path in sorted(folder.glob(f"{stem}*.jsonl")):
        yield from read_lines(path, schema)


def _read_journal(path: Path) -> _Exchange:
    exchange = _Exchange()
    if not path.exists():
        return exchange
    for row in read_lines(path, JOURNAL_SCHEMA):
        kind = row[0]
        if kind == "outcome":
            exchange.outcomes[row[2]] = (row[6], row[7], row[10], row[15])
        elif kind == "trade":
            for key in (row[6], row[9]):
                if key != "":
                    exchange.fills.setdefault(key, []).append((row[1], row[5]))
        elif kind in ("order", "cancel", "cancel_all") and row[5] == 0:
            exchange.executed.add(row[2])
    return exchange


def _count(sample: Sample, row: list[Any], exchange: _Exchange) -> None:
    key, klass, http, code = row[0], row[3], row[12], row[13]
    seen = exchange.outcomes.get(key)
    truly, stage, judgement, counted = seen if seen is not None else (klass == REDUCING, "", "", False)
    sample.unmatched += seen is None
    kind = kind_of(http, code, judgement, stage)
    sample.kinds[klass, kind] += 1
    sample.codes[klass, code] += 1
    if truly:
        sample.kinds[TRULY_REDUCING, kind] += 1
        sample.codes[TRULY_REDUCING, code] += 1
    if code == THROTTLED:
        sample.executed_refusals += key in exchange.executed
        sample.counted_refusals += counted


def kind_of(http: int, code: int, judgement: str, stage: str = "") -> str:
    """The kind of an attempt's ending, as its client saw it; state refusals by the engine's judgement.
    A 429 that admission answered is no rate limit but a shed in disguise."""
    if code == 0:
        return ACCEPTED if http == 200 else UNKNOWN
    if code in UNKNOWN_CODES:
        return UNKNOWN
    if code in _CAPACITY_CODES:
        return CAPACITY
    if http in (429, 418):
        return CAPACITY if stage == "admission" else LIMIT
    if judgement == FALSE:
        return FALSE_STATE
    return SELF_STATE if judgement == SELF_INFLICTED else STATE


def _intents(
    rows: Iterable[list[Any]], keys_of: dict[int, list[Any]], exchange: _Exchange, end_ns: int
) -> Iterator[tuple[int, Duration, str]]:
    """(instant of the decision, time to the fill that completes it, how it ended) of each intent. Only
    its own attempts' fills count; what is filled after the run has ended is open at its end."""
    begun: dict[int, tuple[int, int]] = {}
    given_up: set[int] = set()
    for row in rows:
        if row[0] == "intent":
            precision = symbols()[row[5]].quantity_precision
            begun[row[1]] = (row[2], parse_scaled(row[6], precision))
        else:
            given_up.add(row[1])
    for number, (start, quantity) in begun.items():
        fills = sorted(fill for key in keys_of.get(number, ()) for fill in exchange.fills.get(key, ()))
        served = _served_at(fills, quantity)
        if served is not None and served <= end_ns:
            yield start, Duration(served - start, True), SERVED
        elif number in given_up:
            yield start, Duration(NEVER_NS, False), ABANDONED
        else:
            yield start, Duration(max(0, end_ns - start), False), OPEN_AT_END


def _served_at(fills: list[tuple[int, int]], quantity: int) -> int | None:
    filled = 0
    for at, amount in fills:
        filled += amount
        if filled >= quantity:
            return at
    return None


__all__ = ["GROUPS", "KINDS", "Sample", "Tally", "combine", "kind_of", "tally_folder"]

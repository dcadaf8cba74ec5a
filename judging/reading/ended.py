"""The one iterator of ended attempts, and the collectors that hang on it.

    journal  -> Exchange  (what the exchange did, by request key and batch leg)
    attempts -> Ended     (what its client saw, joined with that), one after the other, to every collector
    intents  -> Decision  (with the keys of the attempts made for each), at the end

Every file is read once, however many collectors there are. What is counted is in the collectors; what is
known of an attempt is said here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from judging.reading.exchange import Exchange
from judging.reading.kinds import SELF_STATE, STATE, UNKNOWN, Kind, kind_of
from run_records.clients import (
    AbandonRow,
    AttemptRow,
    IntentRow,
    attempt_files,
    intent_files,
    read_attempts,
    read_intents,
)
from run_records.journal import JOURNAL_FILE, JournalRow, Key, OutcomeRow, read_journal
from run_records.scaled import notional, parse_scaled
from run_records.terms import Precision, Terms
from run_records.words import REDUCING, UNCLASSIFIED, Cause


class Ended(msgspec.Struct, frozen=True, gc=False):
    """An attempt and all that is known of it."""

    row: AttemptRow
    """As its client saw it."""
    key: Key
    seen: OutcomeRow | None
    """As the exchange saw it; None if it never had it, or there is no journal."""
    done: bool | None
    """Whether the engine did it in the end, too late for an answer perhaps; None if it never got there."""
    kind: Kind
    truly: bool
    """Whether it really would have reduced: what the engine knew, or without it what the parameters claim."""
    file: str
    record: int
    """Its place in `file`, from 1."""

    @property
    def silent(self) -> bool:
        """Whether its client had no answer at all."""
        return self.row.http == 0

    @property
    def exiting(self) -> bool:
        """Whether it really would have reduced, and serves a decision to get smaller."""
        return self.truly and self.row.intent >= 0

    @property
    def admitted(self) -> bool:
        return self.seen is not None and self.seen.admitted >= 0


@dataclass(slots=True)
class Decision:
    """An intent to reduce, and the attempts made for it."""

    row: IntentRow
    file: str
    record: int
    keys: list[Key] = field(default_factory=list)
    given_up_at: int | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """One run's rows, by file; `journal` None where there is none."""

    journal: Iterable[JournalRow] | None
    attempts: Sequence[tuple[str, Iterable[AttemptRow]]]
    intents: Sequence[tuple[str, Iterable[IntentRow | AbandonRow]]]

    @classmethod
    def of(cls, folder: Path) -> Sources:
        """The record files of one replication, or of a run over sockets; those of all workers."""
        journal = folder / JOURNAL_FILE
        return cls(
            read_journal(journal) if journal.exists() else None,
            [(path.name, read_attempts(path)) for path in attempt_files(folder)],
            [(path.name, read_intents(path)) for path in intent_files(folder)],
        )


class Whole:
    """What is known once everything has been read."""

    def __init__(self, terms: Terms, exchange: Exchange, *, blind: bool) -> None:
        self.terms = terms
        self.exchange = exchange
        self.blind = blind
        """No journal is at hand: only what clients saw is known."""
        self.decisions: list[Decision] = []

    def worth(self, symbol: str, units: int) -> int:
        """A quantity times the symbol's first mark price, in 1e-8 USDT; 0 where there is no mark."""
        price, precision = self.exchange.first_marks.get(symbol), self.terms.symbols.get(symbol)
        if price is None or precision is None:
            return 0
        return notional(price, units, precision.price + precision.quantity)

    def notional(self, symbol: str, quantity: str) -> int:
        """The same of a quantity as an order carried it; 0 where there is none."""
        if not quantity:
            return 0
        return self.worth(symbol, parse_scaled(quantity, self.precision(symbol).quantity))

    def precision(self, symbol: str) -> Precision:
        """Decimals of a symbol. Quantities of one that the terms do not name are read to eight."""
        return self.terms.symbols.get(symbol, _FINEST)

    def fills_of(self, decision: Decision) -> list[tuple[int, int]]:
        """(instant, quantity) of what its own attempts were filled, in order of time."""
        return sorted(fill for key in decision.keys for fill in self.exchange.fills.get(key, ()))


_FINEST = Precision(8, 8)


class Collector:
    """Counts ended attempts. It may watch the journal while that is read, and look at the whole at the
    end."""

    def watches(self) -> dict[type[Any], Callable[[Any], None]]:
        """Kinds of journal rows that it wants to see, and what to call with each."""
        return {}

    def begin(self, whole: Whole) -> None:
        """The journal has been read; attempts follow."""

    def count(self, ended: Ended) -> None:
        """One attempt, in the order of their answers (worker by worker)."""

    def finish(self, whole: Whole) -> None:
        """Everything has been read."""


def collect(sources: Sources, terms: Terms, collectors: Sequence[Collector]) -> Whole:
    """Read everything once. Raises UnreadableError, OSError, ValueError."""
    watchers: dict[type[Any], list[Callable[[Any], None]]] = {}
    for collector in collectors:
        for kind, watch in collector.watches().items():
            watchers.setdefault(kind, []).append(watch)
    exchange = Exchange(sources.journal or (), watchers)
    whole = Whole(terms, exchange, blind=sources.journal is None)
    for collector in collectors:
        collector.begin(whole)
    counts = [collector.count for collector in collectors if type(collector).count is not Collector.count]
    keys_of: dict[int, list[Key]] = {}
    for ended in _attempts(sources, exchange):
        for count in counts:
            count(ended)
        if ended.row.intent >= 0:
            keys_of.setdefault(ended.row.intent, []).append(ended.key)
    whole.decisions = _decisions(sources, keys_of)
    for collector in collectors:
        collector.finish(whole)
    return whole


def _attempts(sources: Sources, exchange: Exchange) -> Iterator[Ended]:
    unknown_before: dict[tuple[str, str], list[Key]] = {}
    for file, rows in sources.attempts:
        for record, row in enumerate(rows, 1):
            key = (row.key, row.leg)
            seen = exchange.outcome_of(key)
            kind = _kind(row, key, seen, exchange, unknown_before)
            truly = row.klass is REDUCING  # its claim stands where nobody saw what it would do
            if seen is not None and seen.klass is not UNCLASSIFIED:
                truly = seen.truly
            yield Ended(row, key, seen, exchange.done(key), kind, truly, file, record)


def _kind(
    row: AttemptRow,
    key: Key,
    seen: OutcomeRow | None,
    exchange: Exchange,
    unknown_before: dict[tuple[str, str], list[Key]],
) -> Kind:
    """How it ended. The exchange knows its own answers of unknown fate only; clients lose patience by
    themselves, too. So a refusal that the engine thinks justified is self-inflicted after all if an earlier
    attempt of the same account was executed and its client never learnt of it."""
    kind = kind_of(row.meaning) if seen is None else kind_of(row.meaning, seen.judgement, seen.stage)
    if kind is UNKNOWN:
        unknown_before.setdefault((row.account, row.symbol), []).append(key)
    elif kind is STATE and row.klass is REDUCING and seen is not None and seen.cause is Cause.ACCOUNT_STATE:
        before = unknown_before.get((row.account, row.symbol), ())
        if any(exchange.done(other) for other in before):
            return SELF_STATE
    return kind


def _decisions(sources: Sources, keys_of: dict[int, list[Key]]) -> list[Decision]:
    """In the order in which they were made, file by file."""
    found: dict[int, Decision] = {}
    for file, rows in sources.intents:
        for record, row in enumerate(rows, 1):
            if isinstance(row, IntentRow):
                found[row.number] = Decision(row, file, record, keys_of.get(row.number, []))
            elif row.number in found:
                found[row.number].given_up_at = row.at
    return list(found.values())

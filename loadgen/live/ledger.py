"""What a load generator has seen so far: plain counts, so that those of several workers add up exactly.

Attempts are counted as they are written to the records, leg by leg: the sums here are those of the files.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from judging.counting.batches import BATCHES, Parts
from loadgen.traders.orders import STILL_OPEN
from loadgen.traders.verbs import NO_INTENT
from mock_exchange.engine.symbols import symbols
from run_records.clients import Code
from run_records.histogram import DurationHistogram
from run_records.scaled import parse_scaled
from run_records.units import NS_PER_S
from run_records.words import Class, Meaning

MOST_STUCK = 20

AttemptCount = tuple[int, Class, bool, Meaning, Code]
"""(part of the run, class, made for an intent to reduce, what the answer meant, code)."""


Durations = tuple[list[int], int]
"""Counts by bucket, and the sum in nanoseconds."""


class Counts(msgspec.Struct, frozen=True):
    """A ledger as it goes from process to process; the words are the ledger's own."""

    offered: dict[Class, int]
    missed: int
    attempts: list[tuple[int, Class, bool, Meaning, Code, int]]
    latency: dict[Class, Durations]
    lateness: Durations
    intents: dict[str, int]
    time_to_flat: Durations
    outstanding: int
    oldest: int
    stuck: list[tuple[str, str, int, int]]
    waiting: dict[int, int]


class _Intent:
    """A decision to reduce, and what of it is left; -1 for instants that have not come."""

    __slots__ = ("attempts", "begun", "left", "symbol", "trader")

    def __init__(self, trader: str, symbol: str, begun: int, left: int) -> None:
        self.trader = trader
        self.symbol = symbol
        self.begun = begun
        self.left = left
        self.attempts = 0


class Ledger:
    """Counts of one loader, or the sum of several.

    - `offered`: requests that were due, by class; `missed` of them could not be sent.
    - `attempts`: answered attempts by AttemptCount. `latency` by class, from the instant an attempt was due.
    - `lateness`: how long after that instant a request left.
    - `intents`: decisions to reduce by their ending: begun, served (as far as answers told), abandoned.
      `time_to_flat` of those served. `waiting` are open ones by the second in which they began; `stuck` says
      more of the MOST_STUCK oldest: (trader, symbol, begun, attempts).
    """

    __slots__ = (
        "_open",
        "_parts",
        "_resting",
        "attempts",
        "intents",
        "latency",
        "lateness",
        "missed",
        "offered",
        "oldest",
        "outstanding",
        "stuck",
        "time_to_flat",
        "waiting",
    )

    def __init__(self, duration_ns: int = 1) -> None:
        self._parts = Parts(duration_ns, BATCHES)
        self._open: dict[int, _Intent] = {}
        self._resting: dict[tuple[int, str], tuple[int, int]] = {}
        self.offered: Counter[Class] = Counter()
        self.missed = 0
        self.attempts: Counter[AttemptCount] = Counter()
        self.latency: dict[Class, DurationHistogram] = {}
        self.lateness = DurationHistogram()
        self.intents: Counter[str] = Counter()
        self.time_to_flat = DurationHistogram()
        self.outstanding = 0
        self.oldest = -1
        self.stuck: list[tuple[str, str, int, int]] = []
        self.waiting: Counter[int] = Counter()

    # -- counting, in the loader's hot path ---------------------------------------------------------

    def count(
        self, klass: Class, intent: int, intended: int, answered: int, meaning: Meaning, code: Code
    ) -> None:
        """An attempt has ended; the same words as in its record."""
        self.attempts[self._parts.of(intended), klass, intent != NO_INTENT, meaning, code] += 1
        latency = self.latency.get(klass)
        if latency is None:
            latency = self.latency[klass] = DurationHistogram()
        latency.observe(answered - intended)
        if intent in self._open:
            self._open[intent].attempts += 1

    def begin(self, intent: int, trader: str, symbol: str, quantity: str, now: int) -> None:
        self.intents["begun"] += 1
        left = parse_scaled(quantity, symbols()[symbol].quantity_precision)
        self._open[intent] = _Intent(trader, symbol, now, left)

    def abandon(self, intent: int) -> None:
        if self._open.pop(intent, None) is not None:
            self.intents["abandoned"] += 1

    def note(self, account: int, intent: int, now: int, order: Any) -> None:
        """An answer that describes an order. One that still rests is remembered, so that whatever shows it
        later, an answer to a cancel or a query, tells of its fills."""
        if not isinstance(order, dict) or "executedQty" not in order:
            return
        where = (account, str(order.get("orderId")))
        intent, counted = self._resting.pop(where, (intent, 0))
        found = self._open.get(intent)
        if found is None:
            return
        try:
            filled = parse_scaled(str(order["executedQty"]), symbols()[found.symbol].quantity_precision)
        except ValueError:
            return  # somebody's own gateway: what cannot be read serves nothing
        found.left -= filled - counted
        if found.left <= 0:
            del self._open[intent]
            self.intents["served"] += 1
            self.time_to_flat.observe(now - found.begun)
        elif order.get("status") in STILL_OPEN:
            self._resting[where] = (intent, filled)

    # -- reading ------------------------------------------------------------------------------------

    def close(self) -> Ledger:
        """Bring what is read off open intents up to date; returns itself."""
        waiting = sorted(self._open.values(), key=lambda intent: intent.begun)
        self.outstanding = len(waiting)
        self.oldest = waiting[0].begun if waiting else -1
        self.stuck = [(i.trader, i.symbol, i.begun, i.attempts) for i in waiting[:MOST_STUCK]]
        self.waiting = Counter(intent.begun // NS_PER_S for intent in waiting)
        return self

    def add(self, other: Ledger) -> None:
        """Count another loader's attempts, too. What is in progress there is not carried on here."""
        self.offered.update(other.offered)
        self.missed += other.missed
        self.attempts.update(other.attempts)
        for klass, latency in other.latency.items():
            self.latency.setdefault(klass, DurationHistogram()).add(latency)
        self.lateness.add(other.lateness)
        self.intents.update(other.intents)
        self.time_to_flat.add(other.time_to_flat)
        self.outstanding += other.outstanding
        self.oldest = min((at for at in (self.oldest, other.oldest) if at >= 0), default=-1)
        self.waiting.update(other.waiting)
        self.stuck = sorted([*self.stuck, *other.stuck], key=lambda row: row[2])[:MOST_STUCK]

    def counts(self) -> Counts:
        """For a message to the master, as it stands."""
        self.close()
        return Counts(
            offered=dict(self.offered),
            missed=self.missed,
            attempts=[(*key, count) for key, count in self.attempts.items()],
            latency={klass: _packed(found) for klass, found in self.latency.items()},
            lateness=_packed(self.lateness),
            intents=dict(self.intents),
            time_to_flat=_packed(self.time_to_flat),
            outstanding=self.outstanding,
            oldest=self.oldest,
            stuck=self.stuck,
            waiting=dict(self.waiting),
        )

    @classmethod
    def of(cls, counts: Counts) -> Ledger:
        """What another process has counted."""
        ledger = cls()
        ledger.offered.update(counts.offered)
        ledger.missed = counts.missed
        for *key, count in counts.attempts:
            ledger.attempts[tuple(key)] = count  # type: ignore[index]
        ledger.latency = {klass: _unpacked(found) for klass, found in counts.latency.items()}
        ledger.lateness = _unpacked(counts.lateness)
        ledger.intents.update(counts.intents)
        ledger.time_to_flat = _unpacked(counts.time_to_flat)
        ledger.outstanding, ledger.oldest = counts.outstanding, counts.oldest
        ledger.stuck = list(counts.stuck)
        ledger.waiting.update(counts.waiting)
        return ledger


def total(ledgers: list[Ledger]) -> Ledger:
    """The sum, as one loader would have counted it."""
    whole = Ledger()
    for ledger in ledgers:
        whole.add(ledger)
    return whole


def _packed(durations: DurationHistogram) -> Durations:
    return durations.counts, durations.total_ns


def _unpacked(row: Durations) -> DurationHistogram:
    counts, total_ns = row
    return DurationHistogram(list(counts), total_ns)

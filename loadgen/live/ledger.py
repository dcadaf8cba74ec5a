"""What a load generator has seen so far: plain counts, so that those of several workers add up exactly.

Attempts are counted as they are written to the records, leg by leg: the sums here are those of the files.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from loadgen.traders.orders import STILL_OPEN
from loadgen.traders.verbs import NO_INTENT
from loadgen.verdict.tally import BATCHES
from mock_exchange.clock import NS_PER_S
from mock_exchange.engine.symbols import symbols
from mock_exchange.histogram import DurationHistogram
from mock_exchange.scaled import parse_scaled

MOST_STUCK = 20

AttemptCount = tuple[int, str, bool, int, int]
"""(batch, class, made for an intent to reduce, HTTP status, code)."""


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

    - `offered`: requests that were due, by class; `missed` of them could not be sent for want of connections.
    - `attempts`: answered attempts by AttemptCount. `latency` by class, from the instant an attempt was due.
    - `lateness`: how long after that instant a request left.
    - `intents`: decisions to reduce by their ending: begun, served (as far as answers told), abandoned.
      `time_to_flat` of those served. `waiting` are open ones by the second in which they began; `stuck` says
      more of the MOST_STUCK oldest: (trader, symbol, begun, attempts).
    """

    __slots__ = (
        "_duration_ns",
        "_open",
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
        "time_to_flat", "waiting",
    )  # fmt: skip

    def __init__(self, duration_ns: int = 1) -> None:
        self._duration_ns = duration_ns
        self._open: dict[int, _Intent] = {}
        self._resting: dict[tuple[int, str], tuple[int, int]] = {}
        self.offered: Counter[str] = Counter()
        self.missed = 0
        self.attempts: Counter[AttemptCount] = Counter()
        self.latency: dict[str, DurationHistogram] = {}
        self.lateness = DurationHistogram()
        self.intents: Counter[str] = Counter()
        self.time_to_flat = DurationHistogram()
        self.outstanding = 0
        self.oldest = -1
        self.stuck: list[tuple[str, str, int, int]] = []
        self.waiting: Counter[int] = Counter()

    # -- counting, in the loader's hot path ---------------------------------------------------------

    def count(self, klass: str, intent: int, intended: int, answered: int, http: int, code: int) -> None:
        """An attempt has ended; the same words as in its record."""
        batch = min(BATCHES - 1, max(0, intended) * BATCHES // self._duration_ns)
        self.attempts[batch, klass, intent != NO_INTENT, http, code] += 1
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

    def to_dict(self) -> dict[str, Any]:
        """For a message to the master, as it stands."""
        self.close()
        return {
            "offered": dict(self.offered),
            "missed": self.missed,
            "attempts": [[*key, count] for key, count in self.attempts.items()],
            "latency": {klass: _packed(found) for klass, found in self.latency.items()},
            "lateness": _packed(self.lateness),
            "intents": dict(self.intents),
            "time_to_flat": _packed(self.time_to_flat),
            "outstanding": self.outstanding,
            "oldest": self.oldest,
            "stuck": [list(row) for row in self.stuck],
            "waiting": [list(row) for row in self.waiting.items()],
        }

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Ledger:
        ledger = cls()
        ledger.offered.update(row["offered"])
        ledger.missed = row["missed"]
        for batch, klass, exiting, http, code, count in row["attempts"]:
            ledger.attempts[batch, klass, exiting, http, code] = count
        ledger.latency = {klass: _unpacked(found) for klass, found in row["latency"].items()}
        ledger.lateness = _unpacked(row["lateness"])
        ledger.intents.update(row["intents"])
        ledger.time_to_flat = _unpacked(row["time_to_flat"])
        ledger.outstanding, ledger.oldest = row["outstanding"], row["oldest"]
        ledger.stuck = [(trader, symbol, begun, tries) for trader, symbol, begun, tries in row["stuck"]]
        ledger.waiting.update(dict(row["waiting"]))
        return ledger


def total(ledgers: list[Ledger]) -> Ledger:
    """The sum, as one loader would have counted it."""
    whole = Ledger()
    for ledger in ledgers:
        whole.add(ledger)
    return whole


def _packed(durations: DurationHistogram) -> list[Any]:
    return [durations.counts, durations.total_ns]


def _unpacked(row: list[Any]) -> DurationHistogram:
    counts, total_ns = row
    return DurationHistogram(list(counts), total_ns)

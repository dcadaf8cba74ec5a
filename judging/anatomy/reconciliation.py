"""Client and exchange set side by side, attempt by attempt: what agrees, and every thing that does not.

They are joined by the request's signature (in simulation its number) and the batch leg: both sides know them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from judging.reading.ended import Collector, Ended, Sources, Whole, collect
from run_records.journal import JOURNAL_FILE, Key
from run_records.scaled import format_trimmed, parse_scaled
from run_records.terms import Terms
from run_records.words import Meaning, Stage

LOST = "lost on the way"
UNHEARD = "answered, but its client had given up"
OTHERWISE = "answered otherwise than its client saw"
ALONE = "known to the exchange alone"
REFUSED_EXECUTED = "refused, yet executed"
UNKNOWN_EXECUTED = "of unknown fate, executed"
COUNTED = "refused at admission for want of capacity, yet counted against a limit"
TWICE = "executed beyond one intent"
KINDS = (LOST, UNHEARD, OTHERWISE, ALONE, REFUSED_EXECUTED, UNKNOWN_EXECUTED, COUNTED, TWICE)


@dataclass(frozen=True, slots=True)
class Difference:
    """One of KINDS. `record` is the place in `file`, from 1; 0 where there is none."""

    kind: str
    file: str
    record: int
    account: str
    what: str

    def __str__(self) -> str:
        where = f"{self.file}, record {self.record}" if self.record else self.file
        return f"{where}: {self.kind}; {self.account} {self.what}"


@dataclass(slots=True)
class Reconciliation:
    """`attempts`, of which `matched` are known to both with one code; `differences` in order of files."""

    attempts: int = 0
    matched: int = 0
    differences: list[Difference] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """By kind, all of them."""
        found = Counter(difference.kind for difference in self.differences)
        return {kind: found[kind] for kind in KINDS}


class Reconciling(Collector):
    """Sets every attempt beside what the exchange did with it."""

    def __init__(self) -> None:
        self.found = Reconciliation()
        self._met: set[Key] = set()

    def count(self, ended: Ended) -> None:
        self._met.add(ended.key)
        self.found.attempts += 1
        differences = list(_compare(ended))
        self.found.matched += not differences
        self.found.differences += differences

    def finish(self, whole: Whole) -> None:
        self.found.differences += _alone(whole, self._met)
        self.found.differences += _twice(whole)


def reconcile(folder: Path, terms: Terms) -> Reconciliation:
    """One replication's records, or those of a run over sockets. Raises UnreadableError, OSError,
    ValueError."""
    reconciling = Reconciling()
    collect(Sources.of(folder), terms, [reconciling])
    return reconciling.found


def _compare(ended: Ended) -> Iterator[Difference]:
    row, seen = ended.row, ended.seen
    order = f"{row.method} {row.symbol} {row.side} {row.quantity}".rstrip()

    def differs(kind: str, what: str) -> Difference:
        return Difference(kind, ended.file, ended.record, row.account, f"{order}: {what}")

    if seen is None:
        yield differs(LOST, f"the exchange never had it; its client has {row.code}")
        return
    if row.code != seen.code:
        kind = UNHEARD if ended.silent else OTHERWISE
        yield differs(kind, f"its client has {row.code}, the exchange {seen.code} at {seen.stage}")
    if row.meaning is not Meaning.ACCEPTED and ended.done:
        unknown = row.meaning is Meaning.UNKNOWN
        yield differs(UNKNOWN_EXECUTED if unknown else REFUSED_EXECUTED, f"its client has {row.code}")
    if seen.stage is Stage.ADMISSION and seen.meaning is Meaning.CAPACITY_REFUSED and seen.counted:
        yield differs(COUNTED, f"refused at {seen.stage} with {seen.code}")


def _alone(whole: Whole, met: set[Key]) -> Iterator[Difference]:
    """Outcomes without an attempt: somebody else's orders, or records that are missing."""
    for key, seen in whole.exchange.outcomes():
        if key not in met:
            yield Difference(
                ALONE, JOURNAL_FILE, 0, "", f"{key[0]} leg {key[1]}: {seen.code} at {seen.stage}"
            )


def _twice(whole: Whole) -> Iterator[Difference]:
    """Intents whose own orders were filled beyond what was wanted."""
    for decision in whole.decisions:
        row = decision.row
        precision = whole.precision(row.symbol).quantity
        filled = sum(quantity for _, quantity in whole.fills_of(decision))
        if filled > parse_scaled(row.quantity, precision):
            what = f"{row.symbol}: {format_trimmed(filled, precision)} filled of {row.quantity} wanted"
            yield Difference(TWICE, decision.file, decision.record, row.account, what)

"""Client and exchange set side by side, attempt by attempt: what agrees, and every thing that does not.

They are joined by the request's signature (in simulation its number) and the batch leg: both sides know them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadgen.records import ATTEMPT_COLUMNS, ATTEMPTS_SCHEMA, INTENTS_SCHEMA
from loadgen.traders.verbs import UNKNOWN_CODES
from loadgen.verdict.exchange import Exchange, Key
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import CLIENT_TIMEOUT, CONNECTION_LOST, THROTTLED
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines
from mock_exchange.scaled import format_trimmed, parse_scaled

LOST = "lost on the way"
UNHEARD = "answered, but its client had given up"
OTHERWISE = "answered otherwise than its client saw"
ALONE = "known to the exchange alone"
REFUSED_EXECUTED = "refused, yet executed"
UNKNOWN_EXECUTED = "of unknown fate, executed"
COUNTED = "refused with -1008, yet counted against a limit"
TWICE = "executed beyond one intent"
KINDS = (LOST, UNHEARD, OTHERWISE, ALONE, REFUSED_EXECUTED, UNKNOWN_EXECUTED, COUNTED, TWICE)
_IMPATIENT = frozenset((CLIENT_TIMEOUT, CONNECTION_LOST))
_A = {name: place for place, name in enumerate(ATTEMPT_COLUMNS)}


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


def reconcile(folder: Path, exchange: Exchange | None = None) -> Reconciliation:
    """One replication's records, or those of a run over sockets; `exchange` is its journal if that is read
    already. Raises OSError, ValueError."""
    exchange = exchange or Exchange(read_lines(folder / "journal.jsonl", JOURNAL_SCHEMA))
    found = Reconciliation()
    met: set[Key] = set()
    keys_of: dict[int, list[Key]] = {}
    for path in sorted(folder.glob("attempts*.jsonl")):
        for record, row in enumerate(read_lines(path, ATTEMPTS_SCHEMA), 1):
            key = (row[_A["key"]], row[_A["leg"]])
            met.add(key)
            if row[_A["intent"]] >= 0:
                keys_of.setdefault(row[_A["intent"]], []).append(key)
            found.attempts += 1
            differences = list(_compare(row, key, exchange, path.name, record))
            found.matched += not differences
            found.differences += differences
    found.differences += _alone(exchange, met)
    for path in sorted(folder.glob("intents*.jsonl")):
        found.differences += _twice(path, keys_of, exchange)
    return found


def _compare(row: list[Any], key: Key, exchange: Exchange, file: str, record: int) -> Iterator[Difference]:
    account, code = row[_A["account"]], row[_A["code"]]
    seen = exchange.outcome_of(key)
    order = f"{row[_A['method']]} {row[_A['symbol']]} {row[_A['side']]} {row[_A['quantity']]}".rstrip()

    def differs(kind: str, what: str) -> Difference:
        return Difference(kind, file, record, account, f"{order}: {what}")

    if seen is None:
        yield differs(LOST, f"the exchange never had it; its client has {code}")
        return
    if code != seen.code:
        kind = UNHEARD if code in _IMPATIENT else OTHERWISE
        yield differs(kind, f"its client has {code}, the exchange {seen.code} at {seen.stage}")
    if code and exchange.was_executed(key):
        yield differs(
            UNKNOWN_EXECUTED if code in UNKNOWN_CODES else REFUSED_EXECUTED, f"its client has {code}"
        )
    if seen.code == THROTTLED and seen.counted:
        yield differs(COUNTED, f"refused at {seen.stage}")


def _alone(exchange: Exchange, met: set[Key]) -> Iterator[Difference]:
    """Outcomes without an attempt: somebody else's orders, or records that are missing."""
    for key, seen in exchange.outcomes():
        if key not in met:
            yield Difference(
                ALONE, "journal.jsonl", 0, "", f"{key[0]} leg {key[1]}: {seen.code} at {seen.stage}"
            )


def _twice(path: Path, keys_of: dict[int, list[Key]], exchange: Exchange) -> Iterator[Difference]:
    """Intents whose own orders were filled beyond what was wanted."""
    for record, row in enumerate(read_lines(path, INTENTS_SCHEMA), 1):
        if row[0] != "intent":
            continue
        precision = symbols()[row[5]].quantity_precision
        wanted = parse_scaled(row[6], precision)
        filled = sum(q for key in keys_of.get(row[1], ()) for _, q in exchange.fills.get(key, ()))
        if filled > wanted:
            what = f"{row[5]}: {format_trimmed(filled, precision)} filled of {row[6]} wanted"
            yield Difference(TWICE, path.name, record, row[4], what)

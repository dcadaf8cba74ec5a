"""`terms.json`: what a judge has to know of what was asked for. Written by whoever made the load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from run_records.documents import read_document, write_document
from run_records.reported import Reported

TERMS_FILE = "terms.json"
KIND = "terms"
MOST_DECIMALS = 18


class Capacity(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a venue can do from an instant on. Zeros where it is not known: nothing is concluded from them."""

    from_ns: int = 0
    slots: int = 0
    """Of each node."""
    shards: int = 1
    """Queues of the engine."""
    servers: int = 0
    """How many attempts what limits the venue works on at once."""
    work_ns: float = 0.0
    """Mean time an attempt takes of what limits the venue."""
    alone_ns: int = 0
    """Mean time from arrival to answer of an attempt that meets nobody."""
    limited_by_engine: bool = False
    """By its engine, not by its nodes."""


class Precision(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Decimals of a symbol's prices and quantities in the records."""

    price: int
    quantity: int


LONGEST_NS = 86_400 * 10**9
"""Of a run, as of a scenario: seconds of it are counted one by one."""


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Instants and durations in nanoseconds of the run."""

    duration_ns: int
    """How long it went."""
    full_ns: int
    """How long the scenario is; longer than `duration_ns` where the run was cut short."""
    capacity: tuple[Capacity, ...] = (Capacity(),)
    """In order of time, the first from 0."""
    symbols: dict[str, Precision] = {}
    code_names: dict[str, str] = {}
    """How readers know codes that have another name than their own."""
    feigning: frozenset[str] = frozenset()
    """Traders that pass openings off as something better."""
    recovers_at_ns: int | None = None
    """From then on (None: never) a healthy venue recovers."""
    reported: Reported | None = None

    def at(self, instant: int) -> Capacity:
        """What was in force at an instant."""
        found = self.capacity[0]
        for capacity in self.capacity:
            if capacity.from_ns > instant:
                break
            found = capacity
        return found


def write_terms(folder: Path, terms: Terms) -> None:
    write_document(folder / TERMS_FILE, KIND, terms)


def read_terms(folder: Path) -> Terms:
    """Raises UnreadableError, OSError."""
    return read_document(folder / TERMS_FILE, KIND, Terms, _check)


def terms_bytes(terms: Terms) -> bytes:
    """As they are written: two runs on the same terms have the same bytes."""
    return msgspec.json.encode(terms, order="sorted")


def _check(terms: Terms) -> str | None:
    if not 0 < terms.duration_ns <= LONGEST_NS:
        return "duration_ns must be positive, and a day at most"
    if terms.recovers_at_ns is not None and not 0 <= terms.recovers_at_ns <= LONGEST_NS:
        return "recovers_at_ns must be 0 or later, and within a day"
    starts: list[Any] = [capacity.from_ns for capacity in terms.capacity]
    if not starts or starts[0] != 0 or starts != sorted(starts):
        return "capacity must begin at 0 and be in order of time"
    if any(capacity.shards < 1 for capacity in terms.capacity):
        return "a capacity has at least one shard"
    precisions = [
        number for precision in terms.symbols.values() for number in (precision.price, precision.quantity)
    ]
    if not all(0 <= number <= MOST_DECIMALS for number in precisions):
        return f"a symbol has from 0 to {MOST_DECIMALS} decimals"
    reported = terms.reported
    if reported is not None and not (reported.codes and all(reported.codes)):
        return "what was reported names at least one code, in groups that are not empty"
    if reported is not None and not 0 <= reported.from_ns < reported.to_ns:
        return "what was reported begins at 0 or later, and before it ends"
    return None

"""What the journal says about each attempt, kept small: a run has a million of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from run_records.journal import (
    AmendRow,
    CancelAllRow,
    CancelRow,
    JournalRow,
    Key,
    MarkRow,
    OrderRow,
    OutcomeRow,
    StationRow,
    TradeRow,
)
from run_records.words import ENGINE_STAGES, UNCLASSIFIED

Watchers = Mapping[type[Any], Sequence[Callable[[Any], None]]]
"""By kind of row, who else wants to see the rows of a journal as it is read."""
_COMMANDS = (OrderRow, CancelRow, AmendRow, CancelAllRow)


class Exchange:
    """The journal of one run, read once. Without rows it knows of nothing."""

    __slots__ = ("_closing", "_late", "_outcomes", "fills", "first_marks", "stations")

    def __init__(self, rows: Iterable[JournalRow], watchers: Watchers | None = None) -> None:
        self._outcomes: dict[Key, OutcomeRow] = {}
        self._late: dict[Key, int] = {}
        self._closing: set[Key] = set()
        self.fills: dict[Key, list[tuple[int, int]]] = {}
        """(instant, quantity) of what closing orders were filled, by attempt."""
        self.first_marks: dict[str, int] = {}
        """Each symbol's first mark price, in its precision."""
        self.stations: list[StationRow] = []
        """The books of queues."""
        watchers = watchers or {}
        for row in rows:
            if isinstance(row, OutcomeRow):
                # the row itself is kept: it is what is asked for, and a copy would cost more than its fields
                self._outcomes[row.key, row.leg] = row
            else:
                self._read(row)
            for watch in watchers.get(type(row), ()):
                watch(row)

    def outcome_of(self, key: Key) -> OutcomeRow | None:
        """The outcome of a leg; a batch that ended before its legs were read has one for all of them."""
        found = self._outcomes.get(key)
        if found is None and key[1]:
            whole = self._outcomes.get((key[0], 0))
            return whole if whole is not None and whole.klass is UNCLASSIFIED else None
        return found

    def outcomes(self) -> Iterable[tuple[Key, OutcomeRow]]:
        """All of them, in the order of their answers."""
        return self._outcomes.items()

    def done(self, key: Key) -> bool | None:
        """Whether the engine did what was asked, whatever the answer said and though it may have come too
        late for one; None if it never got there."""
        late = self._late.get(key)
        if late is not None:
            return late == 0
        found = self._outcomes.get(key)
        return found.code == 0 if found is not None and found.stage in ENGINE_STAGES else None

    def _read(self, row: JournalRow) -> None:
        if isinstance(row, TradeRow):
            for key in ((row.taker_key, row.taker_leg), (row.maker_key, row.maker_leg)):
                if key in self._closing:
                    self.fills.setdefault(key, []).append((row.at, row.quantity))
        elif isinstance(row, _COMMANDS):
            key = (row.key, row.leg)
            if key in self._outcomes:  # answered before the engine got to it
                self._late[key] = row.code
            if isinstance(row, OrderRow):
                self._note_closing(row, key)
        elif isinstance(row, MarkRow):
            self.first_marks.setdefault(row.symbol, row.price)
        elif isinstance(row, StationRow):
            self.stations.append(row)

    def _note_closing(self, row: OrderRow, key: Key) -> None:
        closes = row.reduce_only or row.position_side != "BOTH"
        if closes and row.code == 0 and row.key != "":
            self._closing.add(key)

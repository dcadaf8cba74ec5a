"""What the journal says about each attempt, kept small: a run has a million of them."""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern
from typing import Any, NamedTuple

from mock_exchange.gateway.attempt import UNCLASSIFIED
from mock_exchange.gateway.outcomes import ENGINE_STAGES
from mock_exchange.journal import COLUMNS

Rows = Iterable[list[Any]]
Key = tuple[Any, int]
"""A request's key and the batch leg."""

_O = {name: place for place, name in enumerate(COLUMNS["outcome"], 1)}
_ORDER = {name: place for place, name in enumerate(COLUMNS["order"], 1)}
_REDUCE_ONLY, _POSITION_SIDE = _ORDER["reduce_only"], _ORDER["position_side"]


class Seen(NamedTuple):
    """How the exchange saw an attempt. Instants in nanoseconds, -1 for never."""

    at: int
    klass: str
    truly: bool
    stage: str
    code: int
    judgement: str
    counted: bool
    admitted: int
    started: int
    held: int
    arrived: int


_FIELDS = tuple(
    _O[name]
    for name in (
        "at",
        "class",
        "truly",
        "stage",
        "code",
        "judgement",
        "counted",
        "admitted",
        "started",
        "held",
        "arrived",
    )
)
_COMMANDS = frozenset(("order", "amend", "cancel", "cancel_all"))
_INTERNED = {_O[name] for name in ("class", "stage", "judgement")}


class Exchange:
    """The journal of one run. `fills` are (instant, quantity) of orders that close, by attempt; `stations`
    the books of queues, `first_marks` each symbol's first mark price, scaled by its precision."""

    __slots__ = ("_closing", "_late", "_outcomes", "fills", "first_marks", "stations")

    def __init__(self, rows: Rows) -> None:
        self._outcomes: dict[Key, Seen] = {}
        self._late: dict[Key, int] = {}
        self._closing: set[Key] = set()
        self.fills: dict[Key, list[tuple[int, int]]] = {}
        self.first_marks: dict[str, int] = {}
        self.stations: list[list[Any]] = []
        for row in rows:
            self._read(row)

    def outcome_of(self, key: Key) -> Seen | None:
        """The outcome of a leg; a batch that ended before its legs were read has one for all of them."""
        found = self._outcomes.get(key)
        if found is None and key[1]:
            whole = self._outcomes.get((key[0], 0))
            return whole if whole is not None and whole.klass == UNCLASSIFIED else None
        return found

    def outcomes(self) -> Iterable[tuple[Key, Seen]]:
        """All of them, in the order of their answers."""
        return self._outcomes.items()

    def was_executed(self, key: Key) -> bool:
        """Whether the engine did what was asked, whatever the answer said."""
        return self.engine_code(key) == 0

    def engine_code(self, key: Key) -> int | None:
        """What the engine said to it, 0 for done, though it may have been too late for an answer; None if it
        never got there."""
        late = self._late.get(key)
        if late is not None:
            return late
        found = self._outcomes.get(key)
        return found.code if found is not None and found.stage in ENGINE_STAGES else None

    def _read(self, row: list[Any]) -> None:
        kind = row[0]
        if kind == "outcome":
            self._outcomes[row[2], row[3]] = Seen._make(
                intern(row[place]) if place in _INTERNED else row[place] for place in _FIELDS
            )
        elif kind == "trade":
            for key in ((row[6], row[7]), (row[9], row[10])):
                if key in self._closing:
                    self.fills.setdefault(key, []).append((row[1], row[5]))
        elif kind in _COMMANDS:
            self._done(kind, (row[2], row[3]), row)
        elif kind == "mark":
            self.first_marks.setdefault(row[2], row[3])
        elif kind == "station":
            self.stations.append(row)

    def _done(self, kind: str, key: Key, row: list[Any]) -> None:
        if key in self._outcomes:  # answered before the engine got to it
            self._late[key] = row[5]
        if (
            kind == "order"
            and row[5] == 0
            and key[0] != ""
            and (row[_REDUCE_ONLY] or row[_POSITION_SIDE] != "BOTH")
        ):
            self._closing.add(key)

"""A journal read from its first row on: what stands at its end, and what was left open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from mock_exchange.engine import Engine
from mock_exchange.recovery.memory import Held
from mock_exchange.replay import STEPS, replay_order
from run_records.journal import JournalRow, OrderRow, OutcomeRow, PhaseRow, VenueRow
from run_records.standing import (
    AddressRow,
    AdmittedRow,
    BeganRow,
    ConditionsRow,
    CountdownRow,
    ListenKeyRow,
    LostRow,
    OrderCountRow,
    PolicyRow,
)
from run_records.words import Cause, Meaning

Name = tuple[str | int, int]
"""Key and leg of an attempt."""


@dataclass
class Open:
    """An admitted attempt without an answer. `order_id` is its order, 0 while it has none."""

    name: Name
    account: str
    order_id: int = 0


@dataclass
class Story:
    """What the rows so far tell of the latest venue in the journal.

    `rows` are all that were read. `number` counts the venues, from 1; it `is_open` once its accounts and
    books are there: before that nobody can have been answered. `offset` is where its first row begins in the
    file; `begins` and `last` are the instants (ns) of its first row and of the latest one. `phase` is the
    name of the phase in force and when it began; `conditions` and `policy` (its name and parameters) are
    JSON texts, empty while they are as in the plan. `open_attempts` were admitted, and their client has had
    no answer: several under one name, if somebody sends the same bytes again. `venue` is the name of its
    beginning in the state file.
    """

    engine: Engine | None = None
    venue: str = ""
    rows: int = 0
    number: int = 0
    offset: int = 0
    is_open: bool = False
    begins: int = 0
    last: int = 0
    commands: int = 0
    phase: tuple[str, int] = ("begin", 0)
    conditions: str = ""
    policy: tuple[str, str] = ("", "")
    held: Held = field(default_factory=Held)
    open_attempts: dict[Name, list[Open]] = field(default_factory=dict)
    early: set[Name] = field(default_factory=set)
    """Answered that nobody knows, with their work still to be done."""

    def take(self, row: JournalRow) -> None:
        """Read one more. Raises ValueError for a command before the first venue, KeyError for an account that
        was not opened, Refused for what the engine has not done."""
        self.rows += 1
        self.last = max(self.last, row.at)
        if isinstance(row, OutcomeRow):
            self._answered(row)
        elif isinstance(row, AdmittedRow):
            name = (row.key, row.leg)
            self.open_attempts.setdefault(name, []).append(Open(name, row.account))
        elif isinstance(row, VenueRow):
            self._begin(row)
        elif type(row) in STEPS:
            self._execute(row)
        else:
            self._stands(row)

    @property
    def unanswered(self) -> list[Open]:
        """Those that nobody will answer any more, in the order in which they came."""
        return [attempt for attempts in self.open_attempts.values() for attempt in attempts]

    def _execute(self, row: Any) -> None:
        self.commands += 1
        name = (getattr(row, "key", ""), getattr(row, "leg", 0))
        if not getattr(row, "code", 0):
            if self.engine is None:
                raise ValueError("the journal does not say how its venue began")
            if isinstance(row, OrderRow):
                order = replay_order(self.engine, row, fate_unknown=name in self.early)
                if (attempts := self.open_attempts.get(name)) is not None:
                    attempts[0].order_id = order.order_id
            else:
                STEPS[type(row)](self.engine, row)
        self.early.discard(name)
        if isinstance(row, LostRow):
            self._close(name)

    def _begin(self, row: VenueRow) -> None:
        engine = Engine(row.conflict_rule, follow_median=row.follow_median)
        begins = max(0, row.at)
        fresh = Story(
            engine, "", self.rows, self.number + 1, begins=begins, last=begins, commands=self.commands
        )
        vars(self).update(vars(fresh))

    def _close(self, name: Name) -> None:
        attempts = self.open_attempts.get(name)
        if attempts is not None:
            attempts.pop(0)
            if not attempts:
                del self.open_attempts[name]

    def _answered(self, row: OutcomeRow) -> None:
        name = (row.key, row.leg)
        self._close(name)
        if row.admitted >= 0 and (row.meaning is Meaning.UNKNOWN or row.cause is Cause.LYING):
            self.early.add(name)

    def _stands(self, row: JournalRow) -> None:
        match row:
            case AddressRow() | OrderCountRow() | ListenKeyRow() | CountdownRow():
                self.held.note(row)
            case BeganRow():
                self.venue = row.name
            case PhaseRow():
                self.phase = (row.name, row.at)
            case ConditionsRow():
                self.conditions, self.is_open = row.venue, True
            case PolicyRow():
                self.policy = (row.name, row.parameters)
            case _:
                pass


def policy_of(story: Story) -> tuple[str, dict[str, object]] | None:
    """The policy that was switched to; None if it is still the plan's."""
    name, parameters = story.policy
    return (name, msgspec.json.decode(parameters, type=dict[str, object])) if name else None

"""A journal read from its first row on: what stands at its end, and what was left open."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from mock_exchange.engine import Engine
from mock_exchange.recovery.memory import Held
from mock_exchange.replay import STEPS, replay_order
from run_records.journal import JournalRow, OrderRow, OutcomeRow, PhaseRow, VenueRow
from run_records.standing import (
    AddressRow,
    AdmittedRow,
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

    account: str
    order_id: int = 0


@dataclass
class Story:
    """What the rows so far tell of the latest venue in the journal.

    `rows` are all that were read. `number` counts the venues, from 1; it `is_open` once its accounts and
    books are there: before that nobody can have been answered. `offset` is where its first row begins in the
    file; `begins` and `last` are the instants (ns) of its first row and of the latest one. `phase` is the
    name of the phase in force and when it began; `conditions` and `policy` (its name and parameters) are
    JSON texts, empty while they are as in the plan. `unanswered` are the attempts that were admitted and
    whose client has had no answer.
    """

    engine: Engine | None = None
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
    unanswered: dict[Name, Open] = field(default_factory=dict)
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
            self.unanswered[row.key, row.leg] = Open(row.account)
        elif isinstance(row, VenueRow):
            self._begin(row)
        elif (step := STEPS.get(type(row))) is not None:
            self.commands += 1
            if not getattr(row, "code", 0):
                if self.engine is None:
                    raise ValueError("the journal does not say how its venue began")
                if isinstance(row, OrderRow):
                    self._order(self.engine, row)
                else:
                    step(self.engine, row)
            if isinstance(row, LostRow):
                self.unanswered.pop((row.key, row.leg), None)
        else:
            self._stands(row)

    def _begin(self, row: VenueRow) -> None:
        engine = Engine(row.conflict_rule, follow_median=row.follow_median)
        fresh = Story(engine, self.rows, self.number + 1, begins=row.at, last=row.at, commands=self.commands)
        vars(self).update(vars(fresh))

    def _answered(self, row: OutcomeRow) -> None:
        self.unanswered.pop((row.key, row.leg), None)
        unknown = row.meaning is Meaning.UNKNOWN or row.cause is Cause.LYING
        if unknown and row.admitted >= 0 and row.started < 0:
            self.early.add((row.key, row.leg))

    def _order(self, engine: Engine, row: OrderRow) -> None:
        name = (row.key, row.leg)
        order = replay_order(engine, row, fate_unknown=name in self.early)
        self.early.discard(name)
        if (left := self.unanswered.get(name)) is not None:
            left.order_id = order.order_id

    def _stands(self, row: JournalRow) -> None:
        match row:
            case AddressRow() | OrderCountRow() | ListenKeyRow() | CountdownRow():
                self.held.note(row)
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

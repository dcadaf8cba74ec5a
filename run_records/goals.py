"""`goals.json`: what each account under watch set out to do."""

from __future__ import annotations

from pathlib import Path

import msgspec

from run_records.documents import read_document, write_document

GOALS_FILE = "goals.json"
KIND = "goals"
VISITOR = "visitor"


class Goal(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`account` holds `held` (signed, in units of 10^-quantity_precision) of `symbol` on `side` and is to
    reduce it by `target`."""

    account: str
    behaviour: str
    """How one of our bots takes refusals; `visitor` for somebody else's."""
    symbol: str
    price_precision: int
    quantity_precision: int
    side: str
    held: int
    target: int

    @property
    def sign(self) -> int:
        return 1 if self.held > 0 else -1


class Goals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    goals: tuple[Goal, ...] = ()


def write_goals(folder: Path, goals: list[Goal]) -> None:
    write_document(folder / GOALS_FILE, KIND, Goals(tuple(goals)))


def read_goals(folder: Path) -> list[Goal]:
    """Raises UnreadableError, OSError."""
    return list(read_document(folder / GOALS_FILE, KIND, Goals).goals)

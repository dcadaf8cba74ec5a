"""The exchange's record of a run; its rows are in `run_records/journal.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from run_records.journal import COLUMNS, JOURNAL, JournalRow
from run_records.lines import Lines


class Journal(Lines[JournalRow]):
    """Every outcome of every stage and every command of the engine, appended as they happen.

    `remembers` is whether its venue is to be started again from it: then it holds `standing` rows, too, and
    `before_flush` appends those that are due. `turn` is called when a flush has written something, and
    may begin another file.
    """

    __slots__ = ("before_flush", "remembers", "turn")

    def __init__(self, path: Path | None = None, *, keep: bool = True) -> None:
        self.remembers = False
        self.before_flush: Callable[[], None] | None = None
        self.turn: Callable[[], None] | None = None
        super().__init__(JOURNAL, COLUMNS, path, keep=keep)

    def flush(self) -> None:
        if self.before_flush is not None:
            self.before_flush()
        is_due = bool(self.rows)
        super().flush()
        if is_due and self.turn is not None:
            self.turn()

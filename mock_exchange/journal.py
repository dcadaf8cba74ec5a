"""The exchange's record of a run; its rows are in `run_records/journal.py`."""

from __future__ import annotations

from pathlib import Path

from run_records.journal import COLUMNS, JOURNAL, JournalRow
from run_records.lines import Lines


class Journal(Lines[JournalRow]):
    """Every outcome of every stage and every command of the engine, appended as they happen."""

    __slots__ = ()

    def __init__(self, path: Path | None = None, *, keep: bool = True) -> None:
        super().__init__(JOURNAL, COLUMNS, path, keep=keep)

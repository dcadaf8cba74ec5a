"""Progress on stderr: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PLAIN_STEP = 0.25


def part_of(progress: Callable[[float], None] | None, done: range, of: int) -> Callable[[float], None] | None:
    """For a piece of work that does these of so many: what it tells as its own share is told as one of the
    whole."""
    if progress is None:
        return None
    return lambda share: progress((done.start + share * len(done)) / of)


class Reporter:
    """Use as a context manager; `update` may be called from the thread that runs the check."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._next_line = 0.0
        self._what = ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, what: str, share: float) -> None:
        if self._progress is not None:
            if self._task is None:
                self._task = self._progress.add_task(what, total=1.0)
            self._progress.update(self._task, description=what, completed=share)
            return
        if what != self._what:
            self._what, self._next_line = what, 0.0
        if share >= self._next_line:
            print(f"{what}: {share:.0%}", file=sys.stderr, flush=True)
            self._next_line = share + PLAIN_STEP

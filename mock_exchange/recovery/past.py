"""Opening a journal so that its venue can go on: one process at a time, the torn tail cut, the rest read."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from mock_exchange.plan import Plan
from mock_exchange.recovery.reading import read_story
from mock_exchange.recovery.state_file import Beginning, VenueState, read_state, state_path
from mock_exchange.recovery.story import Story
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError

_LONGEST_ROW = 1 << 24
"""A torn row is not longer: it is looked for from the end."""


class InUseError(OSError):
    """Another process writes this journal."""


@dataclass
class Past:
    """A journal, open for writing at its end, and what it tells. `cut_bytes` of a torn row are gone. Without
    a `story` the process had ended before its venue was open: that begins once more."""

    path: Path
    file: FileIO
    story: Story | None
    state: VenueState
    plan: Plan
    beginning: Beginning
    cut_bytes: int
    is_empty: bool = False


def create_journal(path: Path) -> FileIO:
    """A new file, for this process alone. Raises FileExistsError: what is there is never overwritten."""
    file = FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "r+b")
    _lock(file, path)
    return file


def open_past(path: Path) -> Past | None:
    """Read a journal and its state to the end; None, and the file is gone, if its process ended before it had
    written either. Raises UnreadableError with one line, InUseError, OSError."""
    open_plain(path).close()
    file = FileIO(os.open(path, os.O_RDWR | os.O_CLOEXEC), "r+b")
    try:
        _lock(file, path)
        if file.seek(0, os.SEEK_END) == 0 and not state_path(path).exists():
            path.unlink()
            file.close()
            return None
        past = _read_past(path, file)
        file.seek(0, os.SEEK_END)
    except BaseException:
        file.close()
        raise
    return past


def _read_past(path: Path, file: FileIO) -> Past:
    cut_bytes = _cut_torn_row(file)
    state = read_state(path)
    is_empty = file.seek(0, os.SEEK_END) == 0
    story = Story(number=1) if is_empty else read_story(path)[0]
    beginning = state.beginning(max(1, story.number))
    if beginning is None:
        raise UnreadableError(
            f"{state_path(path).name} does not say how venue number {story.number} of {path.name} began"
        )
    try:
        plan = Plan.from_dict(beginning.plan)
    except ValueError as error:
        raise UnreadableError(f"{state_path(path).name}: {error}") from None
    if story.is_open:
        return Past(path, file, story, state, plan, beginning, cut_bytes)
    if story.number and not is_empty:
        file.truncate(story.offset)
    return Past(path, file, None, state, plan, beginning, cut_bytes, is_empty)


def _lock(file: FileIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise InUseError(f"{path} is written by another process") from None


def _cut_torn_row(file: FileIO) -> int:
    """A kill may leave half of the last row; nothing may follow that. How many bytes are gone."""
    size = file.seek(0, os.SEEK_END)
    begin = max(0, size - _LONGEST_ROW)
    file.seek(begin)
    tail = file.read()
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        file.truncate(size - torn)
    return torn

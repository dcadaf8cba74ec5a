"""Opening a journal so that its venue can go on: one process at a time, nothing cut before all is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from mock_exchange.house import HOUSE
from mock_exchange.journal import Journal
from mock_exchange.plan import Plan
from mock_exchange.recovery.one_writer import lock
from mock_exchange.recovery.reading import read_story
from mock_exchange.recovery.state_file import Beginning, VenueState, read_state, state_path
from mock_exchange.recovery.story import Story, policy_of
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError


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

    @property
    def policy(self) -> str:
        """The policy that was in force."""
        switched = policy_of(self.story) if self.story is not None else None
        return switched[0] if switched is not None else self.plan.policy


def open_past(path: Path) -> Past | None:
    """Read a journal and its state to the end; None, and the file is gone, if its process ended before it had
    written either. Raises UnreadableError with one line, InUseError, OSError."""
    open_plain(path).close()
    file = FileIO(os.open(path, os.O_RDWR | os.O_CLOEXEC), "r+b")
    try:
        lock(file, path)
        is_empty = _is_empty(file)
        if is_empty and not path.is_symlink() and not state_path(path).exists():
            path.unlink()
            file.close()
            return None
        past = _begun_only(path, file) if is_empty else _read_past(path, file)
        file.seek(0, os.SEEK_END)
    except BaseException:
        file.close()
        raise
    return past


def _is_empty(file: FileIO) -> bool:
    """Whether there is nothing yet, or only a part of the first line."""
    header = Journal().header
    file.seek(0)
    begin = file.read(len(header))
    return begin != header and header.startswith(begin)


def _begun_only(path: Path, file: FileIO) -> Past:
    """The state was written, and nothing else."""
    state = read_state(path)
    beginning, plan = _beginning(path, state, "")
    file.truncate(0)
    return Past(path, file, None, state, plan, beginning, 0, is_empty=True)


def _read_past(path: Path, file: FileIO) -> Past:
    story, end = read_story(path)
    state = read_state(path)
    beginning, plan = _beginning(path, state, story.venue)
    if story.engine is not None and story.is_open:
        _check_accounts(path, plan, story)
        keep = end
    else:  # nobody can have been answered yet: what there is of it is made again
        keep = story.offset or end
    cut_bytes = file.seek(0, os.SEEK_END) - keep
    if cut_bytes:
        file.truncate(keep)
    return Past(path, file, story if story.is_open else None, state, plan, beginning, cut_bytes)


def _beginning(path: Path, state: VenueState, venue: str) -> tuple[Beginning, Plan]:
    beginning = state.beginning(venue)
    if beginning is None:
        raise UnreadableError(f"{state_path(path).name} does not say how the venue of {path.name} began")
    try:
        return beginning, Plan.from_dict(beginning.plan)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{state_path(path).name}: {error}") from None


def _check_accounts(path: Path, plan: Plan, story: Story) -> None:
    assert story.engine is not None
    wanted = {HOUSE, *(account.name for account in plan.accounts)}
    if missing := sorted(wanted - set(story.engine.accounts)):
        state = state_path(path).name
        raise UnreadableError(f"{path.name} opens no account {missing[0]!r}, which {state} has")

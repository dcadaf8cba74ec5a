"""Journals that are set aside as NAME.1, NAME.2 …, so that NAME can begin anew or go on in another file."""

from __future__ import annotations

import contextlib
import glob
import os
from pathlib import Path

from mock_exchange.journal import Journal
from mock_exchange.recovery.one_writer import create_journal
from run_records.documents import sync_folder
from run_records.journal import JOURNAL
from run_records.lines import RecordsLostError, check_header
from run_records.parts import After, part_path
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError


class Turn:
    """Begins another part where the one that is written has grown to `most_bytes`. With `durable` the part
    that ends is on the disk before, since nobody will wait for it afterwards."""

    def __init__(self, journal: Journal, most_bytes: int, *, durable: bool) -> None:
        self._journal = journal
        self._most_bytes = most_bytes
        self._durable = durable

    def __call__(self) -> None:
        """Raises RecordsLostError where there can be no other part."""
        journal = self._journal
        if journal.path is None or journal.size < self._most_bytes:
            return
        if self._durable:
            journal.syncing()()
        try:
            set_aside(journal, journal.path, continues=True)
        except OSError as error:
            raise RecordsLostError(f"{journal.path} cannot be set aside: {error.strerror}") from error


def set_aside(journal: Journal, path: Path, *, continues: bool = False) -> None:
    """A new file takes the journal's place when it is there as a whole; it says that it `continues`, or it
    begins anew. The old one, which is flushed, has another name before, so that at no instant there is none.
    Raises OSError, RecordsLostError, and all is as it was."""
    number = _next_number(path)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    file = create_journal(new)
    try:
        more = {"after": After(number, journal.size)} if continues else {}
        journal.write_header(new, file, **more)
        os.fsync(file.fileno())  # a name that is on the disk has its first line there
        aside = part_path(path, number)
        if not aside.exists():
            os.link(path, aside)
        new.replace(path)
    except BaseException:
        file.close()
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    journal.go_on(path, file)


def forget_old(path: Path, keep: int | None, before: int | None = None) -> None:
    """Of those that are set aside the latest `keep` stay, or all; and whatever is not `before` a number."""
    if keep is None:
        return
    for number, oldest in _taken(path)[:-keep]:
        if before is None or number < before:
            with contextlib.suppress(OSError, UnreadableError):  # somebody else's
                with open_plain(oldest) as file:
                    check_header(file, JOURNAL, oldest.name)
                oldest.unlink()


def _taken(path: Path) -> list[tuple[int, Path]]:
    """Journals that were set aside, by their numbers."""
    return sorted(
        (int(number), other)
        for other in path.parent.glob(glob.escape(path.name) + ".*")
        if (number := other.name[len(path.name) + 1 :]).isascii() and number.isdecimal()
    )


def _next_number(path: Path) -> int:
    """The highest is the latest. A process that was killed while it set a journal aside has left it with both
    names: that number is taken up again."""
    taken = _taken(path)
    if not taken:
        return 1
    number, latest = taken[-1]
    return number if latest.samefile(path) else number + 1

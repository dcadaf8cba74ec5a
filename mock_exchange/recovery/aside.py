"""Journals that are set aside as NAME.1, NAME.2 …, so that NAME can begin anew or go on in another file."""

from __future__ import annotations

import contextlib
import glob
import os
from pathlib import Path

from mock_exchange.journal import Journal
from mock_exchange.recovery.one_writer import create_journal, is_written
from run_records.documents import sync_folder
from run_records.journal import JOURNAL
from run_records.lines import RecordsLostError, check_header
from run_records.parts import After, after_of, part_path
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError

_MOST_DIGITS = 6
"""Of a number of ours. Somebody's copy of a journal may be named by its date."""


class Turn:
    """Begins another part where the one that is written has grown to `most_bytes`. With `durable` the part
    that ends is on the disk before, since nobody will wait for it afterwards."""

    def __init__(self, journal: Journal, most_bytes: int, *, durable: bool) -> None:
        self._journal = journal
        self._most_bytes = most_bytes
        self._durable = durable

    def __call__(self) -> None:
        """Raises RecordsLostError where there can be no other part; there is no second try."""
        journal = self._journal
        if journal.path is None or journal.size < self._most_bytes:
            return
        try:
            set_aside(journal, journal.path, continues=True, durable=self._durable)
        except OSError as error:
            journal.turn = None
            raise RecordsLostError(f"{journal.path} cannot be set aside: {_reason(error)}") from error
        except RecordsLostError:
            journal.turn = None
            raise


def set_aside(journal: Journal, path: Path, *, continues: bool = False, durable: bool = False) -> None:
    """A new file takes the journal's place when it is there as a whole; it says that it `continues`, or it
    begins anew. The old one, which is flushed, has another name before, so that at no instant there is none;
    it is on the disk if it is to be `durable`. Raises OSError, and all is as it was; or RecordsLostError, and
    nobody knows what the disk has."""
    if durable:
        journal.syncing()()
    if not journal.is_at(path):
        raise OSError(0, "another file has taken its place", str(path))
    number, is_linked = _next_number(journal, path)
    new = path.with_name(f".{path.name}.new")
    if new.exists() and not is_written(new):  # of a process that was killed
        new.unlink()
    file = create_journal(new)
    try:
        more = {"after": After(number, journal.size)} if continues else {}
        journal.write_header(new, file, **more)
        os.fsync(file.fileno())  # a name that is on the disk has its first line there
        if not is_linked:
            os.link(path, part_path(path, number), follow_symlinks=False)
        new.replace(path)
    except BaseException as error:
        file.close()
        new.unlink(missing_ok=True)
        if isinstance(error, RecordsLostError) and isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise
    journal.go_on(path, file)
    try:
        sync_folder(path.parent)
    except OSError as error:
        raise RecordsLostError(f"{path.parent} cannot be written: {_reason(error)}") from error


def forget_old(path: Path, keep: int | None, before: int | None = None) -> None:
    """Of those that are set aside the latest `keep` stay, or all; and whatever is not `before` a number. What
    is no journal, or is written by another process, is somebody else's."""
    if keep is None:
        return
    for number, oldest in _taken(path)[:-keep]:
        if before is None or number < before:
            with contextlib.suppress(OSError, UnreadableError):
                with open_plain(oldest) as file:
                    check_header(file, JOURNAL, oldest.name)
                if not oldest.is_symlink() and not is_written(oldest):
                    oldest.unlink()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _taken(path: Path) -> list[tuple[int, Path]]:
    """What has the name of a journal that was set aside, by the numbers."""
    return sorted(
        (int(number), other)
        for other in path.parent.glob(glob.escape(path.name) + ".*")
        if (number := other.name[len(path.name) + 1 :]).isascii()
        and number.isdecimal()
        and len(number) <= _MOST_DIGITS
    )


def _next_number(journal: Journal, path: Path) -> tuple[int, bool]:
    """The highest is the latest, also where those before it have been taken away. A process that was killed
    while it set the journal aside has left it with both names: that number is taken up again, and the file
    has its name already."""
    taken = _taken(path)
    if taken and journal.is_at(taken[-1][1]):
        return taken[-1][0], True
    with open_plain(path) as file:
        after = after_of(file, path.name)
    return max([0 if after is None else after.part, *(number for number, _ in taken)]) + 1, False

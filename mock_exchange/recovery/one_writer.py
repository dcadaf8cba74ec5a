"""One process at a time writes a journal."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from run_records.documents import sync_folder
from run_records.plain_files import open_plain


class InUseError(OSError):
    """Another process writes this journal."""


def create_journal(path: Path) -> FileIO:
    """A new file, for this process alone. Raises FileExistsError: what is there is never overwritten."""
    file = FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "r+b")
    lock(file, path)
    sync_folder(path.parent)
    return file


def lock(file: FileIO, path: Path) -> None:
    """For this process alone, as long as the file is open. Raises InUseError, and the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise InUseError(f"{path} is written by another process") from None
    if not os.path.samestat(os.fstat(file.fileno()), os.stat(path)):  # set aside meanwhile
        file.close()
        raise InUseError(f"{path} is written by another process")


def is_written(path: Path) -> bool:
    """Whether a process writes the journal of this name. Raises OSError."""
    with open_plain(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """One process at a time makes bookmarks in a folder: the one that ends last must not leave the older one.
    Raises InUseError, OSError."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InUseError(f"another process makes one in {folder}") from None
    finally:
        os.close(number)

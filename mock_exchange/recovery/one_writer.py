"""One process at a time writes a journal."""

from __future__ import annotations

import fcntl
import os
from io import FileIO
from pathlib import Path

from run_records.documents import sync_folder


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
    here, there = os.fstat(file.fileno()), os.stat(path)
    if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):  # set aside meanwhile
        file.close()
        raise InUseError(f"{path} is written by another process")

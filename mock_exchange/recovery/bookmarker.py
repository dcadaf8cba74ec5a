"""A bookmark now and then, made by a process beside the exchange."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import NamedTuple

from mock_exchange.recovery.bookmark import bookmark_path

GROWN_BYTES = 32 << 20
"""By how much a journal must have grown: some 60,000 commands, which are read in less than two seconds."""
LOOK_EVERY_S = 5.0


async def keep_bookmarks(journal: Path, keep: int | None = None, look_every_s: float = LOOK_EVERY_S) -> None:
    """Until cancelled. A bookmark that could not be made costs the next reader time, and nothing else. Of the
    parts before it the latest `keep` stay, or all."""
    marked = _look(journal) if bookmark_path(journal).exists() else _Look(0, 0)
    while True:
        await asyncio.sleep(look_every_s)
        now = _look(journal)
        if now.file != marked.file:  # another part has taken its place, or another journal
            marked = _Look(now.file, -GROWN_BYTES if marked.file else 0)
        if now.size - marked.size >= GROWN_BYTES:
            marked = now
            with contextlib.suppress(OSError):  # no process to be had: the next time
                await _leave_one(journal, keep)


async def _leave_one(journal: Path, keep: int | None) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__.rpartition(".")[0],
        str(journal),
        *([] if keep is None else [str(keep)]),
        stdin=asyncio.subprocess.PIPE,  # whose end is ours, however that comes
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()  # so that its pipe is closed while there is a loop


class _Look(NamedTuple):
    file: int
    """Its number in the file system, 0 for none."""
    size: int


def _look(path: Path) -> _Look:
    try:
        found = path.stat()
    except FileNotFoundError:
        return _Look(0, 0)
    return _Look(found.st_ino, found.st_size)

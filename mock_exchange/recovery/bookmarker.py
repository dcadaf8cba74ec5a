"""A bookmark now and then, made by a process beside the exchange."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from pathlib import Path
from typing import NamedTuple

from mock_exchange.recovery.bookmark import bookmark_path

GROWN_BYTES = 32 << 20
"""By how much a journal must have grown: some 60,000 commands, which are read in less than two seconds."""
LOOK_EVERY_S = 5.0
_log = logging.getLogger(__name__)


async def keep_bookmarks(journal: Path, keep: int | None = None, look_every_s: float = LOOK_EVERY_S) -> None:
    """Until cancelled. A bookmark that could not be made costs the next reader time, and nothing else. Of the
    parts before it the latest `keep` stay, or all."""
    told = ""
    marked = _look(journal) if bookmark_path(journal).exists() else _Look(0, 0)
    while True:
        await asyncio.sleep(look_every_s)
        now = _look(journal)
        if now.file != marked.file:  # another part has taken its place, or another journal
            marked = _Look(now.file, -GROWN_BYTES if marked.file else 0)
        if now.size - marked.size >= GROWN_BYTES:
            marked = now
            try:
                trouble = await _leave_one(journal, keep)
            except OSError as error:
                trouble = str(error)
            if trouble and trouble != told:
                _log.warning("no bookmark beside %s, and all of its parts stay: %s", journal.name, trouble)
            told = trouble


async def _leave_one(journal: Path, keep: int | None) -> str:
    """What stood in the way, in a line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # a file of the folder that it was started in is no module of ours
        "-m",
        __name__.rpartition(".")[0],
        str(journal),
        *([] if keep is None else [str(keep)]),
        stdin=asyncio.subprocess.PIPE,  # whose end is ours, however that comes
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
        lines = said.decode(errors="replace").splitlines()
        return "" if not process.returncode else lines[-1] if lines else f"status {process.returncode}"
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
    except OSError:  # for now
        return _Look(0, 0)
    return _Look(found.st_ino, found.st_size)

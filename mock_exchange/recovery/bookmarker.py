"""A bookmark now and then, made by a process beside the exchange."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

from mock_exchange.recovery.bookmark import bookmark_path

GROWN_BYTES = 32 << 20
"""By how much a journal must have grown: some 60,000 commands, which are read in less than two seconds."""
LOOK_EVERY_S = 5.0


async def keep_bookmarks(journal: Path) -> None:
    """Until cancelled. A bookmark that could not be made costs the next reader time, and nothing else."""
    marked = _size(journal) if bookmark_path(journal).exists() else 0
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        size = _size(journal)
        if size < marked:  # another journal has taken its place
            marked = 0
        if size - marked >= GROWN_BYTES:
            marked = size
            with contextlib.suppress(OSError):  # no process to be had: the next time
                await _leave_one(journal)


async def _leave_one(journal: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__.rpartition(".")[0],
        str(journal),
        stdin=asyncio.subprocess.PIPE,  # whose end is ours, however that comes
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

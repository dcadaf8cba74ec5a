"""What tests have done elsewhere: a job goes there by its name."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def doubled(item: int) -> int:
    return 2 * item


def died_once(mark: str) -> str:
    """Kills its worker, unless one has died of it already."""
    if not Path(mark).exists():
        Path(mark).touch()
        die(mark)
    return mark


def die(item: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail_at_zero(item: int) -> int:
    if not item:
        raise ValueError("the first has failed")
    return item


def write_here(item: int, folder: Path) -> None:
    folder.mkdir()
    (folder / "what.jsonl").write_text(f"{item}\n" * 1_000)

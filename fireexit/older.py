"""Directories of the version before, read as today's: what they leave unsaid is filled in by those who know
it.

Version 1 wrote no meanings, no terms and no goals: a judge had to know the exchange and the scenario. Its
records were all of one dialect, so the meanings follow from its codes; terms and goals follow from the
scenario that lies beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from judging.evidence.manifest import EvidenceError
from run_records.plain_files import read_plain
from run_records.run import RUN_FILE
from run_records.schemas import OLDEST, UnreadableError, check_schema, version_of


@dataclass(frozen=True, slots=True)
class Opened:
    """A run's directory, as today's commands read it."""

    folder: Path
    """The directory itself, or a copy as this version would have written it."""
    shown: Path
    """What to call it."""
    older: bool = False


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """A directory of this version or the one before. Raises EvidenceError."""
    if not _is_older(folder):
        yield Opened(folder, folder)
        return
    try:
        from fireexit.upgrade import upgrade
    except ImportError:
        raise EvidenceError(
            f"{folder} is of version {OLDEST} of the records: reading it takes the whole tool, exchange and "
            "scenarios included"
        ) from None
    with TemporaryDirectory(prefix="fireexit-") as name:
        copy = Path(name) / "run"
        upgrade(folder, copy)
        yield Opened(copy, folder, older=True)


def _is_older(folder: Path) -> bool:
    try:
        schema = orjson.loads(read_plain(folder / RUN_FILE))["schema"]
    except (OSError, ValueError, KeyError, TypeError):
        return False  # whoever reads it says what is wrong
    try:
        check_schema(schema, "run", str(folder / RUN_FILE), oldest=OLDEST)
    except UnreadableError as error:
        raise EvidenceError(str(error)) from None
    return version_of(schema, "run") == OLDEST

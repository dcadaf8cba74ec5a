"""A journal in parts: one that has grown is set aside as NAME.1, NAME.2 …, and NAME goes on after it.

The first line of a part says which one it goes on after, so that the rows of all are those of one journal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from run_records.journal import JOURNAL, JournalRow, read_journal
from run_records.lines import check_header
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError


class MissingPartError(UnreadableError):
    """One is not there any more."""


class After(msgspec.Struct, frozen=True):
    """What a part goes on after: the number of the part before it, and how many bytes that has."""

    part: int
    size: int


_PIECE = 1 << 18


class _Header(msgspec.Struct):
    after: After | None = None


def part_path(path: Path, number: int) -> Path:
    """Where a part of a journal lies once it is set aside."""
    return path.with_name(f"{path.name}.{number}")


def parts_before(path: Path, file: BinaryIO) -> Iterator[Path]:
    """What the open `file` of a journal goes on after, the latest first. Raises UnreadableError where a part
    that is asked for is missing or is not as it was left, OSError."""
    after, last = after_of(file, path.name), None
    while after is not None:
        if last is not None and after.part >= last:
            raise UnreadableError(f"{path.name}.{last} says that it goes on after {path.name}.{after.part}")
        part, last = part_path(path, after.part), after.part
        try:
            with open_plain(part) as before:
                size = os.fstat(before.fileno()).st_size
                if size != after.size:
                    raise UnreadableError(
                        f"{path.name} goes on after {after.size} bytes of {part.name}, which has {size}"
                    )
                after = after_of(before, part.name)
        except FileNotFoundError:
            raise MissingPartError(f"{path.name} goes on after {part.name}, which is not there") from None
        yield part


def after_of(file: BinaryIO, name: str) -> After | None:
    """What an open file goes on after; None for a journal's first. Raises UnreadableError."""
    file.seek(0)
    check_header(file, JOURNAL, name)
    file.seek(0)
    try:
        return msgspec.json.decode(file.readline(), type=_Header).after  # which has an end
    except msgspec.ValidationError as error:
        raise UnreadableError(f"{name}: {error}") from None


def whole_text(path: Path) -> Iterator[bytes]:
    """A journal as one file: the first line of its first part, and the rows of all, in pieces. Raises
    UnreadableError, OSError."""
    for number, part in enumerate(_in_order(path)):
        with open_plain(part) as file:
            head = file.readline()
            if not number:
                yield head
            while piece := file.read(_PIECE):
                yield piece


def read_parts(path: Path) -> Iterator[JournalRow]:
    """The rows of all parts, from the first one on. Raises UnreadableError, OSError."""
    for part in _in_order(path):
        yield from read_journal(part)


def _in_order(path: Path) -> list[Path]:
    """All parts of a journal, the first one first. Raises UnreadableError, OSError."""
    with open_plain(path) as file:
        return [*reversed(list(parts_before(path, file))), path]

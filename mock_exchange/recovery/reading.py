"""All complete rows of a journal, made into a story: from its bookmark on, if it has one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from mock_exchange.errors import Refused
from mock_exchange.garbage import rare_collection
from mock_exchange.recovery import bookmark
from mock_exchange.recovery.aside import forget_old
from mock_exchange.recovery.story import Story
from run_records.journal import JOURNAL, decode_row
from run_records.lines import check_header
from run_records.parts import MissingPartError, after_of, parts_before
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError


def read_story(path: Path) -> tuple[Story, int]:
    """The story, and the byte after its last row in the latest part. Raises UnreadableError, OSError."""
    with open_plain(path) as file:
        return _read_all(path, file)


def leave_bookmark(path: Path, keep: int | None = None) -> None:
    """For the next reader, at the end of what is there now; of the parts before it the latest `keep` stay, or
    all. Raises UnreadableError, OSError."""
    with open_plain(path) as file:
        story, offset = _read_all(path, file)
        if not story.is_open:
            return
        bookmark.save(path, file, story, offset, durable=keep is not None)
        if (after := after_of(file, path.name)) is not None:
            forget_old(path, keep, before=after.part + 1)


def _read_all(path: Path, file: BinaryIO) -> tuple[Story, int]:
    """`file` is open: its name may be another part's at any moment."""
    with rare_collection():
        story, offset, parts = _known(path, file)
        for part in parts:
            with open_plain(part) as before:
                offset = _read(part.name, before, story, offset)
                if offset != os.fstat(before.fileno()).st_size:
                    raise UnreadableError(f"{part.name} was set aside, and ends in the middle of a row")
            offset = 0
        return story, _read(path.name, file, story, offset)


def _known(path: Path, file: BinaryIO) -> tuple[Story, int, list[Path]]:
    """What need not be read: a story, and the byte that it stands at in the first of these parts, or in the
    open `file` if there are none."""
    mark = bookmark.load(path)
    if mark is not None and (story := mark.story_in(file)) is not None:
        return story, mark.offset, []
    parts: list[Path] = []
    try:
        for part in parts_before(path, file):
            parts.insert(0, part)
            with open_plain(part) as before:
                if mark is not None and (story := mark.story_in(before)) is not None:
                    return story, mark.offset, parts
    except MissingPartError as error:
        why = "stands before it" if mark is not None else "is none of this version's and this user's"
        name = bookmark.bookmark_path(path).name
        raise UnreadableError(
            f"{error}; where --keep has removed it, {name} would do, but that {why}"
        ) from None
    return Story(), 0, parts


def _read(name: str, file: BinaryIO, story: Story, offset: int) -> int:
    """Go on with a story from this byte of a part; returns the byte after the last row."""
    file.seek(offset)
    if not offset:
        check_header(file, JOURNAL, name)
        offset = file.tell()
    take, venues = story.take, story.number
    try:
        for line in file:
            if not line.endswith(b"\n"):
                break
            take(decode_row(line))
            if story.number != venues:
                venues, story.offset = story.number, offset
            offset += len(line)
    except Refused as refusal:
        raise UnreadableError(
            f"{name}, record {story.rows}: the engine refuses it with {refusal.code}, so it was not written "
            "by this version"
        ) from None
    except OSError:
        raise
    except Exception as error:  # whatever a row that is none of ours makes the engine do
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise UnreadableError(f"{name}, record {story.rows + 1}: {why}") from None
    return offset

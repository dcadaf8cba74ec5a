"""All complete rows of a journal, made into a story: from its bookmark on, if it has one."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from mock_exchange.errors import Refused
from mock_exchange.garbage import rare_collection
from mock_exchange.recovery import bookmark
from mock_exchange.recovery.story import Story
from run_records.journal import JOURNAL, decode_row
from run_records.lines import check_header
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError


def read_story(path: Path) -> tuple[Story, int]:
    """The story, and the byte after its last row. Raises UnreadableError, OSError."""
    with open_plain(path) as file:
        return _read(path, file)


def leave_bookmark(path: Path) -> None:
    """For the next reader, at the end of what is there now. Raises UnreadableError, OSError."""
    with open_plain(path) as file:
        story, offset = _read(path, file)
        if story.is_open:
            bookmark.save(path, file, story, offset)


def _read(path: Path, file: BinaryIO) -> tuple[Story, int]:
    with rare_collection():
        check_header(file, JOURNAL, path.name)
        begin = file.tell()
        story, offset = bookmark.load(path, file) or (Story(), begin)
        file.seek(offset)
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
                f"{path.name}, record {story.rows}: the engine refuses it with {refusal.code}, so it was not "
                "written by this version"
            ) from None
        except OSError:
            raise
        except Exception as error:  # whatever a row that is none of ours makes the engine do
            why = " ".join(str(error).split())[:200] or type(error).__name__
            raise UnreadableError(f"{path.name}, record {story.rows + 1}: {why}") from None
    return story, offset

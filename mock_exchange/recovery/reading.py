"""All complete rows of a journal, made into a story: from its bookmark on, if it has one."""

from __future__ import annotations

from pathlib import Path

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
    with rare_collection(), open_plain(path) as file:
        check_header(file, JOURNAL, path.name)
        story, offset = bookmark.load(path) or (Story(), file.tell())
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
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:  # msgspec's are ValueErrors
            raise UnreadableError(f"{path.name}, record {story.rows + 1}: {error}") from None
    return story, offset


def leave_bookmark(path: Path) -> None:
    """For the next reader, at the end of what is there now. Raises UnreadableError, OSError."""
    story, offset = read_story(path)
    if story.is_open:
        bookmark.save(path, story, offset)

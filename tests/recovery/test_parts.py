"""A journal in parts is one journal: it goes on, is read and is cut as if it were one file."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from random import Random

import psutil
import pytest

from mock_exchange import recovery
from mock_exchange.journal import Journal
from mock_exchange.recovery.aside import Turn, set_aside
from mock_exchange.recovery.bookmark import bookmark_path
from mock_exchange.recovery.bookmarker import keep_bookmarks
from mock_exchange.recovery.past import open_past
from mock_exchange.recovery.reading import leave_bookmark, read_story
from mock_exchange.replay import replay
from run_records.journal import OrderRow, PhaseRow
from run_records.lines import RecordsLostError
from run_records.parts import part_path, read_parts
from run_records.schemas import UnreadableError
from tests.recovery.test_going_on import whole_state
from tests.recovery.test_succession import Serving, open_orders, serving

PART = 6_000
"""Bytes: a header and some fifteen orders."""


def parts(path: Path) -> list[int]:
    numbers = (other.name.rpartition(".")[2] for other in path.parent.glob(f"{path.name}.[0-9]*"))
    return sorted(int(number) for number in numbers if number.isdecimal())


def orders(now: Serving, number: int) -> list[int]:
    return [now.order(price=9_900_000 - 10 * place) for place in range(number)]


async def test_a_venue_goes_on_from_all_parts(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        given = orders(now, 100)
        before = whole_state(now.venue.engine)
    numbers = parts(path)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 2
    assert all(PART <= part_path(path, number).stat().st_size < PART + 2_000 for number in numbers)
    assert [
        row.order_id for row in read_parts(path) if isinstance(row, OrderRow) and row.account == "a0"
    ] == given
    async with serving(path, most_bytes=PART) as again:
        assert whole_state(again.venue.engine) == before
        assert open_orders(again.venue) == given
        more = orders(again, 60)
    assert len(parts(path)) > len(numbers)
    assert replay(read_parts(path)).state_hash() == again.venue.engine.state_hash()
    async with serving(path) as last:
        assert open_orders(last.venue) == given + more


async def test_a_part_cut_at_any_byte_is_resumed_to_the_replay_of_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 55)
    whole, draw = path.read_bytes(), Random(1)
    header = whole.index(b"\n") + 1
    for cut in (header, header + 1, len(whole), *(draw.randrange(header, len(whole)) for _ in range(5))):
        path.write_bytes(whole[:cut])
        past = open_past(path)
        assert past is not None
        assert past.story is not None
        assert past.story.engine is not None
        past.file.close()
        assert path.read_bytes() == whole[: whole.rindex(b"\n", 0, cut) + 1]
        assert past.story.engine.state_hash() == replay(read_parts(path)).state_hash()


async def test_a_part_that_is_missing_or_is_another_is_said(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 100)
    *_, one, latest = parts(path)
    aside = part_path(path, one)
    good = aside.read_bytes()
    aside.write_bytes(good[:-1])
    with pytest.raises(UnreadableError, match=rf"goes on after {len(good)} bytes of j\.{one}, which has"):
        open_past(path)
    aside.unlink()
    with pytest.raises(UnreadableError, match=rf"goes on after j\.{one}, which is not there"):
        open_past(path)
    aside.write_bytes(good)
    last = part_path(path, latest)
    torn = last.read_bytes()
    last.write_bytes(torn[:-1] + b" ")
    with pytest.raises(UnreadableError, match="ends in the middle of a row"):
        open_past(path)
    last.write_bytes(torn)
    header, _, rows = path.read_bytes().partition(b"\n")
    for spoilt in (b'{"part":"1"}', b"[]", b'{"part":1}'):
        path.write_bytes(header[: header.index(b',"after":')] + b',"after":' + spoilt + b"}\n" + rows)
        with pytest.raises(UnreadableError, match=r"^j: "):
            open_past(path)


async def test_from_a_bookmark_the_parts_before_it_are_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 100)
        numbers = parts(path)
        leave_bookmark(path, keep=1)
        assert parts(path) == numbers[-1:], "what lies before the bookmark is gone but for the latest"
        kept = numbers[-1]
        orders(now, 100)  # the bookmark lies in a part that is set aside now
        assert parts(path)[0] == kept
        before = whole_state(now.venue.engine)
        story, offset = read_story(path)
        assert offset == path.stat().st_size
        assert story.engine is not None
        assert whole_state(story.engine) == before
        leave_bookmark(path, keep=1)
        assert len(parts(path)) == 1
    async with serving(path) as again:
        assert whole_state(again.venue.engine) == before
    bookmark_path(path).unlink()
    with pytest.raises(UnreadableError, match=rf"goes on after j\.{parts(path)[0] - 1}, which is not there"):
        open_past(path)


async def test_without_keep_nothing_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 100)
        numbers = parts(path)
        leave_bookmark(path)
    assert parts(path) == numbers


async def test_a_part_that_is_set_aside_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    """The bookmark is made by another process, and a file may have another name at any moment."""
    from mock_exchange.recovery import bookmark
    from mock_exchange.recovery.reading import _read_all

    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 40)
        with path.open("rb") as file:
            orders(now, 60)
            story, offset = _read_all(path, file)
            bookmark.save(path, file, story, offset)
        marked = bookmark.load(path)
        assert marked is not None
        assert read_story(path)[0].engine is not None
        (tmp_path / "j.1").unlink()  # it stands after this one
        found, _ = read_story(path)
        assert found.engine is not None
        assert found.engine.state_hash() == now.venue.engine.state_hash()


async def test_a_kill_while_a_part_is_set_aside_takes_its_number_up_again(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 40)
    number = parts(path)[-1] + 1
    os.link(path, part_path(path, number))
    (tmp_path / ".j.new").write_bytes(b'{"schema":')
    async with serving(path, most_bytes=PART) as again:
        orders(again, 40)
        state = again.venue.engine.state_hash()
    assert parts(path) == list(range(1, number + 1))
    assert replay(read_parts(path)).state_hash() == state


async def test_a_run_that_begins_needs_no_part_before_it(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, keep=1, most_bytes=PART) as now:
        orders(now, 100)
        now.succession.begin_run(now.clock._monotonic_ns())
        given = orders(now, 40)
        assert parts(path)[0] > 3, "what is of the run before has gone, but for the latest"
    async with serving(path) as again:
        assert open_orders(again.venue) == given


class Watched(Journal):
    """What is on the disk for sure."""

    def syncing(self):  # type: ignore[no-untyped-def]
        self.synced = (self.path, self.size)
        return super().syncing()


def test_a_durable_part_is_on_the_disk_before_the_next_begins(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Watched(path)
    journal.turn = Turn(journal, 10_000, durable=True)
    for number in range(2):
        journal.append(PhaseRow(number, "x" * 9_000))
        journal.flush()
    journal.append(PhaseRow(2, "y"))
    journal.close()
    assert parts(path) == [1, 2]
    assert journal.synced == (path, part_path(path, 2).stat().st_size)
    assert [row.at for row in read_parts(path)] == [0, 1, 2]


def test_a_journal_that_cannot_be_set_aside_ends_its_venue_with_a_line(tmp_path: Path) -> None:
    path = tmp_path / "j"
    (tmp_path / ".j.new").mkdir()
    journal = Journal(path)
    journal.turn = Turn(journal, 1, durable=False)
    journal.append(PhaseRow(0, "x"))
    with pytest.raises(RecordsLostError, match=r"j cannot be set aside: not a regular file"):
        journal.flush()
    assert [row.at for row in read_parts(path)] == [0]


def test_what_is_set_aside_says_nothing_of_a_journal_that_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append(PhaseRow(0, "x"))
    journal.flush()
    set_aside(journal, path)
    journal.append(PhaseRow(1, "x"))
    journal.close()
    assert [row.at for row in read_parts(path)] == [1]


async def test_a_bookmark_is_left_soon_after_a_part_was_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        keeper = asyncio.create_task(keep_bookmarks(path, 1, 0.01))
        await asyncio.sleep(0.1)
        orders(now, 100)
        for _ in range(600):
            await asyncio.sleep(0.05)
            if bookmark_path(path).exists() and len(parts(path)) == 1:
                break
        assert len(parts(path)) == 1
        keeper.cancel()
        await asyncio.wait([keeper])
    async with serving(path) as again:
        assert len(open_orders(again.venue)) == 100


def makers() -> list[psutil.Process]:
    """Processes of ours that make a bookmark now; a test before may have left others."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if recovery.__name__ in child.cmdline():
                found.append(child)
    return found


async def test_a_bookmark_in_the_making_ends_with_whoever_wanted_it(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        keeper = asyncio.create_task(keep_bookmarks(path, 1, 0.01))
        helpers = []
        for place in range(190):
            now.order(price=9_900_000 - 10 * place)
            await asyncio.sleep(0.02)
            if helpers := makers():
                break
        assert helpers
        keeper.cancel()
        await asyncio.wait([keeper])
        assert not any(helper.is_running() for helper in helpers)

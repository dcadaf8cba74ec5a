"""What lies beside a journal may be anybody's: it is neither followed, nor taken, nor removed."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from mock_exchange.recovery.aside import forget_old
from mock_exchange.recovery.one_writer import InUseError, only_one
from mock_exchange.recovery.past import open_past
from mock_exchange.recovery.reading import leave_bookmark, read_story
from mock_exchange.replay import replay_file
from run_records.journal import read_journal
from run_records.lines import RecordsLostError
from run_records.parts import part_path, read_parts, whole_text
from run_records.schemas import UnreadableError
from tests.recovery.test_parts import PART, orders, parts
from tests.recovery.test_succession import open_orders, serving


@pytest.mark.parametrize("leads_to", ["j", "nowhere", "j.9"])
async def test_a_link_with_the_name_of_a_part_is_no_part(tmp_path: Path, leads_to: str) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        (tmp_path / "j.9").symlink_to(leads_to)
        given = orders(now, 40)
    assert parts(path)[:2] == [9, 10]
    async with serving(path) as again:
        assert open_orders(again.venue) == given


async def test_numbers_go_on_where_parts_were_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        given = orders(now, 40)
        leave_bookmark(path)
        latest = parts(path)[-1]
        for number in parts(path):  # to an archive, say
            part_path(path, number).unlink()
        given += [now.order(price=9_800_000 - 10 * place) for place in range(40)]
        assert parts(path)[0] == latest + 1
        leave_bookmark(path, keep=1)
    async with serving(path) as again:
        assert open_orders(again.venue) == given


async def test_another_file_in_its_place_ends_the_venue_and_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 5)
        path.rename(tmp_path / "moved")
        path.write_text("somebody's")
        journal = now.venue.journal
        for _ in range(100):
            now.venue.commands.tick()
        with pytest.raises(RecordsLostError, match="another file has taken its place"):
            journal.flush()
        assert journal.turn is None, "there is no second try"
    assert path.read_text() == "somebody's"
    assert parts(path) == []


async def test_what_another_process_writes_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path) as now, serving(tmp_path / "j.1") as other, serving(tmp_path / "j.new") as third:
        for _ in range(3):
            now.succession.begin_run(now.clock._monotonic_ns())
        forget_old(path, 1)
        assert parts(path) == [1, 4]
        others = [other.order(), third.order()]
    for name, order in zip(("j.1", "j.new"), others, strict=True):
        async with serving(tmp_path / name) as again:
            assert open_orders(again.venue) == [order]


async def test_a_copy_that_is_named_by_its_date_is_nobodys_part(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, keep=1) as now:
        now.order()
        (tmp_path / "j.20261127").write_bytes(path.read_bytes())
        for _ in range(3):
            now.succession.begin_run(now.clock._monotonic_ns())
    assert parts(path) == [3, 20261127]


async def test_a_file_without_an_end_of_a_line_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, keep=1) as now:
        with (tmp_path / "j.1").open("wb") as file:
            file.truncate(1 << 40)  # a terabyte of nothing
        for _ in range(2):
            now.succession.begin_run(now.clock._monotonic_ns())
    assert parts(path) == [1, 3]


def _after(path: Path, part: int) -> None:
    """Let a part say that it goes on after another one."""
    header, _, rows = path.read_bytes().partition(b"\n")
    size = part_path(path.with_name("j"), part).stat().st_size
    begin, _, there = header.partition(b',"after":')
    if not there:
        begin = begin.removesuffix(b"}")
    path.write_bytes(begin + b',"after":{"part":%d,"size":%d}}' % (part, size) + b"\n" + rows)


@pytest.mark.parametrize("part", [1, 2])
async def test_parts_that_go_round_in_a_circle_are_said(tmp_path: Path, part: int) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 60)
    for number in parts(path)[2:]:
        part_path(path, number).unlink()
    for _ in range(3):  # until the sizes agree
        _after(part_path(path, 1), part)
        _after(part_path(path, 2), 1)
        _after(path, 2)
    with pytest.raises(UnreadableError, match=rf"^j\.1 says that it goes on after j\.{part}$"):
        open_past(path)


async def test_a_journal_in_parts_is_fetched_and_replayed_as_one(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 60)
        assert len(parts(path)) > 1
        assert replay_file(path).state_hash() == now.venue.engine.state_hash()
    whole = tmp_path / "whole"
    whole.write_bytes(b"".join(whole_text(path)))
    assert list(read_journal(whole)) == list(read_parts(path))


async def test_without_its_bookmark_it_is_said_what_would_do(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with serving(path, most_bytes=PART) as now:
        orders(now, 60)
        leave_bookmark(path, keep=1)
    mark = tmp_path / "j.bookmark"
    good = mark.read_bytes()
    read_story(path)
    mark.write_bytes(good[1:])
    with pytest.raises(UnreadableError, match="is none of this version's and this user's"):
        open_past(path)


def test_one_at_a_time_makes_bookmarks(tmp_path: Path) -> None:
    with only_one(tmp_path):
        with pytest.raises(InUseError, match="another process makes one"), only_one(tmp_path):
            pass
        number = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(number)
    with only_one(tmp_path):
        pass

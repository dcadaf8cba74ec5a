"""A record file holds every row once, in order, however often it was flushed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from run_records.clients import AbandonRow, IntentRow, intents_file, read_intents
from run_records.lines import Lines
from run_records.schemas import UnreadableError


def row(number: int) -> AbandonRow:
    return AbandonRow(number, number * 10)


@given(shares=st.lists(st.integers(0, 5), max_size=6))
def test_rows_are_written_once(tmp_path_factory: pytest.TempPathFactory, shares: list[int]) -> None:
    path = tmp_path_factory.mktemp("rows") / "intents.jsonl"
    file = intents_file(path)
    given_rows: list[IntentRow | AbandonRow] = []
    for share in shares:
        for _ in range(share):
            given_rows.append(row(len(given_rows)))
            file.append(given_rows[-1])
        file.flush()
        assert list(read_intents(path)) == given_rows
        assert file.rows == []
    file.close()
    file.close()
    assert list(read_intents(path)) == given_rows


def test_without_a_file_rows_stay(tmp_path: Path) -> None:
    file = intents_file(None)
    file.append(row(1))
    file.flush()
    assert file.rows == [row(1)]
    file.record_to(tmp_path / "intents.jsonl")
    file.close()
    assert list(read_intents(tmp_path / "intents.jsonl")) == [row(1)]


def test_a_process_that_keeps_nothing_drops_what_it_flushes() -> None:
    file: Lines[AbandonRow] = Lines("intents", (), keep=False)
    file.append(row(1))
    file.flush()
    assert file.rows == []


def test_a_torn_last_row_ends_the_file_and_a_torn_row_before_it_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "intents.jsonl"
    file = intents_file(path)
    for number in range(3):
        file.append(row(number))
    file.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    assert list(read_intents(path)) == [row(0), row(1)]
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1][:5] + b"\n", *lines[2:]]))
    with pytest.raises(UnreadableError, match=r"intents\.jsonl, record 1: "):
        list(read_intents(path))

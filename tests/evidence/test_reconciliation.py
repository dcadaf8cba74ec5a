"""Client and exchange side by side: each kind of difference is found, named by record; nothing else is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from judging.anatomy import reconciliation as kinds
from judging.anatomy.reconciliation import reconcile
from loadgen.drive.simulation import simulate
from loadgen.scenarios import load_scenario
from loadgen.scenarios.terms import terms_of
from mock_exchange.errors import meaning_of
from mock_exchange.journal import Journal
from run_records.clients import AttemptRow, attempts_file, read_attempts
from run_records.journal import OrderRow, OutcomeRow, read_journal
from run_records.lines import Lines
from run_records.terms import read_terms, write_terms
from tests.cli.support import fireexit

TERMS = terms_of(load_scenario("mixed"), 5)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "replication-00"
    simulate(load_scenario("mixed"), "undifferentiated", 3, 5, folder)
    return folder


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Path:
    """A copy to lie in."""
    copy = tmp_path / "replication-00"
    copy.mkdir()
    for path in honest.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def attempts(folder: Path, change: Callable[..., Any]) -> None:
    """Write the clients' file anew, each row as `change` makes it; None drops it."""
    path = folder / "attempts.jsonl"
    rewrite(list(read_attempts(path)), attempts_file(path), change)


def journal(folder: Path, change: Callable[..., Any]) -> None:
    path = folder / "journal.jsonl"
    rewrite(list(read_journal(path)), Journal(path), change)


def rewrite(rows: list[Any], lines: Journal | Lines[Any], change: Callable[..., Any]) -> None:
    lines.rows.extend(changed for row in rows if (changed := change(row)) is not None)
    lines.close()


def first(match: Callable[..., Any]) -> Callable[..., Any]:
    """A change of the first row that matches."""
    done: list[Any] = []

    def change(row: Any) -> Any:
        if not done and match(row):
            done.append(row)
            return None
        return row

    return change


def test_an_honest_run_agrees_with_itself(honest: Path) -> None:
    found = reconcile(honest, TERMS)
    assert found.attempts == found.matched > 1000
    assert found.differences == []


def test_a_missing_outcome_and_a_missing_attempt(folder: Path) -> None:
    journal(folder, first(lambda row: isinstance(row, OutcomeRow) and row.code == -1008))
    (lost,) = reconcile(folder, TERMS).differences
    assert lost.kind == kinds.LOST
    attempts(folder, first(lambda row: row.key == 40))
    assert {d.kind for d in reconcile(folder, TERMS).differences} == {kinds.LOST, kinds.ALONE}


def test_an_attempt_relabelled_by_either_side(folder: Path) -> None:
    """An accepted order that its client calls refused; a refusal that it calls a success."""

    def relabel(row: AttemptRow) -> AttemptRow:
        if row.key not in (50, 51):
            return row
        http, code = (400, -2022) if row.code == 0 else (200, 0)
        return replace(row, http=http, code=code, meaning=meaning_of(http, code))

    before = {row.key: row.code for row in read_attempts(folder / "attempts.jsonl")}
    attempts(folder, relabel)
    found = reconcile(folder, TERMS)
    told = Counter(d.kind for d in found.differences)
    assert told[kinds.OTHERWISE] == 2
    assert told[kinds.REFUSED_EXECUTED] == sum(before[key] == 0 for key in (50, 51))
    rows = list(read_attempts(folder / "attempts.jsonl"))
    assert all(rows[d.record - 1].key in (50, 51) for d in found.differences), "the record is named"


def test_a_lying_1008_and_one_that_was_counted(folder: Path) -> None:
    """The venue says not executed, and has executed; says not counted, and has counted."""
    rows = list(read_journal(folder / "journal.jsonl"))
    shed = next(row for row in rows if isinstance(row, OutcomeRow) and row.code == -1008)
    order = next(row for row in rows if isinstance(row, OrderRow))
    lie = replace(order, key=shed.key, leg=shed.leg, code=0)
    rows = [replace(row, counted=True) if row is shed else row for row in rows]
    rewrite([*rows, lie], Journal(folder / "journal.jsonl"), lambda row: row)
    assert {d.kind for d in reconcile(folder, TERMS).differences} == {kinds.REFUSED_EXECUTED, kinds.COUNTED}


def test_the_incident_leaves_fates_unknown_and_executes_them(tmp_path: Path) -> None:
    scenario = load_scenario("incident-2025-10-11", settings={"scale": 0.25})
    simulate(scenario, "undifferentiated", 1, 420, tmp_path / "replication-00")
    write_terms(tmp_path, terms_of(scenario, 420))
    counts = reconcile(tmp_path / "replication-00", read_terms(tmp_path)).counts()
    assert counts[kinds.UNKNOWN_EXECUTED] > 0
    assert counts[kinds.UNHEARD] > 0
    assert counts[kinds.LOST] == counts[kinds.OTHERWISE] == counts[kinds.REFUSED_EXECUTED] == 0
    listed = fireexit("reconcile", str(tmp_path), "--all", cwd=tmp_path)
    assert listed.returncode == 0
    assert listed.stdout.count(kinds.UNHEARD) == counts[kinds.UNHEARD] + 1
    assert "replication-00/attempts.jsonl, record " in listed.stdout


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "replication-00").mkdir()
    for text in (None, b"", b'{"schema":"x"}\n'):
        if text is not None:
            (tmp_path / "replication-00" / "journal.jsonl").write_bytes(text)
        result = fireexit("reconcile", ".", cwd=tmp_path)
        assert result.returncode == 2
        assert len(result.stderr.strip().splitlines()) == 1

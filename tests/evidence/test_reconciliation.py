"""Client and exchange side by side: each kind of difference is found, named by record; nothing else is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from loadgen.drive.simulation import simulate
from loadgen.evidence import reconciliation as kinds
from loadgen.evidence.reconciliation import reconcile
from loadgen.records import ATTEMPT_COLUMNS, ATTEMPTS_SCHEMA
from loadgen.scenarios import load_scenario
from mock_exchange.journal import COLUMNS
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import Lines, read_lines
from tests.cli.support import fireexit

CODE = ATTEMPT_COLUMNS.index("code")
KEY = ATTEMPT_COLUMNS.index("key")
OUTCOME = {name: place for place, name in enumerate(COLUMNS["outcome"], 1)}


@pytest.fixture(scope="module")
def honest(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "replication-00"
    simulate(load_scenario("mixed"), "undifferentiated", 3, 5, folder)
    return folder


@pytest.fixture
def folder(honest, tmp_path) -> Path:
    """A copy to lie in."""
    copy = tmp_path / "replication-00"
    copy.mkdir()
    for path in honest.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def rewrite(path: Path, schema: str, columns: object, change) -> None:
    rows = [changed for row in read_lines(path, schema) if (changed := change(row)) is not None]
    path.unlink()
    lines = Lines(schema, columns, path)
    lines.rows.extend(rows)
    lines.close()


def attempts(folder: Path, change) -> None:
    rewrite(folder / "attempts.jsonl", ATTEMPTS_SCHEMA, ATTEMPT_COLUMNS, change)


def journal(folder: Path, change) -> None:
    rewrite(folder / "journal.jsonl", JOURNAL_SCHEMA, COLUMNS, change)


def first(match):
    """A change of the first row that matches."""
    done = []

    def change(row):
        if not done and match(row):
            done.append(row)
            return None
        return row

    return change


def test_an_honest_run_agrees_with_itself(honest):
    found = reconcile(honest)
    assert found.attempts == found.matched > 1000
    assert found.differences == []


def test_a_missing_outcome_and_a_missing_attempt(folder):
    journal(folder, first(lambda row: row[0] == "outcome" and row[OUTCOME["code"]] == -1008))
    (lost,) = reconcile(folder).differences
    assert lost.kind == kinds.LOST
    attempts(folder, first(lambda row: row[KEY] == 40))
    assert {d.kind for d in reconcile(folder).differences} == {kinds.LOST, kinds.ALONE}


def test_an_attempt_relabelled_by_either_side(folder):
    """An accepted order that its client calls refused; a refusal that it calls a success."""

    def relabel(row):
        if row[KEY] in (50, 51):
            row[CODE] = -2022 if row[CODE] == 0 else 0
        return row

    before = {row[KEY]: row[CODE] for row in read_lines(folder / "attempts.jsonl", ATTEMPTS_SCHEMA)}
    attempts(folder, relabel)
    found = reconcile(folder)
    told = Counter(d.kind for d in found.differences)
    assert told[kinds.OTHERWISE] == 2
    assert told[kinds.REFUSED_EXECUTED] == sum(before[key] == 0 for key in (50, 51))
    rows = list(read_lines(folder / "attempts.jsonl", ATTEMPTS_SCHEMA))
    assert all(rows[d.record - 1][KEY] in (50, 51) for d in found.differences), "the record is named"


def test_a_lying_1008_and_one_that_was_counted(folder):
    """The venue says not executed, and has executed; says not counted, and has counted."""
    shed = next(
        row for row in read_lines(folder / "journal.jsonl", JOURNAL_SCHEMA)
        if row[0] == "outcome" and row[OUTCOME["code"]] == -1008
    )  # fmt: skip
    key, leg = shed[OUTCOME["key"]], shed[OUTCOME["leg"]]
    order = next(row for row in read_lines(folder / "journal.jsonl", JOURNAL_SCHEMA) if row[0] == "order")

    def count(row):
        if row[0] == "outcome" and row[OUTCOME["key"]] == key:
            row[OUTCOME["counted"]] = True
        return row

    journal(folder, count)
    lie = list(order)
    lie[2], lie[3], lie[5] = key, leg, 0
    lines = [*read_lines(folder / "journal.jsonl", JOURNAL_SCHEMA), lie]
    (folder / "journal.jsonl").unlink()
    out = Lines(JOURNAL_SCHEMA, COLUMNS, folder / "journal.jsonl")
    out.rows.extend(lines)
    out.close()
    assert {d.kind for d in reconcile(folder).differences} == {kinds.REFUSED_EXECUTED, kinds.COUNTED}


def test_the_incident_leaves_fates_unknown_and_executes_them(tmp_path):
    scenario = load_scenario("incident-2025-10-11", settings={"scale": 0.25})
    simulate(scenario, "undifferentiated", 1, 420, tmp_path / "replication-00")
    counts = reconcile(tmp_path / "replication-00").counts()
    assert counts[kinds.UNKNOWN_EXECUTED] > 0
    assert counts[kinds.UNHEARD] > 0
    assert counts[kinds.LOST] == counts[kinds.OTHERWISE] == counts[kinds.REFUSED_EXECUTED] == 0
    listed = fireexit("reconcile", str(tmp_path), "--all", cwd=tmp_path)
    assert listed.returncode == 0
    assert listed.stdout.count(kinds.UNHEARD) == counts[kinds.UNHEARD] + 1
    assert "replication-00/attempts.jsonl, record " in listed.stdout


def test_what_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "replication-00").mkdir()
    for text in (None, b"", b'{"schema":"x"}\n'):
        if text is not None:
            (tmp_path / "replication-00" / "journal.jsonl").write_bytes(text)
        result = fireexit("reconcile", ".", cwd=tmp_path)
        assert result.returncode == 2
        assert len(result.stderr.strip().splitlines()) == 1

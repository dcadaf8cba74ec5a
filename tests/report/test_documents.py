"""The documents of a run: their schemas, what they never hold, and the run cut and carried elsewhere."""

from __future__ import annotations

import getpass
import json
import os
import platform
from collections import Counter

import duckdb
import pytest
from jsonschema import Draft202012Validator

from fireexit.check import CheckOptions, check
from loadgen.schemas import NAMES, schema_text
from tests.cli.support import fireexit, only_line


@pytest.mark.parametrize("name", NAMES)
def test_documents_obey_their_published_schemas(name, strict_run):
    schema = json.loads(schema_text(name))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads((strict_run / f"{name}.json").read_text()))


def test_a_schema_refuses_what_is_not_a_verdict(strict_run):
    verdict = json.loads((strict_run / "verdict.json").read_text())
    validator = Draft202012Validator(json.loads(schema_text("verdict")))
    for change in ({"result": "fine"}, {"clauses": []}, {"secret": 1}):
        assert not validator.is_valid({**verdict, **change})


def test_schemas_are_printed(tmp_path):
    assert fireexit("schema", cwd=tmp_path).stdout.split() == list(NAMES)
    assert json.loads(fireexit("schema", "report", cwd=tmp_path).stdout)["title"].startswith("report.json")
    unknown = fireexit("schema", "x", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "known: verdict, report" in only_line(unknown.stderr)


def test_no_host_user_or_path_is_in_a_run(tmp_path, monkeypatch):
    """Under a user, a home and a working directory whose names would be recognised."""
    home = tmp_path / "home-of-somebody-17"
    home.mkdir()
    monkeypatch.chdir(home)
    for name in ("USER", "LOGNAME", "USERNAME", "HOSTNAME"):
        monkeypatch.setenv(name, "somebody-17")
    monkeypatch.setenv("HOME", str(home))
    check(CheckOptions(mode="sim", seed=3, duration_s=3, replications=2, out=home / "run"))
    words = [b"somebody-17", str(tmp_path).encode(), os.getcwd().encode()]
    words += [word.encode() for word in (platform.node(), getpass.getuser()) if len(word) > 5]
    for path in (home / "run").rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert not [word for word in words if word in text], path


def test_a_funnel_by_anything_counts_every_attempt_once(strict_run, tmp_path):
    whole = fireexit("funnel", str(strict_run), "--by", "class,stage,code", "--tsv", cwd=tmp_path).stdout
    rows = [line.split("\t") for line in whole.splitlines()]
    assert rows[0] == ["class", "stage", "code", "attempts"]
    by_class = Counter()
    for klass, _, _, count in rows[1:]:
        by_class[klass] += int(count)
    verdict = json.loads((strict_run / "verdict.json").read_text())
    assert by_class == {klass: verdict["classes"][klass]["attempts"] for klass in by_class}
    every = "stage,class,code,answered,judgement,account,trader,symbol,minute"
    cut = fireexit("funnel", str(strict_run), "--by", every, "--tsv", cwd=tmp_path).stdout.splitlines()
    assert sum(int(line.rsplit("\t", 1)[1]) for line in cut[1:]) == by_class.total()
    unknown = fireexit("funnel", str(strict_run), "--by", "colour", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "--by colour: known are" in only_line(unknown.stderr)


def test_parquet_holds_every_attempt_in_twenty_bytes(strict_run, tmp_path):
    target = tmp_path / "attempts.parquet"
    assert fireexit("export", str(strict_run), str(target), cwd=tmp_path).returncode == 0
    report = json.loads((strict_run / "report.json").read_text())
    table = duckdb.read_parquet(str(target))
    executed = "coalesce(engine_code = 0, false)"
    cells = table.aggregate(f"class, stage, answered_code, code, {executed}, count(*)").fetchall()
    assert sorted(cells) == sorted(tuple(row.values()) for row in report["endings"])
    assert target.stat().st_size <= 20 * sum(cell[-1] for cell in cells)
    ((most_late, least_latency),) = table.aggregate("max(lateness_ns), min(latency_ns)").fetchall()
    assert most_late == 0 <= least_latency
    inside = fireexit("export", str(strict_run), str(strict_run / "x.parquet"), cwd=tmp_path)
    assert inside.returncode == 2
    assert "inside the sealed run" in only_line(inside.stderr)


def test_parquet_without_duckdb_says_what_to_install(strict_run, tmp_path, monkeypatch):
    (tmp_path / "duckdb.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = fireexit("export", str(strict_run), "x.parquet", cwd=tmp_path)
    assert result.returncode == 2
    assert "pip install 'fireexit[evidence]'" in only_line(result.stderr)

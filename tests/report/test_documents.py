"""The documents of a run: their schemas, what they never hold, and the run cut and carried elsewhere."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import platform
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator

from fireexit.main_path import check
from fireexit.options import CheckOptions
from judging.schemas import NAMES, schema_text
from tests.cli.support import fireexit, only_line
from tests.samples import sample


@pytest.mark.parametrize("name", NAMES)
def test_documents_obey_their_published_schemas(name: str, strict_run: Path) -> None:
    schema = json.loads(schema_text(name))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads((strict_run / f"{name}.json").read_text()))


def test_a_schema_refuses_what_is_not_a_verdict(strict_run: Path) -> None:
    verdict = json.loads((strict_run / "verdict.json").read_text())
    validator = Draft202012Validator(json.loads(schema_text("verdict")))
    changes: tuple[dict[str, Any], ...] = ({"result": "fine"}, {"clauses": []}, {"secret": 1})
    for change in changes:
        assert not validator.is_valid({**verdict, **change})


def test_schemas_are_printed(tmp_path: Path) -> None:
    assert fireexit("schema", cwd=tmp_path).stdout.split() == list(NAMES)
    assert json.loads(fireexit("schema", "report", cwd=tmp_path).stdout)["title"].startswith("report.json")
    unknown = fireexit("schema", "x", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "known: verdict, report" in only_line(unknown.stderr)


def test_no_host_user_or_path_is_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_no_directory_of_a_policy_is_in_a_run(tmp_path: Path) -> None:
    folder = tmp_path / "kept-at-somebodys"
    folder.mkdir()
    sample("opens.py", folder, "mine.py")
    run = tmp_path / "run"
    check(CheckOptions(mode="sim", policy=f"{folder}/mine.py", seed=3, duration_s=3, replications=2, out=run))
    for path in run.rglob("*"):
        assert path.is_dir() or b"kept-at-somebodys" not in path.read_bytes(), path
    told = json.loads((run / "run.json").read_text())
    assert told["policy"] == "mine.py"
    assert told["policy_sha256"] == hashlib.sha256((folder / "mine.py").read_bytes()).hexdigest()
    assert fireexit("verify", str(run), cwd=tmp_path).returncode == 0


def test_a_foreign_run_brings_no_markup_into_a_page(strict_run: Path, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    foreign = tmp_path / "foreign"
    shutil.copytree(strict_run, foreign)
    verdict = json.loads((foreign / "verdict.json").read_text())
    for key in ("policy", "scenario", "seed"):
        verdict["run"][key] = evil
    verdict["reasons"] = [evil]
    verdict["contract"]["summary"] = verdict["clauses"][0]["vantage"] = evil
    (foreign / "verdict.json").write_text(json.dumps(verdict))
    for arguments in ((str(foreign),), (str(strict_run), "--against", str(foreign))):
        result = fireexit("report", *arguments, "--out", "page.html", cwd=tmp_path)
        assert result.returncode == 0
        assert evil not in (tmp_path / "page.html").read_text()
        assert "beware" in result.stderr
    del verdict["classes"]
    (foreign / "verdict.json").write_text(json.dumps(verdict))
    malformed = fireexit("report", str(foreign), "--out", "page.html", cwd=tmp_path)
    assert malformed.returncode == 2
    assert "malformed" in only_line(malformed.stderr)


def test_an_unfinished_run_is_not_shown_without_a_word(strict_run: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(strict_run, cut)
    (cut / "manifest.json").unlink()
    for command in ("funnel", "reconcile"):
        result = fireexit(command, str(cut), cwd=tmp_path)
        assert result.returncode == 0
        assert "it is no finished run" in only_line(result.stderr)


def test_a_funnel_by_anything_counts_every_attempt_once(strict_run: Path, tmp_path: Path) -> None:
    whole = fireexit("funnel", str(strict_run), "--by", "class,stage,code", "--tsv", cwd=tmp_path).stdout
    rows = [line.split("\t") for line in whole.splitlines()]
    assert rows[0] == ["class", "stage", "code", "attempts"]
    by_class: Counter[Any] = Counter()
    for klass, _, _, count in rows[1:]:
        by_class[klass] += int(count)
    verdict = json.loads((strict_run / "verdict.json").read_text())
    assert by_class == {klass: verdict["classes"][klass]["attempts"] for klass in by_class}
    every = "stage,class,code,meaning,answered,judgement,account,trader,symbol,minute"
    cut = fireexit("funnel", str(strict_run), "--by", every, "--tsv", cwd=tmp_path).stdout.splitlines()
    assert sum(int(line.rsplit("\t", 1)[1]) for line in cut[1:]) == by_class.total()
    unknown = fireexit("funnel", str(strict_run), "--by", "colour", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "--by colour: known are" in only_line(unknown.stderr)


def test_parquet_holds_every_attempt_in_twenty_bytes(strict_run: Path, tmp_path: Path) -> None:
    target = tmp_path / "attempts.parquet"
    assert fireexit("export", str(strict_run), str(target), cwd=tmp_path).returncode == 0
    report = json.loads((strict_run / "report.json").read_text())
    table = duckdb.read_parquet(str(target))
    done = "coalesce(done, false)"
    cells = table.aggregate(f"class, stage, answered_code, code::INT, {done}, count(*)").fetchall()
    assert sorted(cells) == sorted(tuple(row.values()) for row in report["endings"])
    assert target.stat().st_size <= 20 * sum(cell[-1] for cell in cells)
    ((most_late, least_latency),) = table.aggregate("max(lateness_ns), min(latency_ns)").fetchall()
    assert most_late == 0 <= least_latency
    inside = fireexit("export", str(strict_run), str(strict_run / "x.parquet"), cwd=tmp_path)
    assert inside.returncode == 2
    assert "inside the sealed run" in only_line(inside.stderr)


def test_parquet_without_duckdb_says_what_to_install(
    strict_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "duckdb.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = fireexit("export", str(strict_run), "x.parquet", cwd=tmp_path)
    assert result.returncode == 2
    assert "pip install 'fireexit[evidence]'" in only_line(result.stderr)

"""A run's directory of the version before is read by every command; one of a later version is refused in one
line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from judging.evidence.manifest import seal
from tests.cli.support import fireexit, only_line

OLD = Path(__file__).parent / "older" / "version-1"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return shutil.copytree(OLD, tmp_path / "old")


def test_it_is_verified_and_judged_to_the_same(old: Path, tmp_path: Path) -> None:
    shown = fireexit("verify", str(old), cwd=tmp_path)
    assert shown.returncode == 0, shown.stdout
    written = json.loads((old / "verdict.json").read_text())
    assert f"verdict: {written['result']}, the same when judged again from the records" in shown.stdout


@pytest.mark.parametrize("key", ["figures", "reasons", "intents"])
def test_a_lie_in_its_verdict_is_found(old: Path, tmp_path: Path, key: str) -> None:
    """Sealed again by somebody who has the tool, so that only judging it again can tell."""
    verdict = json.loads((old / "verdict.json").read_text())
    verdict[key] = type(verdict[key])()
    (old / "verdict.json").write_text(json.dumps(verdict))
    seal(old)
    shown = fireexit("verify", str(old), cwd=tmp_path)
    assert shown.returncode == 1
    assert f"verdict.json: {key} is not what the records give" in shown.stdout


def test_reports_cuts_and_comparisons_read_it(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    made = fireexit(
        "check",
        "--mode",
        "sim",
        "--policy",
        "exempt",
        "--contract",
        "docs-2025-10-23",
        "--duration",
        "2",
        "--replications",
        "2",
        "--out",
        str(new),
        cwd=tmp_path,
    )
    assert made.returncode in (0, 1, 3)
    page = fireexit("report", str(old), "--against", str(new), "--out", "page.html", cwd=tmp_path)
    assert page.returncode == 0
    assert "-1008" in (tmp_path / "page.html").read_text()
    cut = fireexit("funnel", str(old), "--by", "class,meaning", "--tsv", cwd=tmp_path)
    assert "opening\tcapacity-refused\t" in cut.stdout
    assert fireexit("export", str(old), "attempts.parquet", cwd=tmp_path).returncode == 0
    assert "A  " in fireexit("diff", str(old), str(new), cwd=tmp_path).stdout
    assert "attempts" in fireexit("reconcile", str(old), cwd=tmp_path).stdout
    assert fireexit("verify", str(old), cwd=tmp_path).returncode == 0, "and it is left as it was"


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "old"],
        ["report", "old"],
        ["funnel", "old"],
        ["reconcile", "old"],
        ["diff", "old", "old"],
        ["export", "old", "x.parquet"],
    ],
)
def test_a_later_version_is_refused_in_one_line(old: Path, tmp_path: Path, arguments: list[str]) -> None:
    for path in [*old.rglob("*.json"), *old.rglob("*.jsonl")]:
        path.write_text(path.read_text().replace('/1"', '/3"'))
    shown = fireexit(*arguments, cwd=tmp_path)
    assert shown.returncode == 2
    assert only_line(shown.stderr).endswith("/3; this fireexit reads versions 1 and 2")

"""The page says what the records say: every figure again by a program that knows nothing of this project."""

from __future__ import annotations

import copy
import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fireexit.main_path import check
from fireexit.options import CheckOptions
from judging.report.page.page import page
from judging.run import count_run, judge_run, report_run
from judging.schemas import NAMES, schema_text
from tests.cli.support import fireexit
from tests.report.conftest import incident

CHECK = Path(__file__).parents[1] / "independent" / "check.py"


def independently(run: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Without this project in reach: isolated from the working directory and PYTHONPATH."""
    command = [sys.executable, "-P", str(CHECK), str(run)]
    environment = {"PYTHONPATH": str(CHECK.parent), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_independent_program_imports_nothing_of_the_project() -> None:
    for path in CHECK.parent.glob("*.py"):
        assert not re.search(
            r"(?:import|from) (?:fireexit|judging|loadgen|mock_exchange|run_records|tests)", path.read_text()
        )


def test_every_figure_is_recomputed_from_the_records(incident_run: Path, tmp_path: Path) -> None:
    result = independently(incident_run, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    figures, cells, shares = (int(n) for n in re.findall(r"\d+", result.stdout)[:3])
    assert figures > 500
    assert cells > 500
    assert shares > 5


def test_a_small_and_a_near_total_rate_stand_side_by_side(incident_run: Path) -> None:
    report = json.loads((incident_run / "report.json").read_text())
    html = (incident_run / "report.html").read_text()
    shares = [row["share"] for row in report["rates"]]
    assert min(abs(share - report["small"]) for share in shares) <= report["near"]
    assert max(shares) >= report["total"]
    assert "Why a small and a near-total rate are both true here" in html
    assert html.count('class="tile"') == 2


@pytest.fixture(scope="module")
def again(incident_run: Path) -> Iterator[tuple[ModuleType, dict[str, dict[str, Any]]]]:
    """The independent program's modules, and what it makes of the records."""
    before = list(sys.path)
    sys.path.insert(0, str(CHECK.parent))
    try:
        program = importlib.import_module("check")
        yield program, program.documents(incident_run)
    finally:
        sys.path[:] = before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (r'(data-key="verdict.classes.reducing.attempts"[^>]*>)[\d,]+', r"\g<1>9,999", "the page says 9,999"),
        (
            'value="([^"]*)" data-key="report.rates.3.share"',
            'value="0.5" data-key="report.rates.3.share"',
            "(0.5)",
        ),
        ("<p>Of ", "<p>Nearly 7,000 orders. Of ", "figure without a place"),
        (r"(<tbody><tr><th scope=\"row\">[^<]*</th><td>)\d+", r"\g<1>77", "table of steps differs"),
        (r"done \d+\.\d%", "done 99.9%", "the picture says"),
        (r"\d+ counter-examples", "7 counter-examples", "7 is no figure of a clause"),
        (r'"marks":\[\[\d+\.\d+', '"marks":[[1.5', "strip: a picture is drawn from other figures"),
    ],
)
def test_a_wrong_figure_is_found(
    incident_run: Path,
    again: tuple[ModuleType, dict[str, dict[str, Any]]],
    tmp_path: Path,
    old: str,
    new: str,
    words: str,
) -> None:
    """Or else agreement would mean nothing."""
    program, documents = again
    changed, count = re.subn(old, new, (incident_run / "report.html").read_text(), count=1)
    assert count == 1
    target = tmp_path / "page.html"
    target.write_text(changed)
    wrong = program.compare(program.Page(target), copy.deepcopy(documents))
    assert len(wrong) == 1
    assert words in wrong[0]


@pytest.mark.parametrize("name", NAMES)
def test_documents_of_a_re_enactment_obey_their_schemas(name: str, incident_run: Path) -> None:
    Draft202012Validator(json.loads(schema_text(name))).validate(
        json.loads((incident_run / f"{name}.json").read_text())
    )


def test_the_page_needs_nothing_else(incident_run: Path, strict_run: Path) -> None:
    for run in (incident_run, strict_run):
        html = (run / "report.html").read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)
        assert not re.search(r"""(?:src|href)=["']""", html)
        assert len(html) < 2_000_000


def test_a_report_compares_policies(strict_run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    check(CheckOptions(mode="sim", policy="exempt", seed=3, duration_s=10, replications=3, out=other))
    target = tmp_path / "page.html"
    written = fireexit("report", str(strict_run), "--against", str(other), "--out", str(target), cwd=tmp_path)
    assert written.returncode == 0
    html = target.read_text()
    assert "Policies compared" in html
    assert 'data-key="compared.1.reducing.share"' in html
    inside = fireexit("report", str(strict_run), "--out", str(strict_run / "x.html"), cwd=tmp_path)
    assert inside.returncode == 2
    assert "inside the sealed run" in inside.stderr
    assert not (strict_run / "x.html").exists()


def test_without_a_journal_the_page_says_so_and_counts_for_clients_alone(
    strict_run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(strict_run, folder)
    for journal in folder.rglob("journal.jsonl"):
        journal.unlink()
    counted = count_run(folder)
    report = report_run(counted)
    assert report is not None
    assert {row["vantage"] for row in report["rates"]} == {"client"}
    assert {row["stage"] for row in report["endings"]} == {"no journal"}
    html = page(judge_run(counted), report).decode()
    assert "only what clients saw is known" in html
    assert "Every ending in figures" not in html
    assert fireexit("funnel", str(folder), "--by", "stage", "--tsv", cwd=tmp_path).stdout.split()[2] == "no"


@pytest.mark.large
def test_the_whole_incident_in_full_size(tmp_path: Path) -> None:
    """Some 800,000 attempts: the page stays small, for its tables and pictures have a size of their own, and
    every figure is recomputed."""
    run = incident(tmp_path / "run", 6600.0, 1)
    report = json.loads((run / "report.json").read_text())
    assert report["first"]["attempts"] > 700_000
    assert (run / "report.html").stat().st_size < 2_000_000
    wanted = ("orders claimed to reduce", "client", "attempts")
    mine = {
        row["counts"]: row["share"]
        for row in report["rates"]
        if (row["class"], row["vantage"], row["per"]) == wanted
    }
    assert mine["refused with -1008"] < 0.15
    assert mine["not accepted, for whatever reason"] > 0.9
    result = independently(run, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr

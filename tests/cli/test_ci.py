"""What a CI server gets: an assertion from an installed wheel, JUnit XML, a summary, the action's script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.cli.support import fireexit
from tests.samples import sample

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
QUICK = ("--mode", "sim", "--seed", "7", "--duration", "10", "--replications", "4")


@pytest.mark.large
def test_a_throw_away_project_gates_itself_with_the_wheel(installed: dict[str, str], tmp_path: Path) -> None:
    sample("gate.py", tmp_path, "test_gate.py")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:locust", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=installed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 failed, 1 passed" in result.stdout, result.stdout[-3000:]
    assert "AssertionError: ## Fire exit: ❌ broken" in result.stdout
    assert "reducing-accepted" in result.stdout
    assert "AssertionError: ## Fire exit: ❔ inconclusive" in result.stdout


@pytest.mark.parametrize(
    ("policy", "scenario", "status"),
    [("exempt", "mixed", 3), ("undifferentiated", "mixed", 1), ("exempt", "calm", 3)],
)
def test_files_for_a_server(policy: str, scenario: str, status: int, tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("# before\n")
    result = fireexit(
        "check",
        *QUICK,
        "--policy",
        policy,
        "--scenario",
        scenario,
        "--junit",
        "junit.xml",
        "--summary",
        "summary.md",
        "--json",
        cwd=tmp_path,
    )
    document = json.loads(result.stdout)
    assert result.returncode in (status, 0)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    cases = {case.get("name"): case for case in suite}
    for clause in document["clauses"]:
        kinds = {child.tag for child in cases[clause["id"]]}
        assert kinds == {{"broken": "failure", "holds": "system-out"}.get(clause["result"], "skipped")}
    assert int(suite.get("failures", "")) == sum(c["result"] == "broken" for c in document["clauses"])
    assert int(suite.get("errors", "")) == (document["result"] == "inconclusive")
    assert int(suite.get("tests", "")) == len(suite)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("# before\n## Fire exit: ")
    for clause in document["clauses"]:
        (line,) = re.findall(rf"^\| {clause['id']} \|.*$", text, re.M)
        assert line.count(" | ") == 7
        assert f"{clause['numerator']:,} of {clause['denominator']:,}" in line
    assert re.search(r"Digest of the sealed run: `sha256:[0-9a-f]{64}`", text)


def test_a_file_that_cannot_be_written_is_found_before_anything_runs(tmp_path: Path) -> None:
    result = fireexit("check", *QUICK, "--junit", "nowhere/junit.xml", cwd=tmp_path)
    assert result.returncode == 2
    assert "cannot write nowhere/junit.xml" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_the_script_of_the_action(installed: dict[str, str], tmp_path: Path) -> None:
    """Its own shell line, with what GitHub would set; the other steps are GitHub's."""
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "check"]
    inputs = {name: str(spec["default"]) for name, spec in ACTION["inputs"].items()}
    inputs |= {"policy": "undifferentiated", "arguments": "--duration 10 --replications 4"}
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], value)
        for name, value in step["env"].items()
    }
    files = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    result = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={**installed, **environment, **{n: str(p) for n, p in files.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    digest = files["GITHUB_OUTPUT"].read_text().strip().removeprefix("digest=")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    assert "❌ broken" in files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
    assert (tmp_path / "fireexit-junit.xml").exists()
    assert fireexit("verify", "fireexit-run", "--digest", digest, cwd=tmp_path).returncode == 0


def test_the_page_about_ci_shows_what_works() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    for code in re.findall(r"```python\n(.*?)```", page, re.S):
        compile(code, "ci.md", "exec")
    for block in re.findall(r"```console\n(.*?)```", page, re.S):
        for line in block.strip().splitlines():
            words = line.split()
            shown = fireexit(words[1], "--help", cwd=ROOT).stdout
            assert all(word in shown for word in words if word.startswith("--")), line

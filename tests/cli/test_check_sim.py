"""`check --mode sim`: the answers, their exit statuses, and what a run leaves behind. The README's own
commands (run by tests/test_docs.py) cover the default scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fireexit.errors import UsageError
from fireexit.prepare import prepare_run
from run_records.journal import VenueRow, read_journal
from tests.cli.support import fireexit
from tests.samples import sample
from tests.support import large


@pytest.mark.parametrize(
    ("arguments", "status", "headline"),
    [
        (["--scenario", "calm"], 3, "INCONCLUSIVE"),
        *large(
            (["--scenario", "deep-gate", "--policy", "exempt"], 1, "BROKEN"),
            (["--scenario", "deep-gate", "--policy", "strict-priority"], 1, "BROKEN: no-starvation, goodput"),
            (["--scenario", "deep-gate", "--policy", "adaptive"], 0, "HOLDS"),
        ),
    ],
)
def test_statuses(arguments: list[str], status: int, headline: Any, tmp_path: Path) -> None:
    result = fireexit("check", "--mode", "sim", "--seed", "7", *arguments, "--out", "run", cwd=tmp_path)
    assert result.returncode == status, result.stdout
    assert result.stdout.startswith(headline)
    assert "seed 7" in result.stdout
    document = json.loads((tmp_path / "run" / "verdict.json").read_bytes())
    if "deep-gate" in arguments:
        assert "-1008" not in document["classes"]["truly-reducing"]["refusals_by_code"]


def test_json_is_the_verdict_document_and_the_same_bytes_every_time(tmp_path: Path) -> None:
    arguments = ["check", "--mode", "sim", "--seed", "3", "--duration", "2", "--json"]
    first = fireexit(*arguments, "--out", "one", cwd=tmp_path)
    second = fireexit(*arguments, "--out", "two", cwd=tmp_path)
    assert json.loads(first.stdout)["schema"] == "fireexit.verdict/2"
    assert first.stdout == second.stdout
    one, two = tmp_path / "one", tmp_path / "two"
    files = sorted(p.relative_to(one) for p in one.rglob("*.jsonl"))
    assert len(files) == 60
    for name in [*files, Path("verdict.json")]:
        assert (one / name).read_bytes() == (two / name).read_bytes()
    run = json.loads((one / "run.json").read_bytes())
    assert (run["state"], run["scenario"], run["seed"]) == ("complete", "mixed", 3)
    assert str(tmp_path) not in (one / "run.json").read_text()
    assert isinstance(next(read_journal(one / "replication-00" / "journal.jsonl")), VenueRow)


def test_a_policy_of_the_users_own(tmp_path: Path) -> None:
    """It hides overload behind -2022: no -1008 for reducing orders, and the strict contract sees it."""
    sample("hides.py", tmp_path, "mine.py")
    arguments = [
        "check",
        "--mode",
        "sim",
        "--seed",
        "1",
        "--policy",
        "mine:Hide",
        "--duration",
        "3",
        "--json",
    ]
    result = fireexit(*arguments, cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    row = json.loads(result.stdout)["classes"]["truly-reducing"]
    assert (row["capacity"], row["false-state"] > 200) == (0, True)


def test_unknown_outcomes_alone_shut_the_exit(tmp_path: Path) -> None:
    """A deadline of 20 ms before the same queue: nobody reducing sees -1008, many never learn their fate."""
    from loadgen.scenarios import load_scenario

    text = load_scenario("mixed").source.replace("deadline_ms = 1000", "deadline_ms = 20")
    (tmp_path / "late.toml").write_text(text)
    result = fireexit(
        "check",
        "--mode",
        "sim",
        "--seed",
        "1",
        "--scenario",
        "late.toml",
        "--duration",
        "3",
        "--json",
        cwd=tmp_path,
    )
    assert result.returncode == 1
    row = json.loads(result.stdout)["classes"]["truly-reducing"]
    assert (row["capacity"], row["unknown"] > 200) == (0, True)


def test_compare_shows_policies_side_by_side(tmp_path: Path) -> None:
    result = fireexit(
        "compare", "--policies", "undifferentiated,exempt", "--seed", "7", "--duration", "8", cwd=tmp_path
    )
    assert result.returncode == 0
    rows = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()[2:]}
    assert rows == {"undifferentiated": "broken", "exempt": "holds"}
    assert not (tmp_path / "runs").exists()


def test_a_release_asks_for_more_runs(tmp_path: Path) -> None:
    fireexit("check", "--mode", "sim", "--thorough", "--duration", "1", "--out", "run", cwd=tmp_path)
    run = json.loads((tmp_path / "run" / "run.json").read_bytes())
    assert (run["replications"], run["rarest"]) == (59, 0.05)
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_bytes())
    told = next(clause["rarest"] for clause in verdict["clauses"] if "rarest" in clause)
    assert (told["of"], told["asked"]) == (59, 0.05)
    assert fireexit("verify", "run", cwd=tmp_path).returncode == 0
    assert prepare_run("mixed", "exempt", "strict", "sim", rarest=0.01).replications == 299


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--mode", "sim", "--thorough", "--certify"), "give one"),
        (("--mode", "load", "--thorough"), "need --mode sim"),
    ],
)
def test_more_runs_than_there_can_be(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = fireexit("check", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr


@pytest.mark.parametrize("share", [0.0, 5.0, float("nan")])
def test_a_share_that_is_none_is_one_line(share: float) -> None:
    with pytest.raises(UsageError, match="rarest must be from"):
        prepare_run("mixed", "exempt", "strict", "sim", rarest=share)

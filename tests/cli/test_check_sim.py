"""`check --mode sim`: the answers, their exit statuses, and what a run leaves behind. The README's own
commands (run by tests/test_docs.py) cover the default scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fireexit import check
from fireexit.errors import UsageError
from fireexit.prepare import prepare_run
from judging.run import count_run, judge_run
from run_records.journal import VenueRow, read_journal
from run_records.run import read_run, write_run
from run_records.schemas import UnreadableError
from tests.cli.support import fireexit, only_line
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


def test_a_check_that_may_end_early_says_so_before_and_after(tmp_path: Path) -> None:
    asked = ("check", "--mode", "sim", "--seed", "7", "--stop", "early", "--out", "run")
    result = fireexit(*asked, "--policy", "undifferentiated", "--duration", "15", cwd=tmp_path)
    assert result.returncode == 1
    assert "Ended after 3 of 20 planned runs" in result.stdout
    run = json.loads((tmp_path / "run" / "run.json").read_bytes())
    assert (run["replications"], run["planned"]) == (3, 20)
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_bytes())
    assert verdict["stop"] == {"rule": "early", "planned": 20, "made": 3, "spent": pytest.approx(0.01)}
    assert fireexit("verify", "--again", "run", cwd=tmp_path).returncode == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Ended after 3 of 20 planned runs" in page


def test_a_check_that_may_end_early_and_does_not_holds_at_its_end(tmp_path: Path) -> None:
    """And one that has been cut short where nothing was decided decides nothing."""
    found = check(mode="sim", seed=7, stop="early", out=tmp_path / "run")
    assert (found.document["result"], found.document["stop"]["made"]) == ("holds", 20)
    run = read_run(found.folder)
    write_run(found.folder, msgspec.structs.replace(run, replications=9))
    cut = judge_run(count_run(found.folder))
    assert cut["result"] == "inconclusive"
    assert cut["reasons"][0] == "it ended after 9 of 20 runs, although nothing was decided"
    write_run(found.folder, msgspec.structs.replace(run, mode="load", replications=1, planned=9))
    with pytest.raises(UnreadableError, match="planned is out of range"):
        read_run(found.folder)  # the batches of one run are not independent


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--mode", "load", "--stop", "early"), "--stop early needs --mode sim"),
        (("--mode", "sim", "--stop", "soon"), "--stop is early or planned, not 'soon'"),
    ],
)
def test_an_early_end_that_there_cannot_be(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = fireexit("check", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in only_line(result.stderr)
    assert not list(tmp_path.iterdir())


def test_trusted_code_is_called_so_wherever_the_run_is_spoken_of(tmp_path: Path) -> None:
    """It is for a reason: what the same policy cannot do in a process of its own, it does beside the
    gateway."""
    sample("says_yes.py", tmp_path)
    told = {}
    for name in ("says_yes.py", "trust:says_yes.py"):
        out = f"run-{name.partition(':')[0]}"
        result = fireexit(
            "check", "--mode", "sim", "--seed", "7", "--duration", "5", "--replications", "2",
            "--policy", name, "--out", out, cwd=tmp_path,
        )  # fmt: skip
        document = json.loads((tmp_path / out / "verdict.json").read_bytes())
        told[name] = document["classes"]["exiting"]["accepted_share"]
        trusted = name.startswith("trust:")
        for text in (result.stdout, fireexit("verify", out, cwd=tmp_path).stdout):
            assert ("trusted code" in text) is trusted
    assert told["says_yes.py"] == 0.0
    assert told["trust:says_yes.py"] == 1.0

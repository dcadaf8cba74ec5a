"""A judge of anybody's records: a directory that no program of ours wrote, without a journal, without a code
that any venue of ours knows, is judged by what its rows say that the answers meant."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from judging.contracts import contract_names, load_contract
from judging.evidence.manifest import seal
from judging.run import count_run, judge_run, report_run
from run_records.run import as_json
from run_records.schemas import UnreadableError
from tests.cli.support import fireexit

COLUMNS = [
    "key",
    "leg",
    "trader",
    "account",
    "class",
    "method",
    "symbol",
    "side",
    "quantity",
    "intent",
    "intended",
    "sent",
    "answered",
    "meaning",
    "http",
    "code",
    "text",
]
SECONDS, RATE = 60, 40
MS = 1_000_000
HARSH = {"reducing": "capacity-refused", "opening": "capacity-refused"}
KIND = {"reducing": "accepted", "opening": "capacity-refused"}


def write(folder: Path, answers: dict[str, str], executed: str = "") -> Path:
    """Two floods of orders at a venue that answers in words: half of each class at random is what `answers`
    says. `executed` is what it says of each accepted order that reduces, if its answers speak of that."""
    part = folder / "replication-00"
    part.mkdir(parents=True)
    document(
        folder / "run.json",
        schema="fireexit.run/2",
        scenario="somebody's log",
        policy="unknown",
        contract="client-only",
        seed=0,
        mode="load",
        duration_s=SECONDS,
        replications=1,
    )
    document(
        folder / "terms.json",
        schema="fireexit.terms/2",
        duration_ns=SECONDS * 1000 * MS,
        full_ns=SECONDS * 1000 * MS,
    )
    (folder / "contract.toml").write_text(load_contract("client-only").source)
    rows = [json.dumps({"schema": "fireexit.attempts/2", "columns": COLUMNS})]
    dice = random.Random(1)
    for number in range(SECONDS * RATE):
        klass = "reducing" if number % 4 == 0 else "opening"
        meaning = answers[klass] if dice.random() < 0.5 else "accepted"
        code = {"accepted": 0, "capacity-refused": "EBUSY"}[meaning]
        due = number * 1000 * MS // RATE
        rows.append(
            json.dumps(
                [
                    number,
                    0,
                    "someone",
                    f"a{number % 3}",
                    klass,
                    "POST",
                    "XBTUSD",
                    "Sell",
                    "1",
                    -1,
                    due,
                    due,
                    due + 3 * MS,
                    meaning,
                    200 if code == 0 else 503,
                    code,
                    "" if code == 0 else "Overloaded.",
                    *([executed] if executed and klass == "reducing" and code == 0 else []),
                ]
            )
        )
    (part / "attempts.jsonl").write_text("\n".join(rows) + "\n")
    (part / "intents.jsonl").write_text(json.dumps({"schema": "fireexit.intents/2", "columns": {}}) + "\n")
    return folder


def document(path: Path, **content: Any) -> None:
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(("answers", "result"), [(KIND, "holds"), (HARSH, "broken")])
def test_it_gets_a_verdict(tmp_path: Path, answers: dict[str, str], result: str) -> None:
    counted = count_run(write(tmp_path / "run", answers))
    verdict = judge_run(counted)
    clauses = {row["id"]: row["result"] for row in verdict["clauses"]}
    assert verdict["result"] == result, (verdict["reasons"], clauses)
    assert clauses["claimed-accepted"] == result
    assert verdict["validity"]["clock"] == "unstated"
    assert verdict["classes"]["opening"]["refusals_by_code"].keys() == {"EBUSY"}
    report = report_run(counted)
    assert report is not None
    assert "EBUSY" in json.dumps(report)


@pytest.mark.parametrize(("executed", "result"), [("1", "holds"), ("0.5", "broken"), ("0", "broken")])
def test_a_yes_that_does_nothing_does_not_hold(tmp_path: Path, executed: str, result: str) -> None:
    verdict = judge_run(count_run(write(tmp_path / "run", KIND, executed)))
    clauses = {row["id"]: row["result"] for row in verdict["clauses"]}
    assert (verdict["result"], clauses["claimed-executed"]) == (result, result)
    assert clauses["claimed-accepted"] == "holds"


def test_a_text_that_is_no_quantity_is_one_line(tmp_path: Path) -> None:
    for text in ("NaN", "a lot", "-"):
        verdict = judge_run(count_run(write(tmp_path / text, KIND, text)))
        assert verdict["result"] == "inconclusive"
        assert "is no quantity executed" in verdict["reasons"][0]


def test_commands_read_it(tmp_path: Path) -> None:
    run = write(tmp_path / "run", HARSH)
    counted = count_run(run)
    (run / "verdict.json").write_bytes(as_json(judge_run(counted)))
    seal(run)
    verified = fireexit("verify", str(run), cwd=tmp_path)
    assert verified.returncode == 0, verified.stderr
    assert "terms not derived again: there is no scenario.toml" in verified.stdout
    cut = fireexit("funnel", str(run), "--by", "class,code,meaning", "--tsv", cwd=tmp_path)
    assert cut.returncode == 0
    assert "reducing\tEBUSY\tcapacity-refused\t" in cut.stdout


@pytest.mark.parametrize(
    ("file", "before", "after", "complaint"),
    [
        (
            "replication-00/attempts.jsonl",
            '"capacity-refused"',
            '"busy"',
            "record 1: Invalid enum value 'busy'",
        ),
        ("replication-00/attempts.jsonl", "attempts/2", "attempts/9", "reads versions 1 and 2"),
        ("replication-00/attempts.jsonl", '"reducing"', '"closing"', "Invalid enum value 'closing'"),
        ("replication-00/attempts.jsonl", '"Sell", "1"', '"Sell", "-1e3"', "not a plain decimal: '-1e3'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, file: str, before: str, after: str, complaint: str) -> None:
    run = write(tmp_path / "run", HARSH)
    text = (run / file).read_text()
    (run / file).write_text(text.replace(before, after))
    verdict = judge_run(count_run(run))
    assert verdict["result"] == "inconclusive"
    assert complaint in " ".join(verdict["reasons"])


def test_without_intents_or_with_other_contracts(tmp_path: Path) -> None:
    """A contract that asks for what only an exchange's journal says is not answered by guesses."""
    run = write(tmp_path / "run", KIND)
    (run / "replication-00" / "intents.jsonl").unlink()
    assert judge_run(count_run(run))["result"] == "holds"
    for name in set(contract_names()) - {"client-only"}:
        copy = shutil.copytree(run, tmp_path / name)
        (copy / "contract.toml").write_text(load_contract(name).source)
        assert judge_run(count_run(copy))["result"] == "inconclusive", name


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("terms.json", {"symbols": {"XBTUSD": [-1, 0]}}, "a symbol has from 0 to 18 decimals"),
        ("terms.json", {"duration_ns": 0}, "duration_ns must be positive"),
        ("terms.json", {"capacity": []}, "capacity must begin at 0"),
        (
            "machine.json",
            {"schema": "fireexit.machine/2", "clock": "Monotonic"},
            "Invalid enum value 'Monotonic'",
        ),
        ("run.json", {"replications": 2}, "mode or replications are out of range"),
        ("run.json", {"duration_s": 1e300}, "duration_s is out of range"),
    ],
)
def test_documents_are_checked(tmp_path: Path, file: str, content: dict[str, Any], complaint: str) -> None:
    run = write(tmp_path / "run", KIND)
    path = run / file
    before = json.loads(path.read_text()) if path.exists() else {}
    document(path, **{**before, **content})
    with pytest.raises(UnreadableError, match=complaint):
        count_run(run)

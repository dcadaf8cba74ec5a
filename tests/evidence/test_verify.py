"""Any change to any file of a run is found, named by file and record; untouched, it is judged to the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies._internal.core import DataObject

from fireexit.errors import UsageError
from fireexit.evidence import compare, verify
from fireexit.main_path import check
from fireexit.options import CheckOptions
from judging.evidence.manifest import NAME, digest_of, inspect, seal
from tests.adversary.bundles import rejudge
from tests.cli.support import fireexit

FILES = 30


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed") / "run"
    options = CheckOptions(
        mode="sim", policy="undifferentiated", seed=3, duration_s=10, replications=3, out=folder, rarest=0.64
    )
    check(options)
    return folder


def test_an_untouched_run_is_intact_and_judged_again_to_the_same(run: Path) -> None:
    lines, intact = verify(run, digest_of(run))
    assert intact
    assert lines[-1] == "verdict: broken, the same when judged again from the records"
    assert verify(run, digest_of(run).removeprefix("sha256:"))[1]


def names(run: Path) -> list[str]:
    return sorted(p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file())


@given(st.data())
def test_any_changed_byte_of_any_file_is_found(run: Path, data: DataObject) -> None:
    name = data.draw(st.sampled_from(names(run)))
    path = run / name
    text = path.read_bytes()
    place = data.draw(st.integers(0, len(text) - 1))
    change = data.draw(st.integers(1, 255))
    digest = digest_of(run)
    try:
        path.write_bytes(text[:place] + bytes([text[place] ^ change]) + text[place + 1 :])
        findings = inspect(run, digest)
    finally:
        path.write_bytes(text)
    assert [f.file for f in findings] == [name]
    (finding,) = findings
    if name.endswith(".jsonl"):
        line = text[:place].count(b"\n")
        if text[place : place + 1] != b"\n" and bytes([text[place] ^ change]) != b"\n":
            assert finding.record == (line or None)
            assert finding.what == ("was changed" if line else "has another header")
    assert not inspect(run, digest)


@given(st.data())
def test_a_dropped_record_is_named(run: Path, data: DataObject) -> None:
    name = data.draw(st.sampled_from([n for n in names(run) if n.endswith(".jsonl")]))
    path = run / name
    text = path.read_bytes()
    lines = text.splitlines(keepends=True)
    record = data.draw(st.integers(1, len(lines) - 1))
    if record + 1 < len(lines) and lines[record] == lines[record + 1]:
        return  # which of two equal ones is gone, nobody can tell
    try:
        path.write_bytes(b"".join(lines[:record] + lines[record + 1 :]))
        (finding,) = inspect(run, digest_of(run))
    finally:
        path.write_bytes(text)
    assert (finding.file, finding.record, finding.what) == (name, record, "was dropped")


def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def test_files_that_come_and_go_are_named(run: Path, tmp_path: Path) -> None:
    folder = copy(run, tmp_path)
    (folder / "replication-01" / "intents.jsonl").unlink()
    (folder / "extra.txt").write_text("x")
    assert {str(f) for f in inspect(folder, digest_of(folder))} == {
        "replication-01/intents.jsonl: is missing",
        "extra.txt: was not there when the run was sealed",
    }


def relabel(folder: Path) -> None:
    """A shed order becomes an accepted one in the client's file."""
    path = folder / "replication-00" / "attempts.jsonl"
    text = path.read_text(encoding="utf-8")
    shed = ',"capacity-refused",503,-1008,"",""]'
    assert shed in text
    path.write_text(text.replace(shed, ',"accepted",200,0,"",""]', 1), encoding="utf-8")


def test_a_manifest_made_anew_needs_the_digest_to_be_found_or_the_records_speak(
    run: Path, tmp_path: Path
) -> None:
    folder = copy(run, tmp_path)
    digest = digest_of(folder)
    relabel(folder)
    lines, intact = verify(folder, digest)
    assert not intact
    assert "replication-00/attempts.jsonl, record" in lines[0]
    seal(folder)
    lines, intact = verify(folder, digest)
    assert not intact
    assert lines[0].startswith(f"{NAME}: is not the one with this digest")
    lines, intact = verify(folder, None)
    assert not intact, "the verdict does not follow from such records"
    assert any("classes is not what the records give" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("report.json", b'"share": 0.', b'"share": 1.', "report.json: rates is not what the records give"),
        (
            "report.html",
            b"In short",
            b"In brief",
            "report.html: is not what verdict.json and report.json give",
        ),
    ],
)
def test_a_report_that_was_changed_and_sealed_again_does_not_follow(
    run: Path, tmp_path: Path, name: str, old: bytes, new: bytes, words: str
) -> None:
    folder = copy(run, tmp_path)
    text = (folder / name).read_bytes()
    assert old in text
    (folder / name).write_bytes(text.replace(old, new, 1))
    seal(folder)
    lines, intact = verify(folder, None)
    assert not intact
    assert words in lines


def test_a_verdict_whose_banner_was_changed_does_not_follow(run: Path, tmp_path: Path) -> None:
    """Not only clauses: what was run, under which contract, and the reasons."""
    folder = copy(run, tmp_path)
    document = json.loads((folder / "verdict.json").read_text())
    document["run"]["policy"] = "exempt"
    document["contract"]["summary"] = "something else"
    document["surplus"] = 1
    (folder / "verdict.json").write_text(json.dumps(document))
    seal(folder)
    lines, intact = verify(folder, None)
    assert not intact
    for name in ("run", "contract", "surplus"):
        assert f"verdict.json: {name} is not what the records give" in lines


def test_records_that_cannot_be_read_are_one_line(run: Path, tmp_path: Path) -> None:
    folder = copy(run, tmp_path)
    path = folder / "replication-00" / "attempts.jsonl"
    path.write_text(path.read_text().replace('"accepted"', '"agreed"', 1))
    seal(folder)
    lines, intact = verify(folder, None)
    assert not intact
    assert lines[-1].startswith("the records: cannot be read")


def test_a_reading_that_does_not_decide_fails_no_diff(tmp_path: Path) -> None:
    for policy in ("strict-priority", "exempt"):
        check(
            CheckOptions(
                mode="sim",
                policy=policy,
                contract="docs-2025-10-23",
                seed=7,
                duration_s=10,
                replications=5,
                out=tmp_path / policy,
            )
        )
    found = compare(tmp_path / "strict-priority", tmp_path / "exempt")
    assert found.overall == ("holds", "holds")
    assert {change.id: change.verdict for change in found.changes}["reducing-ahead"] == "unclear"
    assert found.status == 0


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"schema":"x"}', b'{"schema":"fireexit.manifest/1","files":{"../x":{}}}']
)
def test_a_broken_manifest_is_one_line(run: Path, tmp_path: Path, text: bytes) -> None:
    folder = copy(run, tmp_path)
    (folder / NAME).write_bytes(text)
    with pytest.raises(UsageError, match=r"malformed|is not a"):
        verify(folder, None)


def test_what_is_no_run_is_one_line(tmp_path: Path) -> None:
    for command in (("verify", str(tmp_path)), ("diff", str(tmp_path), str(tmp_path))):
        result = fireexit(*command, cwd=tmp_path)
        assert result.returncode == 2
        assert len(result.stderr.strip().splitlines()) == 1
        assert "no finished run" in result.stderr


def test_two_runs_clause_by_clause(run: Path, tmp_path: Path) -> None:
    better = tmp_path / "exempt"
    options = CheckOptions(
        mode="sim", policy="exempt", seed=3, duration_s=10, replications=3, out=better, rarest=0.64
    )
    check(options)
    improved = {change.id: change.verdict for change in compare(run, better).changes}
    worsened = {change.id: change.verdict for change in compare(better, run).changes}
    assert improved["reducing-accepted"] == "better"
    assert worsened["reducing-accepted"] == "worse"
    assert {change.verdict for change in compare(run, run).changes} == {"same"}
    assert compare(run, better).warnings == []
    assert fireexit("diff", str(better), str(run), cwd=tmp_path).returncode == 1
    assert fireexit("diff", str(run), str(better), cwd=tmp_path).returncode == 0


def test_the_digest_is_printed_and_holds(tmp_path: Path) -> None:
    result = fireexit(
        "check",
        "--mode",
        "sim",
        "--seed",
        "1",
        "--duration",
        "2",
        "--replications",
        "2",
        "--out",
        "run",
        cwd=tmp_path,
    )
    digest = result.stdout.strip().splitlines()[-1].split()[1]
    found = fireexit("verify", "run", "--digest", digest, cwd=tmp_path)
    assert found.returncode == 0, found.stdout
    other = fireexit("verify", "run", "--digest", "sha256:" + "0" * 64, cwd=tmp_path)
    assert other.returncode == 1


def test_nothing_in_a_run_tells_whose_machine_it_was(run: Path) -> None:
    text = "".join((run / name).read_text(encoding="utf-8") for name in names(run) if name.endswith(".json"))
    for private in (str(Path.home()), str(run.parent), json.dumps(str(run))):
        assert private not in text


def test_a_second_run_that_says_nothing_is_no_pass(tmp_path: Path) -> None:
    """A clause that held and is undecided now; another length; a changed record: all of it is said."""
    good, short = tmp_path / "good", tmp_path / "short"
    check(CheckOptions(mode="sim", policy="exempt", seed=7, replications=5, out=good, rarest=0.46))
    check(CheckOptions(mode="sim", policy="exempt", seed=7, duration_s=3, replications=1, out=short))
    result = fireexit("diff", "good", "short", cwd=tmp_path)
    assert result.returncode == 3
    assert "beware: duration_s differs: 30.0 and 3" in result.stdout
    assert "reducing-accepted held and is undecided now" in result.stdout
    assert result.stdout.splitlines()[-1] == "verdict: holds → inconclusive"
    assert result.stdout.startswith("A  good: scenario mixed, policy exempt")
    relabel_any(short)
    assert "short does not match its seal" in fireexit("diff", "good", "short", cwd=tmp_path).stdout
    reasons = json.loads((short / "verdict.json").read_text())["reasons"]
    assert any("only 3 in the sample, 10 are needed" in reason for reason in reasons)
    assert any("cut to 3 s of the scenario's 30" in reason for reason in reasons)
    assert not any("no overload to speak of" in reason for reason in reasons)


def relabel_any(folder: Path) -> None:
    with (folder / "replication-00" / "attempts.jsonl").open("ab") as file:
        file.write(b"[]\n")


def test_what_cannot_be_read_or_is_no_digest_is_wrong_usage(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no digest"):
        verify(run, "garbage")
    folder = copy(run, tmp_path)
    name = folder / "replication-00" / "attempts.jsonl"
    name.unlink()
    name.mkdir()  # where a file was sealed; its bytes cannot be read, by nobody
    lines, intact = verify(folder, None)
    assert not intact
    assert lines == ["replication-00/attempts.jsonl: is missing"]


def test_terms_that_suit_better_are_found(run: Path, tmp_path: Path) -> None:
    """Sealed again by somebody who has the tool: only the scenario can tell."""
    folder = copy(run, tmp_path)
    terms = json.loads((folder / "terms.json").read_text())
    terms["capacity"][0]["slots"] += 1
    (folder / "terms.json").write_text(json.dumps(terms))
    seal(folder)
    lines, intact = verify(folder, None)
    assert not intact
    assert "terms.json: is not what the scenario gives" in lines
    assert not any("the same when derived" in line for line in lines)


def test_a_verdict_of_nobody_is_one_line(run: Path, tmp_path: Path) -> None:
    folder = copy(run, tmp_path)
    verdict = json.loads((folder / "verdict.json").read_text())
    del verdict["clauses"][0]["id"]
    (folder / "verdict.json").write_text(json.dumps(verdict))
    with pytest.raises(UsageError, match="malformed"):
        compare(folder, run)


KEPT_UP = {
    "loop_lag_p50_ms": 0.2,
    "loop_lag_p99_ms": 400.0,
    "loop_lag_max_ms": 2000.0,
    "cpu_share": 0.1,
    "cpu_wait_share": 0.0,
    "internal_errors": 0,
}
"""Of an exchange that stood still for two seconds."""


def test_how_an_exchange_kept_up_is_what_it_has_written_itself(run: Path, tmp_path: Path) -> None:
    """Though everything that follows from it has been made anew."""
    folder = copy(run, tmp_path)
    journal = folder / "replication-00" / "journal.jsonl"
    journal.write_text(journal.read_text() + json.dumps(["watch", 1, KEPT_UP]) + "\n")
    machine = {"schema": "fireexit.machine/2", "clock": "monotonic", "drivers": [], "exchange": KEPT_UP}
    for exchange, as_written in (
        (KEPT_UP, True),
        ({**KEPT_UP, "loop_lag_max_ms": 5.0}, False),
        (None, False),
    ):
        (folder / "machine.json").write_text(json.dumps({**machine, "exchange": exchange}))
        rejudge(folder)
        lines, intact = verify(folder, None)
        assert intact is as_written
        told = "machine.json: is not what the exchange has written of itself in its journal"
        assert (told in lines) is not as_written

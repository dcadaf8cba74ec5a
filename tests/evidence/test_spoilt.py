"""A few of the spoilt run directories of the study: each is answered with lines, the worst ones by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fireexit.errors import UsageError
from fireexit.evidence import reconcile, verify
from judging.evidence.manifest import seal
from studies.bundles import Spoiler, answered, small_run


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_run(tmp_path_factory.mktemp("small"))


def test_what_is_spoilt_is_found_or_refused_in_lines(honest: Path, tmp_path: Path) -> None:
    said = []
    for seed in range(40):
        copy = tmp_path / str(seed)
        shutil.copytree(honest, copy)
        place = Spoiler(seed).spoil(copy)
        what, wrong = answered(copy)
        assert wrong == "", (seed, place)
        said.append(what)
    assert {"intact", "found", "refused"} == set(said)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("duration_ns", 2**63 - 1, "a day at most"),
        ("recovers_at_ns", -(2**65), "recovers_at_ns must be 0 or later"),
        ("recovers_at_ns", 2**65, "and within a day"),
    ],
)
def test_a_run_of_centuries_takes_no_memory(
    honest: Path, tmp_path: Path, name: str, value: int, complaint: str
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(honest, copy)
    terms = json.loads((copy / "terms.json").read_text())
    (copy / "terms.json").write_text(json.dumps({**terms, name: value}))
    seal(copy)
    with pytest.raises(UsageError, match=complaint):
        verify(copy, None)


def test_a_row_that_is_nested_without_end_is_one_line(honest: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(honest, copy)
    with (copy / "replication-00" / "journal.jsonl").open("ab") as file:
        file.write(b"[" * 100_000 + b"\n")
    with pytest.raises(UsageError, match=r"journal\.jsonl, record \d+: maximum recursion depth"):
        list(reconcile(copy, everything=False))

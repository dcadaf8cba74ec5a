"""The budget of tests is kept, and what is said of it is so."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house import budget
from tests.house.budget import BUDGET, MINUTES, added, exceeded, minutes_of, report, yardstick_s

DOCUMENT = tomllib.loads(BUDGET.read_text(encoding="utf-8"))


@pytest.mark.parametrize("target", MINUTES)
def test_all_suites_fit_into_their_target(target: str) -> None:
    assert minutes_of(DOCUMENT, target) <= MINUTES[target]


def test_every_folder_of_tests_has_a_line() -> None:
    folders = {path.parent.name for path in BUDGET.parent.glob("tests/*/test_*.py")}
    assert {f"{name}/quick" for name in folders - {"realtime"}} <= set(DOCUMENT["suites"])
    for row in DOCUMENT["suites"].values():
        assert row["minutes"] > 0
        assert row.get("seconds", 1) > 0
        assert row["cores"] in (1, 2)


@pytest.mark.parametrize(
    ("spent", "lines"),
    [
        ({"a/quick": 150.0}, 0),
        ({"a/quick": 150.1}, 1),
        ({"small/quick": 11.0}, 0),
        ({"small/quick": 11.1}, 1),
        ({"new/quick": 1.0}, 1),
        ({}, 0),
    ],
)
def test_a_suite_may_take_half_as_much_again_and_ten_seconds(spent: dict[str, float], lines: int) -> None:
    assert len(exceeded({"a/quick": 100.0, "small/quick": 1.0}, spent)) == lines


def test_a_second_test_without_an_answer_is_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    runs: list[dict[str, Any]] = [
        {"minutes": 2.0, "costs": {"a/quick": 3.0, "b/large": 4.0}, "silent": ["one"]},
        {"minutes": 1.5, "costs": {"a/quick": 1.0}, "silent": []},
    ]
    assert report(runs) == 0
    said = capsys.readouterr().out
    assert "together                   3.5 minutes" in said
    assert "skipped or inconclusive: one" in said
    assert added(runs) == {"a/quick": 4.0, "b/large": 4.0}
    runs[1]["silent"] = ["two"]
    assert report(runs) == 1


def test_what_was_taken_is_recorded_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "budget.toml"
    table = (
        '# why\nyardstick_ms = 1\n\n[suites."a/quick"]\n{}cores = 2\n{}\n[suites."b/quick"]\nseconds = 7\n'
    )
    taken = [{"costs": {"a/quick": 12.4}, "minutes": 1, "silent": []}]
    for before in ("", "seconds = 1\n"):
        path.write_text(table.format(before, ""))
        budget.record(taken, path)
        assert path.read_text() == table.format("", "seconds = 12\n")


def test_the_yardstick_takes_a_moment() -> None:
    assert 0 < yardstick_s() < 1

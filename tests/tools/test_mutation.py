"""The program that makes programs wrong: which places it finds, and that a change is a change."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.tools import changed
from tools.mutation.coverage_map import statements
from tools.mutation.patch import LoadedFunctions
from tools.mutation.points import in_a_function, points_of
from tools.mutation.sample import CRITICAL, HOUSES, SIZE, controls, critical, drawn, points_in
from tools.mutation.table import Equivalent, equivalents, evidence, row_of
from tools.mutation.trial import KILLED, SURVIVED, TIMEOUT, UNCOVERED, Trial

ROOT = Path(__file__).parents[2]
FILE = Path(changed.__file__)
SOURCE = FILE.read_bytes()
POINTS = points_of(ROOT, FILE)


def test_every_place_and_its_change() -> None:
    found = [(point.line, point.kind, point.text) for point in POINTS]
    assert found == [
        (5, "constant", "4"),
        (8, "constant", "1"),
        (10, "compared", "(len(values) >= LIMIT)"),
        (10, "condition", "(not (len(values) > LIMIT and values))"),
        (10, "joined", "(len(values) > LIMIT or values)"),
        (11, "removed", "pass"),
        (12, "constant", "1"),
        (14, "condition", "(not (not value))"),
        (14, "sign", "(value)"),
        (15, "loop", "break"),
        (16, "removed", "pass"),
        (17, "compared", "(value >= least)"),
        (17, "condition", "(not (value > least))"),
        (18, "returned", "return None"),
        (18, "called", "min"),
        (18, "computed", "(max(value, -total) + 2)"),
        (18, "sign", "(total)"),
        (18, "constant", "3"),
    ]
    assert {point.function for point in POINTS} == {"", "first"}


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.line}-{point.kind}")
def test_each_change_is_a_program_of_as_many_lines(point: object) -> None:
    (one,) = [other for other in POINTS if other is point]
    after = one.applied(SOURCE)
    assert after != SOURCE
    assert after.count(b"\n") == SOURCE.count(b"\n")
    compile(after, "changed.py", "exec")
    assert one.unchanged(SOURCE).applied(SOURCE) == SOURCE


def test_functions_that_are_loaded_are_changed_and_changed_back() -> None:
    functions = LoadedFunctions(ROOT)
    (point,) = [point for point in POINTS if point.text == "min"]
    assert changed.first([5]) == 10
    assert functions.change(point)
    assert changed.first([5]) == -10
    assert functions.change(point.unchanged(SOURCE))
    assert changed.first([5]) == 10


def test_a_seed_draws_the_same_points_again_and_enough_of_each_house() -> None:
    first, again, other = drawn(ROOT, 7, 20), drawn(ROOT, 7, 20), drawn(ROOT, 8, 20)
    assert first == again != other
    assert {house: len(points) for house, points in drawn(ROOT, 7).items()} == dict.fromkeys(HOUSES, SIZE)
    assert SIZE >= 300
    for house, points in first.items():
        assert all(point.file.startswith(HOUSES[house]) for point in points)
        assert points == drawn(ROOT, 7, 30)[house][:20], "a part from the front is a sample, too"
    for name, points in critical(ROOT).items():
        assert points == points_in(ROOT, CRITICAL[name]) != []
    assert {p.kind for points in controls(ROOT, 7, 3).values() for p in points} == {"control"}


def test_shares_count_what_could_be_noticed() -> None:
    results = [KILLED] * 6 + [TIMEOUT] + [SURVIVED, SURVIVED, UNCOVERED]
    trials = [Trial(point, result, 1, "", 0.0) for point, result in zip(POINTS, results, strict=False)]
    same = [Equivalent("tests/tools/changed.py", "first", "if not value", POINTS[7].text, "made up")]
    row = row_of("x", trials, 18, same, ROOT)
    assert (row.points, row.of, row.noticed, row.equivalent, len(row.missed)) == (10, 18, 7, 1, 2)
    assert row.share == pytest.approx(7 / 9)
    assert 0.4 < row.low < row.share


def test_every_equivalent_has_its_place_and_its_reason() -> None:
    path = ROOT / "tools" / "mutation" / "equivalent.toml"
    known = equivalents(path)
    assert len({(one.file, one.function, one.line, one.text) for one in known}) == len(known)
    for one in known:
        assert one.line in (ROOT / one.file).read_text(encoding="utf-8"), one
        assert len(one.reason) > 20, one
    assert tomllib.loads(path.read_text(encoding="utf-8")).keys() <= {"changes"}


def test_a_condition_over_several_lines_belongs_to_its_first() -> None:
    """Python counts the line of the first comparison, not that of `if (`."""
    lines = ["def f(a):", "    if (", "        a", "        and a > 1", "    ):"]
    lines += ["        return g(", "            a,", "        )", "    return 0"]
    begins = statements("\n".join(lines))
    assert [begins[line] for line in range(1, 10)] == [1, 2, 2, 2, 2, 6, 6, 6, 9]


def test_what_is_done_at_import() -> None:
    """Constants, defaults of parameters and class bodies; a default of an inner function is not."""
    lines = ["A = 1", "class C:", "    B = 2", "    def f(self, c=3):"]
    lines += ["        def g(d=4):", "            return d", "        return g"]
    source = "\n".join(lines).encode()
    assert [line for line in range(1, 8) if in_a_function(source, line)] == [5, 6, 7]


def test_the_evidence_is_a_document_again() -> None:
    point = points_of(ROOT, ROOT / "judging" / "clause.py")[0]
    tried = [Trial(point, SURVIVED, 3, "", 0.5)]
    row = row_of("judging", tried, 1, [], ROOT)
    read = json.loads(evidence([row], tried, 7, "abc", "2026-11-26", ROOT))
    assert (read["seed"], read["rows"][0]["points"], read["rows"][0]["noticed"]) == (7, 1, 0)
    assert len(read["not noticed"]["judging"]) == 1
    assert read["trials"][0][3] == SURVIVED

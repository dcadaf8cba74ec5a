"""`fireexit shrink`, as somebody runs it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.support import fireexit

QUICK = ("--replications", "3", "--seed", "7", "--tries", "6")


def test_it_writes_a_smaller_scenario_that_breaks_the_clause_again(tmp_path: Path) -> None:
    asked = ("--policy", "undifferentiated", "--clause", "reducing-accepted", "--out", "small.toml")
    result = fireexit("shrink", *asked, *QUICK, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("undifferentiated still breaks reducing-accepted with ")
    small = tomllib.loads((tmp_path / "small.toml").read_text())
    assert len(small["traders"]) < 10
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("see it:")]
    again = fireexit(*line.split()[3:], "--json", cwd=tmp_path)
    clauses = {clause["id"]: clause["result"] for clause in json.loads(again.stdout)["clauses"]}
    assert clauses["reducing-accepted"] == "broken"


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (("--policy", "exempt", "--out", "x.toml"), "no clause is broken by exempt under mixed with seed 7"),
        (
            ("--policy", "exempt", "--clause", "no-leak", "--out", "x.toml"),
            "no-leak is not broken by exempt under mixed with seed 7 in 3 runs",
        ),
        (("--clause", "nonsense", "--out", "x.toml"), "contract strict has no clause 'nonsense'; it has "),
        (("--tries", "0", "--out", "x.toml"), "tries must be from 1 to 100000, not 0"),
    ],
)
def test_what_cannot_be_shrunk_is_said_in_a_line(
    asked: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    result = fireexit("shrink", *QUICK, *asked, cwd=tmp_path)
    assert result.returncode == 2
    assert complaint in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())

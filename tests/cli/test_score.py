"""`fireexit score` in virtual time, and what it says when asked for the impossible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import fireexit

SIX = ("score", "--mode", "sim", "--scenario", "six-bots", "--set", "scale=0.25", "--set", "bots_each=1")


def test_six_behaviours_are_scored(tmp_path: Path) -> None:
    result = fireexit(*SIX, "--replications", "2", "--seed", "1", "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["schema"] == "fireexit.score/1"
    assert [len(run) for run in document["runs"]] == [6, 6]
    cards = {card["behaviour"]: card for card in document["runs"][0]}
    assert cards["query-first"]["unresolved"] <= 1
    assert cards["naive"]["attempts"] >= 1


def test_one_run_is_shown_account_by_account(tmp_path: Path) -> None:
    result = fireexit(*SIX, "--replications", "1", "--seed", "2", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "lost against an exit at mark" in result.stdout
    assert "hedge" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("records: runs/")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scenario", "mixed"), "has nobody to score"),
        (("--scenario", "nowhere"), "unknown scenario"),
        (("--policy", "nothing"), "unknown policy"),
        (("--minutes", "0.1"), "minutes must be from 0.5"),
        (("--lead", "-1"), "lead must be"),
        (("--set", "users"), "give NAME=VALUE"),
        (("--set", "nothing=1"), "no parameter is called 'nothing'"),
        (("--set", "users=many"), "parameter users is like"),
        (("--mode", "both"), "unknown mode"),
        (("--mode", "load", "--replications", "3"), "replications are for --mode sim"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[Any, ...], words: str, tmp_path: Path) -> None:
    result = fireexit("score", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1

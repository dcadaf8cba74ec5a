"""A scenario is made as small as still shows something; nothing that matters is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from loadgen.scenarios import ScenarioError, load_scenario, scenario_names
from loadgen.scenarios.scenario import document_of, parse_scenario
from loadgen.scenarios.shrinking import shrink, smaller_ones
from tests.support import examples

KINDS = "abcdefgh"


def document(**more: Any) -> dict[str, Any]:
    return {
        "duration_s": 40,
        "traders": [{"kind": kind, "accounts": 9, "rate": 80} for kind in KINDS],
        **more,
    }


def kinds(found: dict[str, Any]) -> set[str]:
    return {row["kind"] for row in found["traders"]}


@given(needed=st.sets(st.sampled_from(KINDS)), seconds=st.sampled_from((1, 3, 10, 40)))
@examples(40)
def test_what_is_needed_stays_and_nothing_else(needed: set[str], seconds: int) -> None:
    def shows(found: dict[str, Any]) -> bool:
        return needed <= kinds(found) and found["duration_s"] >= seconds

    found = shrink(document(), shows, 10_000)
    assert kinds(found.document) == needed
    assert seconds <= found.document["duration_s"] <= 1.34 * seconds
    assert all(
        row == {"kind": row["kind"], "accounts": 1, "rate": row["rate"]} for row in found.document["traders"]
    )
    assert all(row["rate"] < 0.4 for row in found.document["traders"])


def test_what_it_returns_shows_it_and_no_smaller_one_does() -> None:
    def shows(found: dict[str, Any]) -> bool:
        return bool(sum(row.get("accounts", 0) for row in found["traders"]) >= 7)

    found = shrink(document(), shows, 10_000)
    assert shows(found.document)
    assert not any(shows(smaller) for _, smaller in smaller_ones(found.document))


def test_it_ends_when_so_many_have_been_tried() -> None:
    tried: list[float] = []
    never: Callable[[dict[str, Any]], bool] = lambda found: False  # noqa: E731
    assert shrink(document(), never, 7, tried.append).tries == 7
    assert tried[-1] == 1.0


@pytest.mark.parametrize("name", scenario_names())
def test_every_step_makes_another_document_and_some_are_scenarios(name: str) -> None:
    scenario = load_scenario(name)
    whole = document_of(scenario)
    assert parse_scenario(tomlkit.dumps(whole), name).plan("exempt", 1, simulated=True) == scenario.plan(
        "exempt", 1, simulated=True
    )
    usable = 0
    for step, smaller in smaller_ones(whole):
        assert smaller != whole, step
        try:
            parse_scenario(tomlkit.dumps(smaller), step)
            usable += 1
        except ScenarioError:
            pass
    assert usable >= 5

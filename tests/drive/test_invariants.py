"""Whatever the scenario, the policy and the phases: everything adds up; and the study would notice if not."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from loadgen.drive.simulation import Records, simulate_records
from loadgen.scenarios import Scenario, load_scenario
from run_records.journal import OrderRow, StationRow, TradeRow
from studies.invariants import drawn, faults_of, tried


@pytest.mark.parametrize("number", range(3))
def test_everything_adds_up(number: int) -> None:
    sent, faults = tried(drawn(number))
    assert sent > 100
    assert faults == []


@pytest.mark.large
@pytest.mark.parametrize("first", range(0, 60, 10))
def test_everything_adds_up_in_many_cases(first: int) -> None:
    found = [(number, *tried(drawn(number))) for number in range(1_000 + first, 1_010 + first)]
    assert [(number, faults) for number, _, faults in found if faults] == []
    assert sum(sent for _, sent, _ in found) > 5_000


@pytest.fixture(scope="module")
def simulated() -> tuple[Records, Scenario]:
    scenario = load_scenario("mixed")
    return simulate_records(scenario, "exempt", 7, 2.0), scenario


def changed(row: Any, **values: Any) -> Any:
    return msgspec.structs.replace(row, **values)


@pytest.mark.parametrize(
    ("kind", "values", "fault"),
    [
        (StationRow, {"waited_ns": 1}, "little: "),
        (TradeRow, {"quantity": 10**9}, "fills: "),
        (OrderRow, {"quantity": 1}, "replay: "),
    ],
)
def test_a_row_that_lies_is_noticed(
    simulated: tuple[Records, Scenario], kind: type, values: dict[str, Any], fault: str
) -> None:
    records, scenario = simulated
    journal = records.journal
    done = (n for n, row in enumerate(journal.rows) if isinstance(row, kind) and not getattr(row, "code", 0))
    *_, place = done
    honest = journal.rows[place]
    journal.rows[place] = changed(honest, **values)
    try:
        found = faults_of(records, scenario)
    finally:
        journal.rows[place] = honest
    assert found
    assert any(line.startswith(fault) for line in found)
    assert faults_of(records, scenario) == []


def test_a_client_that_saw_something_else_is_noticed(simulated: tuple[Records, Scenario]) -> None:
    records, scenario = simulated
    attempts = records.attempts
    honest = attempts.rows[50]
    for values in ({"code": -9999}, {"answered": honest.answered + 1}, {"key": -7}):
        attempts.rows[50] = changed(honest, **values)
        assert any(line.startswith("clients: ") for line in faults_of(records, scenario)), values
    attempts.rows[50] = honest


def test_another_state_than_the_replay_gives_is_noticed(simulated: tuple[Records, Scenario]) -> None:
    records, scenario = simulated
    other = simulate_records(scenario, "exempt", 8, 2.0)
    assert "replay: another state than the venue's" in faults_of(
        dataclasses.replace(records, engine=other.engine), scenario
    )

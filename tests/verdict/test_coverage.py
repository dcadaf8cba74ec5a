"""The intervals of a verdict on systems whose truth is known: what the page says, and a part of it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studies.textbook_queues import Chain, chain_runs, chain_truth
from studies.wrong_verdicts import ROWS
from tools.pages.statistics import CELLS, DATA, FIFO, LOSS, PAGE, RETRY, Cell, page, study, verdict_row

COMMITTED = json.loads(DATA.read_text(encoding="utf-8"))
BY_CELL = {Cell(**row["cell"]): row for row in COMMITTED["cells"]}


def test_the_page_is_what_the_study_found() -> None:
    assert page(COMMITTED) == PAGE.read_text(encoding="utf-8")
    assert set(BY_CELL) == set(CELLS)
    assert COMMITTED["intervals"] == 10_000


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_no_row_of_the_page_is_wrong_more_often_than_stated(cell: Cell) -> None:
    """Half a point is what chance does to ten thousand."""
    row = BY_CELL[cell]
    assert row["wrong"] <= 0.055
    assert row["passed_at_threshold"] <= 0.05
    if row["answered"] > 0.1:
        assert 0.945 <= row["covered"] <= 0.98
    else:  # what is rarely answered must be wrong far more rarely than stated
        assert row["wrong"] <= 0.02
    if row["caught"] is not None:
        assert abs(row["caught"] - row["power"]) < 0.03


def test_chains_agree_with_their_exact_truth() -> None:
    for chain in (Chain(1.1, 10, 10), Chain(1.1, 1, 200), Chain(0.9, 1, 20)):
        runs = chain_runs(chain, 20, 1500, 10, seed=1)
        arrivals, refused = runs.arrivals.sum(axis=0), runs.refused.sum(axis=0)
        error = (refused / arrivals).std() / len(arrivals) ** 0.5
        assert refused.sum() / arrivals.sum() == pytest.approx(chain_truth(chain, 20), abs=4 * error)


def test_a_long_run_from_an_empty_system_comes_near_erlang_b() -> None:
    """M/M/10/10 offered 11 erlangs: 25.96 %, the textbook value."""
    assert chain_truth(Chain(1.1, 10, 10), 600) == pytest.approx(0.2596, abs=2e-4)


@pytest.mark.parametrize("cell", [Cell(LOSS, 1.1, 30, True), Cell(FIFO, 1.1, 30, True)], ids=str)
def test_replications_are_right(cell: Cell) -> None:
    found = study(cell, intervals=800)
    assert found.answered == 1.0
    assert found.covered is not None
    assert found.covered >= 0.93
    assert found.passed_at_threshold <= 0.04
    assert found.caught is not None
    assert found.power is not None
    assert abs(found.caught - found.power) < 0.06


def test_a_minute_of_a_deep_queue_at_its_capacity_is_not_answered() -> None:
    found = study(Cell(FIFO, 1.0, 60, False), intervals=500)
    assert found.answered <= 0.03
    assert found.wrong <= 0.03


@pytest.mark.parametrize("row", COMMITTED["verdicts"]["rows"], ids=lambda row: str(row["system"]))
def test_no_row_of_whole_verdicts_is_wrong_more_often_than_stated(row: dict[str, Any]) -> None:
    assert row["wrong"] <= 0.05 + 3 * (0.05 * 0.95 / COMMITTED["verdicts"]["of"]) ** 0.5


def test_the_page_has_every_row_of_whole_verdicts() -> None:
    named = [(row["system"], row["may_not"]) for row in COMMITTED["verdicts"]["rows"]]
    assert named == [(row.system, row.may_not) for row in ROWS]
    assert COMMITTED["verdicts"]["of"] == 10_000


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda number: ROWS[number].system)
def test_a_part_of_them_again(number: int) -> None:
    found = verdict_row(number, verdicts=60)
    assert found["wrong"] <= 0.05 + 3.5 * (0.05 * 0.95 / 60) ** 0.5


@pytest.mark.large
def test_clients_that_retry() -> None:
    found = study(Cell(RETRY, 1.1, 30, True), intervals=400)
    assert found.answered == 1.0
    assert found.covered is not None
    assert found.covered >= 0.92

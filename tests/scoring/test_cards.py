"""Scorecards from records written by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from judging.scoring.card import FLAT, NEVER, OPEN, OVERTAKEN, Card, cards_of
from judging.scoring.summary import by_behaviour, separated
from loadgen.scenarios import load_scenario
from loadgen.scenarios.goals import goals_of
from mock_exchange.engine.symbols import symbols
from mock_exchange.journal import Journal
from run_records.clients import attempts_file
from run_records.goals import VISITOR, Goal
from run_records.journal import (
    CancelAllRow,
    EquityRow,
    ForcedRow,
    MarketRow,
    OutcomeRow,
    PositionRow,
    QueryRow,
)
from run_records.scaled import MONEY_UNIT
from run_records.terms import Terms
from run_records.units import NS_PER_S
from run_records.words import Cause, Class, Stage
from tests.rows import attempt_row, outcome_row

DOGE = symbols()["DOGEUSDT"]
TERMS = Terms(60 * NS_PER_S, 60 * NS_PER_S)


def goal_of(behaviour: str = VISITOR, side: str = "BOTH", target: int = 1000) -> Goal:
    return Goal("v", behaviour, DOGE.name, DOGE.price_precision, DOGE.quantity_precision, side, 1000, target)


GOAL = goal_of()


def outcome(
    second: int,
    code: int,
    *,
    klass: str = "reducing",
    http: int | None = None,
    took: float = 0.1,
    cause: Cause = Cause.NONE,
) -> OutcomeRow:
    at = round((second + took) * NS_PER_S)
    return outcome_row(
        at=at,
        key=f"k{second}",
        account="v",
        klass=Class(klass),
        stage=Stage.RISK,
        code=code,
        cause=cause,
        http=http if http is not None else 503 if code else 200,
        arrived=round(second * NS_PER_S),
    )


def question(second: int, *, tells_of_orders: bool = True, cause: Cause = Cause.NONE) -> QueryRow:
    return QueryRow(second * NS_PER_S, "v", "/fapi/v1/order", 200, cause, tells_of_orders)


def equity(second: int, usdt: int) -> EquityRow:
    return EquityRow(second * NS_PER_S, "v", usdt * MONEY_UNIT, 0)


def position(second: int, amount: int, side: str = "BOTH") -> PositionRow:
    return PositionRow(second * NS_PER_S, "v", "DOGEUSDT", side, amount, 0)


def forced(second: int) -> ForcedRow:
    return ForcedRow(second * NS_PER_S, "v", "DOGEUSDT", 1, -1, 1000, 1000, 1, 0)


def mark(second: int, price: int) -> MarketRow:
    return MarketRow(second * NS_PER_S, "DOGEUSDT", price, price, price, 0, 0, 0, 0, 0)


def card(tmp_path: Path, rows: list[Any], goal: Goal = GOAL) -> Card:
    journal = Journal(tmp_path / "journal.jsonl")
    for row in rows:
        journal.append(row)
    journal.close()
    (found,) = cards_of(tmp_path, TERMS, [goal])
    return found


def test_out_with_its_time_its_loss_and_its_retries(tmp_path: Path) -> None:
    found = card(
        tmp_path,
        [
            equity(1, 1000),
            position(1, 1000),
            outcome(2, -1008),
            outcome(3, -1008),
            outcome(4, 0),
            position(5, 0),
            equity(2, 990),
            equity(9, 940),
        ],
    )
    assert (found.ending, found.attempts, found.accepted) == (FLAT, 3, 1)
    assert found.time_to_flat == 3.0
    assert found.retries_per_served == 2.0
    assert found.loss_usdt == pytest.approx(50)  # from what it was worth when it decided
    assert found.codes == {-1008: 2, 0: 1}


def test_who_is_liquidated_was_overtaken_not_served(tmp_path: Path) -> None:
    found = card(tmp_path, [position(1, 1000), outcome(2, -1008), forced(4), position(5, 0)])
    assert (found.ending, found.time_to_flat, found.retries_per_served) == (OVERTAKEN, None, None)


def test_still_in_and_never_tried(tmp_path: Path) -> None:
    assert card(tmp_path, [position(1, 1000), outcome(2, -1008)]).ending == OPEN
    (tmp_path / "journal.jsonl").unlink()
    assert card(tmp_path, [position(1, 1000)]).ending == NEVER


def test_an_unknown_fate_is_resolved_by_asking_about_orders_not_about_positions(tmp_path: Path) -> None:
    rows = [outcome(1, -503), question(2), outcome(3, -503), question(4, tells_of_orders=False)]
    found = card(tmp_path, rows)
    assert (found.unknown, found.unresolved) == (2, 1)


def test_asking_after_the_next_order_is_too_late(tmp_path: Path) -> None:
    rows = [outcome(1, -503), outcome(2, -503), question(9)]
    found = card(tmp_path, rows)
    assert (found.unknown, found.unresolved) == (2, 1)


def test_what_was_to_be_kept_is_no_loss(tmp_path: Path) -> None:
    """600 of 1,000 sold at once at 0.20; the other 400 fall to 0.10 with the market."""
    goal = goal_of(target=600)
    rows = [
        mark(1, 200_000),
        equity(1, 1000),
        position(1, 1000),
        outcome(2, 0),
        position(3, 400),
        mark(9, 100_000),
        equity(9, 960),
    ]
    assert card(tmp_path, rows, goal).loss_usdt == pytest.approx(0)


def test_what_the_venue_sold_is_not_the_bots_excess(tmp_path: Path) -> None:
    goal = goal_of(target=600)
    rows = [mark(1, 200_000), position(1, 1000), outcome(2, -1008), forced(3), position(3, 0)]
    assert card(tmp_path, rows, goal).duplicate_usdt == 0


def test_a_hedge_is_exposure_beyond_the_aim_at_mark(tmp_path: Path) -> None:
    rows = [
        mark(1, 200_000),
        position(1, 1000, "LONG"),
        outcome(2, 0, klass="opening"),
        mark(3, 100_000),
        position(3, -800, "SHORT"),
    ]
    found = card(tmp_path, rows, goal_of("hedge", "LONG"))
    assert found.duplicate_usdt == pytest.approx(80)
    assert found.ending != FLAT


def test_selling_more_than_was_meant_counts_too(tmp_path: Path) -> None:
    rows = [mark(1, 200_000), position(1, 1000), outcome(2, 0), position(3, 100)]
    assert card(tmp_path, rows, goal_of(target=600)).duplicate_usdt == pytest.approx(60)


def test_limits_and_bans_are_counted_by_their_cause(tmp_path: Path) -> None:
    banned = question(1, cause=Cause.BAN)
    swept = CancelAllRow(1, "k", 0, "v", 0, "DOGEUSDT", 0)
    limited = outcome(1, -1015, http=429, cause=Cause.RATE_LIMIT)
    rows = [limited, banned, outcome(3, -4118, http=400), swept]
    found = card(tmp_path, rows)
    assert (found.throttled, found.banned, found.in_own_way, found.sweeps) == (2, 1, 1, 1)


def test_our_own_bots_are_scored_by_what_they_saw(tmp_path: Path) -> None:
    """The exchange answered; the client had given up before."""
    attempts = attempts_file(tmp_path / "attempts.jsonl")
    attempts.append(
        attempt_row(
            key="k",
            account="v",
            symbol="DOGEUSDT",
            intent=0,
            intended=NS_PER_S,
            sent=NS_PER_S,
            answered=2 * NS_PER_S,
            http=0,
            code=-1,
        )
    )
    attempts.close()
    goal = goal_of("naive")
    found = card(tmp_path, [outcome(1, 0, took=1.5)], goal)
    assert (found.attempts, found.accepted, found.unknown) == (1, 0, 1)


def test_goals_are_those_of_all_accounts_under_watch() -> None:
    goals = goals_of(load_scenario("six-bots", settings={"bots_each": "1"}))
    assert [goal.behaviour for goal in goals] == [
        "naive",
        "back-off",
        "retry-budget",
        "cancel-resubmit",
        "query-first",
        "hedge",
    ]
    assert {goal.side for goal in goals} == {"BOTH", "LONG"}
    assert {goal.behaviour for goal in goals_of(load_scenario("practice"))} == {VISITOR}


def test_behaviours_are_separated_only_by_intervals_that_do_not_meet(tmp_path: Path) -> None:
    base = card(tmp_path, [outcome(1, -1008)])
    runs = [
        [replace(base, behaviour="a", attempts=10 + n % 2), replace(base, behaviour="b", attempts=20 + n % 2)]
        for n in range(6)
    ]
    assert separated(by_behaviour(runs), "a", "b") == ["attempts"]
    assert separated(by_behaviour(runs[:1]), "a", "b") == []

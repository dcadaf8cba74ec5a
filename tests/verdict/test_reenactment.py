"""Rates and the picture of a re-enactment, from attempts written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from judging.counting.breakdown import NEVER_ARRIVED, Breakdown, BreakingDown
from judging.counting.rates import (
    EVER_REFUSED,
    NEVER_ACCEPTED,
    NOT_ACCEPTED,
    NOT_SERVED,
    NOTIONAL,
    REDUCING_CLASS,
    Rates,
    Seat,
    codes_of,
)
from judging.counting.reenactment import Reenacting, Reenactment, summary
from judging.counting.watched import Watched
from judging.reading.ended import Whole
from judging.reading.exchange import Exchange
from mock_exchange.errors import meaning_of
from run_records.journal import MarkRow
from run_records.reported import Reported
from run_records.terms import Precision, Terms
from run_records.units import NS_PER_S
from run_records.words import Class, Stage
from tests.rows import attempt_row, ended, order_row, outcome_row

REPORTED = Reported(
    "bot-*", 10 * NS_PER_S, 100 * NS_PER_S, 0.95, ((-2010,), (-2022, -4118), (-503, -1008)), 0.1
)


TERMS = Terms(200 * NS_PER_S, 200 * NS_PER_S, symbols={"BTCUSDT": Precision(2, 3)}, reported=REPORTED)


def told(codes: list[int], *, trader: str = "bot-1") -> Reenactment:
    """Attempts of a bot, one a second from second 0 on."""
    run = Reenactment(REPORTED)
    counting = Reenacting(run, Watched(REPORTED))
    for second, code in enumerate(codes):
        at = second * NS_PER_S
        counting.count(ended(attempt_row(trader=trader, code=code, intended=at, answered=at)))
    return run


def seat(
    klass: str,
    code: int,
    *,
    truly: bool = True,
    watched: bool = False,
    admitted: bool = True,
    shed: bool = False,
    done: bool | None = None,
) -> Seat:
    """An attempt whose client saw what the exchange answered."""
    meaning = meaning_of(200 if code == 0 else 503, code)
    return Seat(Class(klass), truly, watched, code, meaning, False, meaning, admitted, shed, done)


IN_ORDER = [-2010, -4118, -2022, -503, -1008]


def test_only_the_window_counts_for_the_share_but_codes_count_from_the_beginning() -> None:
    run = told([0] * 10 + IN_ORDER + [-4118] * 20)
    assert run.refused_share == 1.0
    assert run.attempts == 25
    early = told([*IN_ORDER, *[0] * 5, *[-4118] * 30])
    assert early.in_order
    assert early.shows_the_picture


@pytest.mark.parametrize(
    "codes",
    [
        [-4118, -2010, -2022, -503, -1008],  # -2010 not first
        [-2010, -4118, -503, -2022, -1008],  # 503 before -2022
        [-2010, -4118, -2022, -503],  # no -1008
        [],
    ],
)
def test_another_order_or_a_missing_code_is_not_the_picture(codes: list[Any]) -> None:
    run = told([*codes, *[0] * (10 - len(codes)), *[-4118] * 30])
    assert not run.in_order
    assert not run.shows_the_picture


def test_too_much_accepted_is_not_the_picture() -> None:
    assert not told([*IN_ORDER, *[0] * 5, *[-4118] * 30, 0, 0]).shows_the_picture
    assert told([*IN_ORDER, *[0] * 5, *[-4118] * 60, 0, 0]).shows_the_picture


def test_other_traders_are_not_the_bots() -> None:
    run = told([-4118] * 30, trader="crowd-1")
    assert run.attempts == 0
    assert run.refused_share is None


def rate(rates: Rates, vantage: str, klass: str, what: str) -> tuple[int, int]:
    return next(row[4] for row in rates.rows(codes_of([rates])) if row[:3] == (vantage, klass, what))


def test_the_same_orders_have_many_rates() -> None:
    """Ten openings, one shed; four reducing: one shed, one unknown, one refused by the engine, one
    accepted."""
    rates = Rates()
    for number in range(10):
        shed = number == 0
        code = -1008 if shed else 0
        done = None if shed else True
        rates.count(seat("opening", code, truly=False, admitted=not shed, shed=shed, done=done), "o", 0)
    for code, shed, done in (
        (-1008, True, None),
        (-503, False, False),
        (-4118, False, False),
        (0, False, True),
    ):
        mine = seat("reducing", code, watched=True, admitted=not shed, shed=shed, done=done)
        rates.count(mine, "r", 61 * NS_PER_S)
    assert rate(rates, "client", "all order requests", "refused with -1008") == (2, 14)
    assert rate(rates, "client", "orders that truly reduce", "not accepted, for whatever reason") == (3, 4)
    assert rate(rates, "client", "orders claimed to reduce", "refused for certain") == (2, 4)
    assert rate(rates, "gateway", "orders claimed to reduce", "admitted, but not answered in time") == (1, 4)
    assert rate(rates, "engine", "orders claimed to reduce", "refused by the engine") == (
        2,
        3,
    )  # one too late
    assert rate(rates, "client", "orders claimed to reduce", "less than half accepted") == (1, 1)
    assert rate(rates, "client", "orders claimed to reduce", "none accepted") == (0, 1)
    assert not [row for row in rates.rows(()) if row[1] == "cancels"]


def test_intents_are_counted_for_everybody_and_for_the_bots() -> None:
    rates = Rates()
    rates.count_decision(True, True, True, watched=False)
    rates.count_decision(False, False, True, watched=True)
    assert rates.intents == {
        ("everybody", NOT_SERVED): (1, 2),
        ("the bots", NOT_SERVED): (1, 1),
        ("everybody", NEVER_ACCEPTED): (1, 2),
        ("the bots", NEVER_ACCEPTED): (1, 1),
        ("everybody", EVER_REFUSED): (2, 2),
        ("the bots", EVER_REFUSED): (1, 1),
    }


def test_a_big_order_weighs_more_by_notional_than_by_attempt() -> None:
    rates = Rates()
    for code, worth in ((0, 900), (-1008, 100)):
        rates.count(seat("reducing", code), "a", 0, worth)
    shares = {
        row.per: row.pair
        for row in rates.rows(())
        if (row.klass, row.counts) == (REDUCING_CLASS, NOT_ACCEPTED)
    }
    assert shares == {"attempts": (1, 2), NOTIONAL: (100, 1000)}


def test_notional_is_quantity_times_the_first_mark() -> None:
    exchange = Exchange([MarkRow(0, "BTCUSDT", 11_300_000), MarkRow(1, "BTCUSDT", 1)])
    whole = Whole(TERMS, exchange, blind=False)
    assert whole.notional("BTCUSDT", "0.002") == 226 * 10**8
    assert whole.notional("BTCUSDT", "") == whole.notional("ETHUSDT", "1") == 0


def test_endings_are_of_the_run_and_rates_of_the_window() -> None:
    taken = Breakdown.of(TERMS, blind=False)
    counting = BreakingDown(taken, Watched(REPORTED))
    counting.begin(Whole(TERMS, Exchange(()), blind=False))
    late = outcome_row(code=-503, stage=Stage.ENGINE_QUEUE)
    for second, seen, done in ((5, None, None), (50, outcome_row(), True), (150, late, True)):
        row = attempt_row(trader="bot-1", http=0, code=-1, intended=second * NS_PER_S)
        counting.count(ended(row, seen, done=done))
    assert taken.endings == {
        ("reducing", NEVER_ARRIVED, None, -1, False): 1,
        ("reducing", "filled", 0, -1, True): 1,
        ("reducing", "engine-queue", -503, -1, True): 1,
    }
    assert taken.rates.seats.total() == 1


def test_a_summary_puts_the_rates_nearest_to_the_providers_figure_first() -> None:
    runs = [told([*IN_ORDER, *[0] * 5, *[-4118] * 9, -1008]) for _ in range(2)]
    for run in runs:
        for code in [-4118] * 9 + [-1008]:
            run.rates.count(seat("reducing", code, watched=True), "a", 0)
    document = summary(runs, {})
    assert document["show_the_picture"] == 2
    assert document["rates"][0]["mean"] == 0.1
    assert "refused with -1008" in [row["counts"] for row in document["rates"] if row["mean"] == 0.1]
    assert document["first_seen_s"]["-1008"] == [4.0, 4.0]


def test_what_was_executed_is_known_from_its_answer_or_from_what_came_after_it() -> None:
    late = order_row(at=2, key=4, code=-5028)
    rows: list[Any] = [
        order_row(key=1),
        outcome_row(at=1, key=1),
        outcome_row(at=1, key=2, code=-503, stage=Stage.ENGINE_QUEUE),
        order_row(at=2, key=2),
        outcome_row(at=1, key=3, code=-503, stage=Stage.ENGINE_QUEUE),
        outcome_row(at=1, key=4, code=-503, stage=Stage.ENGINE_QUEUE),
        late,
    ]
    exchange = Exchange(rows)
    assert [exchange.done((key, 0)) for key in (1, 2, 3, 4, 5)] == [True, True, None, False, None]


def test_the_share_that_was_reported_is_enough_and_one_run_is_a_summary() -> None:
    """19 of 20 in the window are the 95 % themselves."""
    run = told([*IN_ORDER, *[0] * 5, *[-4118] * 19, 0])
    assert run.refused_share == 0.95
    assert run.shows_the_picture
    assert summary([run], {})["show_the_picture"] == 1

"""Rates and the picture of a re-enactment, from attempts written by hand."""

from __future__ import annotations

import pytest

from loadgen.scenarios.reported import Reported
from loadgen.verdict.breakdown import NEVER_ARRIVED, Breakdown, notional
from loadgen.verdict.exchange import Exchange, Seen
from loadgen.verdict.rates import (
    EVER_REFUSED,
    NEVER_ACCEPTED,
    NOT_ACCEPTED,
    NOT_SERVED,
    NOTIONAL,
    REDUCING_CLASS,
    Rates,
    Seat,
)  # fmt: skip
from loadgen.verdict.reenactment import Reenactment, summary
from mock_exchange.clock import NS_PER_S

REPORTED = Reported(
    "bot-*", 10 * NS_PER_S, 100 * NS_PER_S, 0.95, ((-2010,), (-2022, -4118), (-503, -1008)), 0.1
)


def seen(code=0, *, stage="filled", admitted=True):
    return Seen(0, "reducing", True, stage, code, "", True, 0 if admitted else -1, 0, 1, 0)


def told(codes, *, trader="bot-1"):
    """Attempts of a bot, one a second from second 0 on."""
    run = Reenactment(REPORTED)
    for second, code in enumerate(codes):
        at = second * NS_PER_S
        run.count(trader, "reducing", code, at, at)
    return run


IN_ORDER = [-2010, -4118, -2022, -503, -1008]


def test_only_the_window_counts_for_the_share_but_codes_count_from_the_beginning():
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
def test_another_order_or_a_missing_code_is_not_the_picture(codes):
    run = told([*codes, *[0] * (10 - len(codes)), *[-4118] * 30])
    assert not run.in_order
    assert not run.shows_the_picture


def test_too_much_accepted_is_not_the_picture():
    assert not told([*IN_ORDER, *[0] * 5, *[-4118] * 30, 0, 0]).shows_the_picture
    assert told([*IN_ORDER, *[0] * 5, *[-4118] * 60, 0, 0]).shows_the_picture


def test_other_traders_are_not_the_bots():
    run = told([-4118] * 30, trader="crowd-1")
    assert run.attempts == 0
    assert run.refused_share is None


def rate(rates, vantage, klass, what):
    return next(row[4] for row in rates.rows() if row[:3] == (vantage, klass, what))


def test_the_same_orders_have_many_rates():
    """Ten openings, one shed; four reducing: one shed, one unknown, one refused by the engine, one
    accepted."""
    rates = Rates()
    for number in range(10):
        shed = number == 0
        code = -1008 if shed else 0
        rates.count(Seat("opening", False, False, code, code, not shed, shed, None if shed else 0), "o", 0)
    for code, shed, engine_code in (
        (-1008, True, None),
        (-503, False, -5028),
        (-4118, False, -4118),
        (0, False, 0),
    ):
        rates.count(Seat("reducing", True, True, code, code, not shed, shed, engine_code), "r", 61 * NS_PER_S)
    assert rate(rates, "client", "all order requests", "-1008") == (2, 14)
    assert rate(rates, "client", "orders that truly reduce", "not accepted, for whatever reason") == (3, 4)
    assert rate(rates, "client", "orders claimed to reduce", "refused with a code") == (2, 4)
    assert rate(rates, "gateway", "orders claimed to reduce", "admitted, but not answered in time") == (1, 4)
    assert rate(rates, "engine", "orders claimed to reduce", "refused by the engine") == (
        2,
        3,
    )  # one too late
    assert rate(rates, "client", "orders claimed to reduce", "less than half accepted") == (1, 1)
    assert rate(rates, "client", "orders claimed to reduce", "none accepted") == (0, 1)
    assert not [row for row in rates.rows() if row[1] == "cancels"]


def test_intents_are_counted_for_everybody_and_for_the_bots():
    rates = Rates()
    rates.count_intent(True, True, True, watched=False)
    rates.count_intent(False, False, True, watched=True)
    assert rates.intents == {
        ("everybody", NOT_SERVED): (1, 2), ("the bots", NOT_SERVED): (1, 1),
        ("everybody", NEVER_ACCEPTED): (1, 2), ("the bots", NEVER_ACCEPTED): (1, 1),
        ("everybody", EVER_REFUSED): (2, 2), ("the bots", EVER_REFUSED): (1, 1),
    }  # fmt: skip


def test_a_big_order_weighs_more_by_notional_than_by_attempt():
    rates = Rates()
    for code, worth in ((0, 900), (-1008, 100)):
        rates.count(Seat("reducing", True, False, code, code, True, False, code), "a", 0, worth)
    shares = {row.per: row.pair for row in rates.rows()
              if (row.klass, row.counts) == (REDUCING_CLASS, NOT_ACCEPTED)}  # fmt: skip
    assert shares == {"attempts": (1, 2), NOTIONAL: (100, 1000)}


def test_notional_is_quantity_times_the_first_mark():
    exchange = Exchange([["mark", 0, "BTCUSDT", 11_300_000], ["mark", 1, "BTCUSDT", 1]])
    assert notional("BTCUSDT", "0.002", exchange) == 226 * 10**8
    assert notional("BTCUSDT", "", exchange) == notional("ETHUSDT", "1", exchange) == 0


def test_endings_are_of_the_run_and_rates_of_the_window():
    taken = Breakdown.of(200 * NS_PER_S, REPORTED)
    late = seen(-503, stage="engine-queue")
    for second, found, engine_code in ((5, None, None), (50, seen(), 0), (150, late, 0)):
        taken.count("bot-1", "a", "reducing", True, -1, second * NS_PER_S, found, engine_code, 0)
    assert taken.endings == {
        ("reducing", NEVER_ARRIVED, None, -1, False): 1, ("reducing", "filled", 0, -1, True): 1,
        ("reducing", "engine-queue", -503, -1, True): 1,
    }  # fmt: skip
    assert taken.rates.seats.total() == 1


def test_a_summary_puts_the_rates_nearest_to_the_providers_figure_first():
    runs = [told([*IN_ORDER, *[0] * 5, *[-4118] * 9, -1008]) for _ in range(2)]
    for run in runs:
        for code in [-4118] * 9 + [-1008]:
            run.rates.count(Seat("reducing", True, True, code, code, True, False, None), "a", 0)
    document = summary(runs)
    assert document["show_the_picture"] == 2
    nearest = document["rates"][0]
    assert (nearest["counts"], nearest["mean"]) == ("-1008", 0.1)
    assert document["first_seen_s"]["-1008"] == [4.0, 4.0]


def test_what_was_executed_is_known_from_its_answer_or_from_what_came_after_it():
    def outcome(key, code):
        return [
            "outcome",
            1,
            key,
            0,
            "a",
            "reducing",
            True,
            "filled" if code == 0 else "engine-queue",
            200,
            code,
            "",
            0,
            1,
            1,
            1,
            True,
            "",
            1,
        ]

    def order(key):
        return [
            "order",
            2,
            key,
            0,
            "a",
            0,
            1,
            "NEW",
            0,
            "BTCUSDT",
            -1,
            "LIMIT",
            "GTC",
            1,
            1,
            True,
            "BOTH",
            "",
            0,
            "",
            "",
        ]

    late = [*order(4)[:5], -5028, *order(4)[6:]]
    rows = [order(1), outcome(1, 0), outcome(2, -503), order(2), outcome(3, -503), outcome(4, -503), late]
    exchange = Exchange(rows)
    assert [exchange.was_executed((key, 0)) for key in (1, 2, 3, 4, 5)] == [True, True, False, False, False]
    assert exchange.engine_code((4, 0)) == -5028
    assert exchange.engine_code((5, 0)) is None

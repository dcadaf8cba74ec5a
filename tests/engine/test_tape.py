"""Public trades and what is folded out of them, against sums over the plain list of trades."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine.entries import Fill
from mock_exchange.engine.tape import MINUTE_MS, TRADES_KEPT, Bar, Tape
from tests.support import BTC, examples

FIVE = 5 * MINUTE_MS
TRADES = st.lists(
    st.tuples(
        st.integers(0, 4),  # takers
        st.sampled_from([1, -1]),
        st.integers(100, 103),
        st.integers(1, 50),
        st.sampled_from([0, 0, 0, 1, 20_000, 50_000, 70_000, 400_000]),  # ms since the one before
        st.booleans(),  # somebody asks, and the last aggregate is published
    ),
    max_size=40,
)


def trade(number: int, at_ms: int, taker: int, side: int, price: int, quantity: int) -> Fill:
    return Fill(number, at_ms, BTC, price, quantity, taker, side, "BOTH", False, 0, 0)


def bar_of(trades: list[Fill], start_ms: int) -> Bar:
    """By definition."""
    prices = [t.price for t in trades]
    bought = [t for t in trades if t.side == 1]
    return Bar(
        start_ms,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        trades[0].trade_id,
        trades[-1].trade_id,
        sum(t.quantity for t in trades),
        sum(BTC.notional(t.price, t.quantity) for t in trades),
        len(trades),
        sum(t.quantity for t in bought),
        sum(BTC.notional(t.price, t.quantity) for t in bought),
    )


def bars_of(trades: list[Fill], interval: int, offset: int = 0) -> list[Bar]:
    opens = [t.at_ms - (t.at_ms - offset) % interval for t in trades]
    return [
        bar_of([t for t, o in zip(trades, opens, strict=True) if o == start], start)
        for start in dict.fromkeys(opens)
    ]


@examples(150)
@given(rows=TRADES)
def test_bars_are_what_the_trades_add_up_to(rows: list[tuple[int, int, int, int, int, bool]]) -> None:
    tape, trades, now = Tape(), [], 1_760_130_725_000
    for number, (taker, side, price, quantity, later, asks) in enumerate(rows, 1):
        now += later
        trades.append(trade(number, now, taker, side, price, quantity))
        tape.trades.append(trades[-1])
        if asks:
            tape.fold()
            tape.seal()
    far = now + 10 * FIVE
    assert tape.bars(MINUTE_MS, 0, far) == bars_of(trades, MINUTE_MS)
    assert tape.bars(FIVE, 0, far) == bars_of(trades, FIVE)
    assert tape.bars(FIVE, 0, far, 2 * MINUTE_MS) == bars_of(trades, FIVE, 2 * MINUTE_MS)
    every = bars_of(trades, MINUTE_MS)
    for bar in every:
        rest = [other for other in every if other.start_ms >= bar.start_ms]
        assert tape.bars(MINUTE_MS, bar.start_ms, far) == rest
        assert tape.bars(MINUTE_MS, bar.start_ms + 1, far) == rest[1:]
        assert tape.bars(MINUTE_MS, 0, bar.start_ms) == every[: len(every) - len(rest) + 1]
        assert tape.bars(MINUTE_MS, 0, bar.start_ms - 1) == every[: len(every) - len(rest)]
        before = [other for other in every if other.start_ms < bar.start_ms]
        assert tape.last_bar(bar.start_ms) == (before[-1] if before else None)
        assert tape.last_bar(bar.start_ms + 1) == bar
        within = [t for t in trades if t.at_ms >= bar.start_ms]
        assert tape.window(bar.start_ms + FIVE, FIVE) == bar_of(within, bar.start_ms)
    assert tape.window(far, FIVE) is None
    # asking has changed nothing
    assert tape.bars(MINUTE_MS, 0, far) == every


@examples(150)
@given(rows=TRADES)
def test_aggregates_are_runs_of_one_taker_at_one_price_and_instant(
    rows: list[tuple[int, int, int, int, int, bool]],
) -> None:
    tape, now = Tape(), 1_760_130_725_000
    runs: list[list[Fill]] = []
    published = False
    for number, (taker, side, price, quantity, later, asks) in enumerate(rows, 1):
        now += later
        one = trade(number, now, taker, side, price, quantity)
        tape.trades.append(one)
        same = runs and (runs[-1][-1].order_id, runs[-1][-1].price, runs[-1][-1].at_ms) == (
            taker,
            price,
            now,
        )
        if same and not published:
            runs[-1].append(one)
        else:
            runs.append([one])
        published = asks
        if asks:
            tape.fold()
            tape.seal()
    tape.fold()
    found = [
        (a.aggregate_id, a.price, a.quantity, a.first_id, a.last_id, a.at_ms, a.taker_order, a.buyer_is_maker)
        for a in tape.aggregates
    ]
    assert found == [
        (
            number,
            run[0].price,
            sum(t.quantity for t in run),
            run[0].trade_id,
            run[-1].trade_id,
            run[0].at_ms,
            run[0].order_id,
            run[0].side == -1,
        )
        for number, run in enumerate(runs, 1)
    ]


def test_a_tape_that_nobody_has_sealed_or_used_is_empty() -> None:
    tape = Tape()
    tape.seal()
    tape.keep_up()
    assert (list(tape.aggregates), tape.bars(MINUTE_MS, 0, 10**15), tape.last_bar(10**15)) == ([], [], None)
    assert tape.window(10**15, 10**15) is None


@pytest.mark.parametrize(("missing", "counted"), [(0, 20_000), (1, 19_989)])
def test_trades_are_folded_before_the_tape_is_full_and_they_leave(missing: int, counted: int) -> None:
    """`keep_up` folds a full tape, so that bars know trades that have left it."""
    tape = Tape()
    for number in range(1, TRADES_KEPT - missing + 1):
        tape.trades.append(trade(number, 60_000, number, 1, 100, 1))
    tape.keep_up()
    for number in range(TRADES_KEPT + 1, TRADES_KEPT + 11 + missing):
        tape.trades.append(trade(number, 180_000, number, 1, 100, 1))
    first, second = tape.bars(MINUTE_MS, 0, 10**9)
    assert (first.count, second.count) == (counted, 10 + missing)
    assert len(tape.trades) == len(tape.aggregates) == TRADES_KEPT == 20_000


def test_each_question_brings_the_tape_up_to_date_by_itself() -> None:
    for question in (
        lambda tape: tape.bars(MINUTE_MS, 0, 10**9),
        lambda tape: [tape.last_bar(10**9)],
        lambda tape: [tape.window(120_000, 120_000)],
    ):
        tape = Tape()
        tape.trades.append(trade(1, 60_000, 1, 1, 100, 5))
        assert [bar.volume for bar in question(tape)] == [5]


def test_an_empty_tape_that_was_sealed_begins_like_any_other() -> None:
    tape = Tape()
    tape.seal()
    for number in (1, 2):
        tape.trades.append(trade(number, 60_000, 7, 1, 100, 5))
    tape.fold()
    assert [(a.aggregate_id, a.quantity) for a in tape.aggregates] == [(1, 10)]

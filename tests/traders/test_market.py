"""Those who make the market: makers that pull, a crowd that comes because prices move, holders, arbitrage."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from loadgen.traders.arbitrageur import arbitrageur
from loadgen.traders.board import Board, market_watch
from loadgen.traders.crowd import Habits, crowd
from loadgen.traders.holder import holder
from loadgen.traders.market_maker import Quoting, market_maker
from loadgen.traders.verbs import Intend, Now, Reply, Send, Sleep, Start, Trader
from mock_exchange.engine.symbols import symbols
from mock_exchange.plan import book_from_texts
from run_records.scaled import MONEY_UNIT
from run_records.units import NS_PER_S

BTC = symbols()["BTCUSDT"]
QUOTING = Quoting(
    levels=1,
    notional=1000 * MONEY_UNIT,
    spread=1000,
    spacing=1000,
    widening=0.0,
    tolerance=500,
    refresh_ns=NS_PER_S,
    limit=10_000 * MONEY_UNIT,
    skew=5000,
    patience=3,
    rest_ns=NS_PER_S,
    timeout_ns=NS_PER_S,
)


def board_at(index: int = 10_000_000, bid: int = 9_999_000, ask: int = 10_001_000) -> Board:
    board = Board()
    board.index["BTCUSDT"] = board.mark["BTCUSDT"] = index
    board.quotes["BTCUSDT"] = (bid, ask)
    return board


class Stage:
    """A trader and its children, stepped in turn; `answer` tells what each request brings."""

    def __init__(self, trader: Trader) -> None:
        self.queue = [(trader, None)]

    def play(self, answer: Callable[..., Any], steps: int) -> list[Any]:
        """The requests of so many steps."""
        sent = []
        for _ in range(steps):
            if not self.queue:
                break
            one, value = self.queue.pop(0)
            try:
                verb = one.send(value)
            except StopIteration:
                continue
            value = None
            if isinstance(verb, Start):
                self.queue.append((verb.child, None))
            elif isinstance(verb, Send):
                sent.append(verb)
                value = answer(verb)
            elif isinstance(verb, Now | Intend):
                value = 0
            self.queue.append((one, value))
        return sent


def play(trader: Trader, answer: Callable[..., Any], steps: int) -> list[Any]:
    return Stage(trader).play(answer, steps)


def accepted(verb: Send) -> Reply:
    body = {"status": "NEW", "executedQty": "0", "orderId": 1}
    return Reply(200, 0, lambda: [] if verb.path.endswith("positionRisk") else body)


def orders(sent: list[Send], method: str) -> dict[str, dict[str, str]]:
    return {s.params["side"]: s.params for s in sent if s.method == method}


def test_a_maker_quotes_both_sides_around_the_index_and_amends_when_it_moves() -> None:
    board = board_at()
    stage = Stage(market_maker(Random(1), board, BTC, QUOTING))
    first = orders(stage.play(accepted, 12), "POST")
    assert float(first["BUY"]["price"]) == pytest.approx(99_900, abs=1)
    assert float(first["SELL"]["price"]) == pytest.approx(100_100, abs=1)
    assert not [s for s in stage.play(accepted, 40) if s.method != "GET"]  # nothing has moved
    board.index["BTCUSDT"] = 10_100_000
    moved = orders(stage.play(accepted, 12), "PUT")
    assert float(moved["BUY"]["price"]) == pytest.approx(100_899, abs=1)
    assert moved["BUY"]["origClientOrderId"] == first["BUY"]["newClientOrderId"]


@pytest.mark.parametrize(("code", "then"), [(-503, "PUT"), (-4116, "PUT"), (-5022, "POST"), (-1008, "POST")])
def test_a_maker_knows_which_of_its_quotes_may_stand(code: int, then: str) -> None:
    """After an unknown fate, and told that the id is in use, it amends; refused, it places anew."""
    stage = Stage(market_maker(Random(1), board_at(), BTC, QUOTING))

    def answer(verb: Send) -> Reply:
        return accepted(verb) if verb.method == "GET" else Reply(400, code, dict)

    stage.play(answer, 9)
    assert {s.method for s in stage.play(answer, 7) if s.method != "GET"} == {then}


def test_an_amendment_that_is_refused_leaves_the_quote_where_it_stood() -> None:
    board = board_at()
    stage = Stage(market_maker(Random(1), board, BTC, QUOTING))
    stage.play(accepted, 12)
    board.index["BTCUSDT"] = 10_100_000
    refused = stage.play(lambda v: accepted(v) if v.method == "GET" else Reply(400, -4016, dict), 12)
    assert {s.method for s in refused if s.method != "GET"} == {"PUT"}
    assert {s.method for s in stage.play(accepted, 12) if s.method != "GET"} == {"PUT"}


def test_a_maker_that_cannot_amend_pulls_everything_as_often_as_it_takes() -> None:
    refusals = iter([503] * 5)

    def refuse(verb: Send) -> Reply:
        if verb.path.endswith("positionRisk"):
            return Reply(200, 0, list)
        if verb.method == "DELETE" and next(refusals, None) is None:
            return Reply(200, 0, dict)
        return Reply(503, -1008, dict)

    sent = play(market_maker(Random(1), board_at(), BTC, QUOTING), refuse, 60)
    methods = [s.method for s in sent if s.method != "GET"]
    assert methods.index("DELETE") <= 2 * QUOTING.patience + 2
    assert methods.count("DELETE") >= 2
    first = methods.index("DELETE")
    assert "POST" not in methods[first : first + 6]  # nothing new while it is out


def test_a_maker_full_of_inventory_bids_no_more() -> None:
    def long(verb: Send) -> Reply:
        if verb.path.endswith("positionRisk"):
            return Reply(200, 0, lambda: [{"notional": "10001"}])
        return accepted(verb)

    board = board_at()
    stage = Stage(market_maker(Random(1), board, BTC, QUOTING))
    stage.play(long, 20)  # quotes, and looks at its position
    board.index["BTCUSDT"] = 10_200_000
    assert set(orders(stage.play(long, 20), "PUT")) == {"SELL"}


def test_the_crowd_comes_more_often_when_prices_move_and_sells_when_they_fall() -> None:
    board = board_at()
    habits = Habits(10 * NS_PER_S, 3.0, 0.05, 250 * MONEY_UNIT, 4, NS_PER_S, NS_PER_S)
    calm = habits.pace(board)
    board.turmoil, board.drift = 0.02, -0.02
    assert habits.pace(board) == pytest.approx(7 * calm)
    rng = Random(2)
    assert 0.55 < sum(habits.sells(board, rng) for _ in range(4000)) / 4000 < 0.65


def test_the_crowd_is_a_closed_loop() -> None:
    """Nobody comes while all its users wait for an answer."""
    habits = Habits(0.001 * NS_PER_S, 0.0, 0.0, 250 * MONEY_UNIT, 1, NS_PER_S, NS_PER_S)
    book = book_from_texts(BTC, "100000.00", 0, 1, "1")
    trader = crowd(Random(3), board_at(), habits, [book], 2)
    value, children = None, []
    for _ in range(200):
        verb = trader.send(value)
        if isinstance(verb, Start):
            child = verb.child
            child.send(None)  # sends its order, and is left waiting
            children.append(child)
        else:
            assert isinstance(verb, Sleep)
    assert len(children) == 2


def test_the_board_measures_moves_of_the_last_minute() -> None:
    board = Board()
    for second, mark in ((0, "100.00"), (30, "99.00"), (60, "98.00"), (120, "98.00")):
        rows = [{"symbol": "BTCUSDT", "markPrice": mark + "00", "indexPrice": mark}]
        quote = [{"symbol": "BTCUSDT", "bidPrice": mark, "askPrice": mark}]
        board.note(second * NS_PER_S, rows, quote)
        if second == 60:
            assert board.drift == pytest.approx(-0.02)
            assert board.turmoil == pytest.approx(0.02)
    assert board.turmoil == 0


def test_the_market_watch_keeps_what_it_knew_while_nobody_answers() -> None:
    board = board_at()
    sent = play(market_watch(board, NS_PER_S), lambda verb: Reply(503, -504, dict), 20)
    assert len(sent) > 4
    assert board.mark == {"BTCUSDT": 10_000_000}


def test_a_holder_waits_for_its_stop_and_then_insists() -> None:
    board = board_at()
    trader = holder(Random(1), board, BTC, 1000, 9_000_000, NS_PER_S, NS_PER_S)
    assert play(trader, accepted, 10) == []
    board.mark["BTCUSDT"] = 8_999_900
    sent = play(trader, lambda verb: Reply(503, -1008, dict), 20)
    assert len(sent) > 5
    assert {s.params["reduceOnly"] for s in sent} == {"true"}


@pytest.mark.parametrize(
    ("bid", "ask", "side"),
    [(9_700_000, 9_800_000, "BUY"), (10_200_000, 10_300_000, "SELL"), (9_990_000, 10_010_000, None)],
)
def test_arbitrage_buys_below_and_sells_above(bid: int, ask: int, side: str | None) -> None:
    trader = arbitrageur(
        Random(1),
        board_at(bid=bid, ask=ask),
        BTC,
        10_000,
        1000 * MONEY_UNIT,
        10_000 * MONEY_UNIT,
        NS_PER_S,
        NS_PER_S,
    )
    sent = play(trader, accepted, 10)
    assert {s.params["side"] for s in sent} == ({side} if side else set())

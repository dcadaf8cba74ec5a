"""Those who make the market: makers that pull, a crowd that comes because prices move, holders, arbitrage."""

from __future__ import annotations

from random import Random

import pytest

from loadgen.traders.arbitrageur import arbitrageur
from loadgen.traders.board import Board, market_watch
from loadgen.traders.crowd import Habits, crowd
from loadgen.traders.holder import holder
from loadgen.traders.market_maker import Quoting, market_maker
from loadgen.traders.verbs import Intend, Now, Reply, Send, Sleep, Start
from mock_exchange.clock import NS_PER_S
from mock_exchange.engine.symbols import symbols
from mock_exchange.plan import book_from_texts
from mock_exchange.scaled import MONEY_UNIT

BTC = symbols()["BTCUSDT"]
QUOTING = Quoting(
    levels=1, notional=1000 * MONEY_UNIT, spread=1000, spacing=1000, widening=0.0, tolerance=500,
    refresh_ns=NS_PER_S, limit=10_000 * MONEY_UNIT, skew=5000, patience=3, rest_ns=NS_PER_S,
    timeout_ns=NS_PER_S,
)  # fmt: skip


def board_at(index=10_000_000, bid=9_999_000, ask=10_001_000):
    board = Board()
    board.index["BTCUSDT"] = board.mark["BTCUSDT"] = index
    board.quotes["BTCUSDT"] = (bid, ask)
    return board


def play(trader, answer, steps):
    """The requests of a trader and its children, breadth first, `answer` telling what each brings."""
    queue, sent = [(trader, None)], []
    for _ in range(steps):
        if not queue:
            break
        one, value = queue.pop(0)
        try:
            verb = one.send(value)
        except StopIteration:
            continue
        value = None
        if isinstance(verb, Start):
            queue.append((verb.child, None))
        elif isinstance(verb, Send):
            sent.append(verb)
            value = answer(verb)
        elif isinstance(verb, Now | Intend):
            value = 0
        queue.append((one, value))
    return sent


def accepted(verb):
    body = {"status": "NEW", "executedQty": "0", "orderId": 1}
    return Reply(200, 0, lambda: [] if verb.path.endswith("positionRisk") else body)


def test_a_maker_quotes_both_sides_around_the_index_and_amends_when_it_moves():
    board = board_at()
    maker = market_maker(Random(1), board, BTC, QUOTING)
    sent = play(maker, accepted, 12)
    first = {s.params["side"]: float(s.params["price"]) for s in sent if s.method == "POST"}
    assert first["BUY"] == pytest.approx(99_900, abs=1)
    assert first["SELL"] == pytest.approx(100_100, abs=1)
    assert not [s for s in play(maker, accepted, 30) if s.method in ("POST", "PUT")]  # nothing has moved


def test_a_maker_that_cannot_amend_pulls_everything_as_often_as_it_takes():
    refusals = iter([503] * 5)

    def refuse(verb):
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


def test_a_maker_full_of_inventory_bids_no_more():
    def long(verb):
        if verb.path.endswith("positionRisk"):
            return Reply(200, 0, lambda: [{"notional": "10001"}])
        return accepted(verb)

    trader = market_maker(Random(1), board_at(), BTC, QUOTING)
    play(trader, long, 3)  # the first look at its position
    sent = play(trader, long, 3)
    assert all(s.params.get("side") != "BUY" for s in sent)


def test_the_crowd_comes_more_often_when_prices_move_and_sells_when_they_fall():
    board = board_at()
    habits = Habits(10 * NS_PER_S, 3.0, 0.05, 250 * MONEY_UNIT, 4, NS_PER_S, NS_PER_S)
    calm = habits.pace(board)
    board.turmoil, board.drift = 0.02, -0.02
    assert habits.pace(board) == pytest.approx(7 * calm)
    rng = Random(2)
    assert 0.55 < sum(habits.sells(board, rng) for _ in range(4000)) / 4000 < 0.65


def test_the_crowd_is_a_closed_loop():
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


def test_the_board_measures_moves_of_the_last_minute():
    board = Board()
    for second, mark in ((0, "100.00"), (30, "99.00"), (60, "98.00"), (120, "98.00")):
        rows = [{"symbol": "BTCUSDT", "markPrice": mark + "00", "indexPrice": mark}]
        quote = [{"symbol": "BTCUSDT", "bidPrice": mark, "askPrice": mark}]
        board.note(second * NS_PER_S, rows, quote)
        if second == 60:
            assert board.drift == pytest.approx(-0.02)
            assert board.turmoil == pytest.approx(0.02)
    assert board.turmoil == 0


def test_the_market_watch_keeps_what_it_knew_while_nobody_answers():
    board = board_at()
    sent = play(market_watch(board, NS_PER_S), lambda verb: Reply(503, -504, dict), 20)
    assert len(sent) > 4
    assert board.mark == {"BTCUSDT": 10_000_000}


def test_a_holder_waits_for_its_stop_and_then_insists():
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
def test_arbitrage_buys_below_and_sells_above(bid, ask, side):
    trader = arbitrageur(Random(1), board_at(bid=bid, ask=ask), BTC, 10_000, 1000 * MONEY_UNIT,
                         10_000 * MONEY_UNIT, NS_PER_S, NS_PER_S)  # fmt: skip
    sent = play(trader, accepted, 10)
    assert {s.params["side"] for s in sent} == ({side} if side else set())

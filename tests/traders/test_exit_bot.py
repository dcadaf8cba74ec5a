"""Six ways of taking no for an answer, step by step: what each sends after which answer."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from loadgen.traders.board import Board
from loadgen.traders.exit_bot import BEHAVIOURS, Exit, exit_bot
from loadgen.traders.verbs import Intend, Now, Reply, Send, Sleep
from mock_exchange.engine.symbols import symbols
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import OPENING, REDUCING

DOGE = symbols()["DOGEUSDT"]
THROTTLED, UNKNOWN, IN_THE_WAY, FLAT = -1008, -503, -4118, -2022


def order(executed: str = "0", status: str = "NEW", number: int = 7) -> dict[str, int | str]:
    return {"orderId": number, "status": status, "executedQty": executed, "origQty": "1000"}


class Play:
    """Runs a bot; `answers` are codes (or bodies of accepted orders) for its orders, in turn."""

    def __init__(
        self, behaviour: str, answers: list[Any], *, queries: list[Any] | None = None, target: int = 1000
    ) -> None:
        board = Board()
        board.mark["DOGEUSDT"] = 200_000
        wanted = Exit(DOGE, True, behaviour == "hedge", target, 0, 0, NS_PER_S, NS_PER_S, 0, NS_PER_S)
        self.bot = exit_bot(Random(1), board, wanted, behaviour)
        self.answers = list(answers)
        self.queries = list(queries or [])
        self.sent: list[Any] = []
        self.pauses: list[int] = []
        self.now = 0

    def run(self, orders: int) -> bool:
        """Until it has sent so many orders, or is done. Returns whether it is done."""
        value: Any = None
        while True:
            try:
                verb = self.bot.send(value)
            except StopIteration:
                return True
            value = None
            if isinstance(verb, Send):
                if verb.method == "POST" and sum(s.method == "POST" for s in self.sent) == orders:
                    return False
                self.sent.append(verb)
                value = self.reply(verb)
            elif isinstance(verb, Sleep):
                self.pauses.append(verb.duration_ns)
                self.now += verb.duration_ns
            elif isinstance(verb, Now):
                value = self.now
            else:
                assert isinstance(verb, Intend)
                value = 0

    def reply(self, verb: Send) -> Reply:
        answer = (
            self.answers.pop(0) if verb.method == "POST" else self.queries.pop(0) if self.queries else -2013
        )
        if isinstance(answer, int):
            return Reply(503 if answer in (THROTTLED, UNKNOWN) else 400, answer, dict)
        return Reply(200, 0, lambda: answer)

    def methods(self) -> list[str]:
        return [f"{s.method} {s.path.rsplit('/', 1)[1]}" for s in self.sent]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_all_are_done_when_the_order_fills(behaviour: str) -> None:
    play = Play(behaviour, [order("1000", "FILLED")])
    assert play.run(5)
    assert play.methods() == ["POST order"]
    assert play.sent[0].klass == (OPENING if behaviour == "hedge" else REDUCING)


def test_naive_sends_the_same_again_whatever_the_answer() -> None:
    play = Play("naive", [THROTTLED, UNKNOWN, IN_THE_WAY, THROTTLED])
    assert not play.run(4)
    assert play.methods() == ["POST order"] * 4
    assert len({s.params["quantity"] for s in play.sent}) == 1


def test_back_off_waits_longer_each_time_then_for_the_next_round() -> None:
    play = Play("back-off", [THROTTLED] * 5)
    play.run(5)
    assert play.pauses[:3] == [200 * NS_PER_MS, 400 * NS_PER_MS, 800 * NS_PER_MS]
    assert play.pauses[3] >= 0.75 * NS_PER_S
    assert play.pauses[4] == 200 * NS_PER_MS


def test_back_off_takes_a_refusal_for_the_state_of_the_account_as_final_for_now() -> None:
    play = Play("back-off", [IN_THE_WAY, THROTTLED])
    play.run(2)
    assert play.pauses[0] >= 0.75 * NS_PER_S


def test_a_retry_budget_runs_out() -> None:
    """One token, a tenth earned a round: one retry at first, then one in ten rounds."""
    play = Play("retry-budget", [THROTTLED] * 40)
    play.run(30)
    retries = sum(pause < 0.75 * NS_PER_S or pause == 800 * NS_PER_MS for pause in play.pauses)
    assert 2 <= retries <= 4
    assert play.pauses[0] == 200 * NS_PER_MS
    assert play.pauses[1] >= 0.75 * NS_PER_S


def test_cancel_resubmit_clears_its_way() -> None:
    play = Play("cancel-resubmit", [IN_THE_WAY, order("1000", "FILLED")], queries=[{}])
    assert play.run(3)
    assert play.methods() == ["POST order", "DELETE allOpenOrders", "POST order"]


def test_cancel_resubmit_does_not_resubmit_while_its_cancel_is_refused() -> None:
    play = Play("cancel-resubmit", [IN_THE_WAY, THROTTLED], queries=[THROTTLED])
    play.run(2)
    assert play.methods()[:2] == ["POST order", "DELETE allOpenOrders"]
    assert play.pauses[0] >= 0.75 * NS_PER_S


def test_query_first_asks_for_the_order_by_its_client_id_and_counts_its_fill() -> None:
    play = Play("query-first", [UNKNOWN], queries=[order("1000", "FILLED")])
    assert play.run(2)
    assert play.methods() == ["POST order", "GET order"]
    assert play.sent[1].params["origClientOrderId"] == play.sent[0].params["newClientOrderId"]


def test_query_first_sends_again_only_when_the_venue_does_not_know_the_order() -> None:
    play = Play("query-first", [UNKNOWN, order("1000", "FILLED")])
    assert play.run(3)
    assert play.methods()[-1] == "POST order"
    assert play.methods().count("GET order") >= 5
    assert play.now >= 5 * NS_PER_S  # no sooner than its recvWindow has passed


def test_an_order_that_rests_is_taken_back_and_quoted_anew_for_what_is_left() -> None:
    play = Play("naive", [order("300", "PARTIALLY_FILLED"), THROTTLED], queries=[order("400", "CANCELED")])
    play.run(2)
    assert play.methods() == ["POST order", "DELETE order", "POST order"]
    assert play.sent[2].params["quantity"] == "600"


def test_hedge_opens_the_opposite_side() -> None:
    play = Play("hedge", [THROTTLED, order("1000", "FILLED")])
    assert play.run(3)
    assert {(s.params["side"], s.params["positionSide"]) for s in play.sent} == {("SELL", "SHORT")}


@pytest.mark.parametrize("behaviour", ["naive", "back-off", "cancel-resubmit", "query-first"])
def test_told_that_there_is_nothing_to_reduce_a_flat_bot_stops(behaviour: str) -> None:
    looks: list[Any] = [{}] if behaviour == "cancel-resubmit" else []
    answers = [FLAT, FLAT] if behaviour == "cancel-resubmit" else [FLAT]
    play = Play(behaviour, answers, queries=[*looks, [{"positionAmt": "0"}]])
    assert play.run(3)

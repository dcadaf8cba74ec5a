"""What a node answers a policy that asks: is an order open, would it trade at once, is it contradicted?"""

from __future__ import annotations

from typing import Any

import pytest

from mock_exchange.engine.requests import (
    BUY,
    SELL,
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
)
from mock_exchange.gateway.attempt import Attempt, Call
from tests.support import BTC, EPOCH_MS, Caller, venue_of

LOT = 1000
BEST_BID, BEST_ASK = 9_999_900, 10_000_100


def attempt_of(caller: Caller, verb: Any, kind: Any = "order") -> Attempt:
    call = Call("POST", "/fapi/v1/order", {}, caller.ip, "asked", caller.account)
    return caller.venue.gateway.attempts.make(call, 0, kind, verb, lambda answer: None)


def order(side: int, kind: str = "LIMIT", price: int = 0, *, reduce_only: bool = False) -> OrderRequest:
    return OrderRequest(BTC, side, kind, "GTC" if price else "", LOT, price, reduce_only, "BOTH", "")


@pytest.mark.parametrize(
    ("request_", "at_once"),
    [
        (order(BUY, "MARKET"), True),
        (order(SELL, "MARKET"), True),
        (order(BUY, price=BEST_ASK), True),
        (order(BUY, price=BEST_ASK + 10), True),
        (order(BUY, price=BEST_ASK - 10), False),
        (order(SELL, price=BEST_BID), True),
        (order(SELL, price=BEST_BID - 10), True),
        (order(SELL, price=BEST_BID + 10), False),
    ],
)
def test_an_order_would_trade_at_the_other_side_s_best_price(request_: OrderRequest, at_once: bool) -> None:
    venue, _ = venue_of(policy="none")
    market = venue.engine.markets[BTC.index]
    assert (market.best_price(BUY), market.best_price(SELL)) == (BEST_BID, BEST_ASK)
    knowledge = venue.gateway.backend.knowledge
    assert knowledge.marketable(attempt_of(Caller(venue), request_)) is at_once


def test_nothing_would_trade_without_a_book() -> None:
    venue, _ = venue_of(policy="none", books=())
    knowledge = venue.gateway.backend.knowledge
    assert not knowledge.marketable(attempt_of(Caller(venue), order(BUY, price=BEST_ASK)))
    assert not knowledge.marketable(attempt_of(Caller(venue), CancelRequest(BTC, 1, ""), "cancel"))


def test_what_a_cancel_names_is_open_while_it_is() -> None:
    """Without a lag the copy shows what is."""
    venue, _ = venue_of(policy="none")
    caller, other = Caller(venue), Caller(venue, "a1")
    caller.order("BUY", "0.5", timeInForce="GTC", price="90000.00", newClientOrderId="x")
    ((number, _),) = caller.account.orders.items()
    knowledge = venue.gateway.backend.knowledge

    def known(verb: Any, by: Caller = caller) -> bool:
        return knowledge.known_open(attempt_of(by, verb, "cancel"))

    named = (CancelRequest(BTC, number, ""), CancelRequest(BTC, 0, "x"), CancelAllRequest(BTC))
    assert [known(verb) for verb in named] == [True, True, True]
    assert [known(verb, other) for verb in named] == [False, False, False]
    assert not known(CancelRequest(BTC, number + 1, ""))
    assert not known(order(BUY, price=BEST_BID))
    venue.engine.cancel(caller.account, CancelRequest(BTC, number, ""), EPOCH_MS)
    assert [known(verb) for verb in named] == [False, False, False]


def test_a_copy_that_lags_contradicts_only_who_could_reduce() -> None:
    """A position opened within the lag: the engine would agree, the copy shows nothing to reduce."""
    venue, timeline = venue_of(policy="none", replica_lag_ms=500)
    caller = Caller(venue)
    knowledge = venue.gateway.backend.knowledge
    timeline.run_until(10**9)
    closing = attempt_of(caller, order(SELL, "MARKET", reduce_only=True))
    assert not knowledge.contradicts(closing), "there is nothing to reduce: the engine will say so"
    caller.order("BUY", "1")
    assert knowledge.contradicts(attempt_of(caller, order(SELL, "MARKET", reduce_only=True)))
    assert not knowledge.contradicts(attempt_of(caller, order(BUY, "MARKET", reduce_only=True)))
    assert not knowledge.contradicts(attempt_of(caller, order(SELL, "MARKET"))), "it does not claim to"
    assert not knowledge.contradicts(attempt_of(caller, AmendRequest(BTC, 1, "", SELL, 1, 1), "amend"))
    timeline.run_until(2 * 10**9)
    assert not knowledge.contradicts(attempt_of(caller, order(SELL, "MARKET", reduce_only=True)))

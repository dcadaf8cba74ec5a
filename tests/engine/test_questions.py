"""A question, and a command that is refused, leave the engine as it was, to the last field."""

from __future__ import annotations

import contextlib
import pickle
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import BUY, SELL, AmendRequest, CancelRequest, OrderRequest, Trigger
from mock_exchange.engine.risk import REJECT_4118
from mock_exchange.engine.settings import check_hedge_mode, check_leverage, check_margin_type
from mock_exchange.errors import Refused
from tests.engine.test_properties import LISTED, apply, build, commands
from tests.support import BTC, EPOCH_MS, engine_with, examples, place, refused

requests = st.builds(
    OrderRequest,
    symbol=st.sampled_from(LISTED),
    side=st.sampled_from([BUY, SELL]),
    kind=st.sampled_from(["LIMIT", "MARKET", "STOP_MARKET"]),
    tif=st.sampled_from(["GTC", "IOC", "FOK", "GTX"]),
    quantity=st.integers(1, 40_000),
    price=st.sampled_from([0, 9_990_000, 10_000_000, 10_010_000, 200_000]),
    reduce_only=st.booleans(),
    position_side=st.sampled_from(["BOTH", "LONG", "SHORT"]),
    client_id=st.sampled_from(["", "mine"]),
    trigger=st.sampled_from([None, Trigger(9_900_000), Trigger(10_100_000, close_position=True)]),
    price_match=st.sampled_from(["NONE", "OPPONENT", "QUEUE_5"]),
)


def snapshot(engine: Engine) -> bytes:
    """All that the engine holds. Books drop empty levels when somebody looks, so they are looked at first."""
    for market in engine.markets:
        market.bids.best(), market.asks.best()
    return pickle.dumps(engine)


def played(sequence: list[tuple[Any, ...]]) -> tuple[Engine, list[Account]]:
    """An engine that has been given these commands."""
    engine, accounts = build(REJECT_4118)
    for command in sequence:
        with contextlib.suppress(Refused):
            apply(engine, accounts, command)
    return engine, accounts


@examples(150)
@given(commands, st.lists(requests, min_size=1, max_size=8), st.integers(1, 40))
def test_questions_change_nothing(sequence: list[Any], asked: list[OrderRequest], number: int) -> None:
    engine, accounts = played(sequence)
    before = snapshot(engine)
    for account in accounts:
        for request in asked:
            ask(engine, account, request, number)
    assert snapshot(engine) == before


def ask(engine: Engine, account: Account, request: OrderRequest, number: int) -> None:
    engine.refusal_of(account, request)
    engine.truly_reducing(account, request)
    named = CancelRequest(request.symbol, number, "mine")
    for question in (
        lambda: engine.validate(request),
        lambda: engine.find_order(account, named),
        lambda: engine.find_open_order(account, named),
        lambda: check_leverage(account, request.symbol, number),
        lambda: check_hedge_mode(account, number % 2 == 0),
        lambda: check_margin_type(account, request.symbol, "ISOLATED"),
    ):
        with contextlib.suppress(Refused):
            question()


@examples(150)
@given(commands, st.lists(requests, min_size=1, max_size=8), st.integers(1, 40))
def test_what_is_refused_changes_nothing(sequence: list[Any], asked: list[OrderRequest], number: int) -> None:
    engine, accounts = played(sequence)
    for account in accounts:
        for r in asked:
            change = AmendRequest(r.symbol, number, "", r.side, r.quantity, r.price, r.price_match)
            for command in (
                partial(engine.place, account, r, EPOCH_MS),
                partial(engine.amend, account, change, EPOCH_MS),
                partial(engine.set_leverage, account, r.symbol, number * 3),
            ):
                before = snapshot(engine)
                try:
                    command()
                except Refused:
                    assert snapshot(engine) == before


def test_asking_creates_no_position() -> None:
    """As it once did, for every refused order."""
    engine, (a,) = engine_with("a")
    order = OrderRequest(BTC, BUY, "LIMIT", "GTC", 10, 9_900_000, False, "BOTH", "")
    assert engine.refusal_of(a, order) is None
    assert a.legs == {}
    with refused(-2022):
        place(engine, a, "SELL", "1", "100000.00", reduce_only=True)
    assert a.legs == {}


def test_a_request_stays_what_was_asked() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "100100.00")
    asked = OrderRequest(BTC, BUY, "LIMIT", "GTC", 10, 0, False, "BOTH", "", price_match="OPPONENT")
    assert engine.place(b, asked, EPOCH_MS).price == 10_010_000
    assert asked.price == 0
    with pytest.raises(AttributeError):
        asked.price = 1  # type: ignore[misc]


def test_refusals_of_matched_prices_are_judged_at_the_price_that_they_stand_for() -> None:
    engine, (a, b) = engine_with("a", "b")
    asked = OrderRequest(BTC, BUY, "LIMIT", "GTC", 10, 0, False, "BOTH", "", price_match="OPPONENT")
    assert engine.refusal_of(b, asked) == -5041, "the book is empty"
    place(engine, a, "SELL", "1", "100100.00")
    assert engine.refusal_of(b, asked) is None


def test_an_amendment_that_is_checked_keeps_its_place() -> None:
    """The order stood last among its leg's orders once its new terms had been checked."""
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "2", "100000.00")
    place(engine, b, "BUY", "2", "100000.00")
    near = place(engine, b, "SELL", "1", "100100.00", reduce_only=True)
    far = place(engine, b, "SELL", "1", "100200.00", reduce_only=True)
    with refused(-4118):
        engine.amend(b, AmendRequest(BTC, near.order_id, "", SELL, 2000, 10_010_000), EPOCH_MS)
    assert list(near.leg.orders.values()) == [near, far]

"""Conditional orders that wait for their price, against a plain list of them."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine.requests import (
    BUY,
    CONDITIONAL_KINDS,
    CONTRACT_PRICE,
    MARK_PRICE,
    SELL,
    Trigger,
)
from mock_exchange.engine.triggers import TriggerBook, is_due, rises_to_trigger, would_trigger
from tests.support import examples

KINDS = tuple(CONDITIONAL_KINDS)


def due(order: Any, contract: int, mark: int, protected: bool) -> bool:
    """By the documents: a STOP triggers when the price moves against the position, TAKE_PROFIT with it."""
    price = mark if order.trigger.working_type == MARK_PRICE else contract
    if not price or (protected and order.trigger.price_protect):
        return False
    stop = order.trigger.stop_price
    rising = (order.kind in ("STOP", "STOP_MARKET")) == (order.side == BUY)
    return bool(price >= stop if rising else price <= stop)


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.sampled_from(KINDS),
            st.sampled_from([BUY, SELL]),
            st.integers(95, 105),
            st.sampled_from([CONTRACT_PRICE, MARK_PRICE]),
            st.booleans(),
        ),
        st.tuples(st.just("discard"), st.integers(0, 50)),
        st.tuples(
            st.just("price"), st.sampled_from([0, *range(94, 107)]), st.integers(94, 106), st.booleans()
        ),
    ),
    max_size=60,
)


@pytest.mark.stands_in
@examples(300)
@given(STEPS)
def test_like_a_list(steps: list[tuple[Any, ...]]) -> None:
    book = TriggerBook()
    waiting: list[Any] = []
    for number, step in enumerate(steps):
        if step[0] == "add":
            _, kind, side, stop, working, protect = step
            order: Any = SimpleNamespace(
                order_id=number, kind=kind, side=side, trigger=Trigger(stop, working, protect)
            )
            book.add(order)
            waiting.append(order)
        elif step[0] == "discard" and waiting:
            order = waiting.pop(step[1] % len(waiting))
            book.discard(order)
        elif step[0] == "price":
            _, contract, mark, protected = step
            wanted = [order for order in waiting if due(order, contract, mark, protected)]
            found: list[Any] = []
            while (order := book.pop_due(contract, mark, protected)) is not None:
                found.append(order)
            assert {o.order_id for o in found} == {o.order_id for o in wanted}
            for one, following in pairwise(found):
                same = [
                    (o.trigger.working_type, o.trigger.price_protect, rises_to_trigger(o.kind, o.side))
                    for o in (one, following)
                ]
                if same[0] == same[1]:  # of one direction the nearest stop goes first, then the older order
                    way = 1 if same[0][2] else -1
                    keys = [(way * o.trigger.stop_price, o.order_id) for o in (one, following)]
                    assert keys[0] < keys[1]
            waiting = [order for order in waiting if order not in found]
        assert book.pending == {order.order_id for order in waiting}
        assert all(order in book for order in waiting)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [BUY, SELL])
def test_at_the_stop_itself_it_is_due(kind: str, side: int) -> None:
    rising = rises_to_trigger(kind, side)
    assert rising == (kind.startswith("STOP") == (side == BUY))
    assert [is_due(kind, side, 100, price) for price in (99, 100, 101)] == [not rising, True, rising]
    for working, prices in ((CONTRACT_PRICE, (100, 0)), (MARK_PRICE, (0, 100))):
        assert would_trigger(kind, side, 100, working, *prices)
        assert not would_trigger(kind, side, 100, working, *reversed(prices)), "price 0 triggers nothing"
        assert not would_trigger("LIMIT", side, 100, working, *prices)
    beyond = 101 if not rising else 99
    assert not would_trigger(kind, side, 100, CONTRACT_PRICE, beyond, 100)


@pytest.mark.stands_in
def test_what_was_cancelled_is_swept_when_it_is_most() -> None:
    book = TriggerBook()
    orders: list[Any] = [
        SimpleNamespace(order_id=n, kind="STOP", side=BUY, trigger=Trigger(100 + n)) for n in range(70)
    ]
    for order in orders:
        book.add(order)
    (heap,) = book._heaps.values()
    for order in orders[3:]:
        book.discard(order)
    assert len(heap) == 70, "70 are no more than twice the three that wait and 64"
    book.discard(orders[2])
    assert (len(heap), [row[1] for row in heap]) == (2, [0, 1])
    assert book.pop_due(100, 0, False) is orders[0]
    assert book.pop_due(100, 0, False) is None

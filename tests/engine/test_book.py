"""A side of a book against the plainest one there is: a list, sorted again for every question."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine.book import BookSide
from mock_exchange.engine.requests import BUY, SELL
from tests.support import examples


class Naive:
    """Orders in order of their arrival."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.orders: list[Any] = []

    def levels(self) -> list[tuple[int, int]]:
        prices = sorted({order.price for order in self.orders}, key=lambda price: -self.side * price)
        return [(price, sum(o.remaining for o in self.orders if o.price == price)) for price in prices]

    def within(self, limit: int) -> list[int]:
        rows = [o for o in self.orders if (o.price >= limit if self.side == BUY else o.price <= limit)]
        return [o.order_id for o in sorted(rows, key=lambda o: -self.side * o.price)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "remove", "reduce", "ask"]),
        st.integers(0, 200),
        st.integers(2, 9),
    ),
    max_size=120,
)


def compare(book: BookSide, naive: Naive) -> None:
    rows = naive.levels()
    assert book.best_quote() == (rows[0] if rows else None)
    for limit in (1, 2, 50):
        assert book.depth(limit) == rows[:limit]
    for price in range(90, 111, 4):
        assert book.total_at(price) == dict(rows).get(price, 0)
        assert [order.order_id for order in book.orders_within(price)] == naive.within(price)
    # heap and dict hold the same prices, and what is empty is counted: else the book would grow for ever
    assert sorted(book._heap) == sorted(-book.side * price for price in book._levels)
    assert book._empty == sum(not level.orders for level in book._levels.values())


@pytest.mark.stands_in
@pytest.mark.parametrize("side", [BUY, SELL])
@examples(150)
@given(steps=STEPS)
def test_like_a_list(side: int, steps: list[tuple[str, int, int]]) -> None:
    book, naive = BookSide(side), Naive(side)
    book.changed = set()
    for number, (what, choice, quantity) in enumerate(steps):
        touched: set[int] = set()
        if what == "add":
            order: Any = SimpleNamespace(order_id=number, price=90 + choice % 21, remaining=quantity)
            book.add(order)
            naive.orders.append(order)
            touched = {order.price}
        elif naive.orders and what in ("remove", "reduce"):
            order = naive.orders[choice % len(naive.orders)]
            if what == "remove":
                touched = {order.price}
                book.remove(order)
                naive.orders.remove(order)
            elif order.remaining > 1:
                touched = {order.price}
                book.reduce(order, 1)
                order.remaining -= 1
        if what == "ask" or choice % 3 == 0:
            compare(book, naive)
        assert touched <= book.changed
        book.changed.clear()
    compare(book, naive)


@pytest.mark.stands_in
def test_who_does_not_listen_is_told_nothing() -> None:
    book = BookSide(BUY)
    order: Any = SimpleNamespace(order_id=1, price=100, remaining=5)
    book.add(order)
    book.reduce(order, 1)
    order.remaining = 4
    book.remove(order)
    assert book.changed is None


@pytest.mark.stands_in
def test_emptied_levels_are_swept_when_they_are_the_majority_and_more_than_64() -> None:
    book = BookSide(SELL)
    orders: list[Any] = [SimpleNamespace(order_id=n, price=100 + n, remaining=1) for n in range(140)]
    for order in orders:
        book.add(order)
    for order in orders[70:]:  # 70 of 140 are half, not more
        book.remove(order)
    assert (len(book._levels), book._empty) == (140, 70)
    book.remove(orders[69])
    assert (len(book._levels), len(book._heap), book._empty) == (69, 69, 0)
    assert book.best_quote() == (100, 1)
    small = BookSide(SELL)
    for order in orders[:64]:
        small.add(order)
    for order in orders[:64]:  # all of 64 are no more than 64
        small.remove(order)
    assert (len(small._levels), small._empty) == (64, 64)
    assert small.best() is None
    assert (len(small._levels), small._heap, small._empty) == (0, [], 0)


@pytest.mark.stands_in
def test_a_swept_side_still_knows_its_best_price() -> None:
    """Prices that came in the wrong order for a heap."""
    book = BookSide(BUY)
    orders: list[Any] = [SimpleNamespace(order_id=n, price=100 + n, remaining=1) for n in range(140)]
    for order in orders:
        book.add(order)
    for order in orders[:71]:
        book.remove(order)
    assert len(book._levels) == 69
    assert book.best_quote() == (239, 1)
    assert [price for price, _ in book.depth(100)] == list(range(239, 170, -1))


@pytest.mark.stands_in
def test_an_emptied_level_that_is_used_again_is_the_newest_place_in_its_line() -> None:
    book = BookSide(BUY)
    first, second, third = (SimpleNamespace(order_id=n, price=100, remaining=n) for n in (1, 2, 3))
    row: Any
    for row in (first, second):
        book.add(row)
    row = first
    book.remove(row)
    book.add(row)
    assert [order.order_id for order in book.orders_within(100)] == [2, 1]
    row = third
    book.add(row)
    assert book.best_quote() == (100, 6)

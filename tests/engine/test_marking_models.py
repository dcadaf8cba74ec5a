"""Mark price, premium and funding rate against the formulas of the documents, in fractions."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine.book import BookSide
from mock_exchange.engine.marking import FUNDING_INTERVAL_MS, Marking, next_funding
from mock_exchange.engine.requests import BUY, SELL
from tests.support import BTC, EPOCH_MS, examples

HOUR = 3_600_000
INDEX = 10_000_000
LEVELS = st.lists(st.tuples(st.integers(1, 400), st.sampled_from([1, 40, 100, 200, 900, 30_000])), max_size=6)


def book(side: int, rows: list[tuple[int, int]], shift: int = 0) -> tuple[BookSide, list[tuple[int, int]]]:
    """A side whose levels lie `away` ticks beyond the index, and the whole book `shift` above it; and its
    levels, best first."""
    made, levels = BookSide(side), dict[int, int]()
    for number, (away, quantity) in enumerate(rows):
        price = INDEX - side * away * BTC.tick + shift
        order: Any = SimpleNamespace(order_id=number, price=price, remaining=quantity)
        made.add(order)
        levels[price] = levels.get(price, 0) + quantity
    return made, sorted(levels.items(), reverse=side == BUY)


def impact(levels: list[tuple[int, int]]) -> int:
    """Average price of 25,000 USDT (200 of margin at 125 times) into the book, rounded down."""
    left, quantity, paid = Fraction(200 * BTC.brackets[0].leverage), 0, 0
    for price, total in levels:
        worth = Fraction(price * total, 10 ** (BTC.price_precision + BTC.quantity_precision))
        if worth >= left:
            part: int = max(1, floor(left * 10 ** (BTC.price_precision + BTC.quantity_precision) / price))
            return (paid + part * price) // (quantity + part)
        left, quantity, paid = left - worth, quantity + total, paid + total * price
    return paid // quantity


@pytest.mark.stands_in
@examples(200)
@given(
    samples=st.lists(st.tuples(LEVELS, LEVELS), max_size=40),
    shift=st.sampled_from([0, 700, 40_000, -40_000]),
    ago_ms=st.integers(0, 8 * HOUR),
    last=st.sampled_from([0, INDEX - 5_000, INDEX + 300, INDEX + 9_000]),
    rate=st.sampled_from([10_000, -75_000, 300_000]),
)
def test_mark_and_rate(
    samples: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
    shift: int,
    ago_ms: int,
    last: int,
    rate: int,
) -> None:
    marking = Marking()
    marking.last_rate = rate
    prices: Any = SimpleNamespace(index=INDEX, symbol=BTC, last=last)
    basis: deque[int] = deque(maxlen=30)
    premiums: list[int] = []
    for bid_rows, ask_rows in samples:
        bids, bid_levels = book(BUY, bid_rows, shift)
        asks, ask_levels = book(SELL, ask_rows, shift)
        marking.sample(prices, bids, asks)
        if bid_levels and ask_levels:
            basis.append((bid_levels[0][0] + ask_levels[0][0]) // 2 - INDEX)
            premium = max(0, impact(bid_levels) - INDEX) - max(0, INDEX - impact(ask_levels))
            premiums.append(premium * 10**8 // INDEX)
    midnight = EPOCH_MS - EPOCH_MS % (24 * HOUR)
    now = midnight + 8 * HOUR - ago_ms
    left = ago_ms if ago_ms > 0 else 8 * HOUR
    price1 = INDEX + floor(Fraction(INDEX * rate * left, 10**8 * 8 * HOUR))
    price2 = INDEX + (sum(basis) // len(basis) if basis else 0)
    assert marking.mark(prices, now) == sorted((price1, price2, last or INDEX))[1]
    average = sum(premiums) // len(premiums) if premiums else 0
    clamped = min(50_000, max(-50_000, 10_000 - average))
    for cap in (10**9, 40_000, 5):
        assert marking.rate(cap) == min(cap, max(-cap, average + clamped))
    assert marking.settle(40_000) == marking.last_rate == min(40_000, max(-40_000, average + clamped))
    assert marking.rate(10**9) == 10_000, "sampling has started over"


@pytest.mark.stands_in
def test_a_book_with_one_side_or_without_index_is_no_sample() -> None:
    bids, _ = book(BUY, [(500, 10)])
    asks, _ = book(SELL, [(500, 10)])
    for index, one, other in ((INDEX, bids, BookSide(SELL)), (INDEX, BookSide(BUY), asks), (0, bids, asks)):
        marking = Marking()
        marking.sample(SimpleNamespace(index=index, symbol=BTC, last=0), one, other)  # type: ignore[arg-type]
        assert (len(marking._basis), marking._premium_count) == (0, 0)


@pytest.mark.parametrize(
    ("now", "following"),
    [(0, 8), (1, 8), (8 * HOUR - 1, 8), (8 * HOUR, 16), (16 * HOUR, 24), (23 * HOUR, 24)],
)
def test_funding_is_at_midnight_eight_and_four(now: int, following: int) -> None:
    assert next_funding(now) == following * HOUR
    assert FUNDING_INTERVAL_MS == 8 * HOUR

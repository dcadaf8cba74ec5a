"""Prices that move by themselves, and what is read off the market they move in."""

from __future__ import annotations

import doctest
import statistics
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.traders import orders
from mock_exchange import prices
from mock_exchange.clock import Timeline
from mock_exchange.engine import Engine
from mock_exchange.engine.requests import OrderRequest
from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.gauges import depth, deviation
from mock_exchange.plan import AccountPlan, Plan, PositionPlan, book_from_texts
from mock_exchange.prices import PricePath, Walk
from mock_exchange.venue import Venue
from run_records.journal import ForcedRow
from run_records.scaled import MONEY_UNIT
from run_records.units import NS_PER_S
from tests.support import examples

BTC = symbols()["BTCUSDT"]
PATH = PricePath(BTC, ((0, 10_000_000), (100 * NS_PER_S, 8_000_000)))


@pytest.mark.parametrize("module", [prices, orders])
def test_worked_examples(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_a_path_passes_through_its_points_and_stays_at_the_last() -> None:
    walk = Walk(PATH, 1)
    assert [walk.price(s * NS_PER_S) for s in (0, 100, 500)] == [10_000_000, 8_000_000, 8_000_000]


@given(st.integers(0, 2**32), st.integers(1, 50_000))
@examples(50)
def test_noise_is_the_same_for_the_same_seed_and_on_the_tick_grid(seed: int, noise: int) -> None:
    path = PricePath(BTC, PATH.points, noise, 10 * NS_PER_S)
    one, other = Walk(path, seed), Walk(path, seed)
    prices = [one.price(s * NS_PER_S) for s in range(50)]
    assert prices == [other.price(s * NS_PER_S) for s in range(50)]
    assert all(price % BTC.tick == 0 for price in prices)


def test_noise_has_the_size_that_it_says_and_forgets_itself() -> None:
    flat = PricePath(BTC, ((0, 10_000_000),), 2_000, 10 * NS_PER_S)
    walk = Walk(flat, 3)
    moves = [walk.price(s * NS_PER_S) / 10_000_000 - 1 for s in range(0, 40_000, 5)]
    assert statistics.pstdev(moves) == pytest.approx(0.002, rel=0.05)
    kept = statistics.correlation(moves[:-1], moves[1:])
    assert kept == pytest.approx(2.718 ** (-0.5), abs=0.03)


@pytest.mark.parametrize(
    ("points", "noise"),
    [((), 0), (((5, 10_000_000), (5, 9_000_000)), 0), (((0, 1),), 0), (((0, 10_000_000),), 100)],
)
def test_what_is_no_path_is_refused(points: tuple[Any, ...], noise: int) -> None:
    with pytest.raises(ValueError, match="BTCUSDT"):
        PricePath(BTC, points, noise)


def venue_with(
    path: PricePath, positions: tuple[PositionPlan, ...] = (), marking: str = "median"
) -> tuple[Venue, Timeline]:
    plan = Plan(
        GatewayConfig.from_dict({"marking": marking}),
        "none",
        {},
        1,
        1_760_130_720_000,
        (book_from_texts(BTC, "100000.00", 5, 100, "1"),),
        (AccountPlan("held", 30_000 * MONEY_UNIT, False, 10, positions, watched=True),),
        (),
        (path,),
    )
    timeline = Timeline(plan.epoch_start_ms)
    return Venue(Plan.from_dict(plan.to_dict()), timeline), timeline


def test_a_venue_follows_its_path_leaves_the_books_alone_and_writes_down_what_it_sees() -> None:
    venue, timeline = venue_with(PATH, (PositionPlan(BTC, "BOTH", 1000, 10_000_000),))
    timeline.run_until(50 * NS_PER_S)
    market = venue.engine.markets[BTC.index]
    assert market.index == pytest.approx(8_944_000, rel=0.001)
    assert market.bids.best_quote() == (9_999_000, 1000)  # nobody has moved the quotes
    rows: dict[str, list[Any]] = {
        kind: [row for row in venue.journal.rows if row.__struct_config__.tag == kind]
        for kind in ("market", "equity", "position")
    }
    assert len(rows["market"]) == len(rows["equity"]) == 51  # one when it begins
    assert rows["market"][-1].index == market.index
    assert [row.amount for row in rows["position"]] == [1000]


def test_who_cannot_bear_the_fall_is_liquidated() -> None:
    venue, timeline = venue_with(PATH, (PositionPlan(BTC, "BOTH", 2500, 10_000_000),), "plan")
    timeline.run_until(100 * NS_PER_S)
    assert {row.account for row in venue.journal.rows if isinstance(row, ForcedRow)} == {"held"}
    assert venue.engine.accounts["held"].is_flat()


def test_depth_is_what_can_be_traded_near_the_index_and_deviation_what_was_paid() -> None:
    engine = Engine()
    house = engine.open_account("house", 10**18, unlimited=True)
    market = engine.markets[BTC.index]
    engine.set_index(BTC, 10_000_000)
    for side, price in ((1, 9_950_000), (1, 9_800_000), (-1, 10_050_000), (-1, 12_000_000)):
        engine.place(house, OrderRequest(BTC, side, "LIMIT", "GTC", 1000, price, False, "BOTH", ""), 0)
    assert depth(market, 1) == BTC.notional(9_950_000, 1000)
    assert depth(market, -1) == BTC.notional(10_050_000, 1000)
    assert deviation(market) == 0  # nothing has been paid yet
    engine.place(house, OrderRequest(BTC, -1, "LIMIT", "IOC", 1000, 9_950_000, False, "BOTH", ""), 0)
    assert deviation(market) == -5_000
    engine.set_index(BTC, 11_000_000)
    assert depth(market, 1) == 0

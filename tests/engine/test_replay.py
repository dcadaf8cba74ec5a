"""Every command leaves a row, and every row that changes an engine is executed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from mock_exchange.commands import Commands
from mock_exchange.engine.requests import AmendRequest, CancelAllRequest, CancelRequest, OrderRequest
from mock_exchange.replay import replay
from run_records.journal import (
    AccountRow,
    AmendRow,
    CancelAllRow,
    CancelRow,
    EquityRow,
    ForcedRow,
    JournalRow,
    LeverageRow,
    MarketRow,
    MarkRow,
    ModeRow,
    OrderRow,
    OutcomeRow,
    PhaseRow,
    PositionRow,
    QueryRow,
    RestrictRow,
    StationRow,
    TickRow,
    TradeRow,
    TransferRow,
    VenueRow,
    WatchRow,
)
from run_records.standing import LostRow, StandingRow
from tests.support import BTC, RICH, venue_of

COMMANDS = {
    VenueRow,
    AccountRow,
    TransferRow,
    MarkRow,
    LeverageRow,
    ModeRow,
    RestrictRow,
    OrderRow,
    AmendRow,
    CancelRow,
    CancelAllRow,
    TickRow,
    LostRow,
}
"""Rows of what an engine was told."""
SIGHTS = {
    OutcomeRow,
    TradeRow,
    PhaseRow,
    StationRow,
    MarketRow,
    EquityRow,
    PositionRow,
    QueryRow,
    ForcedRow,
    WatchRow,
    *(set(get_args(StandingRow)) - {LostRow}),
}
"""Rows of what was seen, or follows from a command."""


def test_every_row_is_a_command_or_a_sight() -> None:
    assert not COMMANDS & SIGHTS
    assert set(get_args(JournalRow)) == COMMANDS | SIGHTS


def limit(side: int, quantity: int, price: int) -> OrderRequest:
    return OrderRequest(BTC, side, "LIMIT", "GTC", quantity, price, False, "BOTH", "")


def test_one_of_each_rebuilds_the_state() -> None:
    """After each command: so a row that is not executed again is named by its command."""
    venue, _ = venue_of()
    commands: Commands = venue.commands
    first, second = venue.account("a0"), venue.account("a1")
    price = 9_000_000 if BTC.price_precision == 2 else 90_000 * 10**BTC.price_precision
    steps: dict[type, Callable[[], object]] = {
        ModeRow: lambda: commands.set_hedge_mode(second, True),
        LeverageRow: lambda: commands.set_leverage(first, BTC, 7),
        TransferRow: lambda: commands.transfer(first, 12345),
        AccountRow: lambda: commands.open_account("late", RICH, unlimited=False),
        OrderRow: lambda: commands.place(first, limit(1, 10, price)),
        AmendRow: lambda: commands.amend(
            first, AmendRequest(BTC, next(iter(first.orders.values())).order_id, "", 1, 20, price)
        ),
        CancelRow: lambda: commands.cancel(
            first, CancelRequest(BTC, next(iter(first.orders.values())).order_id, "")
        ),
        MarkRow: lambda: commands.set_index(BTC, price),
        TickRow: commands.tick,
        RestrictRow: lambda: commands.restrict(first, -4087),
    }
    for kind, step in steps.items():
        before = len(venue.journal.rows)
        hash_before = venue.engine.state_hash()
        step()
        assert kind in {type(row) for row in venue.journal.rows[before:]}, kind
        rebuilt = replay(venue.journal.rows)
        assert rebuilt.state_hash() == venue.engine.state_hash(), kind
        if kind not in (MarkRow, TickRow, RestrictRow):
            assert hash_before != venue.engine.state_hash(), f"{kind} changed nothing: it shows nothing"
    assert replay(venue.journal.rows).accounts["a0"].restriction == -4087
    commands.restrict(first, 0)
    commands.place(first, limit(1, 10, price))
    commands.cancel_all(first, CancelAllRequest(BTC))
    assert isinstance(venue.journal.rows[-1], CancelAllRow)
    assert replay(venue.journal.rows).state_hash() == venue.engine.state_hash()
    order = commands.place(first, limit(1, 10, price))
    commands.lose(first, order.order_id, ("key", 0))
    rebuilt = replay(venue.journal.rows)
    assert [o.fate_unknown for o in rebuilt.accounts["a0"].orders.values()] == [True]
    assert set(steps) | {VenueRow, CancelAllRow, LostRow} == COMMANDS

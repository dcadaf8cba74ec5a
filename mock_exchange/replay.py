"""A journal's commands, executed again: the engine ends in the same state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Order
from mock_exchange.engine.requests import (
    NO_MATCH,
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
    Trigger,
)
from mock_exchange.engine.symbols import symbols
from run_records.journal import (
    AccountRow,
    AmendRow,
    CancelAllRow,
    CancelRow,
    JournalRow,
    LeverageRow,
    MarkRow,
    ModeRow,
    OrderRow,
    RestrictRow,
    TickRow,
    TransferRow,
    VenueRow,
)
from run_records.parts import read_parts
from run_records.standing import LostRow


def replay(rows: Iterable[JournalRow], engine: Engine | None = None) -> Engine:
    """Execute a journal's commands again; the engine ends in the same state. Commands that were refused
    are left out: they changed nothing. Each `venue` row starts over. Without one, `engine` is to be given.
    Raises ValueError if there is neither."""
    for row in rows:
        if isinstance(row, VenueRow):
            engine = Engine(row.conflict_rule, follow_median=row.follow_median)
            continue
        step = STEPS.get(type(row))
        if step is not None:
            if engine is None:
                raise ValueError("the journal does not say how its venue began")
            if not getattr(row, "code", 0):
                step(engine, row)
    if engine is None:
        raise ValueError("an empty journal")
    return engine


def replay_file(path: Path) -> Engine:
    """`replay` of a venue's journal, of all its parts. Raises ValueError if it is none."""
    return replay(read_parts(path))


def replay_order(engine: Engine, row: OrderRow, *, fate_unknown: bool = False) -> Order:
    """Place the order of a row again. `fate_unknown` if its client had been answered by then."""
    *stop, match, good_till = (
        msgspec.json.decode(row.terms) if row.terms else (0, "", False, False, NO_MATCH, 0)
    )
    return engine.place(
        engine.accounts[row.account],
        OrderRequest(
            symbols()[row.symbol],
            row.side,
            row.type,
            row.tif,
            row.quantity,
            row.price,
            row.reduce_only,
            row.position_side,
            row.client_id,
            False,
            Trigger(*stop) if stop[0] else None,
            match,
            row.stp,
            good_till,
        ),
        row.epoch_ms,
        (row.key, row.leg),
        fate_unknown=fate_unknown,
    )


def _replay_amend(engine: Engine, row: AmendRow) -> None:
    request = AmendRequest(
        symbols()[row.symbol],
        row.order_id,
        row.client_id,
        row.side,
        row.quantity,
        row.price,
        row.price_match,
    )
    engine.amend(engine.accounts[row.account], request, row.epoch_ms)


def _replay_cancel(engine: Engine, row: CancelRow) -> None:
    request = CancelRequest(symbols()[row.symbol], row.order_id, row.client_id)
    engine.cancel(engine.accounts[row.account], request, row.epoch_ms)


STEPS: dict[type[Any], Callable[[Engine, Any], object]] = {
    AccountRow: lambda e, r: e.open_account(r.name, r.deposit, unlimited=r.unlimited),
    TransferRow: lambda e, r: e.transfer(e.accounts[r.account], r.amount, r.epoch_ms),
    MarkRow: lambda e, r: e.set_index(symbols()[r.symbol], r.price),
    LeverageRow: lambda e, r: e.set_leverage(e.accounts[r.account], symbols()[r.symbol], r.leverage),
    ModeRow: lambda e, r: e.set_hedge_mode(e.accounts[r.account], r.hedge_mode),
    RestrictRow: lambda e, r: e.restrict(e.accounts[r.account], r.restriction),
    OrderRow: replay_order,
    AmendRow: _replay_amend,
    CancelRow: _replay_cancel,
    CancelAllRow: lambda e, r: e.cancel_all(
        e.accounts[r.account], CancelAllRequest(symbols()[r.symbol]), r.epoch_ms
    ),
    TickRow: lambda e, r: e.tick(r.epoch_ms),
    LostRow: lambda e, r: e.forget_fate(e.accounts[r.account], r.order_id),
}

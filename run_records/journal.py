"""What an exchange writes down: every outcome of every stage and every command of the engine, as they happen.

A journal is lines of JSON arrays; the first element names the kind of row. Instants are nanoseconds of the
run, -1 for never; prices and quantities are integers in the symbol's precisions, money in 1e-8 USDT.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec

from run_records.lines import Row, columns_of, read_rows
from run_records.machine import ExchangeReport
from run_records.plain_files import open_plain
from run_records.schemas import UnreadableError
from run_records.standing import StandingRow
from run_records.words import Cause, Class, Judgement, Meaning, Stage

JOURNAL = "journal"
JOURNAL_FILE = "journal.jsonl"
Key = tuple[str | int, int]
"""A request's key and the batch leg: what both sides know of an attempt."""


class OutcomeRow(Row, frozen=True, tag="outcome"):
    """An attempt was answered: where, with what, whether a refusal was right, which mechanism was the
    cause."""

    key: str | int
    leg: int
    account: str
    klass: Class = msgspec.field(name="class")
    truly: bool
    """Whether it would really have reduced, by engine state at its arrival."""
    stage: Stage
    meaning: Meaning
    http: int
    code: int
    judgement: Judgement
    node: int
    shard: int
    """The engine's queue that its symbol belongs to; -1 where its parameters were never read."""
    arrived: int
    admitted: int
    started: int
    counted: bool
    """Whether it counts against the order limit."""
    cause: Cause
    held: int
    """How many slots its node held once it had one."""


class OrderRow(Row, frozen=True, tag="order"):
    """The engine executed a command, or refused it; enough to execute it again."""

    key: str | int
    leg: int
    account: str
    code: int
    """0, or the refusal."""
    order_id: int
    status: str
    filled: int
    symbol: str
    side: int
    type: str
    tif: str
    quantity: int
    price: int
    reduce_only: bool
    position_side: str
    client_id: str
    epoch_ms: int
    stp: str
    terms: str
    """What few orders have, as a JSON text."""


class AmendRow(Row, frozen=True, tag="amend"):
    """The engine changed a resting order, or refused to."""

    key: str | int
    leg: int
    account: str
    code: int
    symbol: str
    order_id: int
    client_id: str
    side: int
    quantity: int
    price: int
    price_match: str
    epoch_ms: int


class CancelRow(Row, frozen=True, tag="cancel"):
    """The engine canceled one order, or refused to."""

    key: str | int
    leg: int
    account: str
    code: int
    symbol: str
    order_id: int
    client_id: str
    epoch_ms: int


class CancelAllRow(Row, frozen=True, tag="cancel_all"):
    """The engine canceled all orders of an account in a symbol."""

    key: str | int
    leg: int
    account: str
    code: int
    symbol: str
    epoch_ms: int


class TradeRow(Row, frozen=True, tag="trade"):
    """Two orders met; fees and profits of both sides."""

    symbol: str
    trade_id: int
    price: int
    quantity: int
    taker_key: str | int
    taker_leg: int
    taker_order: int
    maker_key: str | int
    maker_leg: int
    maker_order: int


class PhaseRow(Row, frozen=True, tag="phase"):
    """Another phase of the plan began."""

    name: str


class StationRow(Row, frozen=True, tag="station"):
    """A queue's or a node's books at the end: arrivals, service, two sides of Little's law."""

    name: str
    arrivals: int
    busy_ns: int
    area_ns: int
    waited_ns: int


class MarketRow(Row, frozen=True, tag="market"):
    """Once a second, where a plan moves prices. Depths within 1 % of the index; `deviation` of the last price
    from the index in millionths."""

    symbol: str
    index: int
    mark: int
    last: int
    bid: int
    ask: int
    bid_depth: int
    ask_depth: int
    deviation: int


class EquityRow(Row, frozen=True, tag="equity"):
    """An account under watch, once a second."""

    account: str
    wallet: int
    unrealized: int


class PositionRow(Row, frozen=True, tag="position"):
    """An account under watch, when its position has changed."""

    account: str
    symbol: str
    side: str
    amount: int
    cost: int


class QueryRow(Row, frozen=True, tag="query"):
    """Somebody asked about an account of theirs. `cause` says why there was no answer; `tells_of_orders`
    whether the answer says what became of orders."""

    account: str
    path: str
    http: int
    cause: Cause
    tells_of_orders: bool


class VenueRow(Row, frozen=True, tag="venue"):
    """A venue begins here: what came before in the journal is another one's."""

    conflict_rule: str
    follow_median: bool


class AccountRow(Row, frozen=True, tag="account"):
    """An account was opened with a deposit."""

    name: str
    deposit: int
    unlimited: bool


class MarkRow(Row, frozen=True, tag="mark"):
    symbol: str
    price: int


class LeverageRow(Row, frozen=True, tag="leverage"):
    """An account has another leverage in a symbol."""

    account: str
    symbol: str
    leverage: int


class ModeRow(Row, frozen=True, tag="mode"):
    account: str
    hedge_mode: bool


class RestrictRow(Row, frozen=True, tag="restrict"):
    account: str
    restriction: int


class TransferRow(Row, frozen=True, tag="transfer"):
    """Money came from outside, or (negative) left."""

    account: str
    amount: int
    epoch_ms: int


class TickRow(Row, frozen=True, tag="tick"):
    epoch_ms: int


class ForcedRow(Row, frozen=True, tag="forced"):
    """What a tick did to an account that could not cover its maintenance margin."""

    account: str
    symbol: str
    order_id: int
    side: int
    quantity: int
    filled: int
    price: int
    epoch_ms: int


class WatchRow(Row, frozen=True, tag="watch"):
    """How well the exchange's process has kept up in a run, at its end. `machine.json` says the same."""

    report: ExchangeReport


JournalRow = (
    OutcomeRow
    | OrderRow
    | AmendRow
    | CancelRow
    | CancelAllRow
    | TradeRow
    | PhaseRow
    | StationRow
    | MarketRow
    | EquityRow
    | PositionRow
    | QueryRow
    | VenueRow
    | AccountRow
    | MarkRow
    | LeverageRow
    | ModeRow
    | RestrictRow
    | TransferRow
    | TickRow
    | ForcedRow
    | WatchRow
    | StandingRow
)
COLUMNS: dict[str, tuple[str, ...]] = {
    str(row.__struct_config__.tag): columns_of(row) for row in get_args(JournalRow)
}
"""By kind of row, as the header of a journal states them."""
decode_row = msgspec.json.Decoder(JournalRow).decode
"""One line of a journal. Raises msgspec.DecodeError."""


_MOST_TAIL = 1 << 22
"""Bytes of a journal's end in which its last words are looked for."""


def last_watch(path: Path) -> WatchRow | None:
    """What the exchange has said last of how it kept up. Raises UnreadableError, OSError."""
    with open_plain(path) as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _MOST_TAIL))
        lines = file.read().splitlines()
    for line in reversed(lines):
        if line.startswith(b'["watch"'):
            try:
                row = decode_row(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise UnreadableError(f"{path.name}: {error}") from None
            return row if isinstance(row, WatchRow) else None
    return None


def read_journal(path: Path) -> Iterator[JournalRow]:
    """Raises UnreadableError, OSError."""
    return read_rows(path, JOURNAL, decode_row)

"""Every outcome of every stage and every command of the engine, appended as they happen.

A journal is lines of JSON arrays; the first element names the kind, the columns of each kind are in
COLUMNS, and the first line of a file states the schema. Instants are nanoseconds of the run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import orjson

SCHEMA = "fireexit.journal/1"
COLUMNS = {
    # an attempt was answered: where, with what, and whether a refusal was right
    "outcome": (
        "at", "key", "leg", "account", "class", "truly", "stage", "http", "code", "judgement", "node",
        "arrived", "admitted", "started",
    ),
    # the engine executed a command; `code` 0, or the refusal; enough to execute it again
    "order": (
        "at", "key", "leg", "account", "code", "order_id", "status", "filled", "symbol", "side", "type", "tif",
        "quantity", "price", "reduce_only", "position_side", "client_id", "epoch_ms",
    ),
    "cancel": ("at", "key", "leg", "account", "code", "symbol", "order_id", "client_id", "epoch_ms"),
    "cancel_all": ("at", "key", "leg", "account", "code", "symbol", "epoch_ms"),
    "trade": (
        "at", "symbol", "trade_id", "price", "quantity", "taker_key", "taker_leg", "taker_order", "maker_key",
        "maker_leg", "maker_order",
    ),
    "account": ("at", "name", "deposit", "unlimited"),
    "mark": ("at", "symbol", "price"),
    "leverage": ("at", "account", "symbol", "leverage"),
    "mode": ("at", "account", "hedge_mode"),
}  # fmt: skip

# Judgements of a refusal against engine truth.
CAPACITY = "capacity"
JUSTIFIED = "justified"
FALSE = "false"
SELF_INFLICTED = "self"


class Journal:
    """Rows in memory until flushed; to a file if one is named, else kept in `rows`."""

    __slots__ = ("_file", "append", "kept", "rows")

    def __init__(self, path: Path | None = None, *, keep: bool = True) -> None:
        self.rows: list[list[Any]] = []
        self.append = self.rows.append
        self.kept = keep and path is None
        self._file: BinaryIO | None = None
        if path is not None:
            self._file = path.open("ab", buffering=0)
            if path.stat().st_size == 0:
                self._file.write(orjson.dumps({"schema": SCHEMA, "columns": COLUMNS}) + b"\n")

    def flush(self) -> None:
        """Write what has accumulated; rows are dropped unless they are kept in memory."""
        if self.kept or not self.rows:
            return
        if self._file is not None:
            dumps = orjson.dumps
            self._file.write(b"\n".join([dumps(row) for row in self.rows]) + b"\n")
        self.rows.clear()

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

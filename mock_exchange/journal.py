"""Every outcome of every stage and every command of the engine, appended as they happen.

A journal is lines of JSON arrays; the first element names the kind, the columns of each kind are in
COLUMNS, and the first line of a file states the schema. Instants are nanoseconds of the run.
"""

from __future__ import annotations

from pathlib import Path

from mock_exchange.lines import Lines

SCHEMA = "fireexit.journal/1"
COLUMNS = {
    # an attempt was answered: where, with what, whether a refusal was right, which mechanism was the cause
    # (gateway/causes.py), and how many slots its node held once it had one
    "outcome": (
        "at", "key", "leg", "account", "class", "truly", "stage", "http", "code", "judgement", "node",
        "arrived", "admitted", "started", "counted", "cause", "held",
    ),
    # the engine executed a command; `code` 0, or the refusal; enough to execute it again
    "order": (
        "at", "key", "leg", "account", "code", "order_id", "status", "filled", "symbol", "side", "type",
        "tif", "quantity", "price", "reduce_only", "position_side", "client_id", "epoch_ms",
        "stp", "terms",
    ),
    "amend": (
        "at", "key", "leg", "account", "code", "symbol", "order_id", "client_id", "side", "quantity", "price",
        "price_match", "epoch_ms",
    ),
    "cancel": ("at", "key", "leg", "account", "code", "symbol", "order_id", "client_id", "epoch_ms"),
    "cancel_all": ("at", "key", "leg", "account", "code", "symbol", "epoch_ms"),
    "trade": (
        "at", "symbol", "trade_id", "price", "quantity", "taker_key", "taker_leg", "taker_order", "maker_key",
        "maker_leg", "maker_order",
    ),
    # another phase of the plan began
    "phase": ("at", "name"),
    # a station's or node's books (gateway/stations.py): arrivals, service begun, two sides of Little's law
    "station": ("at", "name", "arrivals", "busy_ns", "area_ns", "waited_ns"),
    # once a second, where a plan moves prices: depths (1e-8 USDT) within 1 % of the index, deviation of
    # the last price from the index in millionths
    "market": (
        "at", "symbol", "index", "mark", "last", "bid", "ask", "bid_depth", "ask_depth", "deviation",
    ),
    # accounts under watch: money every second (1e-8 USDT), a position when it has changed
    "equity": ("at", "account", "wallet", "unrealized"),
    "position": ("at", "account", "symbol", "side", "amount", "cost"),
    # somebody asked about an account of theirs, and was answered with this HTTP status
    "query": ("at", "account", "path", "http"),
    "venue": ("at", "conflict_rule", "follow_median"),
    "account": ("at", "name", "deposit", "unlimited"),
    "mark": ("at", "symbol", "price"),
    "leverage": ("at", "account", "symbol", "leverage"),
    "mode": ("at", "account", "hedge_mode"),
    "restrict": ("at", "account", "restriction"),
    "transfer": ("at", "account", "amount", "epoch_ms"),
    "tick": ("at", "epoch_ms"),
    # what a tick did to accounts that could not cover their maintenance margin
    "forced": (
        "at", "account", "symbol", "order_id", "side", "quantity", "filled", "price", "epoch_ms",
    ),
}  # fmt: skip

# Judgements of a refusal against engine truth.
CAPACITY = "capacity"
JUSTIFIED = "justified"
FALSE = "false"
SELF_INFLICTED = "self"


class Journal(Lines):
    """The exchange's record of a run."""

    __slots__ = ()

    def __init__(self, path: Path | None = None, *, keep: bool = True) -> None:
        super().__init__(SCHEMA, COLUMNS, path, keep=keep)

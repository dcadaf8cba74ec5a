"""Records written by hand: rows with everything filled in but what a test is about."""

from __future__ import annotations

from typing import Any

from judging.reading.ended import Ended
from judging.reading.kinds import kind_of
from mock_exchange.errors import meaning_of
from run_records.clients import AttemptRow
from run_records.journal import OrderRow, OutcomeRow, TradeRow
from run_records.words import OPENING, REDUCING, Cause, Judgement, Meaning, Stage


def attempt_row(**said: Any) -> AttemptRow:
    """An accepted order to reduce, unless something else is said; its meaning follows from `http` and
    `code`."""
    code = said.get("code", 0)
    http = said.setdefault("http", 200 if code == 0 else 503)
    row: dict[str, Any] = {
        "key": 0,
        "leg": 0,
        "trader": "t",
        "account": "a",
        "klass": REDUCING,
        "method": "POST",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "quantity": "1",
        "intent": -1,
        "intended": 0,
        "sent": 0,
        "answered": 0,
        "meaning": meaning_of(http, code),
        "code": 0,
        **said,
    }
    return AttemptRow(**row)


def outcome_row(**said: Any) -> OutcomeRow:
    """A filled order to reduce, unless something else is said."""
    code = said.get("code", 0)
    http = said.setdefault("http", 200 if code == 0 else 503)
    meaning = meaning_of(http, code)
    capacity = meaning in (Meaning.CAPACITY_REFUSED, Meaning.UNKNOWN)
    refused = Judgement.CAPACITY if capacity else Judgement.JUSTIFIED
    row: dict[str, Any] = {
        "at": 0,
        "key": 0,
        "leg": 0,
        "account": "a",
        "klass": REDUCING,
        "truly": True,
        "stage": Stage.FILLED,
        "meaning": meaning,
        "code": 0,
        "judgement": refused if code else Judgement.NONE,
        "node": 0,
        "shard": 0,
        "arrived": 0,
        "admitted": -1,
        "started": -1,
        "counted": False,
        "cause": Cause.NONE,
        "held": 0,
        **said,
    }
    return OutcomeRow(**row)


def order_row(**said: Any) -> OrderRow:
    """A reduce-only sale that the engine took, unless something else is said."""
    row: dict[str, Any] = {
        "at": 0,
        "key": 0,
        "leg": 0,
        "account": "a",
        "code": 0,
        "order_id": 1,
        "status": "NEW",
        "filled": 0,
        "symbol": "BTCUSDT",
        "side": -1,
        "type": "LIMIT",
        "tif": "GTC",
        "quantity": 1,
        "price": 1,
        "reduce_only": True,
        "position_side": "BOTH",
        "client_id": "",
        "epoch_ms": 0,
        "stp": "",
        "terms": "",
        **said,
    }
    return OrderRow(**row)


def fill_row(at: int, key: int, quantity: int) -> TradeRow:
    """What the order of an attempt was filled, against somebody of the plan's."""
    row: dict[str, Any] = dict.fromkeys(TradeRow.__struct_fields__, 0)
    said = {"at": at, "symbol": "BTCUSDT", "taker_key": key, "maker_key": "", "quantity": quantity}
    return TradeRow(**{**row, **said, "price": 1})


def ended(row: AttemptRow, seen: OutcomeRow | None = None, *, done: bool | None = None) -> Ended:
    """An attempt joined with its outcome."""
    kind = kind_of(row.meaning) if seen is None else kind_of(row.meaning, seen.judgement, seen.stage)
    truly = row.klass is not OPENING if seen is None else seen.truly
    return Ended(row, (row.key, row.leg), seen, done, kind, truly, "attempts.jsonl", 1)

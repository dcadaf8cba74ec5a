"""The raw records of one replication, joined: attempts as dictionaries, and what else is written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NANO = 10**9
CAPACITY = {-1008, -504, -1001, -1016, -5028}
UNKNOWN = {-503, -505, -1, -2, -1000, -1006, -1007}
PRECISIONS = {  # of price and quantity, as the venue publishes them
    "BTCUSDT": (2, 3),
    "ETHUSDT": (2, 3),
    "SOLUSDT": (4, 0),
    "DOGEUSDT": (6, 0),
    "XRPUSDT": (4, 1),
}
ENGINE = {"risk", "match", "filled", "resting", "expired", "canceled"}


def lines(path: Path) -> Iterator[tuple[Any, ...]]:
    with path.open(encoding="utf-8") as file:
        header = json.loads(next(file))
        for line in file:
            yield header, json.loads(line)


def scaled(text: str, digits: int) -> int:
    whole, _, rest = text.partition(".")
    return int(whole + rest.ljust(digits, "0"))


def check_meaning(a: dict[str, Any]) -> None:
    """What an answer meant is written by whoever knows the venue; here it is held against the venue's own
    words."""
    code, http = a["code"], a["http"]
    if code == 0:
        wanted = {"accepted" if http == 200 else "unknown"}
    elif code in UNKNOWN:
        wanted = {"unknown"}
    elif code in CAPACITY:
        wanted = {"capacity-refused"}
    elif http in (429, 418) or code in (-1003, -1015):
        wanted = {"limited"}
    else:
        wanted = {"state-refused", "malformed"}
    assert a["meaning"] in wanted, a


class Records:
    def __init__(self, folder: Path) -> None:
        self.outcomes: dict[Any, Any] = {}
        self.late: dict[Any, Any] = {}
        self.closing: set[Any] = set()
        self.fills: defaultdict[Any, Any] = defaultdict(list)
        self.first_mark: dict[Any, Any] = {}
        self.market: list[Any] = []
        self._journal(folder / "journal.jsonl")
        self.attempts = [self._attempt(row) for _, row in lines(folder / "attempts.jsonl")]
        self.intents, self.given_up, self.record_of = {}, {}, {}
        for record, (_, row) in enumerate(lines(folder / "intents.jsonl"), 1):
            if row[0] == "intent":
                self.intents[row[1]] = row
                self.record_of[row[1]] = record
            else:
                self.given_up[row[1]] = row[2]
        self._join()

    def _journal(self, path: Path) -> None:
        for header, cells in lines(path):
            kind, columns = cells[0], header["columns"][cells[0]]
            row = dict(zip(columns, cells[1:], strict=True))
            if kind == "outcome":
                self.outcomes[row["key"], row["leg"]] = row
            elif kind == "trade":
                for side in ("taker", "maker"):
                    key = row[f"{side}_key"], row[f"{side}_leg"]
                    if key in self.closing:
                        self.fills[key].append((row["at"], row["quantity"]))
            elif kind in ("order", "cancel", "amend", "cancel_all"):
                key = row["key"], row["leg"]
                if key in self.outcomes:
                    self.late[key] = row["code"]
                done = kind == "order" and row["code"] == 0 and row["key"] != ""
                if done and (row["reduce_only"] or row["position_side"] != "BOTH"):
                    self.closing.add(key)
            elif kind == "mark":
                self.first_mark.setdefault(row["symbol"], row["price"])
            elif kind == "market":
                self.market.append(row)

    def _attempt(self, row: list[Any]) -> dict[str, Any]:
        names = (
            "key",
            "leg",
            "trader",
            "account",
            "class",
            "method",
            "symbol",
            "side",
            "quantity",
            "intent",
            "intended",
            "sent",
            "answered",
            "meaning",
            "http",
            "code",
            "text",
            "executed",
        )
        attempt = dict(zip(names, row, strict=True))
        check_meaning(attempt)
        return attempt

    def _join(self) -> None:
        unknown_before: defaultdict[Any, Any] = defaultdict(list)
        for a in self.attempts:
            key = a["key"], a["leg"]
            o = a["outcome"] = self.outcomes.get(key)
            a["engine"] = self.late.get(key, o["code"] if o and o["stage"] in ENGINE else None)
            a["truly"] = o["truly"] if o and o["class"] != "unclassified" else a["class"] == "reducing"
            a["kind"] = self._kind(a, key, unknown_before)
            a["worth"] = self.worth(a["symbol"], scaled(a["quantity"] or "0", PRECISIONS[a["symbol"]][1]))

    def _kind(self, a: dict[str, Any], key: tuple[int, int], unknown_before: dict[Any, Any]) -> str:
        meaning, o = a["meaning"], a["outcome"]
        where = a["account"], a["symbol"]
        if meaning == "accepted":
            return "accepted"
        if meaning == "unknown":
            unknown_before[where].append(key)
            return "unknown"
        if meaning == "capacity-refused":
            return "capacity"
        if meaning == "limited":
            return "capacity" if o and o["stage"] == "admission" else "rate-limit"
        if o and o["judgement"] == "false":
            return "false-state"
        if o and o["judgement"] == "self":
            return "self-inflicted"
        if meaning == "malformed":
            return "malformed"
        if a["class"] == "reducing" and o and o["cause"] == "account-state":
            engine = (
                self.late.get(
                    k,
                    self.outcomes[k]["code"]
                    if k in self.outcomes and self.outcomes[k]["stage"] in ENGINE
                    else None,
                )
                for k in unknown_before[where]
            )
            return "self-inflicted" if any(found == 0 for found in engine) else "justified"
        return "justified"

    def worth(self, symbol: str, quantity: int) -> Any:
        """In 1e-8 USDT, at the symbol's first mark, rounded down."""
        if symbol not in self.first_mark:
            return 0
        price, amount = PRECISIONS[symbol]
        return quantity * self.first_mark[symbol] * 10**8 // 10 ** (price + amount)

    def keys_of(self, intent: int) -> list[Any]:
        return [(a["key"], a["leg"]) for a in self.by_intent().get(intent, [])]

    def by_intent(self) -> dict[int, list[Any]]:
        if not hasattr(self, "_by_intent"):
            self._by_intent: defaultdict[int, list[Any]] = defaultdict(list)
            for a in self.attempts:
                if a["intent"] >= 0:
                    self._by_intent[a["intent"]].append(a)
        return self._by_intent

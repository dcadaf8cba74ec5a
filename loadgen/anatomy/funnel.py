"""Where each attempt of a run ended, cut by any of the things known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from loadgen.records import ATTEMPT_COLUMNS, ATTEMPTS_SCHEMA
from loadgen.verdict.breakdown import NEVER_ARRIVED, NO_JOURNAL
from loadgen.verdict.exchange import Exchange, Seen
from mock_exchange.clock import NS_PER_S
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines

_A = {name: place for place, name in enumerate(ATTEMPT_COLUMNS)}
_CODE, _INTENDED = _A["code"], _A["intended"]


def _column(name: str) -> Callable[[list[Any], Seen | None], Any]:
    place = _A[name]
    return lambda row, seen: row[place]


CUTS: dict[str, Callable[[list[Any], Seen | None], Any]] = {
    "stage": lambda row, seen: NEVER_ARRIVED if seen is None else seen.stage,
    "class": _column("class"),
    "code": _column("code"),
    "answered": lambda row, seen: "" if seen is None else seen.code,
    "judgement": lambda row, seen: "" if seen is None else seen.judgement,
    "account": _column("account"),
    "trader": _column("trader"),
    "symbol": _column("symbol"),
    "minute": lambda row, seen: row[_INTENDED] // (60 * NS_PER_S),
}
"""`code` is what the client saw, `answered` what the exchange said, `minute` when it was due."""


def funnel(folders: Sequence[Path], by: Sequence[str]) -> Counter[tuple[Any, ...]]:
    """Attempts counted over the records in several folders. Raises KeyError for an unknown cut, OSError and
    ValueError for what are no records."""
    blind = {**CUTS, "stage": lambda row, seen: NO_JOURNAL}
    counts: Counter[tuple[Any, ...]] = Counter()
    for folder in folders:
        journal = folder / "journal.jsonl"
        exchange = Exchange(read_lines(journal, JOURNAL_SCHEMA)) if journal.exists() else None
        cuts = [(CUTS if exchange else blind)[name] for name in by]
        for path in sorted(folder.glob("attempts*.jsonl")):
            for row in read_lines(path, ATTEMPTS_SCHEMA):
                seen = None if exchange is None else exchange.outcome_of((row[0], row[1]))
                counts[tuple(cut(row, seen) for cut in cuts)] += 1
    return counts

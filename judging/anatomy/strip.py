"""Every attempt of one trader to get smaller, one after the other."""

from __future__ import annotations

from typing import Any

from judging.counting.rates import in_order
from judging.counting.watched import Watched
from judging.reading.ended import Collector, Ended
from run_records.clients import Code
from run_records.units import NS_PER_S
from run_records.words import REDUCING, Meaning

MOST_MARKS = 2000


class Strips(Collector):
    """Of those that a report is about if there are any, else of all, the trader who tried most often is
    shown."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._attempts: dict[tuple[bool, str], list[tuple[int, Code, bool]]] = {}

    def count(self, ended: Ended) -> None:
        if ended.row.klass is REDUCING:
            key = self._watched.watches(ended.row.trader), ended.row.trader
            accepted = ended.row.meaning is Meaning.ACCEPTED
            self._attempts.setdefault(key, []).append((ended.row.intended, ended.row.code, accepted))

    def document(self) -> dict[str, Any] | None:
        """Pairs of (seconds, code) in order of time; None if nobody tried to reduce."""
        if not self._attempts:
            return None
        key = min(self._attempts, key=lambda item: (not item[0], -len(self._attempts[item]), item[1]))
        attempts = sorted(self._attempts[key], key=lambda mark: (mark[0], *in_order(mark[1])))
        return {
            "trader": key[1],
            "attempts": len(attempts),
            "accepted": sum(accepted for _, _, accepted in attempts),
            "marks": [[round(at / NS_PER_S, 3), code] for at, code, _ in attempts[:MOST_MARKS]],
        }

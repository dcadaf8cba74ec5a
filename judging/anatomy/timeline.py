"""A run in equal steps of time: what was offered and accepted, what the engine did, which codes came."""

from __future__ import annotations

from collections import Counter
from typing import Any

from judging.counting.rates import in_order
from judging.reading.ended import Collector, Ended
from run_records.clients import Code
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import CANCEL, OPENING, REDUCING, Meaning

SHOWN_CLASSES = (REDUCING, OPENING, CANCEL)
MOST_STEPS = 240
MOST_CODES = 7
"""Codes told apart in the mix; the rest is `other`."""
OTHER = "other"
_STEPS_MS = (1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000)


def step_ns(duration_ns: int) -> int:
    """The shortest round step that cuts a run into MOST_STEPS or fewer."""
    for step in _STEPS_MS:
        if duration_ns <= step * NS_PER_MS * MOST_STEPS:
            return step * NS_PER_MS
    return -(-duration_ns // (MOST_STEPS * NS_PER_S)) * NS_PER_S


class Timeline(Collector):
    """Attempts belong to the step in which they were due, the engine's work to the one in which it began."""

    def __init__(self, duration_ns: int) -> None:
        self.step_ns = step_ns(duration_ns)
        self.steps = -(-duration_ns // self.step_ns)
        self._codes = {klass: [Counter[Code]() for _ in range(self.steps)] for klass in SHOWN_CLASSES}
        self._accepted = {klass: [0] * self.steps for klass in SHOWN_CLASSES}
        self._served = [0] * self.steps
        self._meant: Counter[tuple[Code, Meaning]] = Counter()

    def count(self, ended: Ended) -> None:
        klass, intended, seen = ended.row.klass, ended.row.intended, ended.seen
        if klass in self._codes and 0 <= intended < self.steps * self.step_ns:
            step = intended // self.step_ns
            self._codes[klass][step][ended.row.code] += 1
            self._accepted[klass][step] += ended.row.meaning is Meaning.ACCEPTED
            self._meant[ended.row.code, ended.row.meaning] += 1
        if seen is not None and 0 <= seen.started < self.steps * self.step_ns:
            self._served[seen.started // self.step_ns] += 1

    def document(self, *, blind: bool) -> dict[str, Any]:
        """Counts by step; what the engine began is unknown (None) without a journal."""
        steps = {klass: rows for klass, rows in self._codes.items() if any(rows)}
        return {
            "step_s": self.step_ns / NS_PER_S,
            "offered": {klass.value: [row.total() for row in rows] for klass, rows in steps.items()},
            "accepted": {klass.value: self._accepted[klass] for klass in steps},
            "served": None if blind else self._served,
        }

    def meanings(self) -> dict[str, str]:
        """What each code meant (most often, if it meant several things), those that came most often first."""
        found: dict[str, str] = {}
        for (code, meaning), _ in sorted(
            self._meant.items(), key=lambda item: (-item[1], *in_order(item[0][0]))
        ):
            found.setdefault(str(code), meaning.value)
        return found

    def codes(self) -> dict[str, dict[str, list[int]]]:
        """By class and code the counts by step. The codes told apart are those that are most of a class's
        answers in any class; the others are put together."""
        share: dict[Code, float] = {}
        for rows in self._codes.values():
            whole = sum(rows, Counter[Code]())
            for code, count in whole.items():
                share[code] = max(share.get(code, 0.0), count / whole.total())
        share.pop(0, None)
        told: list[Code] = [0, *sorted(share, key=lambda code: (-share[code], *in_order(code)))[:MOST_CODES]]
        return {klass.value: _mix(rows, told) for klass, rows in self._codes.items() if any(rows)}


def _mix(rows: list[Counter[Code]], told: list[Code]) -> dict[str, list[int]]:
    mix = {str(code): [row[code] for row in rows] for code in told if any(row[code] for row in rows)}
    rest = [row.total() - sum(row[code] for code in told) for row in rows]
    return {**mix, OTHER: rest} if any(rest) else mix

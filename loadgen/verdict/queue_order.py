"""Who gets before whom: openings that wait when an order claiming to reduce comes, and those it overtakes.

In a first-come queue it overtakes none, in a priority queue all of them (the one in service no longer waits).
Refused for capacity while openings wait, it has got before none.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

from loadgen.verdict.exchange import Seen
from loadgen.verdict.sample import CAPACITY, Pair, plus
from mock_exchange.gateway.attempt import OPENING, REDUCING

Event = tuple[int, bool, int, int]
"""(when it joined the queue or was refused, whether it is reducing, when it left the queue, sample)."""
NEVER_NS = 1 << 62


@dataclass(slots=True)
class QueueOrder:
    """Symbols have queues of their own."""

    _events: dict[str, list[Event]] = field(default_factory=dict)

    def count(self, symbol: str, seen: Seen, kind: str, sample: int) -> None:
        """One attempt; those that never join a queue and are not refused for capacity say nothing."""
        if seen.klass not in (OPENING, REDUCING):
            return
        reducing = seen.klass == REDUCING
        if seen.admitted >= 0:
            left = seen.started if seen.started >= 0 else seen.at
            event = seen.admitted, reducing, left, sample
        elif reducing and kind == CAPACITY:
            event = seen.arrived, True, NEVER_NS, sample
        else:
            return
        self._events.setdefault(symbol, []).append(event)

    def pairs(self, samples: int) -> list[Pair]:
        """(openings overtaken, openings waiting) of each sample."""
        found = [(0, 0)] * samples
        for events in self._events.values():
            waiting: list[int] = []
            for joined, reducing, left, sample in sorted(events):
                del waiting[: bisect_right(waiting, joined)]
                if reducing:
                    overtaken = len(waiting) - bisect_right(waiting, left)
                    found[sample] = plus(found[sample], (overtaken, len(waiting)))
                else:
                    insort(waiting, left)
        return found

"""Who gets before whom: whether an order claiming to reduce overtakes the openings that wait when it comes.

In a first-come queue it overtakes none, in a priority queue all but those that the engine takes on meanwhile.
One that the engine never begins, be it refused at the door, dropped in the queue or left there beyond its
deadline, has got before none of them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadgen.verdict.exchange import Seen
from loadgen.verdict.sample import CAPACITY, UNKNOWN, Pair, plus
from mock_exchange.gateway.attempt import OPENING, REDUCING

Event = tuple[int, bool, int, int]
"""(when it joined the queue or was refused, whether it is reducing, when it left the queue, sample)."""
NEVER_NS = 1 << 62


@dataclass(slots=True)
class QueueOrder:
    """Each shard of the engine has a queue of its own; several symbols may share one."""

    _events: dict[int, list[Event]] = field(default_factory=dict)

    def count(self, klass: str, shard: int, seen: Seen, kind: str, sample: int) -> None:
        """One attempt; `klass` is what its parameters claim. What is refused for the state of an account
        never came to wait, and says nothing."""
        if klass == OPENING and seen.admitted >= 0:
            event = seen.admitted, False, seen.started if seen.started >= 0 else seen.at, sample
        elif klass == REDUCING and seen.started >= 0:
            event = seen.admitted, True, seen.started, sample
        elif klass == REDUCING and kind in (CAPACITY, UNKNOWN):
            event = seen.admitted if seen.admitted >= 0 else seen.arrived, True, NEVER_NS, sample
        else:
            return
        self._events.setdefault(shard, []).append(event)

    def pairs(self, samples: int) -> list[Pair]:
        """Of the orders claiming to reduce that came while openings waited, (those that got before most of
        these, all) in each sample. An order counts once, however many wait."""
        found = [(0, 0)] * samples
        for events in self._events.values():
            waiting: list[int] = []
            for joined, reducing, left, sample in sorted(events):
                del waiting[: bisect_right(waiting, joined)]
                if not reducing:
                    insort(waiting, left)
                elif waiting:
                    found[sample] = plus(found[sample], (_is_ahead(waiting, left), 1))
        return found


def _is_ahead(waiting: Sequence[int], left: int) -> bool:
    return 2 * (len(waiting) - bisect_right(waiting, left)) > len(waiting)

"""Who gets before whom: whether an order claiming to reduce overtakes the openings that wait when it comes.

In a first-come queue it overtakes none, in a priority queue all but those that the engine takes on meanwhile.
One that the engine never begins, be it refused at the door, dropped in the queue or left there beyond its
deadline, has got before none of them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence

from judging.counting.batches import Parts
from judging.counting.sample import Pair, plus
from judging.reading.ended import Collector, Ended
from judging.reading.kinds import CAPACITY, UNKNOWN
from run_records.words import OPENING, REDUCING

Event = tuple[int, bool, int, int]
"""(when it joined the queue or was refused, whether it is reducing, when it left the queue, sample)."""
NEVER_BEGAN_NS = 1 << 62


class QueueOrder(Collector):
    """Each shard of the engine has a queue of its own; several symbols may share one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._events: dict[str, list[Event]] = {}
        self._shards: dict[str, int] = {}

    def count(self, ended: Ended) -> None:
        """What is refused for the state of an account never came to wait, and says nothing."""
        seen, klass, kind = ended.seen, ended.row.klass, ended.kind
        if seen is None:
            return
        symbol, sample = ended.row.symbol, self._parts.of(ended.row.intended)
        if seen.shard >= 0:
            self._shards[symbol] = seen.shard
        if klass is OPENING and seen.admitted >= 0:
            event = seen.admitted, False, seen.started if seen.started >= 0 else seen.at, sample
        elif klass is REDUCING and seen.started >= 0:
            event = seen.admitted, True, seen.started, sample
        elif klass is REDUCING and kind in (CAPACITY, UNKNOWN):
            event = seen.admitted if seen.admitted >= 0 else seen.arrived, True, NEVER_BEGAN_NS, sample
        else:
            return
        self._events.setdefault(symbol, []).append(event)

    def pairs(self) -> list[Pair]:
        """Of the orders claiming to reduce that came while openings waited, (those that got before most of
        these, all) in each part. An order counts once, however many wait."""
        found = [(0, 0)] * self._parts.count
        for events in self._queues():
            waiting: list[int] = []
            for joined, reducing, left, sample in sorted(events):
                del waiting[: bisect_right(waiting, joined)]
                if not reducing:
                    insort(waiting, left)
                elif waiting:
                    found[sample] = plus(found[sample], (_is_ahead(waiting, left), 1))
        return found

    def _queues(self) -> Iterable[list[Event]]:
        """By shard. An outcome from before its parameters were read names none: the symbol's others do."""
        queues: dict[int | str, list[Event]] = {}
        for symbol, events in self._events.items():
            queues.setdefault(self._shards.get(symbol, symbol), []).extend(events)
        return queues.values()


def _is_ahead(waiting: Sequence[int], left: int) -> bool:
    return 2 * (len(waiting) - bisect_right(waiting, left)) > len(waiting)

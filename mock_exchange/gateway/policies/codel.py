"""`codel`: opening orders are shed when their turn comes, by how long the queue has been slow (RFC 8289)."""

from __future__ import annotations

import math

from mock_exchange.gateway.policies.messages import (
    ADMIT,
    SHED,
    Decision,
    NodeView,
    Note,
    Request,
    Turn,
    World,
)
from run_records.units import NS_PER_MS
from run_records.words import OPENING


class DropLaw:
    """CoDel's control law, one call for each dequeued item (RFC 8289, section 5).

    Sojourn times at or above `target_ns` for a whole `interval_ns`: drop one, and the next at
    interval/√count after the last, count growing by one with each drop; stop as soon as a sojourn time is
    below target. Back in trouble within 16 intervals, the count goes on from where it had come to.

    >>> law = DropLaw(target_ns=5, interval_ns=100)
    >>> [t for t in range(0, 500, 5) if law.drops(t, 6)]  # 100, then + 100/√1, √2, √3, √4 …
    [100, 200, 270, 330, 380, 425, 465]
    >>> law.drops(500, 4), law.drops(505, 6)
    (False, False)
    """

    def __init__(self, target_ns: int, interval_ns: int) -> None:
        self.target_ns = target_ns
        self.interval_ns = interval_ns
        self.count = 0
        self._count_at_entry = 0
        self._first_above = 0
        self._next_drop = 0
        self._dropping = False

    def drops(self, now: int, sojourn_ns: int) -> bool:
        may = self._slow_for_long(now, sojourn_ns)
        if self._dropping:
            if not may:
                self._dropping = False
            elif now >= self._next_drop:
                self.count += 1
                self._next_drop = self._after(self._next_drop)
                return True
            return False
        if not may:
            return False
        self._dropping = True
        since = self.count - self._count_at_entry
        recent = now - self._next_drop < 16 * self.interval_ns
        self.count = since if since > 1 and recent else 1
        self._count_at_entry = self.count
        self._next_drop = self._after(now)
        return True

    def _slow_for_long(self, now: int, sojourn_ns: int) -> bool:
        if sojourn_ns < self.target_ns:
            self._first_above = 0
            return False
        if self._first_above == 0:
            self._first_above = now + self.interval_ns
            return False
        return now >= self._first_above

    def _after(self, instant: int) -> int:
        return instant + math.isqrt(self.interval_ns * self.interval_ns // self.count)


class CoDel:
    """Opening: admit iff n < c, and shed at its turn if the drop law says so. Reducing and cancel: admit iff
    n < 2c, and never dropped at their turn.

    - Queue shorter than `target_ms`: nothing happens.
    - Above it for `interval_ms`: openings are dropped ever more often, √count times an interval.
    - Traffic that does not slow down when dropped outruns the law; then the gate bounds the queue.

    Parameters: `target_ms` (10), `interval_ms` (100): a tenth, as the RFC advises. One law for the venue.

    Source: RFC 8289; the law is run on the lowest class alone.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(CoDel(target_ms=1, interval_ms=10), slots=40, service_ms=5)
    >>> gate.flood(every_ms=2, count=30)
    >>> gate.run(), gate.dropped() > 0
    (None, True)
    """

    def __init__(self, target_ms: float = 10, interval_ms: float = 100) -> None:
        if not 0 < target_ms < interval_ms:
            raise ValueError("0 < target_ms < interval_ms is needed")
        self._settings = (round(target_ms * NS_PER_MS), round(interval_ms * NS_PER_MS))
        self.law = DropLaw(*self._settings)

    def attach(self, world: World) -> None:
        self.law = DropLaw(*self._settings)

    def gauges(self) -> dict[str, float]:
        return {"target-seconds": self.law.target_ns / 1e9, "drops-in-a-row": self.law.count}

    def admit(self, request: Request, node: NodeView) -> Decision:
        limit = node.slots if request.klass is OPENING else 2 * node.slots
        return ADMIT if node.in_flight < limit else SHED

    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        if request.klass is not OPENING or turn.answered:
            return True
        return not self.law.drops(turn.now_ns, turn.waited_ns)

"""`partitions`: each class is guaranteed a share of the slots, and may use more while there are free ones."""

from __future__ import annotations

import math

from mock_exchange.gateway.policies.messages import Decision, End, NodeView, Note, Request, World
from run_records.words import CANCEL, CLASSES, OPENING, REDUCING

_OURS = "ours"
"""An attempt that another policy let in is not ours to count out."""
_ADMIT, _SHED = Decision("admit", note=_OURS), Decision("shed", note=_OURS)


class Partitions:
    """With n in flight on the node, n_i of them of class i, and limit_i = max(1, ⌈c · share_i⌉):
    admit iff n < c or n_i < limit_i.

    - n < c: everybody bursts.
    - n ≥ c: a class gets in while it is below its share; n can reach the sum of the limits above c.

    The trap: while n < c the lowest class may fill the gate, so that a guaranteed share appears only as
    slots free up. Parameters: `cancel`, `reducing`, `opening` (shares, 0 to 1).

    Source: Netflix concurrency-limits, AbstractPartitionedLimiter.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Partitions(opening=0.5, reducing=0.5, cancel=0.25), slots=4, position="1")
    >>> [gate.opening() for _ in range(5)]
    ['admitted', 'admitted', 'admitted', 'admitted', 'shed']
    >>> [gate.reducing("0.1") for _ in range(3)]
    ['admitted', 'admitted', 'shed']
    """

    def __init__(self, cancel: float = 0.2, reducing: float = 0.4, opening: float = 0.4) -> None:
        self.shares = {CANCEL: cancel, REDUCING: reducing, OPENING: opening}
        if any(not 0 <= share <= 1 for share in self.shares.values()):
            raise ValueError("shares must be from 0 to 1")
        self._held: list[dict[str, int]] = []

    def attach(self, world: World) -> None:
        self._held = [dict.fromkeys(CLASSES, 0) for _ in world.slots]

    def admit(self, request: Request, node: NodeView) -> Decision:
        if node.in_flight < node.slots:
            return _ADMIT
        limit = max(1, math.ceil(node.slots * self.shares[request.klass]))
        return _ADMIT if self._held[request.node][request.klass] < limit else _SHED

    def admitted(self, request: Request, note: Note) -> None:
        self._held[request.node][request.klass] += 1

    def done(self, request: Request, note: Note, end: End) -> None:
        if note == _OURS:
            self._held[request.node][request.klass] -= 1

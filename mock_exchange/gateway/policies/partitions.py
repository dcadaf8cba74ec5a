"""`partitions`: each class is guaranteed a share of the slots, and may use more while there are free ones."""

from __future__ import annotations

import math

from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.base import ADMIT, SHED
from mock_exchange.gateway.policies.hooks import World
from run_records.words import CANCEL, CLASSES, OPENING, REDUCING


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
        self._held = [dict.fromkeys(CLASSES, 0) for _ in world.nodes]

    def admit(self, attempt: Attempt, node: Node) -> int:
        if node.in_flight < node.slots:
            return ADMIT
        limit = max(1, math.ceil(node.slots * self.shares[attempt.klass]))
        return ADMIT if self._held[node.number][attempt.klass] < limit else SHED

    def priority(self, attempt: Attempt) -> int:
        return 0

    def admitted(self, attempt: Attempt) -> None:
        self._held[attempt.node.number][attempt.klass] += 1
        attempt.note = self  # an attempt that another policy let in is not ours to count out

    def done(self, attempt: Attempt, code: int, now: int) -> None:
        if attempt.note is self:
            self._held[attempt.node.number][attempt.klass] -= 1

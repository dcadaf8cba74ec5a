"""`fair`: accounts share the capacity evenly, whatever they send. Nobody's class counts."""

from __future__ import annotations

from collections import deque

from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.base import ADMIT, EVICT
from mock_exchange.gateway.policies.hooks import World


class Fair:
    """Admit iff n < c. Full: shed the newest waiting attempt of the account with the longest queue on this
    node, if that queue is longer by two or more than the newcomer's; else shed the newcomer. The engine
    serves accounts in turn (start-time fair queueing): an attempt's tag is S = max(V, F_account), then
    F_account = S + 1; the least tag goes first, and V is the tag last served.

    Above capacity this is max-min fair: who asks for less than an even share gets all of it, the others get
    equal shares of the rest. Jain's index (Σx)² / (n · Σx²) of accounts that all ask for more than their
    share is 1; undifferentiated shedding leaves it at the index of what they ask for.

    Risk is not looked at: an exit that is busier than an even share waits like everybody else.

    Source: Goyal, Vin and Cheng, start-time fair queueing (1996); longest-queue drop, Suter et al. (1998).

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Fair(), slots=3, accounts=2, service_ms=5)
    >>> [gate.opening(account=0) for _ in range(4)]
    ['admitted', 'admitted', 'admitted', 'shed']
    >>> gate.opening(account=1), gate.evicted()
    ('admitted', 1)
    >>> gate.run(), gate.served_accounts
    (None, [0, 1, 0])
    """

    def __init__(self) -> None:
        self._virtual = 0
        self._finish: dict[int, int] = {}
        self._waiting: list[dict[int, deque[Attempt]]] = []

    def attach(self, world: World) -> None:
        self._virtual = 0
        self._finish.clear()
        self._waiting = [{} for _ in world.nodes]

    def admit(self, attempt: Attempt, node: Node) -> int:
        return ADMIT if node.in_flight < node.slots else EVICT

    def priority(self, attempt: Attempt) -> int:
        return 0

    def rank(self, attempt: Attempt) -> int:
        """It begins to wait: its tag."""
        account = attempt.account.number
        self._waiting[attempt.node.number].setdefault(account, deque()).append(attempt)
        start = max(self._virtual, self._finish.get(account, 0))
        self._finish[account] = start + 1
        attempt.note = start
        return start

    def keep(self, attempt: Attempt, waited_ns: int) -> bool:
        """Its turn has come: it waits no more, if it had to wait at all."""
        account = attempt.account.number
        queues = self._waiting[attempt.node.number]
        queue = queues.get(account)
        if queue is None or attempt not in queue:
            self._virtual = max(self._virtual, self._finish.get(account, 0))
            self._finish[account] = self._virtual + 1
            return True
        self._virtual = attempt.note
        queue.remove(attempt)
        if not queue:
            del queues[account]
        return True

    def victim(self, attempt: Attempt) -> Attempt | None:
        queues = self._waiting[attempt.node.number]
        longest = max(queues, key=lambda account: len(queues[account]), default=None)
        own = len(queues.get(attempt.account.number, ()))
        if longest is None or len(queues[longest]) < own + 2:
            return None
        queue = queues[longest]
        victim: Attempt
        for victim in reversed(queue):
            if not victim.settled:
                queue.remove(victim)
                if not queue:
                    del queues[longest]
                self._finish[longest] -= 1
                return victim
        return None

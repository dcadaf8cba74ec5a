"""`fair`: accounts share the capacity evenly, whatever they send. Nobody's class counts."""

from __future__ import annotations

from mock_exchange.gateway.policies.messages import (
    ADMIT,
    EVICT,
    Decision,
    End,
    NodeView,
    Note,
    Request,
    Turn,
    World,
)


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
        self._waiting: list[dict[int, dict[int, int]]] = []
        """By node and account: the tags of those who wait, by number, oldest first."""
        self._answered: set[int] = set()
        """Those who wait although they have had an answer: the gateway lets nobody evict them."""

    def attach(self, world: World) -> None:
        self._virtual = 0
        self._finish.clear()
        self._waiting = [{} for _ in world.slots]
        self._answered.clear()

    def admit(self, request: Request, node: NodeView) -> Decision:
        return ADMIT if node.in_flight < node.slots else EVICT

    def rank(self, request: Request, note: Note, answered: bool) -> int:
        """It begins to wait: its tag."""
        account = request.account
        start = max(self._virtual, self._finish.get(account, 0))
        self._finish[account] = start + 1
        self._waiting[request.node].setdefault(account, {})[request.number] = start
        if answered:
            self._answered.add(request.number)
        return start

    def done(self, request: Request, note: Note, end: End) -> None:
        if request.number in self._waiting[request.node].get(request.account, ()):
            self._answered.add(request.number)

    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        """Its turn has come: it waits no more, if it had to wait at all."""
        tag = self._leave(request.node, request.account, request.number)
        if tag is None:
            self._virtual = max(self._virtual, self._finish.get(request.account, 0))
            self._finish[request.account] = self._virtual + 1
        else:
            self._virtual = tag
        return True

    def victim(self, request: Request, node: NodeView) -> int | None:
        queues = self._waiting[request.node]
        longest = max(queues, key=lambda account: len(queues[account]), default=None)
        own = len(queues.get(request.account, ()))
        if longest is None or len(queues[longest]) < own + 2:
            return None
        for number in reversed(queues[longest]):
            if number not in self._answered:
                self._leave(request.node, longest, number)
                self._finish[longest] -= 1
                return number
        return None

    def _leave(self, node: int, account: int, number: int) -> int | None:
        queue = self._waiting[node].get(account)
        if queue is None or number not in queue:
            return None
        tag = queue.pop(number)
        self._answered.discard(number)
        if not queue:
            del self._waiting[node][account]
        return tag

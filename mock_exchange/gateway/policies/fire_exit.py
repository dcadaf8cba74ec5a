"""`fire-exit`: verified exits within a budget go first, and the crowd is bounded by how long it waits."""

from __future__ import annotations

from mock_exchange.gateway.policies.budget import Budget
from mock_exchange.gateway.policies.messages import Decision, End, NodeView, Note, Request, Turn, World
from run_records.units import NS_PER_MS
from run_records.words import CANCEL, OPENING

MARKETABLE, CANCELS, PASSIVE, CROWD = range(4)
"""Orders of service. What an attempt got is its note."""
KNOWN_CANCEL = 4
"""The note of a cancel that names an open order: served as CANCELS are, and it spends no budget."""
_ADMITTED = {
    (note, verified): Decision("admit", CANCELS if note == KNOWN_CANCEL else note, verified, note)
    for note in (MARKETABLE, CANCELS, PASSIVE, CROWD, KNOWN_CANCEL)
    for verified in (True, False)
}
_SHED = Decision("shed")


class Budgets:
    """Of one node: one for each account and order of service."""

    def __init__(self, at_once: tuple[float, int], resting: tuple[float, int]) -> None:
        self._each = {MARKETABLE: Budget(*at_once), CANCELS: Budget(*resting), PASSIVE: Budget(*resting)}

    def has(self, order: int, request: Request) -> bool:
        return self._each[order].has(request.account, request.arrived_ns)

    def spend(self, order: int, request: Request) -> None:
        self._each[order].spend(request.account, request.arrived_ns)


class Crowd:
    """How many of the crowd a node holds at most, so that they wait about `patience_ns` and no longer:
    additive increase, multiplicative decrease.

    At each turn: waited ≤ patience: L + 1/L, up to c. Waited longer: L · 0.7, down to 1, at most once each
    patience, since a decrease takes that long to show.

    >>> crowd = Crowd(patience_ns=100)
    >>> crowd.limit(30)
    16
    >>> for now in (1_000, 1_050): crowd.turn(now, 101, slots=30)
    >>> crowd.limit(30)
    11
    >>> for now in range(2_000, 2_012): crowd.turn(now, 90, 30)
    >>> crowd.limit(30), crowd.limit(8)
    (12, 8)
    """

    def __init__(self, patience_ns: int) -> None:
        self.in_flight = 0
        self._patience_ns = patience_ns
        self._limit = 16.0
        self._decreased_ns = -patience_ns

    def limit(self, slots: int) -> int:
        return min(slots, int(self._limit))

    def turn(self, now: int, waited: int, slots: int) -> None:
        if waited <= self._patience_ns:
            self._limit = min(slots, self._limit + 1 / self._limit)
        elif now - self._decreased_ns >= self._patience_ns:
            self._limit = max(1.0, self._limit * 0.7)
            self._decreased_ns = now


class FireExit:
    """Order of service, each before the next, first come, first served inside one:

    0. a reducing order that is verified (`NodeView.reducible`) and would trade at once, within its account's
       budget: admit iff n < 2c;
    1. a cancel that names an order known to be open; any other one within its account's budget: iff n < 2c;
    2. a verified reducing order that would rest, within its account's budget: iff n < c;
    3. the crowd, which is all else: openings, claims that the position does not bear out, what is beyond a
       budget. Iff n < c and fewer than L of the crowd are at the node. L follows the time that the crowd
       waits (`Crowd`). One that has waited longer than `stale_ms` when its turn comes is shed then.

    - A flood of flags: not verified, so it is in the crowd.
    - Positions held to place and cancel far away: a small budget, behind everybody who really trades, and
      never the last c slots.
    - Cancels that name nothing open: a budget of them, then the crowd. A cancel may overtake its own order,
      which is why they are not all in the crowd.
    - Amendments of resting orders, again and again: they are orders that would rest, and spend as these do.
    - A slow engine, or far more slots than it can serve in time: L shrinks, and what is served still counts.
    - The exit alone is more than the engine can do: it fills 2c slots, and then it is shed. No policy can do
      better.

    Parameters: `per_second` (5) and `burst` (20), the budget of those who trade at once;
    `resting_per_second` (2) and `resting_burst` (10), that of orders that would rest, and another like it for
    cancels of what is not known to be open; all per account, and at each node anew. `patience_ms` (100) and
    `stale_ms` (500), of the crowd.
    Source: this project's own, from the budget of `budgeted-lane`, the order of `strict-priority` and the
    concurrency limit of `adaptive`; docs/fire-exit.md has the law on one page.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(FireExit(per_second=1, burst=2), slots=2, position="1", service_ms=5)
    >>> [gate.opening() for _ in range(3)]
    ['admitted', 'admitted', 'shed']
    >>> [gate.reducing("0.1") for _ in range(3)]  # the third has no budget: it stands in the crowd
    ['admitted', 'admitted', 'shed']
    """

    asks = ("reducible", "known_open", "marketable")

    def __init__(
        self,
        per_second: float = 5,
        burst: int = 20,
        resting_per_second: float = 2,
        resting_burst: int = 10,
        patience_ms: float = 100,
        stale_ms: float = 500,
    ) -> None:
        if not 0 < patience_ms <= stale_ms:
            raise ValueError("0 < patience_ms <= stale_ms is needed")
        self._rates = (per_second, burst), (resting_per_second, resting_burst)
        Budgets(*self._rates)  # what cannot be is said before anything runs
        self._budgets: list[Budgets] = []
        self._patience_ns = round(patience_ms * NS_PER_MS)
        self._stale_ns = round(stale_ms * NS_PER_MS)
        self._slots: list[int] = []
        self._crowds: list[Crowd] = []

    def attach(self, world: World) -> None:
        self._slots = [*world.slots]
        self._crowds = [Crowd(self._patience_ns) for _ in world.slots]
        self._budgets = [Budgets(*self._rates) for _ in world.slots]

    def gauges(self) -> dict[str, float]:
        limits = [crowd.limit(slots) for crowd, slots in zip(self._crowds, self._slots, strict=True)]
        return {f"crowd-limit-{node}": limit for node, limit in enumerate(limits)}

    def admit(self, request: Request, node: NodeView) -> Decision:
        slots = self._slots[request.node] = node.slots  # they may change
        note = CROWD if request.klass is OPENING else self._note(request, node)
        if note == CROWD:
            if node.in_flight >= slots:
                return _SHED
            crowd = self._crowds[request.node]
            admits = crowd.in_flight < crowd.limit(slots)
        else:
            admits = node.in_flight < (slots if note == PASSIVE else 2 * slots)
        return _ADMITTED[note, node.reducible > 0] if admits else _SHED

    def admitted(self, request: Request, note: Note) -> None:
        if note == CROWD:
            self._crowds[request.node].in_flight += 1
        elif note != KNOWN_CANCEL:
            self._budgets[request.node].spend(note, request)

    def done(self, request: Request, note: Note, end: End) -> None:
        if note == CROWD:
            self._crowds[request.node].in_flight -= 1

    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        if note != CROWD:
            return True
        self._crowds[request.node].turn(turn.now_ns, turn.waited_ns, self._slots[request.node])
        return turn.answered or turn.waited_ns <= self._stale_ns

    def _note(self, request: Request, node: NodeView) -> int:
        """Of what is no opening."""
        if request.klass is CANCEL:
            if node.known_open:
                return KNOWN_CANCEL
            order = CANCELS
        elif node.reducible:
            order = MARKETABLE if node.marketable else PASSIVE
        else:
            return CROWD
        return order if self._budgets[request.node].has(order, request) else CROWD

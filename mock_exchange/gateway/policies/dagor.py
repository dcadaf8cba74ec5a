"""`dagor`: a threshold over (class, account) levels follows the queueing time, as in WeChat's DAGOR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

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
from run_records.words import CANCEL, OPENING, REDUCING

USERS = 128
"""User levels inside a business level; an account keeps its level for an hour."""
BUSINESS = {CANCEL: 0, REDUCING: 1, OPENING: 2}
LEVELS = USERS * len(BUSINESS)
WINDOW_REQUESTS = 2000
HOUR_MS = 3_600_000


def threshold_down(histogram: Sequence[int], target: float) -> int:
    """The last level at which the count of arrivals, from the most important on, is still within `target`;
    -1 if the first one exceeds it.

    >>> threshold_down([40, 30, 20, 10], 95)  # 40, 70, 90, 100
    2
    """
    total = 0
    for level, count in enumerate(histogram):
        total += count
        if total > target:
            return level - 1
    return len(histogram) - 1


def threshold_up(histogram: Sequence[int], target: float) -> int:
    """The first level at which that count reaches `target`; the last level if none does.

    >>> threshold_up([40, 30, 20, 10], 71)
    2
    """
    total = 0
    for level, count in enumerate(histogram):
        total += count
        if total >= target:
            return level
    return len(histogram) - 1


class Dagor:
    """Level = 128 · (0 cancel, 1 reducing, 2 opening) + hash(account, hour) mod 128. Admit iff level ≤
    threshold and n < c.

    Every window (`window_ms`, or 2,000 requests): overloaded iff the mean queueing time exceeds
    `queueing_ms`.

    - Overloaded: the threshold goes down to the last level whose cumulative arrivals are within
      (1 − `alpha`) · admitted, so that each window sheds at least one level more.
    - Otherwise: up to the first level at which they reach admitted + `beta` · arrivals.

    Its limits: it needs several windows to answer a step, fails when the mix of levels changes completely
    from one window to the next, and cannot shed what it has admitted. Accounts of one class are treated
    very unequally, by design, and for an hour.

    Parameters: `queueing_ms` (20), `window_ms` (1000), `alpha` (0.05), `beta` (0.01).
    Source: Zhou et al., Overload Control for Scaling WeChat Microservices, SoCC 2018, section 4.

    >>> policy = Dagor()
    >>> walk(policy, {0: 50, 300: 50}, admitted=100, mean_queueing_ms=30)  # target 95: 300 is too much
    299
    >>> walk(policy, {0: 50, 300: 50}, admitted=50, mean_queueing_ms=3)  # target 51 is reached at 300
    300
    """

    def __init__(
        self, queueing_ms: float = 20, window_ms: float = 1000, alpha: float = 0.05, beta: float = 0.01
    ) -> None:
        if queueing_ms <= 0 or window_ms <= 0 or not 0 < alpha < 1 or not 0 < beta < 1:
            raise ValueError("queueing_ms and window_ms must be positive, alpha and beta from 0 to 1")
        self.queueing_ns = queueing_ms * NS_PER_MS
        self.window_ns = round(window_ms * NS_PER_MS)
        self.alpha = alpha
        self.beta = beta
        self.threshold = LEVELS - 1
        self._users: dict[tuple[int, int], int] = {}
        self._histogram: list[int] = []
        self._begin(0)

    def attach(self, world: World) -> None:
        self.threshold = LEVELS - 1
        self._users.clear()
        self._begin(world.now_ns)

    def gauges(self) -> dict[str, float]:
        return {"threshold": self.threshold}

    def admit(self, request: Request, node: NodeView) -> Decision:
        now = request.arrived_ns
        if now >= self._window_end or self._arrivals >= WINDOW_REQUESTS:
            self._close_window(now)
        level = self._level(request)
        self._arrivals += 1
        self._histogram[level] += 1
        if level > self.threshold or node.in_flight >= node.slots:
            return SHED
        self._admitted += 1
        return ADMIT

    def keep(self, request: Request, note: Note, turn: Turn) -> bool:
        self._served += 1
        self._waited_ns += turn.waited_ns
        return True

    def _level(self, request: Request) -> int:
        hour = request.venue_ms // HOUR_MS
        key = (request.account, hour)
        user = self._users.get(key)
        if user is None:
            user = self._users[key] = crc32(f"{request.account}/{hour}".encode()) % USERS
        return BUSINESS[request.klass] * USERS + user

    def _close_window(self, now: int) -> None:
        overloaded = self._served > 0 and self._waited_ns / self._served > self.queueing_ns
        if overloaded:
            self.threshold = threshold_down(self._histogram, (1 - self.alpha) * self._admitted)
        else:
            target = self._admitted + self.beta * self._arrivals
            self.threshold = max(self.threshold, threshold_up(self._histogram, target))
        self._begin(now)

    def _begin(self, now: int) -> None:
        self._window_end = now + self.window_ns
        self._arrivals = self._admitted = self._served = self._waited_ns = 0
        self._histogram = [0] * LEVELS


def walk(policy: Dagor, arrivals: Mapping[int, int], admitted: int, mean_queueing_ms: float) -> int:
    """One window's walk on given figures: arrivals by level. Returns the new threshold."""
    for level, count in arrivals.items():
        policy._histogram[level] = count
    policy._arrivals, policy._admitted = sum(arrivals.values()), admitted
    policy._served, policy._waited_ns = 1, round(mean_queueing_ms * NS_PER_MS)
    policy._close_window(policy._window_end)
    return policy.threshold

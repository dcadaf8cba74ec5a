"""Laws by which a concurrency limit follows measured delay. Each is told of one window of answers at a time.

`update(rtt_ns, in_flight, dropped)`: mean time from admission to answer, the most in flight meanwhile, and
whether anything was answered too late. Source of all three: Netflix concurrency-limits, whose constants
they keep; Vegas follows the code, not its class comment, where the two disagree.
"""

from __future__ import annotations

import math
from typing import Protocol


class LimitLaw(Protocol):
    limit: float

    def update(self, rtt_ns: float, in_flight: int, dropped: bool) -> None: ...


class Aimd:
    """Additive increase, multiplicative decrease. Dropped: L = ⌊0.9 L⌋; else if 2 · in flight ≥ L: L + 1.

    Too many: falls by a tenth each window. In between: creeps up by one. Idle: stays.

    >>> law = Aimd(20, 1, 200)
    >>> law.update(5e6, 10, False); law.limit
    21
    >>> law.update(5e6, 10, True); law.limit
    18
    """

    def __init__(self, initial: int, least: int, most: int) -> None:
        self.limit: float = initial
        self._least, self._most = least, most

    def update(self, rtt_ns: float, in_flight: int, dropped: bool) -> None:
        if dropped:
            self.limit = math.floor(self.limit * 0.9)
        elif 2 * in_flight >= self.limit:
            self.limit += 1
        self.limit = min(self._most, max(self._least, self.limit))


class Vegas:
    """The queue is what a round trip takes longer than the best one seen: q = ⌈L (1 − rtt₀/rtt)⌉. With
    lg = max(1, ⌊log₁₀ L⌋), α = 3 lg, β = 6 lg: q ≤ lg: L + β; q < α: L + lg; q > β or dropped: L − lg;
    otherwise, or with less than half of L in flight, L stays.

    A window with a new rtt₀ changes nothing else. rtt₀ is forgotten after 30 · L windows (the original:
    jittered between 15 and 30).

    >>> law = Vegas(20, 1, 1000)
    >>> law.update(10e6, 20, False); law.limit  # a new best round trip is noted, no more
    20
    >>> law.update(10.2e6, 20, False); law.limit  # q = ⌈20 (1 − 10/10.2)⌉ = 1 ≤ lg: + β = 6
    26
    >>> law.update(20e6, 26, False); law.limit  # q = ⌈26 (1 − 10/20)⌉ = 13 > 6
    25
    >>> law.update(12e6, 25, False); law.limit  # q = ⌈25 (1 − 10/12)⌉ = 5: between α and β
    25
    """

    def __init__(self, initial: int, least: int, most: int) -> None:
        self.limit: float = initial
        self._least, self._most = least, most
        self._best_ns = 0.0
        self._windows = 0

    def update(self, rtt_ns: float, in_flight: int, dropped: bool) -> None:
        self._windows += 1
        if self._windows > 30 * self.limit:
            self._windows, self._best_ns = 0, 0.0
        if not self._best_ns or rtt_ns < self._best_ns:
            self._best_ns = rtt_ns
            return
        step = max(1, int(math.log10(self.limit)))
        queue = math.ceil(self.limit * (1 - self._best_ns / rtt_ns)) if rtt_ns else 0
        if dropped:
            self.limit -= step
        elif 2 * in_flight < self.limit:
            return
        elif queue <= step:
            self.limit += 6 * step
        elif queue < 3 * step:
            self.limit += step
        elif queue > 6 * step:
            self.limit -= step
        self.limit = min(self._most, max(self._least, self.limit))


class Gradient2:
    """g = clamp(1.5 · long/short, 0.5, 1); L = 0.8 L + 0.2 (g L + 4). `long` is an exponential average over
    600 windows (the plain mean of the first 10); when long/short > 2 it is lowered by 5 %. With less than
    half of L in flight, L stays.

    >>> law = Gradient2(20, 20, 200)
    >>> for _ in range(10): law.update(10e6, 0, False)  # warm-up: long = 10 ms
    >>> law.update(20e6, 20, False); round(law.limit, 3)  # long 10.033, g 0.7525, new 19.05
    20
    >>> law = Gradient2(40, 20, 200)
    >>> for _ in range(10): law.update(10e6, 0, False)
    >>> law.update(20e6, 40, False); round(law.limit, 3)  # g 0.7525, new 34.1, L = 32 + 6.82
    38.82
    """

    def __init__(self, initial: int, least: int, most: int) -> None:
        self.limit: float = initial
        self._least, self._most = least, most
        self._long_ns = 0.0
        self._windows = 0

    def update(self, rtt_ns: float, in_flight: int, dropped: bool) -> None:
        self._windows += 1
        if self._windows <= 10:
            self._long_ns += (rtt_ns - self._long_ns) / self._windows
        else:
            self._long_ns += (rtt_ns - self._long_ns) * 2 / 601
        if self._long_ns > 2 * rtt_ns:
            self._long_ns *= 0.95
        if 2 * in_flight < self.limit or not rtt_ns:
            return
        gradient = min(1.0, max(0.5, 1.5 * self._long_ns / rtt_ns))
        self.limit = 0.8 * self.limit + 0.2 * (gradient * self.limit + 4)
        self.limit = min(self._most, max(self._least, self.limit))


LAWS: dict[str, type[Aimd | Vegas | Gradient2]] = {"aimd": Aimd, "vegas": Vegas, "gradient2": Gradient2}

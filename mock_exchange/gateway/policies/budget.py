"""An allowance for each account, spent one by one and refilled evenly."""

from __future__ import annotations

from run_records.units import NS_PER_S


class Budget:
    """GCRA, one for each account: `per_second` in the long run, `burst` at once. Raises ValueError.

    Conforming iff TAT − now ≤ (burst − 1)/rate; spending sets TAT = max(now, TAT) + 1/rate.
    Source: the generic cell rate algorithm, ITU-T I.371.

    >>> budget = Budget(per_second=1, burst=2)
    >>> for _ in range(2): budget.spend(7, 0)
    >>> budget.has(7, 0), budget.has(8, 0), budget.has(7, 10**9)
    (False, True, True)
    """

    def __init__(self, per_second: float, burst: int) -> None:
        if per_second <= 0 or burst < 1:
            raise ValueError("per_second must be positive, burst at least 1")
        self._gap_ns = round(NS_PER_S / per_second)
        self._tolerance_ns = (burst - 1) * self._gap_ns
        self._arrival_ns: dict[int, int] = {}

    def has(self, account: int, now: int) -> bool:
        return self._arrival_ns.get(account, 0) - now <= self._tolerance_ns

    def spend(self, account: int, now: int) -> None:
        self._arrival_ns[account] = max(now, self._arrival_ns.get(account, 0)) + self._gap_ns

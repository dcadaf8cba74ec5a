"""What a load generator does that is asked for more than it can do: it sends what it can, evenly.

Sent late is worse than not sent: whatever waits makes the next one wait, until requests leave seconds after
they were due and nobody reads answers any more. So once it falls behind a share of all arrivals is left out,
as small as keeps the others near their instants. They are counted, and the run says so.
"""

from __future__ import annotations

from statistics import median

from run_records.units import NS_PER_MS, NS_PER_S

WINDOW_NS = 50 * NS_PER_MS
BEHIND_NS = 30 * NS_PER_MS
"""Later than this is behind. A run in which one arrival in a hundred is 100 ms late is not trusted."""
FAR_NS = 100 * NS_PER_MS
"""So far behind it has to catch up, by a twentieth of the time at least."""
NEAR_NS = 10 * NS_PER_MS
PATIENCE = 2
"""Windows in a row in which it fell further behind, before anything is left out: a pause of the machine shows
in one, and is caught up with in the next."""
SPARE = 0.9
"""Of what it has just been able to do, so that it catches up."""
GROW = 1.04
"""By the window, once it is near its instants again."""
LEAST = 0.01


class Thinning:
    """Decides for each arrival whether it is sent. `kept_per_s` is how many a second were sent while not all
    could be: the median over seconds, 0.0 where nothing was left out."""

    __slots__ = (
        "_before",
        "_behind",
        "_credit",
        "_ends",
        "_late",
        "_second",
        "_sent",
        "_short",
        "_short_seconds",
        "share",
    )

    def __init__(self) -> None:
        self.share = 1.0
        self._credit = 0.0
        self._ends = 0
        self._late = self._before = 0
        self._behind = 0
        self._second = -1
        self._sent = 0
        self._short = False
        self._short_seconds: list[int] = []

    def lets(self, now: int, late: int) -> bool:
        """Whether an arrival is sent that is handled at `now` (ns), `late` after it was due."""
        if now >= self._ends:
            self._next_window(now)
        self._late = late
        if self.share < 1.0:
            # The credit of those left out adds up to the next one sent: no two of them close together.
            self._credit += self.share
            if self._credit < 1.0:
                self._short = True
                return False
            self._credit -= 1.0
        self._sent += 1
        return True

    def could_not(self) -> None:
        """What it had let through could not be sent for another reason."""
        self._sent -= 1
        self._short = True

    @property
    def kept_per_s(self) -> float:
        seconds = self._short_seconds or ([self._sent] if self._short else [])
        return float(median(seconds)) if seconds else 0.0

    def _next_window(self, now: int) -> None:
        took = max(WINDOW_NS, now - self._ends + WINDOW_NS)
        further = self._late - self._before
        falls_behind = further > 0 or (self._late > FAR_NS and further > -took // 20)
        self._behind = self._behind + 1 if self._late > BEHIND_NS and falls_behind else 0
        if self._behind >= PATIENCE:
            # In the time that this window took, so much of the schedule was done.
            done = max(0.0, took - max(0, further)) / took
            self.share = max(LEAST, self.share * SPARE * done)
        elif self._late < NEAR_NS:
            self.share = min(1.0, self.share * GROW ** (took / WINDOW_NS))
        self._before = self._late
        self._ends = now + WINDOW_NS
        if now // NS_PER_S != self._second:
            if self._short:
                self._short_seconds.append(self._sent)
            self._second, self._sent, self._short = now // NS_PER_S, 0, False

"""One run taken apart: every rate of its window, and where each attempt ended, stage by stage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from judging.counting.rates import Rates, Seat
from judging.counting.watched import Watched
from judging.reading.ended import Collector, Ended, Whole
from run_records.clients import Code
from run_records.terms import Terms
from run_records.words import Stage

NEVER_ARRIVED = "never arrived"
"""Stage of an attempt that the exchange knows nothing of."""

NO_JOURNAL = "no journal"
"""Stage of every attempt where nobody can know it."""

Ending = tuple[str, str, Code | None, Code, bool]
"""(class, stage, what the exchange answered or None, what the client saw, whether the engine did it in the
end)."""


@dataclass(slots=True)
class Breakdown:
    """What is kept of one run: `endings` of the whole of it, `rates` of the window from `from_ns` to
    `to_ns`."""

    from_ns: int
    to_ns: int
    rates: Rates
    endings: Counter[Ending] = field(default_factory=Counter)

    @classmethod
    def of(cls, terms: Terms, *, blind: bool) -> Breakdown:
        """The window is the reported one, or the run; `blind` without a journal."""
        reported = terms.reported
        begin = 0 if reported is None else reported.from_ns
        end = terms.duration_ns if reported is None else max(begin, min(terms.duration_ns, reported.to_ns))
        return cls(begin, end, Rates(blind=blind))


class BreakingDown(Collector):
    """Counts attempts into a breakdown."""

    def __init__(self, found: Breakdown, watched: Watched) -> None:
        self._found = found
        self._watched = watched

    def begin(self, whole: Whole) -> None:
        self._whole = whole

    def count(self, ended: Ended) -> None:
        row, seen, found = ended.row, ended.seen, self._found
        if seen is None:
            stage, answered = NO_JOURNAL if self._whole.blind else NEVER_ARRIVED, None
        else:
            stage, answered = seen.stage, seen.code
        found.endings[row.klass, stage, answered, row.code, ended.done is True] += 1
        if found.from_ns <= row.intended < found.to_ns:
            seat = Seat(
                row.klass,
                ended.truly,
                self._watched.watches(row.trader),
                row.code,
                row.meaning,
                ended.silent,
                None if seen is None else seen.meaning,
                ended.admitted,
                stage is Stage.ADMISSION,
                ended.done,
            )
            worth = self._whole.notional(row.symbol, row.quantity)
            found.rates.count(seat, row.account, row.intended, worth)

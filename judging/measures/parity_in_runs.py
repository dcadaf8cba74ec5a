"""Whether accounts are treated alike in each run: a venue may favour others in every one."""

from __future__ import annotations

from typing import ClassVar

from judging.clause import Clause
from judging.counting.sample import Pair, Sample
from judging.counting.tally import Tally
from judging.measures.base import Measured, gap_of
from judging.measures.parity import Parity, extremes, of_all
from judging.statistics import total
from run_records.words import Group


class ParityInRuns(Parity):
    name = "parity-in-runs"
    words = "in a run, accepted share of the worst quarter of {group} accounts − {factor:g} × the best's"
    meaning = (
        "the same within each run: who is worst and best served is chosen in every other second of a run and "
        "measured in the seconds between, so favour that changes from run to run is seen. Over sockets it is "
        "`parity`, whose samples are parts of one run"
    )
    groups: ClassVar[tuple[str, ...]] = (Group.OPENING,)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        if tally.batched:
            return super().measure(clause, tally)
        first: list[Pair] = []
        second: list[Pair] = []
        for sample in tally.samples:
            halves = _halves(sample)
            chosen = [extremes([half]) for half in halves]
            pairs = [
                (of_all(worst, half), of_all(best, half))
                for half, (worst, best) in zip(halves, reversed(chosen), strict=True)
            ]
            first.append(total([worst for worst, _ in pairs]))
            second.append(total([best for _, best in pairs]))
        found = gap_of(clause, first, second, clause.factor)
        if not found.least:
            found.not_asked = "no two accounts have opened often enough in one run"
        return found


def _halves(sample: Sample) -> list[dict[str, Pair]]:
    """How accounts fared with openings in the odd and in the even seconds."""
    odd = sample.odd_openers
    even = {name: (k - odd[name][0], n - odd[name][1]) if name in odd else (k, n)
            for name, (k, n) in sample.openers.items()}  # fmt: skip
    return [odd, even]

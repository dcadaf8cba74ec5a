"""What must be looked at along the time axis: starvation, demand, goodput, recovery."""

from __future__ import annotations

from judging.counting.batches import Parts
from judging.counting.sample import Pair, Sample, plus
from judging.reading.ended import Collector, Ended
from judging.reading.kinds import ACCEPTED, MALFORMED, OWED, SELF_STATE, STATE
from run_records.terms import Terms
from run_records.units import NS_PER_S
from run_records.words import OPENING

MOMENT_NS = NS_PER_S // 5
"""Openings that find no way in for so long are starved."""
FEWEST_OFFERS = 5
"""Openings offered in a moment below which nothing follows from none being accepted."""
ANSWERS_THAT_COUNT = frozenset((ACCEPTED, STATE, SELF_STATE, MALFORMED))
"""Work for these was not in vain: an order in time, or a refusal that its sender has earned."""

BUSIEST_S = 600
"""Whether there was an overload is asked of the busiest ten minutes of a longer run."""


class Seconds(Collector):
    """Whole seconds of a run, and its fifths. Offers belong to the second in which they were due, work to the
    second in which its answer left."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._count = max(1, terms.duration_ns // NS_PER_S)
        moments = self._count * (NS_PER_S // MOMENT_NS)
        self._offered = [0] * self._count
        self._opening: list[list[int]] = [[0, 0] for _ in range(moments)]
        self._exiting: list[list[int]] = [[0, 0] for _ in range(moments)]
        self._worked_ns = [0] * self._count
        self._engine_ns = 0
        self._demanded: dict[int, list[bool]] = {}
        self._capacity = [terms.at(second * NS_PER_S) for second in range(self._count)]

    def count(self, ended: Ended) -> None:
        intended, kind, seen = ended.row.intended, ended.kind, ended.seen
        if 0 <= intended < self._count * NS_PER_S:
            self._offered[intended // NS_PER_S] += 1
            if kind in OWED:
                if ended.row.klass is OPENING:
                    _add(self._opening[intended // MOMENT_NS], accepted=kind is ACCEPTED)
                if ended.exiting:
                    _add(self._exiting[intended // MOMENT_NS], accepted=kind is ACCEPTED)
        if seen is not None and kind in ANSWERS_THAT_COUNT:
            engine_ns = seen.at - seen.started if seen.started >= 0 else 0
            self._engine_ns += engine_ns
            second = seen.at // NS_PER_S
            if 0 <= second < self._count:
                in_gateway_ns = seen.at - seen.admitted if seen.admitted >= 0 else 0
                by_engine = self._capacity[second].limited_by_engine
                self._worked_ns[second] += engine_ns if by_engine else in_gateway_ns

    def fill(self, samples: list[Sample]) -> None:
        """Deal the seconds out to samples in equal parts of the run."""
        samples[0].engine_ns = plus(samples[0].engine_ns, (self._engine_ns, 0))
        parts = Parts(self._terms.duration_ns, len(samples))
        for second in range(self._count):
            place = parts.of(second * NS_PER_S)
            sample = samples[place]
            per_second = NS_PER_S // MOMENT_NS
            moments = self._opening[second * per_second : (second + 1) * per_second]
            offered = [moment for moment in moments if moment[1] >= FEWEST_OFFERS]
            starved = sum(accepted == 0 for accepted, _ in offered)
            sample.opening_moments = plus(sample.opening_moments, (starved, len(offered)))
            exits = [m for m in self._exiting[second * per_second : (second + 1) * per_second] if m[1]]
            shut = sum(accepted == 0 for accepted, _ in exits)
            sample.exit_moments = plus(sample.exit_moments, (shut, len(exits)))
            self._demand(place, sample, second)
            self._recovery(sample, second, (sum(m[0] for m in moments), sum(m[1] for m in moments)))
        for place, sample in enumerate(samples):
            sample.demanded_seconds = _busiest(self._demanded.get(place, []))

    def _demand(self, place: int, sample: Sample, second: int) -> None:
        capacity = self._capacity[second]
        if not capacity.work_ns:
            return
        demanded = self._offered[second] * capacity.work_ns >= capacity.servers * NS_PER_S
        self._demanded.setdefault(place, []).append(demanded)
        if demanded:
            most = round(capacity.servers * NS_PER_S / capacity.work_ns)
            done = min(most, round(self._worked_ns[second] / capacity.work_ns))
            sample.work = plus(sample.work, (done, most))

    def _recovery(self, sample: Sample, second: int, opening: Pair) -> None:
        begins = self._terms.recovers_at_ns
        since = -1 if begins is None else second - -(-begins // NS_PER_S)
        if since >= 0:
            sample.after_fall += [(0, 0)] * (since + 1 - len(sample.after_fall))
            sample.after_fall[since] = opening


def _add(moment: list[int], *, accepted: bool) -> None:
    moment[0] += accepted
    moment[1] += 1


def _busiest(demanded: list[bool]) -> Pair:
    """(seconds with excess demand, seconds) of the BUSIEST_S seconds in a row that have most of them."""
    most = inside = sum(demanded[:BUSIEST_S])
    for leaves, enters in zip(demanded, demanded[BUSIEST_S:], strict=False):
        inside += enters - leaves
        most = max(most, inside)
    return most, min(len(demanded), BUSIEST_S)

"""What must be looked at along the time axis: starvation, demand, goodput, recovery."""

from __future__ import annotations

from loadgen.verdict.sample import ACCEPTED, AGAINST, SELF_STATE, STATE, Pair, Sample, plus
from loadgen.verdict.terms import Terms
from mock_exchange.clock import NS_PER_S
from mock_exchange.gateway.attempt import OPENING

MOMENT_NS = NS_PER_S // 5
"""Openings that find no way in for so long are starved."""
FEWEST_OFFERS = 5
"""Openings offered in a moment below which nothing follows from none being accepted."""
ANSWERS_THAT_COUNT = frozenset((ACCEPTED, STATE, SELF_STATE))
"""Work for these was not in vain: an order in time, or a refusal that its sender has earned."""

BUSIEST_S = 600
"""Whether there was an overload is asked of the busiest ten minutes of a longer run."""


class Seconds:
    """Whole seconds of a run, and its fifths. Offers belong to the second in which they were due, work to the
    second in which its answer left."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._count = max(1, terms.duration_ns // NS_PER_S)
        moments = self._count * (NS_PER_S // MOMENT_NS)
        self._offered = [0] * self._count
        self._opening: list[list[int]] = [[0, 0] for _ in range(moments)]
        self._worked_ns = [0] * self._count
        self._engine_ns = 0
        self._demanded: dict[int, list[bool]] = {}
        self._configs = [terms.at(second * NS_PER_S) for second in range(self._count)]

    def count(self, intended: int, klass: str, kind: str, work: tuple[int, int, int] | None) -> None:
        """One attempt; `work` is (when answered, engine time, time in the gateway), if it had an outcome."""
        if 0 <= intended < self._count * NS_PER_S:
            self._offered[intended // NS_PER_S] += 1
            if klass == OPENING and (kind == ACCEPTED or kind in AGAINST):
                moment = self._opening[intended // MOMENT_NS]
                moment[0] += kind == ACCEPTED
                moment[1] += 1
        if work is not None and kind in ANSWERS_THAT_COUNT:
            at, engine_ns, gateway_ns = work
            self._engine_ns += engine_ns
            second = at // NS_PER_S
            if 0 <= second < self._count:
                limiting = engine_ns if self._configs[second].service.mean_ns else gateway_ns
                self._worked_ns[second] += limiting

    def fill(self, samples: list[Sample]) -> None:
        """Deal the seconds out to samples in equal parts of the run."""
        samples[0].engine_ns = plus(samples[0].engine_ns, (self._engine_ns, 0))
        for second in range(self._count):
            place = min(len(samples) - 1, second * NS_PER_S * len(samples) // self._terms.duration_ns)
            sample = samples[place]
            per_second = NS_PER_S // MOMENT_NS
            moments = self._opening[second * per_second : (second + 1) * per_second]
            offered = [moment for moment in moments if moment[1] >= FEWEST_OFFERS]
            starved = sum(accepted == 0 for accepted, _ in offered)
            sample.opening_moments = plus(sample.opening_moments, (starved, len(offered)))
            self._demand(place, sample, second)
            self._recovery(sample, second, (sum(m[0] for m in moments), sum(m[1] for m in moments)))
        for place, sample in enumerate(samples):
            sample.demanded_seconds = _busiest(self._demanded.get(place, []))

    def _demand(self, place: int, sample: Sample, second: int) -> None:
        config = self._configs[second]
        if not config.work_ns:
            return
        demanded = self._offered[second] * config.work_ns >= config.servers * NS_PER_S
        self._demanded.setdefault(place, []).append(demanded)
        if demanded:
            capacity = round(config.servers * NS_PER_S / config.work_ns)
            done = min(capacity, round(self._worked_ns[second] / config.work_ns))
            sample.work = plus(sample.work, (done, capacity))

    def _recovery(self, sample: Sample, second: int, opening: Pair) -> None:
        begins = self._terms.recovers_at_ns
        since = -1 if begins is None else second - -(-begins // NS_PER_S)
        if since >= 0:
            sample.after_fall += [(0, 0)] * (since + 1 - len(sample.after_fall))
            sample.after_fall[since] = opening


def _busiest(demanded: list[bool]) -> Pair:
    """(seconds with excess demand, seconds) of the BUSIEST_S seconds in a row that have most of them."""
    most = inside = sum(demanded[:BUSIEST_S])
    for leaves, enters in zip(demanded, demanded[BUSIEST_S:], strict=False):
        inside += enters - leaves
        most = max(most, inside)
    return most, min(len(demanded), BUSIEST_S)

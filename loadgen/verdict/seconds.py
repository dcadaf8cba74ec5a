"""What must be looked at second by second: starvation, goodput under demand, recovery."""

from __future__ import annotations

from loadgen.verdict.sample import ACCEPTED, AGAINST, Pair, Sample, plus
from loadgen.verdict.terms import Terms
from mock_exchange.clock import NS_PER_S
from mock_exchange.gateway.attempt import OPENING

FEWEST_OFFERS = 5
"""Openings offered in a second below which nothing follows from none being accepted."""


class Seconds:
    """Whole seconds of a run. Offers belong to the second in which they were due, work to the second in which
    its answer left."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        count = max(1, terms.duration_ns // NS_PER_S)
        self._offered = [0] * count
        self._opening: list[Pair] = [(0, 0)] * count
        self._worked_ns = [0] * count
        self._engine_ns = 0
        self._configs = [terms.at(second * NS_PER_S) for second in range(count)]

    def count(self, intended: int, klass: str, kind: str, work: tuple[int, int, int] | None) -> None:
        """One attempt; `work` is (when answered, engine time, time in the gateway), if it had an outcome."""
        accepted = kind == ACCEPTED
        second = intended // NS_PER_S
        if 0 <= second < len(self._offered):
            self._offered[second] += 1
            if klass == OPENING and (accepted or kind in AGAINST):
                had, of = self._opening[second]
                self._opening[second] = (had + accepted, of + 1)
        if work is not None and accepted:
            at, engine_ns, gateway_ns = work
            self._engine_ns += engine_ns
            second = at // NS_PER_S
            if 0 <= second < len(self._offered):
                limiting = engine_ns if self._configs[second].service.mean_ns else gateway_ns
                self._worked_ns[second] += limiting

    def fill(self, samples: list[Sample]) -> None:
        """Deal the seconds out to samples in equal parts of the run."""
        batches = len(samples)
        samples[0].engine_ns = plus(samples[0].engine_ns, (self._engine_ns, 0))
        for second, offered in enumerate(self._offered):
            sample = samples[min(batches - 1, second * NS_PER_S * batches // self._terms.duration_ns)]
            accepted, asked = self._opening[second]
            if asked >= FEWEST_OFFERS:
                sample.opening_seconds = plus(sample.opening_seconds, (int(accepted == 0), 1))
            config = self._configs[second]
            if config.work_ns and offered * config.work_ns >= config.servers * NS_PER_S:
                capacity = round(config.servers * NS_PER_S / config.work_ns)
                done = min(capacity, round(self._worked_ns[second] / config.work_ns))
                sample.work = plus(sample.work, (done, capacity))
            self._recovery(sample, second)

    def _recovery(self, sample: Sample, second: int) -> None:
        begins = self._terms.recovers_at_ns
        since = -1 if begins is None else second - -(-begins // NS_PER_S)
        if since >= 0:
            sample.after_fall += [(0, 0)] * (since + 1 - len(sample.after_fall))
            sample.after_fall[since] = self._opening[second]

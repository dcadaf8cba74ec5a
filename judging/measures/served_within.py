"""Whether those who decide to get smaller are served in time, nobody left out who waited in vain."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.tally import Tally
from judging.measures.base import Expectation, Measured
from judging.rarest import exact_share
from judging.statistics import Interval, KaplanMeier, share_interval, wilson
from run_records.units import NS_PER_S


class ServedWithin(Expectation):
    name = "served-within"
    words = "intents served within {seconds:g} s"
    meaning = "of intents, those whose own fills complete them within `seconds` (Kaplan–Meier)"
    vantage = "engine"
    needs_journal = True
    needs = ("seconds",)

    def measure(self, clause: Clause, tally: Tally) -> Measured:
        """Kaplan–Meier share at the horizon, over replications if there are several. Counted are those whose
        fate by then is known: a decision just before the end of the run says nothing either way."""
        horizon = round(clause.seconds * NS_PER_S)
        pooled = KaplanMeier(tally.all_durations())
        share = pooled.served_by(horizon)
        parts = [KaplanMeier(durations) for durations in tally.durations]
        scaled = [(round(part.served_by(horizon) * part.count), part.count) for part in parts]
        trials = pooled.trials_at(horizon)

        def interval(alpha: float) -> Interval:
            independent = wilson(share * trials, trials, alpha)
            if not pooled.reaches(horizon):
                independent = Interval(independent.low, 1.0)
            return share_interval(scaled, alpha).hull(independent)

        def units(alpha: float) -> list[Interval]:
            return [
                found if part.reaches(horizon) else Interval(found.low, 1.0)
                for part, (k, n) in zip(parts, scaled, strict=True)
                for found in (exact_share(k, n, alpha),)
            ]

        served = sum(d.served and d.length_ns <= horizon for d in tally.all_durations())
        known = sum(d.served or d.length_ns > horizon for d in tally.all_durations())
        estimate = share if pooled.count else None
        series = [part.served_by(horizon) if part.count else None for part in parts]
        return Measured(clause, served, known, pooled.count, estimate, interval, series, units)

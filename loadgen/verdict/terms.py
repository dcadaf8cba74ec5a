"""What a tally has to know of the scenario behind the records: length, capacity over time, cheats."""

from __future__ import annotations

from dataclasses import dataclass

from loadgen.scenarios.reported import Reported
from mock_exchange.clock import NS_PER_S
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.plan import Plan


@dataclass(frozen=True, slots=True)
class Terms:
    """`capacity` is (from instant, configuration) in order, the first from 0. `feigning` are the traders that
    pass openings off as something better. From `recovers_at_ns` on (None: never) a healthy venue recovers.
    """

    duration_ns: int
    capacity: tuple[tuple[int, GatewayConfig], ...]
    feigning: frozenset[str] = frozenset()
    recovers_at_ns: int | None = None
    reported: Reported | None = None

    @classmethod
    def of(
        cls,
        plan: Plan,
        duration_s: float,
        feigning: frozenset[str],
        recovers_at_s: float | None,
        reported: Reported | None = None,
    ) -> Terms:
        phases = ((phase.at_ns, phase.gateway) for phase in plan.phases)
        return cls(
            round(duration_s * NS_PER_S),
            ((0, plan.gateway), *phases),
            feigning,
            None if recovers_at_s is None else round(recovers_at_s * NS_PER_S),
            reported,
        )

    def at(self, instant: int) -> GatewayConfig:
        """The configuration in force at an instant."""
        found = self.capacity[0][1]
        for begins, config in self.capacity:
            if begins > instant:
                break
            found = config
        return found

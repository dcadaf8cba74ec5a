"""What a judge has to know of a scenario, written down for it."""

from __future__ import annotations

from loadgen.scenarios.scenario import Scenario
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import CODE_NAMES
from mock_exchange.gateway.config import GatewayConfig
from run_records.terms import Capacity, Precision, Terms
from run_records.units import NS_PER_S


def terms_of(scenario: Scenario, duration_s: float) -> Terms:
    """The terms of a run of so many seconds."""
    recovers = scenario.recovers_at_s
    return Terms(
        duration_ns=round(duration_s * NS_PER_S),
        full_ns=round(scenario.duration_s * NS_PER_S),
        capacity=(
            _capacity(0, scenario.gateway),
            *(_capacity(phase.at_ns, phase.gateway) for phase in scenario.phases),
        ),
        symbols={
            name: Precision(symbol.price_precision, symbol.quantity_precision)
            for name, symbol in sorted(symbols().items())
        },
        code_names={str(code): name for code, name in CODE_NAMES.items()},
        feigning=scenario.population.feigning(),
        recovers_at_ns=None if recovers is None else round(recovers * NS_PER_S),
        reported=scenario.reported,
    )


def _capacity(from_ns: int, config: GatewayConfig) -> Capacity:
    return Capacity(
        from_ns=from_ns,
        slots=config.slots,
        shards=config.shards,
        servers=config.servers,
        work_ns=config.work_ns,
        alone_ns=config.alone_ns,
        limited_by_engine=config.service.mean_ns > 0,
    )

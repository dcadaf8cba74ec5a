"""From names to a run: everything a run depends on is read and checked before the first attempt."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from fireexit.errors import UsageError
from fireexit.options import PLANNED, ends_early
from judging.contracts import ContractError, load_contract
from judging.rarest import units_needed
from loadgen.run_spec import RunSpec
from loadgen.scenarios import ScenarioError, load_scenario
from mock_exchange.clock import Timeline
from mock_exchange.errors import Refused
from mock_exchange.gateway.policies import Named, UnknownPolicyError, close_policy, load_policy
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.venue import Venue
from run_records.run import LEAST_RAREST, MODES, MOST_RAREST, MOST_REPLICATIONS, SIM

REPLICATIONS = 20
"""Independent runs of a simulated check: what an expectation is estimated from."""


def prepare_run(
    scenario_name: str,
    policy: str,
    contract_name: str,
    mode: str,
    seed: int | None = None,
    duration_s: float | None = None,
    replications: int | None = None,
    settings: Mapping[str, Any] | None = None,
    time_scale: float = 1.0,
    rarest: float | None = None,
    stop: str = PLANNED,
) -> RunSpec:
    """Read and check all that the names stand for. `seed` None draws one, `duration_s` None takes the
    scenario's own, `replications` None as many as a simulated check has; `settings` are values for the
    scenario's parameters, `time_scale` presses or stretches its times. `rarest` asks for as many replications
    as rule out that whole runs fail more often; `stop` says whether a simulation may end as soon as it is
    decided. Raises UsageError."""
    if mode not in MODES:
        raise UsageError(f"unknown mode {mode!r}; known: {', '.join(MODES)}")
    try:
        scenario = load_scenario(scenario_name, time_scale, settings)
        contract = load_contract(contract_name)
        loaded = load_policy(policy, scenario.policy_settings(policy))
        try:
            Venue(scenario.plan(policy, 1, simulated=True), Timeline(), policy=loaded)
        finally:
            close_policy(loaded)
    except (ScenarioError, ContractError, UnknownPolicyError) as error:
        raise UsageError(str(error)) from None
    except PolicyError as error:
        raise UsageError(f"policy {policy} failed: {error}") from None
    except Refused as refusal:
        raise UsageError(
            f"scenario {scenario_name}: its accounts and books cannot be set up, the venue answers "
            f"{refusal.code}; more deposit, or smaller positions?"
        ) from None
    duration = scenario.duration_s if duration_s is None else duration_s
    if not 1 <= duration <= 86_400:
        raise UsageError(f"duration must be from 1 to 86400 seconds, not {duration:g}")
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    if not 0 <= seed < 1 << 53:
        raise UsageError(f"seed must not be negative and below 2^53, not {seed}")
    made = _replications(mode, replications, rarest, contract.confidence)
    planned = made if _ends_early(stop, mode) else None
    return RunSpec(
        scenario,
        policy,
        contract.name,
        contract.source,
        seed,
        mode,
        duration,
        made,
        Named(policy).fingerprint(),
        rarest,
        planned,
    )


def _ends_early(stop: str, mode: str) -> bool:
    early = ends_early(stop)
    if early and mode != SIM:
        raise UsageError(
            "--stop early needs --mode sim: a run over sockets has ten batches, and with fewer than twenty "
            "nothing may be decided before its end"
        )
    return early


def _replications(mode: str, asked: int | None, rarest: float | None, confidence: float) -> int:
    """How many to make. Raises UsageError for a number or a share that there cannot be."""
    if asked is not None and (mode != SIM or not 1 <= asked <= MOST_REPLICATIONS):
        raise UsageError(f"replications are for --mode sim, from 1 to {MOST_REPLICATIONS}")
    if rarest is not None and not LEAST_RAREST <= rarest <= MOST_RAREST:
        raise UsageError(f"rarest must be from {LEAST_RAREST:g} to {MOST_RAREST:g}, not {rarest:g}")
    if mode == SIM:
        return asked or (REPLICATIONS if rarest is None else units_needed(rarest, 1 - confidence))
    if rarest is not None:
        raise UsageError(
            "--thorough and --certify need --mode sim: over sockets there is one run, and its ten batches "
            "rule out no failure that shows in fewer than 26 % of them"
        )
    return 1

"""Running a bake-off: replications of every cell spread over the processors, records kept in memory only.

Common random numbers: replication k of every policy meets the same traders with the same draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import msgspec

from fireexit.parallel import Workers
from judging.comparison import BakeOff, Cell, ranked
from judging.contracts import Contract, load_contract
from judging.counting.tally import Tally, combine, tally
from judging.reading.ended import Sources
from judging.verdict.document import verdict_document
from judging.verdict.judge import judge
from loadgen.drive.simulation import replication_seed, simulate_records
from loadgen.run_spec import RunSpec
from loadgen.scenarios import Scenario, load_scenario
from run_records.machine import VIRTUAL, Machine
from run_records.run import COMPLETE, SIM
from run_records.terms import Terms
from run_records.units import NS_PER_S

QUICK_REPLICATIONS = 5
QUICK_TIME_SCALE = 0.5


class _Task(NamedTuple):
    """One replication of one cell, as it goes to a process."""

    policy: str
    scenario: str
    number: int
    time_scale: float
    seed: int
    terms: Terms


def run_bake_off(
    policies: list[str],
    scenarios: list[str],
    contract: str,
    seed: int,
    replications: int,
    time_scale: float = 1.0,
    duration_s: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> BakeOff:
    """Simulate and judge every cell. `duration_s` None takes each scenario's own (times `time_scale`).
    Whatever a policy raises is raised here."""
    pairs = list(product(policies, scenarios))
    rules = _scaled(load_contract(contract), time_scale)
    specs = {
        (policy, name): RunSpec(
            loaded := load_scenario(name, time_scale),
            policy,
            rules.name,
            rules.source,
            seed,
            SIM,
            duration_s or loaded.duration_s,
            replications,
        )
        for policy, name in pairs
    }
    terms = {pair: spec.terms() for pair, spec in specs.items()}
    tasks = [
        _Task(policy, name, number, time_scale, seed, terms[policy, name])
        for policy, name in pairs
        for number in range(replications)
    ]
    with Workers() as each:
        tallies = each(_replication, tasks, progress)
    cells = {
        pair: Cell(
            *pair,
            _judged(
                specs[pair], rules, terms[pair], tallies[place * replications : (place + 1) * replications]
            ),
        )
        for place, pair in enumerate(pairs)
    }
    settings = {"contract": contract, "seed": seed, "replications": replications, "time_scale": time_scale}
    summaries = {name: specs[policies[0], name].scenario.summary for name in scenarios}
    return BakeOff(ranked(policies, scenarios, cells), scenarios, cells, settings, summaries)


def _scaled(contract: Contract, time_scale: float) -> Contract:
    """Grace after the load has fallen is part of a scenario's time; how soon an intent is served is not."""
    clauses = (
        msgspec.structs.replace(c, seconds=c.seconds * time_scale) if c.measure == "recovered" else c
        for c in contract.clauses
    )
    return replace(contract, clauses=tuple(clauses))


def _judged(spec: RunSpec, contract: Contract, terms: Terms, tallies: list[Tally]) -> dict[str, Any]:
    whole = combine(tallies)
    judgement = judge(contract, whole, whole.wrong_books)
    asked = spec.run(COMPLETE).asked()
    return verdict_document(asked, contract, judgement, whole, Machine(VIRTUAL), [], terms.code_names)


@cache
def _scenario(name: str, time_scale: float) -> Scenario:
    return load_scenario(name, time_scale)


def _replication(task: _Task) -> Tally:
    scenario = _scenario(task.scenario, task.time_scale)
    seed = replication_seed(task.seed, task.number)
    records = simulate_records(scenario, task.policy, seed, task.terms.duration_ns / NS_PER_S)
    sources = Sources(
        records.journal.rows, [("attempts", records.attempts.rows)], [("intents", records.intents.rows)]
    )
    return tally(sources, task.terms)

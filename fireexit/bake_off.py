"""Running a bake-off: replications of every cell spread over the processors, records kept in memory only.

Common random numbers: replication k of every policy meets the same traders with the same draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from itertools import islice, product
from typing import Any, NamedTuple

import msgspec

from fireexit.parallel import Workers
from judging.comparison import BakeOff, Cell, ranked
from judging.contracts import Contract, load_contract
from judging.counting.tally import Tally, combine, tally
from judging.reading.ended import Sources
from judging.verdict.document import verdict_document
from judging.verdict.early import LEFT, LOOKS, Stop, early_alpha, judged_early
from judging.verdict.judge import Judgement, judge
from loadgen.drive.simulation import replication_seed, simulate_records
from loadgen.run_spec import RunSpec
from loadgen.scenarios import Scenario, load_scenario
from run_records.machine import VIRTUAL, Machine
from run_records.run import COMPLETE, SIM
from run_records.terms import Terms
from run_records.units import NS_PER_S

QUICK_REPLICATIONS = 5
QUICK_TIME_SCALE = 0.5
QUICK_RAREST = 0.46
"""What five replications rule out: a first look, and no more."""


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
    rarest: float | None = None,
    *,
    stop_early: bool = False,
) -> BakeOff:
    """Simulate and judge every cell. `duration_s` None takes each scenario's own (times `time_scale`).
    `rarest` is the largest share of whole runs that may fail unnoticed; None: what 20 replications rule out.
    With `stop_early` a cell ends as soon as a clause is broken beyond doubt (judging/verdict/early.py).
    Whatever a policy raises is raised here."""
    pairs = list(product(policies, scenarios))
    rules = _scaled(load_contract(contract), time_scale)
    cells = {
        (policy, name): _Cell(
            RunSpec(
                loaded := load_scenario(name, time_scale),
                policy,
                rules.name,
                rules.source,
                seed,
                SIM,
                duration_s or loaded.duration_s,
                replications,
                rarest=rarest,
            ),
            rules,
        )
        for policy, name in pairs
    }
    rounds = [look for look in LOOKS if look < replications] if stop_early else []
    with Workers() as each:
        for upto in (*rounds, replications):
            open_ = [cell for cell in cells.values() if cell.judgement is None]
            tasks = [task for cell in open_ for task in cell.tasks(upto)]
            found = iter(each(_replication, tasks, partial(_told, progress, upto / replications)))
            for cell in open_:
                cell.add(list(islice(found, upto - len(cell.tallies))))
                cell.look(at_the_end=upto == replications, early=stop_early)
    settings = {
        "contract": contract,
        "seed": seed,
        "replications": replications,
        "time_scale": time_scale,
        "stop": "early" if stop_early else "planned",
    }
    summaries = {name: cells[policies[0], name].spec.scenario.summary for name in scenarios}
    judged = {pair: Cell(*pair, cell.document(early=stop_early)) for pair, cell in cells.items()}
    return BakeOff(ranked(policies, scenarios, judged), scenarios, judged, settings, summaries)


def _told(progress: Callable[[float], None] | None, most: float, share: float) -> None:
    if progress is not None:
        progress(share * most)


class _Cell:
    """One policy under one scenario while it is simulated, until it is judged."""

    def __init__(self, spec: RunSpec, rules: Contract) -> None:
        self.spec = spec
        self.rules = rules
        self.terms = spec.terms()
        self.tallies: list[Tally] = []
        self.judgement: Judgement | None = None

    def tasks(self, upto: int) -> list[_Task]:
        """The replications that are still to be made of the first so many."""
        spec = self.spec
        named = spec.policy, spec.scenario.name
        return [
            _Task(*named, number, spec.scenario.time_scale, spec.seed, self.terms)
            for number in range(len(self.tallies), upto)
        ]

    def add(self, tallies: list[Tally]) -> None:
        self.tallies += tallies

    def look(self, *, at_the_end: bool, early: bool) -> None:
        whole = combine(self.tallies)
        if not at_the_end:
            self.judgement = judged_early(self.rules, whole, self.spec.rarest)
        else:
            left = LEFT if early else 1.0
            self.judgement = judge(self.rules, whole, whole.wrong_books, self.spec.rarest, left)

    def document(self, *, early: bool) -> dict[str, Any]:
        assert self.judgement is not None
        made = len(self.tallies)
        asked = replace(self.spec, replications=made).run(COMPLETE).asked()
        stop = Stop(self.spec.replications, made, early_alpha(self.rules)) if early else None
        machine = Machine(VIRTUAL)
        return verdict_document(
            asked, self.rules, self.judgement, combine(self.tallies), machine, [], self.terms.code_names, stop
        )


def _scaled(contract: Contract, time_scale: float) -> Contract:
    """Grace after the load has fallen is part of a scenario's time; how soon an intent is served is not."""
    clauses = (
        msgspec.structs.replace(c, seconds=c.seconds * time_scale) if c.measure == "recovered" else c
        for c in contract.clauses
    )
    return replace(contract, clauses=tuple(clauses))


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

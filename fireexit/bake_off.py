"""Running a bake-off: replications of every cell spread over the processors, records kept in memory only.

Common random numbers: replication k of every policy meets the same traders with the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice, product
from typing import Any, NamedTuple

import msgspec

from fireexit.parallel import Workers
from fireexit.progress import part_of
from judging.comparison import BakeOff, Cell, ranked
from judging.contracts import Contract, load_contract
from judging.counting.tally import Tally, combine, tally
from judging.reading.ended import Sources
from judging.verdict.document import verdict_document
from judging.verdict.early import Stop, judged_early, left, rounds
from judging.verdict.judge import Judgement, judge
from loadgen.drive.simulation import Records, replication_seed, simulate_records
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
    scenario: Scenario
    number: int
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
    each: Workers | None = None,
    stop_early: bool = False,
) -> BakeOff:
    """Simulate and judge every cell. `duration_s` None takes each scenario's own (times `time_scale`).
    `rarest` is the largest share of whole runs that may fail unnoticed; None: what 20 replications rule out.
    With `stop_early` a cell ends as soon as a clause is broken beyond doubt (judging/verdict/early.py).
    `each` None: this machine. Raises whatever a policy raises, and ElsewhereError."""
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
            early=stop_early,
        )
        for policy, name in pairs
    }
    with nullcontext(each) if each else Workers() as workers:
        for new in rounds(replications, early=stop_early):
            open_ = [cell for cell in cells.values() if cell.judgement is None]
            tasks = [task for cell in open_ for task in cell.tasks(new)]
            found = iter(workers.anywhere(_replication, tasks, part_of(progress, new, replications)))
            for cell in open_:
                cell.look(islice(found, len(new)))
    settings = {
        "contract": contract,
        "seed": seed,
        "replications": replications,
        "time_scale": time_scale,
        "stop": "early" if stop_early else "planned",
    }
    summaries = {name: cells[policies[0], name].spec.scenario.summary for name in scenarios}
    judged = {pair: Cell(*pair, cell.document()) for pair, cell in cells.items()}
    return BakeOff(ranked(policies, scenarios, judged), scenarios, judged, settings, summaries)


class _Cell:
    """One policy under one scenario while it is simulated, until it is judged."""

    def __init__(self, spec: RunSpec, rules: Contract, *, early: bool) -> None:
        self.spec = spec
        self.judgement: Judgement | None = None
        self.made = 0
        self._rules = rules
        self._early = early
        self._terms = spec.terms()
        self._whole = Tally()

    def tasks(self, numbers: range) -> list[_Task]:
        """These of its replications."""
        spec = self.spec
        return [_Task(spec.policy, spec.scenario, number, spec.seed, self._terms) for number in numbers]

    def look(self, tallies: Iterable[Tally]) -> None:
        """Count further replications, and judge: at the planned end, or if it may stop here."""
        more = list(tallies)
        self.made += len(more)
        self._whole = whole = combine([self._whole, *more])
        rarest = self.spec.rarest
        if self.made < self.spec.replications:
            self.judgement = judged_early(self._rules, whole, rarest)
        else:
            error = left(self.made) if self._early else 1.0
            self.judgement = judge(self._rules, whole, whole.wrong_books, rarest, error)

    def document(self) -> dict[str, Any]:
        assert self.judgement is not None
        asked = replace(self.spec, replications=self.made).run(COMPLETE).asked()
        stop = Stop.of(self._rules, self.spec.replications, self.made) if self._early else None
        names = self._terms.code_names
        return verdict_document(
            asked, self._rules, self.judgement, self._whole, Machine(VIRTUAL), [], names, stop
        )


def _scaled(contract: Contract, time_scale: float) -> Contract:
    """Grace after the load has fallen is part of a scenario's time; how soon an intent is served is not."""
    clauses = (
        msgspec.structs.replace(c, seconds=c.seconds * time_scale) if c.measure == "recovered" else c
        for c in contract.clauses
    )
    return replace(contract, clauses=tuple(clauses))


def _replication(task: _Task) -> Tally:
    return counted(task.scenario, task.policy, replication_seed(task.seed, task.number), task.terms)


def counted(scenario: Scenario, policy: str, seed: int, terms: Terms) -> Tally:
    """One simulated run, counted; its records are kept nowhere."""
    records = simulate_records(scenario, policy, seed, terms.duration_ns / NS_PER_S)
    return tally(sources_of(records), terms)


def sources_of(records: Records) -> Sources:
    """What one simulated run recorded, as what is counted; the rows are in memory."""
    return Sources(
        records.journal.rows, [("attempts", records.attempts.rows)], [("intents", records.intents.rows)]
    )

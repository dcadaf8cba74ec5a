"""Running a bake-off: replications of every cell spread over the processors, records kept in memory only.

Common random numbers: replication k of every policy meets the same traders with the same draws.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from multiprocessing import get_context
from typing import Any

from loadgen.contracts import Contract, load_contract
from loadgen.drive.parallel import children_ignore_interrupts
from loadgen.drive.simulation import replication_seed, simulate_records
from loadgen.run_folder import RunSpec
from loadgen.scenarios import Scenario, load_scenario
from loadgen.verdict.document import verdict_document
from loadgen.verdict.judge import BROKEN, HOLDS, INCONCLUSIVE, judge
from loadgen.verdict.tally import Tally, combine, tally_rows
from loadgen.verdict.terms import Terms
from mock_exchange.clock import NS_PER_S

QUICK_REPLICATIONS = 5
QUICK_TIME_SCALE = 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """One policy under one scenario: the verdict document."""

    policy: str
    scenario: str
    document: dict[str, Any]

    @property
    def result(self) -> str:
        return str(self.document["result"])

    @property
    def broken(self) -> list[str]:
        """Ids of the clauses that it breaks."""
        return [clause["id"] for clause in self.document["clauses"] if clause["result"] == BROKEN]


@dataclass(frozen=True, slots=True)
class BakeOff:
    """All cells of a bake-off; `policies` from best to worst."""

    policies: list[str]
    scenarios: list[str]
    cells: dict[tuple[str, str], Cell]
    settings: dict[str, Any]
    summaries: dict[str, str]

    def row(self, policy: str) -> list[Cell]:
        return [self.cells[policy, scenario] for scenario in self.scenarios]

    def count(self, policy: str, result: str) -> int:
        return sum(cell.result == result for cell in self.row(policy))

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "fireexit.bake-off/1",
            **self.settings,
            "ranking": [
                {"policy": policy, **{result: self.count(policy, result) for result in RESULTS}}
                for policy in self.policies
            ],
            "cells": [
                {"policy": cell.policy, "scenario": cell.scenario, "broken": cell.broken, **cell.document}
                for policy in self.policies
                for cell in self.row(policy)
            ],
        }


RESULTS = (HOLDS, BROKEN, INCONCLUSIVE)


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
            rules,
            seed,
            "sim",
            duration_s or loaded.duration_s,
            replications,
        )
        for policy, name in pairs
    }
    terms = {pair: spec.terms() for pair, spec in specs.items()}
    tasks = [(policy, name, number) for policy, name in pairs for number in range(replications)]
    tallies: dict[tuple[str, str], list[Tally]] = {pair: [] for pair in pairs}
    with ProcessPoolExecutor(os.cpu_count() or 1, get_context("spawn")) as pool:
        with children_ignore_interrupts():
            futures = [pool.submit(_replication, *task, time_scale, seed, terms[task[:2]]) for task in tasks]
        try:
            for done, (task, tally) in enumerate(zip(tasks, _results(futures), strict=True), 1):
                tallies[task[:2]].append(tally)
                if progress is not None:
                    progress(done / len(tasks))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    cells = {pair: Cell(*pair, _judge(specs[pair], combine(tallies[pair]))) for pair in pairs}
    settings = {"contract": contract, "seed": seed, "replications": replications, "time_scale": time_scale}
    summaries = {name: specs[policies[0], name].scenario.summary for name in scenarios}
    return BakeOff(_ranked(policies, scenarios, cells), scenarios, cells, settings, summaries)


def _scaled(contract: Contract, time_scale: float) -> Contract:
    """Grace after the load has fallen is part of a scenario's time; how soon an intent is served is not."""
    clauses = (
        replace(c, seconds=c.seconds * time_scale) if c.measure == "recovered" else c
        for c in contract.clauses
    )
    return replace(contract, clauses=tuple(clauses))


def _results(futures: list[Future[Tally]]) -> Iterator[Tally]:
    return (future.result() for future in futures)


def _judge(spec: RunSpec, tally: Tally) -> dict[str, Any]:
    judgement = judge(spec.contract, tally, tally.wrong_books)
    return verdict_document(spec.to_dict(), spec.contract, judgement, tally, {"clock": "virtual"})


def _ranked(policies: list[str], scenarios: list[str], cells: dict[tuple[str, str], Cell]) -> list[str]:
    """Most scenarios held first; then fewest broken, fewest clauses broken, most engine time not wasted."""

    def key(policy: str) -> tuple[float, ...]:
        row = [cells[policy, scenario] for scenario in scenarios]
        wasted = [cell.document["figures"]["wasted"] for cell in row]
        return (
            -sum(cell.result == HOLDS for cell in row),
            sum(cell.result == BROKEN for cell in row),
            sum(len(cell.broken) for cell in row),
            sum(1.0 if share is None else share for share in wasted) / len(wasted),
        )

    return sorted(policies, key=key)


@cache
def _scenario(name: str, time_scale: float) -> Scenario:
    return load_scenario(name, time_scale)


def _replication(policy: str, name: str, number: int, time_scale: float, seed: int, terms: Terms) -> Tally:
    scenario = _scenario(name, time_scale)
    seed = replication_seed(seed, number)
    records = simulate_records(scenario, policy, seed, terms.duration_ns / NS_PER_S)
    tally = tally_rows(records.journal.rows, records.attempts.rows, records.intents.rows, terms)
    del records
    gc.collect()  # each venue is one big cycle, and thousands of them pass through this process
    return tally

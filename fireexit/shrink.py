"""`fireexit shrink`: the smallest scenario under which a policy still breaks a clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from fireexit.bake_off import counted
from fireexit.blame import blame_policy
from fireexit.errors import UsageError
from fireexit.prepare import prepare_run
from judging.contracts import Contract, load_contract
from judging.counting.tally import Tally, combine
from judging.verdict.judge import judge
from loadgen.drive.simulation import replication_seed
from loadgen.run_spec import RunSpec
from loadgen.scenarios import Scenario, ScenarioError
from loadgen.scenarios.scenario import document_of
from loadgen.scenarios.shrinking import Document, Shrunk, scenario_of, shrink
from mock_exchange.errors import Refused
from run_records.run import SIM

REPLICATIONS = 3
MOST_TRIES = 300
BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class ShrinkOptions:
    """What is to be shown. `clause` None takes the first that is broken; `replications` is how many runs each
    scenario that is tried gets, `tries` how many are tried."""

    scenario: str
    policy: str
    contract: str
    clause: str | None
    seed: int | None
    settings: Mapping[str, str]
    replications: int
    tries: int
    out: Path


@dataclass(frozen=True, slots=True)
class Smallest:
    """The clause that is broken still, the run that shows it, and how it was found."""

    clause: str
    spec: RunSpec
    before: Scenario
    shrunk: Shrunk


def find_smallest(options: ShrinkOptions, progress: Callable[[float], None]) -> Smallest:
    """Raises UsageError if no clause is broken to begin with, or the one that was named is not."""
    if not 1 <= options.tries <= 100_000:
        raise UsageError(f"tries must be from 1 to 100000, not {options.tries}")
    spec = prepare_run(
        options.scenario,
        options.policy,
        options.contract,
        SIM,
        options.seed,
        None,
        options.replications,
        options.settings,
    )
    rules = load_contract(options.contract)
    if options.clause is not None and options.clause not in [clause.id for clause in rules.clauses]:
        known = ", ".join(clause.id for clause in rules.clauses)
        raise UsageError(f"contract {rules.name} has no clause {options.clause!r}; it has {known}")
    with blame_policy():
        before = _broken(spec.scenario, spec, rules)
        clause = options.clause or next(iter(before), None)
        if clause is None or clause not in before:
            others = f"; broken are {', '.join(before)}" if before else ", and neither is another"
            raise UsageError(
                f"{clause or 'no clause'} is {'not ' if clause else ''}broken by {spec.policy} under "
                f"{options.scenario} with seed {spec.seed} in {spec.replications} runs"
                + (others if clause else "; give another --seed, or more --replications")
            )

        def shows(document: Document) -> bool:
            scenario = scenario_of(document)
            return scenario is not None and clause in _broken(scenario, spec, rules)

        shrunk = shrink(document_of(spec.scenario), shows, options.tries, progress)
    return Smallest(clause, spec, spec.scenario, shrunk)


def write_smallest(found: Smallest, path: Path) -> None:
    """A scenario file that says what it shows. Raises UsageError."""
    document = {
        **{key: value for key, value in found.shrunk.document.items() if value != []},
        "name": path.stem,
        "summary": f"{found.spec.policy} breaks {found.clause}; shrunk from {found.before.name}",
    }
    try:
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def lines_about(found: Smallest, path: Path) -> list[str]:
    """The answer, and how to see it again."""
    spec, document, before = found.spec, found.shrunk.document, document_of(found.before)
    groups = f"{len(document.get('traders', []))} of {len(before.get('traders', []))} groups of traders"
    return [
        f"{spec.policy} still breaks {found.clause} with {groups}, in {document['duration_s']:g} of "
        f"{before['duration_s']:g} s ({found.shrunk.tries} scenarios tried).",
        *(f"  {step}" for step in found.shrunk.steps),
        f"written: {path}",
        f"see it:  fireexit check --mode sim --scenario {path} --policy {spec.policy} "
        f"--contract {spec.contract} --seed {spec.seed} --replications {spec.replications}",
    ]


def _broken(scenario: Scenario, spec: RunSpec, rules: Contract) -> dict[str, Any]:
    """The clauses that are broken in the run's replications of a scenario."""
    whole = Tally()
    tried = RunSpec(
        scenario,
        spec.policy,
        spec.contract,
        spec.contract_source,
        spec.seed,
        SIM,
        scenario.duration_s,
        spec.replications,
    )
    terms = tried.terms()
    try:
        for number in range(spec.replications):
            seed = replication_seed(spec.seed, number)
            whole = combine([whole, counted(scenario, spec.policy, seed, terms)])
    except (Refused, ScenarioError):  # its accounts and books cannot be set up any more
        return {}
    judgement = judge(rules, whole, whole.wrong_books)
    return {row.clause.id: row for row in judgement.clauses if row.result == BROKEN}

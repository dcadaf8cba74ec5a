"""`fireexit score`: put bots through a scenario and say how each got out, ours in virtual time, yours over
HTTP."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fireexit.blame import blame_policy
from fireexit.directory import open_directory
from fireexit.errors import UsageError
from fireexit.locust import LOCUSTFILE
from fireexit.main_path import Progress, judge_report_seal
from fireexit.options import ONLY_SIMULATED
from fireexit.parallel import workers
from fireexit.prepare import prepare_run
from judging.run import one_by_one
from judging.scoring.card import NEVER, Card, cards_of
from loadgen.drive.load import ChosenTarget, load_run
from loadgen.drive.simulation import simulate_run
from loadgen.drive.venue_process import VenueError
from loadgen.run_spec import RunSpec
from loadgen.scenarios.goals import goals_of
from mock_exchange.engine.symbols import symbols
from run_records.folder import replication_folder
from run_records.goals import VISITOR, Goal, read_goals
from run_records.journal import JOURNAL_FILE
from run_records.run import COMPLETE, SIM, write_run
from run_records.scaled import format_trimmed
from run_records.terms import read_terms

CONTRACT = "strict"
EXIT_INVALID = 3


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What to run. `minutes` presses the scenario's times into so many (None: as the scenario says); `lead_s`
    is how long a bot over HTTP has to connect before the market moves."""

    scenario: str = "practice"
    policy: str = "undifferentiated"
    mode: str = "load"
    minutes: float | None = None
    seed: int | None = None
    replications: int | None = None
    port: int = 0
    lead_s: float = 10.0
    out: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    executor: str | Executor | None = None
    """Where a simulation runs; None: on this machine."""


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """The cards of each run (one over HTTP), where the records are, why not to trust them."""

    runs: list[list[Card]]
    folder: Path
    faults: list[str]
    code_names: Mapping[str, str]
    """How readers know codes that have another name than their own."""


def score(options: ScoreOptions, progress: Progress, say: Callable[[str], None]) -> ScoreResult:
    """Run and score. `say` is told where to connect. Raises UsageError before anything has been sent."""
    spec = _spec(options)
    goals = goals_of(spec.scenario)
    if not goals:
        raise UsageError(f"scenario {spec.scenario.name} has nobody to score: no exit-bots, no visitors")
    if spec.mode != SIM and options.executor is not None:
        raise UsageError(ONLY_SIMULATED)
    if options.lead_s < 0 or not math.isfinite(options.lead_s):
        raise UsageError("lead must be a number of seconds from 0")
    with workers(options.executor, [spec.policy]) as each, open_directory(options.out, spec) as folder:
        if spec.mode == SIM:
            with blame_policy():
                simulate_run(spec, folder, each.write, lambda share: progress("simulating", share))
            parts = [replication_folder(folder, number) for number in range(spec.replications)]
            runs = each(partial(cards_of, terms=read_terms(folder), goals=read_goals(folder)), parts)
            write_run(folder, spec.run(COMPLETE))
            return ScoreResult(runs, folder, [], spec.terms().code_names)
        try:
            return _over_http(spec, folder, goals, options, progress, say)
        except VenueError as error:
            raise UsageError(f"{error}; choose another --port") from None


def _spec(options: ScoreOptions) -> RunSpec:
    spec = _prepared(options, 1.0)
    if options.minutes is None:
        return spec
    if not 0.5 <= options.minutes <= 24 * 60:
        raise UsageError(f"minutes must be from 0.5 to 1440, not {options.minutes:g}")
    return _prepared(options, options.minutes * 60 / spec.scenario.duration_s)


def _prepared(options: ScoreOptions, time_scale: float) -> RunSpec:
    return prepare_run(
        options.scenario,
        options.policy,
        CONTRACT,
        options.mode,
        options.seed,
        None,
        options.replications,
        options.settings,
        time_scale,
    )


def _over_http(
    spec: RunSpec,
    folder: Path,
    goals: list[Goal],
    options: ScoreOptions,
    progress: Progress,
    say: Callable[[str], None],
) -> ScoreResult:
    def ready(target: ChosenTarget) -> None:
        _invite(spec, goals, target, options.lead_s, say)
        deadline = time.monotonic() + options.lead_s
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    load_run(spec, folder, None, LOCUSTFILE, progress, ready=ready, port=options.port)
    faults: list[str] = judge_report_seal(spec, folder, one_by_one).document["validity"]["faults"]
    records, names = replication_folder(folder, 0), spec.terms().code_names
    if not (records / JOURNAL_FILE).exists():
        return ScoreResult([[]], folder, faults or ["the exchange wrote no journal"], names)
    try:
        cards = cards_of(records, read_terms(folder), read_goals(folder))
    except (OSError, ValueError) as error:
        return ScoreResult([[]], folder, [*faults, f"the records cannot be read: {error}"], names)
    seen = [card for card in cards if card.behaviour != VISITOR or card.ending != NEVER]
    return ScoreResult([seen], folder, faults, names)


def _invite(
    spec: RunSpec, goals: list[Goal], target: ChosenTarget, lead_s: float, say: Callable[[str], None]
) -> None:
    """Where to connect, with which keys, and what there is to get out of."""
    keys = {access.account: access for access in target.accounts}
    say(f"exchange   {target.url}  (scenario {spec.scenario.name}, policy {spec.policy}, seed {spec.seed})")
    for goal in goals:
        if goal.behaviour == VISITOR:
            access = keys[goal.account]
            held = format_trimmed(abs(goal.held), goal.quantity_precision)
            word = "long" if goal.held > 0 else "short"
            say(f"account    {goal.account}: {held} {symbols()[goal.symbol].base} {word}, to be closed")
            say(f"API key    {access.api_key}")
            say(f"secret     {access.secret}")
    say(f"starts in {lead_s:g} s and takes {spec.duration_s / 60:.1f} min; what is sent before is forgotten")
    sys.stdout.flush()

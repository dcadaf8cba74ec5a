"""`fireexit score`: put bots through a scenario and say how each got out, ours in virtual time, yours over
HTTP."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fireexit.check import Progress, UsageError, run_directory
from loadgen.drive.load import ChosenTarget, run_load
from loadgen.drive.simulation import replicate
from loadgen.drive.venue_process import VenueError
from loadgen.prepare import PrepareError, prepare
from loadgen.run_folder import RunSpec, replication_folder, write_run
from loadgen.scoring.card import NEVER, Card, cards_of
from loadgen.scoring.goals import VISITOR, Goal, goals_of
from mock_exchange.scaled import format_trimmed

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


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """The cards of each run (one over HTTP), where the records are, why not to trust them."""

    runs: list[list[Card]]
    folder: Path
    faults: list[str]


def score(options: ScoreOptions, progress: Progress, say: Callable[[str], None]) -> ScoreResult:
    """Run and score. `say` is told where to connect. Raises UsageError before anything has been sent."""
    spec = _spec(options)
    goals = goals_of(spec.scenario)
    if not goals:
        raise UsageError(f"scenario {spec.scenario.name} has nobody to score: no exit-bots, no visitors")
    if options.lead_s < 0 or not math.isfinite(options.lead_s):
        raise UsageError("lead must be a number of seconds from 0")
    with run_directory(options.out, spec) as folder:
        if spec.mode == "sim":
            read = partial(cards_of, goals=goals)
            runs = replicate(spec, folder, read, lambda share: progress("simulating", share))
            write_run(folder, spec, "complete")
            return ScoreResult(runs, folder, [])
        try:
            return _over_http(spec, folder, goals, options, progress, say)
        except VenueError as error:
            raise UsageError(f"{error}; choose another --port") from None


def _spec(options: ScoreOptions) -> RunSpec:
    try:
        spec = _prepared(options, 1.0)
        if options.minutes is None:
            return spec
        if not 0.5 <= options.minutes <= 24 * 60:
            raise UsageError(f"minutes must be from 0.5 to 1440, not {options.minutes:g}")
        return _prepared(options, options.minutes * 60 / spec.scenario.duration_s)
    except PrepareError as error:
        raise UsageError(str(error)) from None


def _prepared(options: ScoreOptions, time_scale: float) -> RunSpec:
    return prepare(
        options.scenario, options.policy, CONTRACT, options.mode, options.seed, None, options.replications,
        options.settings, time_scale,
    )  # fmt: skip


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

    document = run_load(spec, folder, None, progress, ready=ready, port=options.port)
    faults = list(document["validity"].get("faults", []))
    records = replication_folder(folder, 0)
    if not (records / "journal.jsonl").exists():
        return ScoreResult([[]], folder, faults or ["the exchange wrote no journal"])
    cards = [card for card in cards_of(records, goals) if card.behaviour != VISITOR or card.ending != NEVER]
    return ScoreResult([cards], folder, faults)


def _invite(
    spec: RunSpec, goals: list[Goal], target: ChosenTarget, lead_s: float, say: Callable[[str], None]
) -> None:
    """Where to connect, with which keys, and what there is to get out of."""
    keys = {access.account: access for access in target.accounts}
    say(f"exchange   {target.url}  (scenario {spec.scenario.name}, policy {spec.policy}, seed {spec.seed})")
    for goal in goals:
        if goal.behaviour == VISITOR:
            access = keys[goal.account]
            held = format_trimmed(abs(goal.held), goal.symbol.quantity_precision)
            word = "long" if goal.held > 0 else "short"
            say(f"account    {goal.account}: {held} {goal.symbol.base} {word}, to be closed")
            say(f"API key    {access.api_key}")
            say(f"secret     {access.secret}")
    say(f"starts in {lead_s:g} s and takes {spec.duration_s / 60:.1f} min; what is sent before is forgotten")
    sys.stdout.flush()

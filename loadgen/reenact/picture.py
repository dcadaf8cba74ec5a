"""Whether one run looks like what was reported: the watched bots' own records are enough for that."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from loadgen.drive.simulation import simulate
from loadgen.records import ATTEMPT_COLUMNS
from loadgen.scenarios import load_scenario
from loadgen.verdict.reenactment import Reenactment
from loadgen.verdict.tally import tally_folder
from loadgen.verdict.terms import Terms

_A = {name: place for place, name in enumerate(ATTEMPT_COLUMNS)}


class Trial(NamedTuple):
    """One run to make: a scenario's name, values for its parameters, policy, seed, length in seconds."""

    scenario: str
    settings: Mapping[str, Any]
    policy: str
    seed: int
    duration_s: float


class Picture(NamedTuple):
    """What came of a trial, as far as it was reported of the real incident."""

    sent: int
    attempts: int
    refused_share: float | None
    enough_refused: bool
    in_order: bool
    shows: bool


def picture_of(trial: Trial) -> Picture:
    """Simulate it and look. The window ends with the run if that is shorter."""
    scenario = load_scenario(trial.scenario, settings=trial.settings)
    assert scenario.reported is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        sent = simulate(scenario, trial.policy, trial.seed, trial.duration_s, folder)
        told = Reenactment(scenario.reported)
        prefix = scenario.reported.traders.partition("*")[0].encode()
        with (folder / "attempts.jsonl").open("rb") as file:
            for line in file:
                if prefix in line and line.startswith(b"["):
                    _count(told, orjson.loads(line))
    share = told.refused_share
    enough = share is not None and share >= scenario.reported.refused_share
    return Picture(sent, told.attempts, share, enough, told.in_order, told.shows_the_picture)


def _count(told: Reenactment, row: list[Any]) -> None:
    told.count(row[_A["trader"]], row[_A["class"]], row[_A["code"]], row[_A["intended"]], row[_A["answered"]])


def reenactment_of(trial: Trial) -> Reenactment:
    """Simulate it and hold the whole run against what was reported, every rate included."""
    scenario = load_scenario(trial.scenario, settings=trial.settings)
    plan = scenario.plan(trial.policy, trial.seed, simulated=True)
    terms = Terms.of(plan, trial.duration_s, frozenset(), None, scenario.reported)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        simulate(scenario, trial.policy, trial.seed, trial.duration_s, folder)
        (told,) = tally_folder(folder, terms).reenactments
    return told

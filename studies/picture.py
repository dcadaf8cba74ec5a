"""Whether one run looks like what was reported: the watched bots' own records are enough for that."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from judging.counting.reenactment import Reenactment
from judging.counting.tally import tally
from judging.counting.watched import Watched
from judging.reading.ended import Sources
from loadgen.drive.simulation import simulate
from loadgen.scenarios import load_scenario
from loadgen.scenarios.terms import terms_of
from run_records.clients import read_attempts
from run_records.words import REDUCING


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
        watched = Watched(scenario.reported)
        for row in read_attempts(folder / "attempts.jsonl"):
            if row.klass is REDUCING and watched.watches(row.trader):
                told.count(row)
    share = told.refused_share
    enough = share is not None and share >= scenario.reported.refused_share
    return Picture(sent, told.attempts, share, enough, told.in_order, told.shows_the_picture)


def reenactment_of(trial: Trial) -> Reenactment:
    """Simulate it and hold the whole run against what was reported, every rate included."""
    scenario = load_scenario(trial.scenario, settings=trial.settings)
    terms = terms_of(scenario, trial.duration_s)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        simulate(scenario, trial.policy, trial.seed, trial.duration_s, folder)
        (told,) = tally(Sources.of(folder), terms).reenactments
    return told

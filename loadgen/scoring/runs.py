"""Scoring in virtual time: the same bots in many runs."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from loadgen.drive.simulation import children_ignore_interrupts, replication_seed, simulate
from loadgen.run_folder import RunSpec, replication_folder
from loadgen.scoring.card import Card, cards_of
from loadgen.scoring.goals import goals_of


def score_simulated(spec: RunSpec, folder: Path, progress: Callable[[float], None]) -> list[list[Card]]:
    """The cards of each replication of `spec`; records stay in `folder`."""
    one = partial(_one, spec, folder)
    runs = []
    workers = min(os.cpu_count() or 1, spec.replications)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        with children_ignore_interrupts():
            results = pool.map(one, range(spec.replications))
        for cards in results:
            runs.append(cards)
            progress(len(runs) / spec.replications)
    return runs


def _one(spec: RunSpec, folder: Path, number: int) -> list[Card]:
    where = replication_folder(folder, number)
    simulate(spec.scenario, spec.policy, replication_seed(spec.seed, number), spec.duration_s, where)
    cards = cards_of(where, goals_of(spec.scenario))
    gc.collect()  # a venue is one big cycle, and a worker runs many
    return cards

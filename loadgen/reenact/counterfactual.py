"""The same people under another policy: same seed, same traders, same prices elsewhere; what changes, in
money."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadgen.drive.parallel import in_parallel
from loadgen.drive.simulation import simulate
from loadgen.reenact.picture import Trial
from loadgen.scenarios import load_scenario
from loadgen.scoring.card import Card, cards_of
from loadgen.scoring.goals import goals_of
from loadgen.traders.verbs import UNKNOWN_CODES
from loadgen.verdict.statistics import Interval, mean_interval
from mock_exchange.clock import NS_PER_S
from mock_exchange.engine.symbols import RATIO_UNIT
from mock_exchange.journal import COLUMNS
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines
from mock_exchange.scaled import MONEY_UNIT

ALPHA = 0.05
WORST = (180, 780)
"""Seconds of the incident over which depth and deviation are taken: 05:15 to 05:25."""
_M = {name: place for place, name in enumerate(COLUMNS["market"], 1)}

Values = dict[str, float]
"""What was measured of one run."""


@dataclass(frozen=True, slots=True)
class Line:
    """One measure under one policy: mean over the seeds, its 95 % interval, and the interval of the
    difference to the first policy, seed by seed."""

    policy: str
    measure: str
    mean: float
    interval: Interval
    difference: float
    difference_interval: Interval


def compare(
    scenario: str,
    settings: dict[str, Any],
    policies: Sequence[str],
    seeds: Sequence[int],
    duration_s: float,
    progress: Callable[[float], None],
) -> list[Line]:
    """All measures of all policies over the first `duration_s`; the first policy is what the others are held
    against."""
    trials = [Trial(scenario, settings, policy, seed, duration_s) for policy in policies for seed in seeds]
    measured = in_parallel(measure, trials, progress)
    table = {
        policy: measured[place * len(seeds) : (place + 1) * len(seeds)]
        for place, policy in enumerate(policies)
    }
    return [
        _line(policy, name, table[policy], table[policies[0]])
        for policy in policies
        for name in dict.fromkeys(name for row in table[policies[0]] for name in row)
    ]


def measure(trial: Trial) -> Values:
    """Simulate a trial and take its measures."""
    scenario = load_scenario(trial.scenario, settings=trial.settings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        simulate(scenario, trial.policy, trial.seed, trial.duration_s, folder)
        return {**_of_bots(cards_of(folder, goals_of(scenario))), **_of_market(folder)}


def _of_bots(cards: list[Card]) -> Values:
    codes = [(code, count) for card in cards for code, count in card.codes.items()]
    attempts = sum(count for _, count in codes)
    ends = [card.time_to_flat for card in cards if card.time_to_flat is not None]
    known = {"median seconds to flat, of those": statistics.median(ends)} if ends else {}

    def share(*wanted: int) -> float:
        return sum(count for code, count in codes if code in wanted) / max(1, attempts)

    return {
        "bots' attempts": float(attempts),
        "not accepted": 1 - share(0),
        "-1008": share(-1008),
        "of unknown fate": share(*UNKNOWN_CODES),
        "-2010": share(-2010),
        "-4118, -2022": share(-4118, -2022),
        "bots out": sum(card.served for card in cards) / len(cards),
        **known,
        "bots' loss, USDT": sum(card.loss_usdt for card in cards),
        **{f"loss of {card.account}, USDT": card.loss_usdt for card in cards},
    }


def _of_market(folder: Path) -> Values:
    """Liquidated accounts; depth and deviation while it was worst."""
    liquidated: set[str] = set()
    depth: list[float] = []
    lowest: dict[str, int] = {}
    below: list[int] = []
    begin, end = (second * NS_PER_S for second in WORST)
    for row in read_lines(folder / "journal.jsonl", JOURNAL_SCHEMA):
        if row[0] == "forced":
            liquidated.add(row[2])
        elif row[0] == "market" and begin <= row[1] < end:
            depth.append((row[_M["bid_depth"]] + row[_M["ask_depth"]]) / MONEY_UNIT)
            name = row[_M["symbol"]]
            below.append(max(0, -row[_M["deviation"]]))
            lowest[name] = min(row[_M["deviation"]], lowest.get(name, 0))
    return {
        "accounts liquidated": float(len(liquidated)),
        "depth within 1 %, USDT a symbol": statistics.fmean(depth) if depth else 0.0,
        "lowest price against elsewhere": statistics.fmean(lowest.values()) / RATIO_UNIT if lowest else 0.0,
        "below the price elsewhere, on average": statistics.fmean(below) / RATIO_UNIT if below else 0.0,
    }


def _line(policy: str, name: str, mine: list[Values], base: list[Values]) -> Line:
    """Seeds that have nothing to say of a measure are left out."""
    values = [row[name] for row in mine if name in row]
    pairs = [
        (row[name], other[name])
        for row, other in zip(mine, base, strict=True)
        if name in row and name in other
    ]
    differences = [value - other for value, other in pairs]
    return Line(
        policy, name, statistics.fmean(values) if values else math.nan, mean_interval(values, ALPHA),
        statistics.fmean(differences) if differences else math.nan, mean_interval(differences, ALPHA),
    )  # fmt: skip

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

from fireexit.parallel import Workers
from judging.scoring.card import Card, cards_of
from judging.statistics import Interval, mean_interval
from loadgen.drive.simulation import simulate
from loadgen.scenarios import load_scenario
from loadgen.scenarios.goals import goals_of
from loadgen.scenarios.terms import terms_of
from mock_exchange.engine.symbols import RATIO_UNIT
from run_records.journal import JOURNAL_FILE, ForcedRow, MarketRow, read_journal
from run_records.scaled import MONEY_UNIT
from run_records.units import NS_PER_S
from studies.picture import Trial

ALPHA = 0.05
WORST = (180, 780)
"""Seconds of the incident over which depth and deviation are taken: 05:15 to 05:25."""

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
    with Workers() as each:
        measured = each(measure, trials, progress)
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
        return {
            **_of_bots(cards_of(folder, terms_of(scenario, trial.duration_s), goals_of(scenario))),
            **_of_market(folder),
        }


def _of_bots(cards: list[Card]) -> Values:
    codes = [(code, count) for card in cards for code, count in card.codes.items()]
    attempts = sum(card.attempts for card in cards)
    ends = [card.time_to_flat for card in cards if card.time_to_flat is not None]
    known = {"median seconds to flat, of those": statistics.median(ends)} if ends else {}

    def share(*wanted: int) -> float:
        return sum(count for code, count in codes if code in wanted) / max(1, attempts)

    return {
        "bots' attempts": float(attempts),
        "not accepted": 1 - share(0),
        "-1008": share(-1008),
        "of unknown fate": sum(card.unknown for card in cards) / max(1, attempts),
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
    for row in read_journal(folder / JOURNAL_FILE):
        if isinstance(row, ForcedRow):
            liquidated.add(row.account)
        elif isinstance(row, MarketRow) and begin <= row.at < end:
            depth.append((row.bid_depth + row.ask_depth) / MONEY_UNIT)
            below.append(max(0, -row.deviation))
            lowest[row.symbol] = min(row.deviation, lowest.get(row.symbol, 0))
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
        policy,
        name,
        statistics.fmean(values) if values else math.nan,
        mean_interval(values, ALPHA),
        statistics.fmean(differences) if differences else math.nan,
        mean_interval(differences, ALPHA),
    )

"""Verdicts on gateways whose truth is known by construction, each just on one side of what is asked: how
often do they say something that is not so?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NamedTuple

from judging.contracts import Clause, Contract
from judging.counting.sample import Sample
from judging.counting.tally import Tally
from judging.reading.kinds import ACCEPTED, CAPACITY
from judging.statistics import Duration
from judging.verdict.early import LOOKS, judged_early, left
from judging.verdict.judge import Judgement, judge
from judging.verdict.words import BROKEN, HOLDS
from run_records.units import NS_PER_S
from run_records.words import Group

ATTEMPTS = 300
"""Of each group in each run."""
DECISIONS = 60
"""To get smaller, in each run."""
GROUPS = (Group.OPENING, Group.REDUCING, Group.TRULY_REDUCING, Group.EXITING, Group.CANCEL)
CONFIDENCE = 0.95
Run = tuple[Sample, list[Duration]]
Made = Callable[[Random], Run]


class Row(NamedTuple):
    """One gateway: what is so, how one of its runs is made, what it is asked, and what may not be said."""

    system: str
    truth: str
    made: Made
    clauses: tuple[Clause, ...]
    may_not: str
    """`holds` or `broken`: what would be wrong to say of it."""
    runs: int = 20
    batched: bool = False
    rarest: float | None = None
    shut: float = 0.0
    """How often a whole run is shut. Then *holds* is wrong if more than that is said to be ruled out."""
    peeking: bool = False


def wrong_share(row: Row, verdicts: int, seed: int = 1) -> float:
    """Of so many verdicts, those that say what is not so."""
    draw = Random(f"{row.system}/{seed}")
    return sum(_is_wrong(row, draw) for _ in range(verdicts)) / verdicts


def _is_wrong(row: Row, draw: Random) -> bool:
    contract = Contract("study", "", CONFIDENCE, _OVERLOAD, row.clauses)
    runs = [row.made(draw) for _ in range(row.runs)]
    tally = Tally([sample for sample, _ in runs], [waits for _, waits in runs], batched=row.batched)
    found = _looked_at(contract, tally, row) if row.peeking else judge(contract, tally, [], row.rarest)
    if found.result != row.may_not:
        return False
    bounds = [c.rarest.ruled_out for c in found.clauses if c.rarest is not None]
    return not row.shut or max(bounds) < row.shut


def _looked_at(contract: Contract, tally: Tally, row: Row) -> Judgement:
    """As `compare` does it."""
    for look in LOOKS:
        part = replace(tally, samples=tally.samples[:look], durations=tally.durations[:look])
        if found := judged_early(contract, part, row.rarest):
            return found
    return judge(contract, tally, [], row.rarest, left(row.runs))


# -- gateways -----------------------------------------------------------------------------------------


def _run(accepted: Callable[[Group], int]) -> Run:
    """Under overload, so many attempts of each group accepted, and no decision to get smaller."""
    sample = Sample(demanded_seconds=(30, 30))
    for group in GROUPS:
        taken = accepted(group)
        sample.kinds[group, ACCEPTED], sample.kinds[group, CAPACITY] = taken, ATTEMPTS - taken
    return sample, []


def _binomial(draw: Random, share: float) -> int:
    return sum(draw.random() < share for _ in range(ATTEMPTS))


def alike(share: float) -> Made:
    """Attempts do not know of each other."""
    return lambda draw: _run(lambda group: _binomial(draw, share))


def sometimes_shut(share: float) -> Made:
    """Open runs, and runs that are shut from beginning to end."""

    def made(draw: Random) -> Run:
        taken = 0 if draw.random() < share else ATTEMPTS
        return _run(lambda group: taken)

    return made


def in_bursts(share: float) -> Made:
    """Refusals come by the half dozen: a run has none, or some of these."""

    def made(draw: Random) -> Run:
        refused, rate = 0, (1 - share) * ATTEMPTS / 6
        waited = draw.expovariate(1.0)
        while waited < rate:
            refused += 6
            waited += draw.expovariate(1.0)
        return _run(lambda group: ATTEMPTS - min(ATTEMPTS, refused))

    return made


def uneven(share: float) -> Made:
    """Every run has a share of its own, some far from the mean."""

    def made(draw: Random) -> Run:
        own = 1 - (1 - share) * 2 * draw.random()
        return _run(lambda group: _binomial(draw, own))

    return made


def served(share: float) -> Made:
    """Decisions, some served late, more in some runs than in others."""

    def made(draw: Random) -> Run:
        sample, _ = _run(lambda group: ATTEMPTS)
        late = (1 - share) * 2 * draw.random()
        return sample, [
            Duration(3 * NS_PER_S if draw.random() < late else NS_PER_S // 10, True) for _ in range(DECISIONS)
        ]

    return made


def gap(first: float, second: float) -> Made:
    """Two groups refused, both more in some runs than in others."""

    def made(draw: Random) -> Run:
        both = 0.5 + draw.random()
        shares = {Group.EXITING: 1 - first * both, Group.OPENING: 1 - second * both}
        return _run(lambda group: _binomial(draw, shares.get(group, 1.0)))

    return made


def one_worse(share: float, others: float) -> Made:
    """One group in five fares worse."""
    return lambda draw: _run(lambda group: _binomial(draw, share if group is GROUPS[0] else others))


def _accepted(least: float, *groups: Group) -> tuple[Clause, ...]:
    return tuple(Clause(str(group), "accepted-share", group, at_least=least) for group in groups)


_OVERLOAD = Clause("overload", "excess-demand", at_least=0.1, minimum=10)
_EXITS = _accepted(0.99, Group.EXITING)
_ALL = _accepted(0.9, *GROUPS)
_IN_TIME = (Clause("in-time", "served-within", at_least=0.95, seconds=2.0),)
_FAVOURED = (Clause("favoured", "refusal-gap", Group.EXITING, Group.OPENING, factor=0.1, at_most=0.0),)
ROWS = (
    Row("shut in whole runs", "15 % of runs", sometimes_shut(0.15), _EXITS, HOLDS, shut=0.15),
    Row("shut in whole batches", "27 % of batches", sometimes_shut(0.27), _EXITS, HOLDS, 10, True, shut=0.27),
    Row(
        "shut in whole runs, 59 of them",
        "5.5 %",
        sometimes_shut(0.055),
        _EXITS,
        HOLDS,
        59,
        False,
        0.05,
        0.055,
    ),
    Row("refusals in bursts", "98.9 % of 99 %", in_bursts(0.989), _EXITS, HOLDS),
    Row("refusals in bursts, just enough", "99 % of 99 %", in_bursts(0.99), _EXITS, BROKEN),
    Row("uneven runs", "98.9 % of 99 %", uneven(0.989), _EXITS, HOLDS),
    Row("uneven runs, just enough", "99 % of 99 %", uneven(0.99), _EXITS, BROKEN),
    Row("served in time (survival)", "94.9 % of 95 %", served(0.949), _IN_TIME, HOLDS),
    Row("served in time, just enough", "95 % of 95 %", served(0.95), _IN_TIME, BROKEN),
    Row("a difference", "0.1 % too much", gap(0.041, 0.4), _FAVOURED, HOLDS),
    Row("a difference, just enough", "0", gap(0.04, 0.4), _FAVOURED, BROKEN),
    Row("five clauses, one not met", "89.9 % of 90 %", one_worse(0.899, 0.95), _ALL, HOLDS),
    Row("five clauses, all just met", "90 % of 90 %", alike(0.9), _ALL, BROKEN),
    Row("looked at after every run", "98.9 % of 99 %", in_bursts(0.989), _EXITS, HOLDS, peeking=True),
    Row("looked at after every run, just enough", "99 %", in_bursts(0.99), _EXITS, BROKEN, peeking=True),
    Row("five clauses looked at, all just met", "90 %", alike(0.9), _ALL, BROKEN, peeking=True),
)

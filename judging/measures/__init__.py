"""The measures that clauses can ask for: one file each, and one line here."""

from __future__ import annotations

from judging.clause import Clause
from judging.counting.tally import Tally
from judging.measures.accepted_notional import AcceptedNotional
from judging.measures.accepted_share import AcceptedShare
from judging.measures.ahead_in_queue import AheadInQueue
from judging.measures.base import JOURNAL_GROUPS, Census, Expectation, Measure, Measured, text_of
from judging.measures.excess_demand import ExcessDemand
from judging.measures.executed_share import ExecutedShare
from judging.measures.goodput import Goodput
from judging.measures.leak import Leak
from judging.measures.not_behind import NotBehind
from judging.measures.opening_refused import OpeningRefused
from judging.measures.over_hard_cap import OverHardCap
from judging.measures.parity import Parity, ParityOfMarkets
from judging.measures.recovered import Recovered
from judging.measures.refusal_gap import RefusalGap
from judging.measures.refused_yet_counted import RefusedYetCounted
from judging.measures.refused_yet_executed import RefusedYetExecuted
from judging.measures.served_within import ServedWithin
from judging.measures.shut_moments import ShutMoments
from judging.measures.shut_out import ShutOut
from judging.measures.starved_moments import StarvedMoments
from judging.measures.throttled import Throttled
from judging.measures.unhurried import Unhurried
from judging.measures.worst_account import WorstAccount

_ALL: tuple[Measure, ...] = (
    Throttled(),
    RefusedYetExecuted(),
    RefusedYetCounted(),
    OverHardCap(),
    ShutOut(),
    AcceptedShare(),
    OpeningRefused(),
    ExcessDemand(),
    RefusalGap(),
    ServedWithin(),
    Leak(),
    Parity(),
    ParityOfMarkets(),
    StarvedMoments(),
    Goodput(),
    Recovered(),
    AheadInQueue(),
    Unhurried(),
    NotBehind(),
    AcceptedNotional(),
    ExecutedShare(),
    WorstAccount(),
    ShutMoments(),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}
"""By name, the censuses first."""


def measure_of(clause: Clause) -> Measure:
    return MEASURES[clause.measure]


def measured(clause: Clause, tally: Tally) -> Measured:
    """Measure a clause that speaks of the scenario."""
    found = MEASURES[clause.measure]
    assert isinstance(found, Expectation), "a census is counted, not measured"
    return found.measure(clause, tally)


def stands_by_itself(clause: Clause) -> bool:
    """Whether a counter-example needs no valid run."""
    found = MEASURES[clause.measure]
    return isinstance(found, Census) and found.stands_by_itself


def needs_journal(clause: Clause) -> bool:
    """Whether a client alone cannot tell."""
    return MEASURES[clause.measure].needs_journal or bool(JOURNAL_GROUPS & {clause.group, clause.against})


__all__ = [
    "MEASURES",
    "Census",
    "Measure",
    "Measured",
    "measure_of",
    "measured",
    "needs_journal",
    "stands_by_itself",
    "text_of",
]

"""The verdict so far: a contract's clauses judged on what clients have seen until now.

Only what a client can see: whether an order really reduced, what the engine did, how full a node was
is known when the journal is read, at the end. What is shown here is no verdict; it says where one is heading.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from judging.contracts import Clause, Contract
from judging.counting.batches import BATCHES
from judging.counting.sample import Sample
from judging.counting.tally import Tally
from judging.reading.kinds import kind_of
from judging.statistics import wilson
from judging.verdict.judge import SPANNING, ClauseResult, judge
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE
from loadgen.live.ledger import Ledger
from run_records.histogram import BOUNDS_S
from run_records.words import REDUCING, Group, Meaning

SERVED = "served-within"
SEEN_BY_CLIENTS = frozenset(("accepted-share", "refusal-gap", SERVED, "opening-refused", "throttled"))
GROUPS_SEEN = frozenset(("exiting", "reducing", "opening", "cancel"))


@dataclass(frozen=True, slots=True)
class ClauseSoFar:
    """A clause, and its result if clients can tell; None if only the end will."""

    clause: Clause
    result: ClauseResult | None


def so_far(contract: Contract, ledger: Ledger, elapsed_s: float) -> list[ClauseSoFar]:
    """All clauses, in the contract's order."""
    visible = [clause for clause in contract.clauses if _is_visible(clause)]
    counted = [clause for clause in visible if clause.measure != SERVED]
    judged = judge(replace(contract, clauses=tuple(counted)), _tally(ledger), [])
    found = {result.clause.id: result for result in judged.clauses}
    for clause in visible:
        if clause.measure == SERVED:
            found[clause.id] = _served(clause, ledger, elapsed_s, 1 - contract.confidence)
    return [ClauseSoFar(clause, found.get(clause.id)) for clause in contract.clauses]


def _is_visible(clause: Clause) -> bool:
    """Intents and how they are served are known from answers, too, if less well than from a journal."""
    groups = {group for group in (clause.group, clause.against) if group}
    return clause.measure in SEEN_BY_CLIENTS and groups <= GROUPS_SEEN


def _tally(ledger: Ledger) -> Tally:
    """The client's counts, by tenths of the run, as far as they have any."""
    samples = [Sample() for _ in range(BATCHES)]
    for (batch, klass, exiting, meaning, code), count in ledger.attempts.items():
        kind = kind_of(meaning)
        for group in (klass, Group.EXITING) if exiting and klass is REDUCING else (klass,):
            samples[batch].kinds[group, kind] += count
            samples[batch].codes[group, code] += count
            if meaning is Meaning.CAPACITY_REFUSED:
                samples[batch].shed[group, code] += count
    return Tally([sample for sample in samples if sample.kinds] or [Sample()], durations=[[]])


def _served(clause: Clause, ledger: Ledger, elapsed_s: float, alpha: float) -> ClauseResult:
    """Of the intents whose time is up: those that answers completed within it. One bucket's bound is the
    horizon, or the next below it, so that nobody counts as served who was not."""
    horizon = clause.seconds
    counts = ledger.time_to_flat.counts
    within = sum(count for bound, count in zip(BOUNDS_S, counts, strict=False) if bound <= horizon)
    late = ledger.intents["served"] - within
    overdue = sum(count for second, count in ledger.waiting.items() if second + 1 <= elapsed_s - horizon)
    of = within + late + ledger.intents["abandoned"] + overdue
    interval = wilson(within, of, alpha)
    needed = clause.at_least if clause.at_least is not None else 0.0
    result, reason = INCONCLUSIVE, SPANNING
    if of < clause.minimum:
        reason = f"only {of} in the sample, {clause.minimum} are needed"
    elif interval.low >= needed or interval.high < needed:
        result, reason = (HOLDS if interval.low >= needed else BROKEN), ""
    share = within / of if of else None
    shown = interval if of else None
    return ClauseResult(clause, result, "client", within, of, share, shown, 1 - alpha, reason)

"""The verdict so far: a contract's clauses judged on what clients have seen until now.

Only what a client can see: whether an order really reduced, what the engine did, how full a node was
is known when the journal is read, at the end. What is shown here is no verdict; it says where one is heading.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadgen.contracts import Clause, Contract
from loadgen.live.ledger import BATCHES, Ledger
from loadgen.verdict.judge import ClauseResult, judge
from loadgen.verdict.sample import EXITING, Sample, kind_of
from loadgen.verdict.statistics import Duration
from loadgen.verdict.tally import Tally
from mock_exchange.gateway.attempt import REDUCING
from mock_exchange.histogram import BOUNDS_S

SEEN_BY_CLIENTS = frozenset(
    ("accepted-share", "refusal-gap", "served-within", "opening-refused", "throttled")
)
GROUPS_SEEN = frozenset(("exiting", "reducing", "opening", "cancel"))
NEVER_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class ClauseSoFar:
    """A clause, and its result if clients can tell; None if only the end will."""

    clause: Clause
    result: ClauseResult | None


def so_far(contract: Contract, ledger: Ledger, elapsed_ns: int) -> list[ClauseSoFar]:
    """All clauses, in the contract's order."""
    visible = [clause for clause in contract.clauses if _is_visible(clause)]
    judged = judge(replace(contract, clauses=tuple(visible)), _tally(ledger, elapsed_ns), [], batched=False)
    found = {result.clause.id: result for result in judged.clauses}
    return [ClauseSoFar(clause, found.get(clause.id)) for clause in contract.clauses]


def _is_visible(clause: Clause) -> bool:
    """Intents and how they are served are known from answers, too, if less well than from a journal."""
    groups = {group for group in (clause.group, clause.against) if group}
    return clause.measure in SEEN_BY_CLIENTS and groups <= GROUPS_SEEN


def _tally(ledger: Ledger, elapsed_ns: int) -> Tally:
    """The client's counts, by tenths of the run, as far as they have any."""
    samples = [Sample() for _ in range(BATCHES)]
    for (batch, klass, exiting, http, code), count in ledger.attempts.items():
        kind = kind_of(http, code, "")
        for group in (klass, EXITING) if exiting and klass == REDUCING else (klass,):
            samples[batch].kinds[group, kind] += count
            samples[batch].codes[group, code] += count
    tally = Tally()
    tally.samples = [sample for sample in samples if sample.kinds] or [Sample()]
    tally.durations = [_durations(ledger, elapsed_ns)]
    return tally


def _durations(ledger: Ledger, elapsed_ns: int) -> list[Duration]:
    """Times to flat as far as they were counted: a bucket's upper bound for each in it, never too short."""
    served = [
        Duration(round(bound * 1e9), True)
        for bound, count in zip((*BOUNDS_S, 2 * BOUNDS_S[-1]), ledger.time_to_flat.counts, strict=True)
        for _ in range(count)
    ]
    given_up = [Duration(NEVER_NS, False)] * ledger.intents["abandoned"]
    waiting = [Duration(max(0, elapsed_ns - begun), False) for _, _, begun, _ in ledger.stuck]
    return served + given_up + waiting

"""The judge's main path: count a run's records, judge the counts, report them. Reads the run's directory, and
nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from judging.anatomy.dissection import Dissection
from judging.contracts import Contract, parse_contract
from judging.counting.batches import BATCHES
from judging.counting.tally import Tally, combine, tally
from judging.reading.ended import Sources
from judging.report.document import report_document
from judging.verdict.document import verdict_document
from judging.verdict.early import Stop, judged_early, left
from judging.verdict.judge import Judgement, judge
from judging.verdict.validity import find_faults
from judging.verdict.words import INCONCLUSIVE
from run_records.folder import CONTRACT_FILE, replication_folder
from run_records.machine import Machine, read_machine
from run_records.plain_files import read_text
from run_records.run import LOAD, Run, read_run
from run_records.terms import Terms, read_terms
from run_records.units import NS_PER_S

T = TypeVar("T")
R = TypeVar("R")


class Each(Protocol):
    """Does a job for each of several items, one after the other or in processes of its own."""

    def __call__(self, job: Callable[[T], R], items: Sequence[T]) -> Iterable[R]: ...


def one_by_one(job: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    return map(job, items)


@dataclass(frozen=True, slots=True)
class Counted:
    """A run's records, counted: all that a verdict and a report are made of."""

    run: Run
    contract: Contract
    terms: Terms
    machine: Machine
    tally: Tally
    first: dict[str, Any]
    """The first replication, or the run over sockets, taken apart."""
    unreadable: tuple[str, ...] = ()
    """What could not be read; nothing was counted then."""


def count_run(folder: Path, each: Each = one_by_one) -> Counted:
    """Read every record of a run once. `each` decides how many processors read. Records that cannot be read
    leave nothing to judge; raises UnreadableError where not even that can be said: without the run's own
    description, its contract or its terms. Raises ContractError, OSError."""
    run, terms, machine = read_run(folder), read_terms(folder), read_machine(folder)
    contract = parse_contract(read_text(folder / CONTRACT_FILE), run.contract)
    batches = BATCHES if run.mode == LOAD else 1
    try:
        parts = list(each(partial(_count_part, folder, terms, batches), range(run.replications)))
    except (OSError, ValueError, OverflowError) as error:
        return Counted(run, contract, terms, machine, Tally(), {}, (f"the records cannot be read: {error}",))
    tallies = [counted for counted, _ in parts]
    whole = tallies[0] if len(tallies) == 1 else combine(tallies)
    return Counted(run, contract, terms, machine, whole, parts[0][1])


def count_replications(folder: Path, terms: Terms, numbers: range, each: Each = one_by_one) -> list[Tally]:
    """The counts of those replications alone. Raises OSError, ValueError."""
    return list(each(partial(_count_one, folder, terms), numbers))


def _count_one(folder: Path, terms: Terms, number: int) -> Tally:
    return tally(Sources.of(replication_folder(folder, number)), terms)


def _count_part(folder: Path, terms: Terms, batches: int, number: int) -> tuple[Tally, dict[str, Any]]:
    """One replication; the first is taken apart for the report in the same pass."""
    sources = Sources.of(replication_folder(folder, number))
    if number:
        return tally(sources, terms, batches), {}
    dissection = Dissection(terms)
    counted = tally(sources, terms, batches, dissection.collectors)
    return counted, dissection.document(blind=counted.blind)


def judge_run(counted: Counted) -> dict[str, Any]:
    """The verdict document; nothing is written."""
    run, terms, whole = counted.run, counted.terms, counted.tally
    known = counted.machine.faults
    faults = find_faults(counted.machine, whole)
    if counted.unreadable and not known:
        faults = [*counted.unreadable, *faults]
    judgement = _judgement(counted, [*faults, *whole.wrong_books])
    if judgement.result == INCONCLUSIVE and not faults and terms.duration_ns < terms.full_ns:
        judgement.reasons.append(
            f"the run was cut to {terms.duration_ns / NS_PER_S:g} s of the scenario's "
            f"{terms.full_ns / NS_PER_S:g}: run longer"
        )
    stop = None
    if run.planned is not None:
        stop = Stop.of(counted.contract, run.planned, run.replications)
    return verdict_document(
        run.asked(), counted.contract, judgement, whole, counted.machine, faults, terms.code_names, stop
    )


def _judgement(counted: Counted, invalid: list[str]) -> Judgement:
    """At the planned end, or where a run has ended before it: then only what was decided there."""
    run, contract, whole = counted.run, counted.contract, counted.tally
    if run.planned is None:
        return judge(contract, whole, invalid, run.rarest)
    if run.replications == run.planned:
        return judge(contract, whole, invalid, run.rarest, left(run.planned))
    if not invalid and (early := judged_early(contract, whole, run.rarest)) is not None:
        return early
    undecided = f"it ended after {run.replications} of {run.planned} runs, although nothing was decided"
    return judge(contract, whole, [*invalid, undecided], run.rarest)


def report_run(counted: Counted) -> dict[str, Any] | None:
    """The report document; None where no records could be read. Nothing is written."""
    if not counted.tally.breakdowns:
        return None
    terms = counted.terms
    small = None if terms.reported is None else terms.reported.provider_share
    return report_document(
        small, counted.tally.breakdowns, counted.first, counted.contract.confidence, terms.code_names
    )

"""Traders and venue in one process, in virtual time: exact, repeatable, faster than the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from loadgen.drive.in_process import InProcess
from loadgen.drive.runner import Observer, Runner
from loadgen.run_spec import RunSpec
from loadgen.scenarios import Scenario
from loadgen.traders.board import Board
from mock_exchange.clock import Timeline
from mock_exchange.engine import Engine
from mock_exchange.garbage import rare_collection
from mock_exchange.gateway.policies import Named, UnknownPolicyError
from mock_exchange.gateway.policies.hooks import PolicyError, PolicyFailedError
from mock_exchange.journal import Journal
from mock_exchange.venue import Venue
from run_records.clients import AbandonRow, AttemptRow, IntentRow, attempts_file, intents_file
from run_records.folder import replication_folder
from run_records.journal import JournalRow
from run_records.lines import Lines, RecordsLostError
from run_records.machine import VIRTUAL, Machine, write_machine
from run_records.units import NS_PER_S

FLUSH_EVERY_NS = NS_PER_S


@contextmanager
def _blamed(policy: str) -> Iterator[None]:
    """Raises PolicyFailedError for what a policy has raised; for what goes wrong around one that is trusted,
    too, since that may have broken anything. No policy is to be blamed for a full disk."""
    try:
        yield
    except (RecordsLostError, OSError, MemoryError):
        raise
    except UnknownPolicyError as error:
        raise PolicyFailedError(str(error)) from error
    except PolicyError as error:
        raise PolicyFailedError(f"policy {policy} failed: {error}") from error
    except Exception as error:
        if not Named(policy).is_trusted:
            raise
        raise PolicyFailedError(f"policy {policy} failed: {type(error).__name__}: {error}") from error


def replication_seed(seed: int, number: int) -> int:
    """Seeds of replications do not overlap for any two run seeds below a million."""
    return seed * 1_000_000 + number


def simulate(
    scenario: Scenario,
    policy: str,
    seed: int,
    duration_s: float,
    folder: Path | None,
    observer: Observer | None = None,
) -> int:
    """Run a scenario once; records go to `folder` if it is given. Returns the number of requests sent."""
    return simulate_records(scenario, policy, seed, duration_s, folder, observer).sent


@dataclass(frozen=True, slots=True)
class Records:
    """What a simulation has written down, and how many requests it sent. Rows are here unless they went to
    files."""

    sent: int
    engine: Engine
    """As the venue has left it."""
    journal: Lines[JournalRow]
    attempts: Lines[AttemptRow]
    intents: Lines[IntentRow | AbandonRow]


def simulate_records(
    scenario: Scenario,
    policy: str,
    seed: int,
    duration_s: float,
    folder: Path | None = None,
    observer: Observer | None = None,
) -> Records:
    """The same, with its records. Raises PolicyFailedError."""
    with _blamed(policy):
        return _simulated(scenario, policy, seed, duration_s, folder, observer)


def _simulated(
    scenario: Scenario,
    policy: str,
    seed: int,
    duration_s: float,
    folder: Path | None,
    observer: Observer | None,
) -> Records:
    plan = scenario.plan(policy, seed, simulated=True)
    timeline = Timeline(plan.epoch_start_ms)
    if folder is not None:
        folder.mkdir(parents=True)
    venue = Venue(plan, timeline, Journal(folder / "journal.jsonl" if folder else None))
    attempts = attempts_file(folder / "attempts.jsonl" if folder else None)
    intents = intents_file(folder / "intents.jsonl" if folder else None)
    names = [account.name for account in plan.accounts]
    runner = Runner(timeline, InProcess(venue), attempts, intents, names, observer)
    board = Board()
    for member in scenario.population.members():
        runner.add(member.label, member.account, member.start(seed, board))
    try:
        with rare_collection():
            _run(timeline, runner, venue, round(duration_s * NS_PER_S), (venue.journal, attempts, intents))
    finally:
        venue.gateway.close()
    return Records(runner.sent, venue.engine, venue.journal, attempts, intents)


def _run(timeline: Timeline, runner: Runner, venue: Venue, end: int, files: tuple[Lines[Any], ...]) -> None:
    """To the end of the run, flushing now and then; afterwards only answers still under way arrive."""
    for instant in range(FLUSH_EVERY_NS, end, FLUSH_EVERY_NS):
        timeline.run_until(instant)
        for file in files:
            file.flush()
    timeline.run_until(end)
    runner.close()
    venue.rest()
    while (due := timeline.next_due()) is not None:
        timeline.run_until(due)
    venue.close_books()
    for file in files:
        file.close()


class Writing(Protocol):
    """Does a job for each of several numbers, in processes of its own or on other machines perhaps. The job
    makes a folder and writes files into it, which end up as `folder_of` that number; `progress` is told the
    share done."""

    def __call__(
        self,
        job: Callable[[int, Path], None],
        items: range,
        folder_of: Callable[[int], Path],
        progress: Callable[[float], None] | None,
    ) -> None: ...


def simulate_run(
    spec: RunSpec,
    folder: Path,
    write: Writing,
    progress: Callable[[float], None] | None,
    numbers: range | None = None,
) -> None:
    """Independent replications, each with its records in a folder of its own: all, or those with these
    numbers. In virtual time a machine cannot be late: nothing else is to be said of it."""
    if numbers is None:
        numbers = range(spec.replications)
    write(partial(_replication, spec), numbers, partial(replication_folder, folder), progress)
    write_machine(folder, Machine(VIRTUAL))


def _replication(spec: RunSpec, number: int, folder: Path) -> None:
    simulate(spec.scenario, spec.policy, replication_seed(spec.seed, number), spec.duration_s, folder)

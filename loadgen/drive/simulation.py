"""Traders and venue in one process, in virtual time: exact, repeatable, faster than the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from loadgen.drive.parallel import in_parallel
from loadgen.drive.runner import Observer, Runner, Sent
from loadgen.records import attempts_file, intents_file
from loadgen.run_folder import RunSpec, replication_folder
from loadgen.scenarios import Scenario
from loadgen.traders.board import Board
from mock_exchange.clock import NS_PER_S, Timeline
from mock_exchange.engine.accounts import Account
from mock_exchange.garbage import rare_collection
from mock_exchange.gateway import Gateway
from mock_exchange.gateway.attempt import QUERY, Answer, Call
from mock_exchange.gateway.authentication import DEFAULT_RECV_WINDOW_MS
from mock_exchange.journal import Journal
from mock_exchange.lines import Lines
from mock_exchange.plan import access_for
from mock_exchange.venue import Venue
from mock_exchange.wire.answers import body_of

T = TypeVar("T")
FLUSH_EVERY_NS = NS_PER_S
REPLICATIONS = 20
"""Independent runs of a simulated check: what an expectation is estimated from."""


class _InFlight(Call):
    """A call that hands its answer to the trader's request it came from."""

    __slots__ = ("gateway", "sent")

    sent: Sent
    gateway: Gateway

    def respond(self, answer: Answer) -> None:
        self.sent.answered(answer.http, answer.code, partial(body_of, answer, self, self.gateway))


class InProcess:
    """Hands requests to the gateway itself; an attempt's key is its number."""

    def __init__(self, venue: Venue) -> None:
        self._submit = venue.gateway.submit
        self._gateway = venue.gateway
        self._epoch_ms = venue.clock.epoch_ms
        self._accounts: list[tuple[Account, str]] = [
            (venue.account(access.account), access.source) for access in access_for(venue.plan)
        ]
        self._next_key = 0

    def send(self, sent: Sent) -> None:
        verb = sent.verb
        if verb.klass is not QUERY:
            sent.key = self._next_key
            self._next_key += 1
        account, source = self._accounts[sent.task.account]
        call = _InFlight(verb.method, verb.path, verb.params, source, sent.key, account)
        call.sent = sent
        call.gateway = self._gateway
        call.deadline_ms = self._epoch_ms() + DEFAULT_RECV_WINDOW_MS
        self._submit(call, call.respond)


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
    journal: Lines
    attempts: Lines
    intents: Lines


def simulate_records(
    scenario: Scenario,
    policy: str,
    seed: int,
    duration_s: float,
    folder: Path | None = None,
    observer: Observer | None = None,
) -> Records:
    """The same, with its records."""
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
    with rare_collection():
        _run(timeline, runner, venue, round(duration_s * NS_PER_S), (venue.journal, attempts, intents))
    return Records(runner.sent, venue.journal, attempts, intents)


def _run(timeline: Timeline, runner: Runner, venue: Venue, end: int, files: tuple[Lines, ...]) -> None:
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


def replicate(
    spec: RunSpec, folder: Path, read: Callable[[Path], T], progress: Callable[[float], None] | None = None
) -> list[T]:
    """Independent replications, spread over the processors; each is `read` from its records where it ran."""
    return in_parallel(partial(_replication, spec, folder, read), range(spec.replications), progress)


def _replication(spec: RunSpec, folder: Path, read: Callable[[Path], T], number: int) -> T:
    where = replication_folder(folder, number)
    simulate(spec.scenario, spec.policy, replication_seed(spec.seed, number), spec.duration_s, where)
    return read(where)

"""A run that is going on, as the process that watches it knows it: what its workers have counted so far."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from judging.contracts import Contract, parse_contract
from loadgen.live.ledger import Ledger, total
from loadgen.scenarios.population import Population
from run_records.units import NS_PER_S
from run_records.words import CLASSES, NO_CAPACITY, REDUCING, Meaning

RECENT_S = 10.0
"""What is meant by "now": a trader's patience, and enough attempts to say something."""
OPEN_FROM, SHUT_BELOW = 0.99, 0.5
"""Acceptance of reducing orders from which an exit is called open, and below which shut."""
FEWEST = 5
"""Attempts below which nothing is said of "now"."""
HISTORY_S = 3600.0
SILENT_AFTER_S = 4.0
"""Workers report every second."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Sums at an instant: what charts are drawn from. `seconds` since the run began, beyond its end, too."""

    seconds: float
    attempts: dict[str, tuple[int, int, int]]
    """By class: (accepted, accepted or refused for the venue's reasons, all)."""
    offered: int
    outstanding: int


@dataclass
class LiveRun:
    """What is known of a run. `ledgers` by worker, `heard` when each of them last reported; a process that
    sends itself gives `local` instead. `document` is the verdict, once there is one; `faults` are known
    before it."""

    title: dict[str, str]
    duration_s: float
    zero_ns: int
    workers: int
    population: Population
    judged_by: tuple[str, str] | None = None
    """Text and name of the contract, where this process has the run judged."""
    local: Callable[[], Ledger] | None = None
    ledgers: dict[int, Ledger] = field(default_factory=dict)
    heard: dict[int, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    document: dict[str, Any] | None = None
    digest: str = ""
    over: bool = False
    history: deque[Moment] = field(default_factory=lambda: deque(maxlen=int(HISTORY_S)))

    @cached_property
    def contract(self) -> Contract | None:
        """What the run is held to, if this process is to show it."""
        return None if self.judged_by is None else parse_contract(*self.judged_by)

    def seconds(self) -> float:
        """Since instant 0, beyond the run's end, too; negative before."""
        return (time.time_ns() - self.zero_ns) / NS_PER_S

    def elapsed_s(self) -> float:
        """The same, but not beyond the run's end."""
        return min(self.duration_s, self.seconds())

    @property
    def reporting(self) -> int:
        """How many workers have been heard of lately."""
        if self.local is not None:
            return 1
        now = time.monotonic()
        return sum(self.over or now - at < SILENT_AFTER_S for at in self.heard.values())

    def whole(self) -> Ledger:
        """The sum over all workers."""
        if self.local is not None:
            return total([self.local().close()])
        return total(list(self.ledgers.values()))

    def intended_per_second(self) -> float:
        """Arrivals that the scenario's schedules ask for now; what bots do on top depends on the answers."""
        now = round(self.elapsed_s() * NS_PER_S)
        if self.over or not 0 <= now < self.duration_s * NS_PER_S:
            return 0.0
        return sum(group.intended_per_second(now) for group in self.population.groups)

    def sample(self) -> None:
        """Remember this moment; called about once a second."""
        ledger = self.whole()
        self.history.append(
            Moment(
                round(self.seconds(), 3),
                by_class(ledger),
                sum(ledger.offered.values()),
                ledger.outstanding,
            )
        )

    def recent_share(self, klass: str) -> float | None:
        """Accepted share of a class over the last RECENT_S; None if too few have been answered."""
        if not self.history:
            return None
        last = self.history[-1]
        ago = last.seconds - RECENT_S
        before = next((m.attempts for m in reversed(self.history) if m.seconds <= ago), {})
        accepted, counted, _ = (
            now - then for now, then in zip(last.attempts[klass], before.get(klass, (0, 0, 0)), strict=True)
        )
        return accepted / counted if counted >= FEWEST else None

    def exit_state(self) -> str:
        """open, closing, shut or "no data": how orders that claim to reduce have fared lately."""
        share = self.recent_share(REDUCING)
        if share is None:
            return "no data"
        return "open" if share >= OPEN_FROM else "shut" if share < SHUT_BELOW else "closing"


def by_class(ledger: Ledger) -> dict[str, tuple[int, int, int]]:
    """By class: (accepted, accepted or refused for the venue's reasons, all)."""
    counts: dict[str, list[int]] = {klass: [0, 0, 0] for klass in CLASSES}
    for (_, klass, _, meaning, _), count in ledger.attempts.items():
        row = counts.setdefault(klass, [0, 0, 0])
        row[0] += count * (meaning is Meaning.ACCEPTED)
        row[1] += count * (meaning in VENUES_DOING)
        row[2] += count
    return {klass: (row[0], row[1], row[2]) for klass, row in counts.items()}


VENUES_DOING = NO_CAPACITY | {Meaning.ACCEPTED}
"""Answers that are the venue's own doing, as far as a client can tell: whether a refusal for the state of its
account was right is for the engine to say."""

"""Textbook systems, ten thousand runs at a time: what a verdict's intervals are tried on.

Each step of the uniformised Markov chain is one operation on arrays with an element for every run, so that
a run of a minute costs microseconds. What is counted is what a verdict counts: arrivals, those refused, and
what those accepted found before them, by equal parts of the run, which begins empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
RETRY_S = (0.2, 0.4, 0.8)
"""Mean waits, exponential, before a refused client's first, second and third retry."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Arrays (part, run): arrivals, refused ones, and the sum of what accepted ones found in the system."""

    arrivals: Counts
    refused: Counts
    found: Counts

    def __getitem__(self, wanted: slice) -> Runs:
        return Runs(self.arrivals[:, wanted], self.refused[:, wanted], self.found[:, wanted])

    def merged(self, parts: int) -> Runs:
        """Cut into fewer parts."""
        return Runs(*(_merge(array, parts) for array in (self.arrivals, self.refused, self.found)))


def _merge(array: Counts, parts: int) -> Counts:
    merged: Counts = array.reshape(parts, array.shape[0] // parts, array.shape[1]).sum(axis=1)
    return merged


@dataclass(frozen=True, slots=True)
class Chain:
    """M/M/c/c (`servers` slots and no queue) if `servers` is over 1, else M/M/1/K with `places`, which hold
    the one in service, too. `load` is arrivals over what all servers can do, which is `rate` a second."""

    load: float
    servers: int
    places: int
    rate: float = 200.0

    @property
    def arrival_share(self) -> float:
        """Of the uniformised chain's events, those that are arrivals."""
        return self.load / (self.load + 1)

    def events(self, seconds: float) -> int:
        """Events of the uniformised chain in that time, on average: a run's length is counted in these."""
        return round((self.load + 1) * self.rate * seconds)

    def departures(self, state: Any) -> Any:
        """Share of the events with which somebody leaves, in a state or in each of an array of states."""
        busy = np.minimum(state, self.servers) / self.servers
        return (1 - self.arrival_share) * busy


def chain_runs(chain: Chain, seconds: float, count: int, parts: int, seed: int) -> Runs:
    """Independent runs of a chain."""
    rng = np.random.default_rng(seed)
    steps = chain.events(seconds)
    leaves = chain.departures(np.arange(chain.places + 1)) + chain.arrival_share
    state = np.zeros(count, np.int64)
    runs = Runs(*(np.zeros((parts, count), np.int64) for _ in range(3)))
    for step in range(steps):
        part = step * parts // steps
        draw = rng.random(count)
        arrives = draw < chain.arrival_share
        refused = arrives & (state >= chain.places)
        accepted = arrives & ~refused
        runs.arrivals[part] += arrives
        runs.refused[part] += refused
        runs.found[part] += state * accepted
        state += accepted.astype(np.int64) - (~arrives & (draw < leaves[state]))
    return runs


def chain_truth(chain: Chain, seconds: float) -> float:
    """The expected share of arrivals refused in such a run, exactly: the distribution after each step, from
    the empty system on."""
    steps = chain.events(seconds)
    comes = chain.arrival_share
    leaves = chain.departures(np.arange(chain.places + 1))
    stays = 1 - comes - leaves
    stays[-1] += comes
    now = np.zeros(chain.places + 1)
    now[0] = 1.0
    full = 0.0
    for _ in range(steps):
        full += now[-1]
        after = stays * now
        after[1:] += comes * now[:-1]
        after[:-1] += leaves[1:] * now[1:]
        now = after
    return float(full / steps)


def retry_runs(load: float, servers: int, seconds: float, count: int, parts: int, seed: int) -> Runs:
    """M/M/c/c whose refused clients come again up to three times; every attempt counts. `load` is that of the
    first attempts. There is no closed form: the truth is the mean of many other runs."""
    rng = np.random.default_rng(seed)
    rate = 200.0
    busy = np.zeros(count, np.int64)
    waiting = np.zeros((len(RETRY_S), count), np.int64)
    runs = Runs(*(np.zeros((parts, count), np.int64) for _ in range(3)))
    now = np.zeros(count)
    every = np.arange(count)
    back = 1.0 / np.array(RETRY_S)[:, None]
    while True:
        rates = np.concatenate(
            [np.full((1, count), load * rate), waiting * back, busy[None] * rate / servers]
        )
        edges = np.cumsum(rates, axis=0)
        now += rng.exponential(size=count) / edges[-1]
        going = now < seconds
        if not going.any():
            return runs
        kind = (rng.random(count) * edges[-1] >= edges).sum(axis=0)
        attempt = going & (kind <= len(RETRY_S))
        refused = attempt & (busy >= servers)
        accepted = attempt & ~refused
        part = np.minimum(parts - 1, (now * parts / seconds).astype(np.int64))
        runs.arrivals[part, every] += attempt
        runs.refused[part, every] += refused
        runs.found[part, every] += busy * accepted
        for number in range(len(RETRY_S)):
            waiting[number] += (refused & (kind == number)).astype(np.int64) - (
                attempt & (kind == number + 1)
            )
        busy += accepted.astype(np.int64) - (going & (kind == len(RETRY_S) + 1))

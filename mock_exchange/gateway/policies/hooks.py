"""What a policy may say beyond admit() and priority(): methods that are called if it has them.

attach(world)              once, before anything else: clock, random stream, nodes
admitted(attempt)          it has a slot now (`attempt.node`)
done(attempt, code, now)   it was answered and its slot is free; code 0 is success, `now` nanoseconds
keep(attempt, waited_ns)   its turn in the engine has come: False sheds it with -1008 instead
rank(attempt)              place among those of its priority in the engine queue, the least goes first
gauges()                   by name, the thresholds it decides by as they stand, for whoever watches
victim(attempt)            who is shed when admit() says EVICT; it must wait in an engine queue, or None
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_exchange.clock import Clock
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node


@dataclass(frozen=True, slots=True)
class World:
    """What a policy is given when it is installed. `rng` is a stream of its own: seeded, never shared."""

    clock: Clock
    rng: random.Random
    nodes: Sequence[Node]


class Hooks:
    """The optional methods of a policy, looked up once; None where it has none."""

    __slots__ = ("admitted", "attach", "done", "gauges", "keep", "rank", "victim")

    def __init__(self, policy: Any) -> None:
        self.attach: Callable[[World], object] | None = getattr(policy, "attach", None)
        self.admitted: Callable[[Attempt], object] | None = getattr(policy, "admitted", None)
        self.done: Callable[[Attempt, int, int], object] | None = getattr(policy, "done", None)
        self.keep: Callable[[Attempt, int], bool] | None = getattr(policy, "keep", None)
        self.rank: Callable[[Attempt], int] | None = getattr(policy, "rank", None)
        self.gauges: Callable[[], Mapping[str, float]] | None = getattr(policy, "gauges", None)
        self.victim: Callable[[Attempt], Attempt | None] | None = getattr(policy, "victim", None)

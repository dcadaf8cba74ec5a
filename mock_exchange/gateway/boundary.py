"""The line between a gateway and its policy: messages out, decisions in, nothing of ours across.

The gateway keeps a policy's notes by the number of the attempt, as long as the attempt lives. Another policy
that takes over finds none: those who wait are then strangers to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mock_exchange.clock import Clock
from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.knowledge import Knowledge
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.hooks import Policy
from mock_exchange.gateway.policies.messages import Decision, End, NodeView, Note, Turn, World, view_type
from mock_exchange.gateway.stations import PRIORITIES
from mock_exchange.randomness import stream

_SEEDS = 2**53
"""A seed is a whole number that every JSON reader keeps."""


class PolicyError(Exception):
    """A policy answered what no gateway can act on; the message says what."""


class Boundary:
    """Speaks with one policy. Its optional methods are looked up once; what it lacks is None here."""

    def __init__(
        self, clock: Clock, knowledge: Knowledge, nodes: Sequence[Node], seed: int, privileged: Sequence[int]
    ) -> None:
        self._clock = clock
        self._knowledge = knowledge
        self._nodes = nodes
        self._seed = int(stream(seed, "policy").random() * _SEEDS)
        self._privileged = tuple(privileged)
        self.notes: dict[int, Note] = {}

    def install(self, policy: Policy) -> None:
        """Ask this policy from now on."""
        self.notes = {}
        self._checked = Decision("shed")  # an object that no policy has
        self._name = type(policy).__name__
        self._admit = policy.admit
        self._admitted: Callable[[Any, Note], object] | None = getattr(policy, "admitted", None)
        self._done: Callable[[Any, Note, End], object] | None = getattr(policy, "done", None)
        self._keep: Callable[[Any, Note, Turn], bool] | None = getattr(policy, "keep", None)
        self._rank: Callable[[Any, Note], int] | None = getattr(policy, "rank", None)
        self._victim: Callable[[Any, NodeView], int | None] | None = getattr(policy, "victim", None)
        self._gauges: Callable[[], Mapping[str, float]] | None = getattr(policy, "gauges", None)
        self.hears_admitted = self._admitted is not None
        self.hears_done = self._done is not None
        asks: tuple[str, ...] = getattr(policy, "asks", ())
        self._view_type = view_type(asks)
        self._asked = [getattr(self._knowledge, name) for name in asks]
        attach = getattr(policy, "attach", None)
        if attach is not None:
            attach(self._world())

    def _world(self) -> World:
        return World(
            self._clock.now(),
            self._clock.epoch_ms(),
            self._seed,
            tuple(node.slots for node in self._nodes),
            self._privileged,
            {name: (s.price_precision, s.quantity_precision) for name, s in symbols().items()},
        )

    # -- what it decides --------------------------------------------------------------------------

    def decide(self, attempt: Attempt) -> Decision:
        """Its answer to a request; the attempt has its priority then. Raises PolicyError."""
        if self._asked:
            view = self._view(attempt)
        else:
            node = attempt.node
            view = NodeView(node.slots, node.in_flight)
        decision = self._admit(attempt.request, view)
        if decision is not self._checked:
            self._check(decision)
        attempt.priority = decision.priority
        return decision

    def _check(self, decision: Decision) -> None:
        """Policies that answer with the same few objects again and again are checked once for each change."""
        if type(decision) is not Decision:
            raise PolicyError(f"{self._name}.admit() must return a Decision, not {decision!r}")
        priority = decision.priority
        if type(priority) is not int or not 0 <= priority < PRIORITIES:
            raise PolicyError(f"priority {priority!r} is not a whole number from 0 to {PRIORITIES - 1}")
        if decision.act not in ("admit", "shed", "evict"):
            raise PolicyError(f"a decision is to admit, shed or evict, not {decision.act!r}")
        self._checked = decision

    def _view(self, attempt: Attempt) -> NodeView:
        node = attempt.node
        return self._view_type(node.slots, node.in_flight, *[ask(attempt) for ask in self._asked])

    @property
    def names_victims(self) -> bool:
        return self._victim is not None

    def victim(self, attempt: Attempt) -> int | None:
        """The number of the waiting attempt that is to make room for this one."""
        assert self._victim is not None
        return self._victim(attempt.request, self._view(attempt))

    @property
    def keep(self) -> Callable[[Attempt, int], bool] | None:
        """Whether an attempt that has waited so long is to be served; None if all are."""
        return None if self._keep is None else self._kept

    def _kept(self, attempt: Attempt, waited_ns: int) -> bool:
        assert self._keep is not None
        request, answered = attempt.request, attempt.settled
        turn = Turn(self._clock.now(), waited_ns, answered)
        return self._keep(request, self.notes.get(request.number), turn) or answered

    @property
    def rank(self) -> Callable[[Attempt], int] | None:
        """An attempt's place among those of its priority; None for first come, first served."""
        return None if self._rank is None else self._ranked

    def _ranked(self, attempt: Attempt) -> int:
        assert self._rank is not None
        request = attempt.request
        return self._rank(request, self.notes.get(request.number))

    def gauges(self) -> Mapping[str, float]:
        """The thresholds that it decides by; empty if it has none."""
        return {} if self._gauges is None else self._gauges()

    # -- what it is told --------------------------------------------------------------------------

    def admitted(self, attempt: Attempt, note: Note) -> None:
        """An attempt has its slot; its note is kept from now on. To be told if there is a note, or if the
        policy `hears_admitted`."""
        if note is not None:
            self.notes[attempt.request.number] = note
        if self._admitted is not None:
            self._admitted(attempt.request, note)

    def done(self, attempt: Attempt, code: int, now: int) -> None:
        """An attempt that held a slot was answered. To be told if the policy `hears_done`."""
        assert self._done is not None
        request = attempt.request
        self._done(request, self.notes.get(request.number), End(code, attempt.admitted, now))

    def forget(self, attempt: Attempt) -> None:
        """An attempt is over: there will be no further message about it. To be told if there are `notes`."""
        self.notes.pop(attempt.request.number, None)

"""The line between a gateway and its policy: messages out, decisions in, nothing of ours across.

The gateway keeps a policy's notes by the number of the attempt, as long as the attempt lives. Another policy
that takes over finds none: those who wait are then strangers to it.

Whatever a policy raises, and whatever it answers that no gateway can act on, comes out of here as a
PolicyError.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

import msgspec

from mock_exchange.clock import Clock
from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.knowledge import Knowledge
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.hooks import Policy, PolicyError, failure_of, fault_of
from mock_exchange.gateway.policies.messages import (
    Decision,
    End,
    NodeView,
    Note,
    Request,
    Turn,
    World,
    view_type,
)
from mock_exchange.gateway.stations import PRIORITIES
from mock_exchange.randomness import stream

_SEEDS: Final = 2**53
"""A seed is a whole number that every JSON reader keeps."""
_REMEMBERED: Final = 64
"""How many decisions are known to be good by the object; who makes a new one each time has each checked."""


class Surroundings(NamedTuple):
    """What a policy meets in a gateway. `codes` are those that it may refuse with."""

    clock: Clock
    knowledge: Knowledge
    nodes: Sequence[Node]
    codes: Container[int]
    seed: int
    privileged: Sequence[int]


class Nobody:
    """Stands where a policy belongs that has not been installed."""

    def admit(self, request: Request, node: NodeView) -> Decision:
        raise PolicyError("no policy has been installed")


class Boundary:
    """Speaks with one policy, as long as that is the one that is asked. Its optional methods are looked up
    once. Raises PolicyError for what is none, or fails when it is attached."""

    def __init__(self, around: Surroundings, policy: Policy) -> None:
        if fault := fault_of(policy):
            raise PolicyError(f"it {fault}")
        self._around = around
        self._clock = around.clock
        self._codes = around.codes
        self.policy = policy
        self.notes: dict[int, Note] = {}
        attach = getattr(policy, "attach", None)
        if attach is not None:
            try:
                attach(self._world())
            except BaseException as error:
                _blame("attach", error)
        self._checked = Decision("shed")  # an object that no policy has
        self._good: dict[int, Decision] = {}
        # Typed by what comes back: anything.
        self._admit: Callable[[Any, NodeView], Any] = policy.admit
        self._admitted: Callable[[Any, Note], object] | None = getattr(policy, "admitted", None)
        self._done: Callable[[Any, Note, End], object] | None = getattr(policy, "done", None)
        self._keep: Callable[[Any, Note, Turn], Any] | None = getattr(policy, "keep", None)
        self._rank: Callable[[Any, Note, bool], Any] | None = getattr(policy, "rank", None)
        self._victim: Callable[[Any, NodeView], Any] | None = getattr(policy, "victim", None)
        self._gauges: Callable[[], Any] | None = getattr(policy, "gauges", None)
        self.hears_admitted = self._admitted is not None
        self.hears_done = self._done is not None
        asks: tuple[str, ...] = getattr(policy, "asks", ())
        self._view_type: Callable[..., NodeView] = view_type(asks)
        self._asked: list[Callable[[Attempt], Any]] = [getattr(around.knowledge, name) for name in asks]

    def _world(self) -> World:
        around = self._around
        return World(
            around.clock.now(),
            around.clock.epoch_ms(),
            int(stream(around.seed, "policy").random() * _SEEDS),
            tuple(node.slots for node in around.nodes),
            tuple(around.privileged),
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
        try:
            decision: Decision = self._admit(attempt.request, view)
        except BaseException as error:
            _blame("admit", error)
        # Most policies answer with a handful of objects made once; identity is enough for those.
        if decision is not self._checked:
            self._check(decision)
        attempt.priority = decision.priority
        return decision

    def _check(self, decision: Any) -> None:
        """Policies that answer with the same few objects again and again: each of those is checked once."""
        good = self._good.get(id(decision))
        if good is not None:  # kept in there, so nobody else can have its id
            self._checked = good
            return
        if type(decision) is not Decision:
            raise PolicyError(f"admit() must return a Decision, not {_shown(decision)}")
        said: Any = decision  # what its fields hold is anybody's guess
        act, priority, code, note = said.act, said.priority, said.code, said.note
        if type(act) is not str or act not in ("admit", "shed", "evict"):
            raise PolicyError(f"a decision is to admit, shed or evict, not {_shown(act)}")
        if type(priority) is not int or not 0 <= priority < PRIORITIES:
            raise PolicyError(f"priority {_shown(priority)} is not a whole number from 0 to {PRIORITIES - 1}")
        if type(said.reserve) is not bool:
            raise PolicyError(f"reserve is true or false, not {_shown(said.reserve)}")
        if type(code) is not int or code not in self._codes:
            raise PolicyError(f"{_shown(code)} is no code that the venue documents for a refusal")
        if note is not None and type(note) is not int and type(note) is not str:
            try:
                msgspec.json.encode(note)
            except Exception:
                raise PolicyError(f"a note is what JSON can hold, not {_shown(note)}") from None
        if len(self._good) < _REMEMBERED:
            self._good[id(decision)] = decision
        self._checked = decision

    def _view(self, attempt: Attempt) -> NodeView:
        node, asked = attempt.node, self._asked
        if len(asked) == 1:
            return self._view_type(node.slots, node.in_flight, asked[0](attempt))
        return self._view_type(node.slots, node.in_flight, *[ask(attempt) for ask in asked])

    @property
    def names_victims(self) -> bool:
        return self._victim is not None

    def victim(self, attempt: Attempt) -> int | None:
        """The number of the waiting attempt that is to make room for this one. Raises PolicyError."""
        assert self._victim is not None
        try:
            number = self._victim(attempt.request, self._view(attempt))
        except BaseException as error:
            _blame("victim", error)
        if number is not None and type(number) is not int:
            raise PolicyError(f"victim() must return the number of an attempt or None, not {_shown(number)}")
        return number

    @property
    def keep(self) -> Callable[[Attempt, int], bool] | None:
        """Whether an attempt that has waited so long is to be served; None if all are."""
        return None if self._keep is None else self._kept

    def _kept(self, attempt: Attempt, waited_ns: int) -> bool:
        assert self._keep is not None
        request, answered = attempt.request, attempt.settled
        turn = Turn(self._clock.now(), waited_ns, answered)
        try:
            kept = self._keep(request, self.notes.get(request.number), turn)
        except BaseException as error:
            _blame("keep", error)
        if type(kept) is not bool:
            raise PolicyError(f"keep() must return True or False, not {_shown(kept)}")
        return kept or answered

    @property
    def rank(self) -> Callable[[Attempt], int] | None:
        """An attempt's place among those of its priority; None for first come, first served."""
        return None if self._rank is None else self._ranked

    def _ranked(self, attempt: Attempt) -> int:
        assert self._rank is not None
        request = attempt.request
        try:
            place = self._rank(request, self.notes.get(request.number), attempt.settled)
        except BaseException as error:
            _blame("rank", error)
        if type(place) is not int:
            raise PolicyError(f"rank() must return a whole number, not {_shown(place)}")
        return place

    def gauges(self) -> Mapping[str, float]:
        """The thresholds that it decides by; empty if it has none. Raises PolicyError."""
        if self._gauges is None:
            return {}
        try:
            return {str(name): float(value) for name, value in self._gauges().items()}
        except BaseException as error:
            _blame("gauges", error)

    # -- what it is told --------------------------------------------------------------------------

    def admitted(self, attempt: Attempt, note: Note) -> None:
        """An attempt has its slot; its note is kept from now on. To be told if there is a note, or if the
        policy `hears_admitted`."""
        if note is not None:
            self.notes[attempt.request.number] = note
        if self._admitted is not None:
            try:
                self._admitted(attempt.request, note)
            except BaseException as error:
                _blame("admitted", error)

    def done(self, attempt: Attempt, code: int, now: int) -> None:
        """An attempt that held a slot was answered. To be told if the policy `hears_done`."""
        assert self._done is not None
        request = attempt.request
        try:
            self._done(request, self.notes.get(request.number), End(code, attempt.admitted, now))
        except BaseException as error:
            _blame("done", error)

    def forget(self, attempt: Attempt) -> None:
        """An attempt is over: there will be no further message about it. To be told if there are `notes`."""
        self.notes.pop(attempt.request.number, None)


def _shown(value: object) -> str:
    """Somebody else's object in a message: short, and whatever its own repr does."""
    try:
        return " ".join(reprlib.repr(value).split())
    except Exception:
        return f"an object of class {type(value).__name__}"


def _blame(hook: str, error: BaseException) -> NoReturn:
    """Raise what a policy's hook has raised as a PolicyError. An exit or a refusal of the venue's own kind is
    a mistake like any other: a policy decides by what it returns. Ctrl-C goes through."""
    if isinstance(error, KeyboardInterrupt | PolicyError):
        raise error
    raise PolicyError(failure_of(hook, error)) from error

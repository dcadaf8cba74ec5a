"""The life of one attempt: its states, which may follow which, and the only code that changes them.

Theory of operation
-------------------
An attempt is one order verb, or one leg of a batch. It arrives at the gate. There it is refused, or it is
admitted and holds a slot of its node. From then on two things happen to it, and they are independent:

- It is *worked on*: in its node, by the collateral service where the account has to be valued, in the queue
  of the engine, in the engine. This way ends as done (the engine has decided) or withdrawn (something took
  it away before the engine decided, so it is known not to execute).
- It is *answered*, once. Usually that happens when the work ends. A deadline, a broken connection or a fault
  on demand answers earlier; then its slot is free and its client knows nothing, and the work goes on all the
  same. Every state between admission and the end therefore stands twice: unanswered and answered.

Rules of this file
------------------
1. States are written by `Life` and nowhere else. Whoever changes an attempt says what happened to it; `TABLE`
   says what it is then.
2. What the table does not allow raises IllegalStepError and leaves the attempt as it was. It is always a
   defect of ours: no client can bring one about.
3. Where an attempt waits (`stations`), what it has reserved (`nodes`) and whether it counts against an order
   limit (`entry`) are bookings, not life. Whoever withdraws an attempt takes it out of its queue first.

`docs/architecture.md` shows the table as a picture. `python -m tests.house.life` draws it again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol


class State(StrEnum):
    """What is true of an attempt now."""

    ARRIVED = "arrived"
    HELD = "held"
    """It has a slot, and its node works on it."""
    VALUING = "valuing"
    QUEUED = "queued"
    IN_SERVICE = "in service"
    ANSWERED_HELD = "held, answered"
    ANSWERED_VALUING = "valuing, answered"
    ANSWERED_QUEUED = "queued, answered"
    ANSWERED_IN_SERVICE = "in service, answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class Event(StrEnum):
    """What happens to one."""

    ADMIT = "admit"
    """It gets a slot of its node."""
    REFUSE = "refuse"
    """The gate turns it away: a limit, admission, a fault on demand."""
    VALUE = "value"
    """The collateral service is asked about its account."""
    HAND_OVER = "hand over"
    """The engine has it: from here on it is executed, whatever becomes of its node."""
    SERVE = "serve"
    """Its turn in the engine has come."""
    FINISH = "finish"
    """The engine has decided, or the node has, which checks test orders itself."""
    ANSWER = "answer"
    """Its client is answered before the work is done."""
    WITHDRAW = "withdraw"
    """It is taken away before the engine decides: shed from a queue, refused by its node, lost with it."""


# Bound to names of this module: an attribute of an enum costs 60 ns, and an order meets ten of them.
ARRIVED: Final = State.ARRIVED
HELD: Final = State.HELD
VALUING: Final = State.VALUING
QUEUED: Final = State.QUEUED
IN_SERVICE: Final = State.IN_SERVICE
ANSWERED_HELD: Final = State.ANSWERED_HELD
ANSWERED_VALUING: Final = State.ANSWERED_VALUING
ANSWERED_QUEUED: Final = State.ANSWERED_QUEUED
ANSWERED_IN_SERVICE: Final = State.ANSWERED_IN_SERVICE
REFUSED: Final = State.REFUSED
WITHDRAWN: Final = State.WITHDRAWN
DONE: Final = State.DONE
ADMIT: Final = Event.ADMIT
REFUSE: Final = Event.REFUSE
VALUE: Final = Event.VALUE
HAND_OVER: Final = Event.HAND_OVER
SERVE: Final = Event.SERVE
FINISH: Final = Event.FINISH
ANSWER: Final = Event.ANSWER
WITHDRAW: Final = Event.WITHDRAW

TABLE: Final[dict[State, dict[Event, State]]] = {
    ARRIVED: {ADMIT: HELD, REFUSE: REFUSED},
    HELD: {
        VALUE: VALUING,
        HAND_OVER: QUEUED,
        FINISH: DONE,
        ANSWER: ANSWERED_HELD,
        WITHDRAW: WITHDRAWN,
    },
    VALUING: {HAND_OVER: QUEUED, ANSWER: ANSWERED_VALUING, WITHDRAW: WITHDRAWN},
    QUEUED: {SERVE: IN_SERVICE, ANSWER: ANSWERED_QUEUED, WITHDRAW: WITHDRAWN},
    IN_SERVICE: {FINISH: DONE, ANSWER: ANSWERED_IN_SERVICE},
    ANSWERED_HELD: {
        VALUE: ANSWERED_VALUING,
        HAND_OVER: ANSWERED_QUEUED,
        FINISH: DONE,
        WITHDRAW: WITHDRAWN,
    },
    ANSWERED_VALUING: {HAND_OVER: ANSWERED_QUEUED, WITHDRAW: WITHDRAWN},
    # Nobody may be shed from the queue who has had an answer already: what was promised is executed.
    ANSWERED_QUEUED: {SERVE: ANSWERED_IN_SERVICE},
    ANSWERED_IN_SERVICE: {FINISH: DONE},
    REFUSED: {},
    WITHDRAWN: {},
    DONE: {},
}

OVER: Final = frozenset((REFUSED, WITHDRAWN, DONE))
"""Nothing happens to it any more."""
ANSWERED: Final = OVER | {ANSWERED_HELD, ANSWERED_VALUING, ANSWERED_QUEUED, ANSWERED_IN_SERVICE}
"""Its client has an answer, which is the only one it will ever get."""
WITH_ENGINE: Final = frozenset((QUEUED, IN_SERVICE, ANSWERED_QUEUED, ANSWERED_IN_SERVICE))


class Living(Protocol):
    """What has such a life. Instants in nanoseconds of the venue's clock, -1 until they come."""

    state: State
    admitted: int
    started: int


class IllegalStepError(Exception):
    """Something happened to an attempt that cannot happen in its state."""

    def __init__(self, attempt: Living, event: Event) -> None:
        super().__init__(f"{event} cannot happen to an attempt that is {attempt.state}")


class Life:
    """The only writer of states, and of the instants that belong to them."""

    __slots__ = ()

    def step(self, attempt: Living, event: Event) -> None:
        """It happened to the attempt: it is in its next state. Raises IllegalStepError, and changes nothing,
        if the table does not allow it."""
        try:
            attempt.state = TABLE[attempt.state][event]
        except KeyError:
            raise IllegalStepError(attempt, event) from None

    def admit(self, attempt: Living, now: int) -> None:
        """It holds a slot since `now`."""
        try:  # as in `step`, without the call: every order passes here
            attempt.state = TABLE[attempt.state][ADMIT]
        except KeyError:
            raise IllegalStepError(attempt, ADMIT) from None
        attempt.admitted = now

    def serve(self, attempt: Living, now: int) -> None:
        """The engine works on it since `now`."""
        try:
            attempt.state = TABLE[attempt.state][SERVE]
        except KeyError:
            raise IllegalStepError(attempt, SERVE) from None
        attempt.started = now

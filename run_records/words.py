"""The words of the records, each said once. Their values stand in files: a changed value is another
schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Class(StrEnum):
    """What a request claims to be, by its parameters alone."""

    CANCEL = "cancel"
    REDUCING = "reducing"
    OPENING = "opening"
    QUERY = "query"
    UNCLASSIFIED = "unclassified"
    """An order request that ended before its parameters were read."""


CANCEL: Final = Class.CANCEL
REDUCING: Final = Class.REDUCING
OPENING: Final = Class.OPENING
QUERY: Final = Class.QUERY
UNCLASSIFIED: Final = Class.UNCLASSIFIED
"""The same, for hot paths: a global name costs a third of an attribute of an enum."""
CLASSES: Final = (CANCEL, REDUCING, OPENING)
"""Those that orders and cancels fall into."""


class Group(StrEnum):
    """Whom a clause speaks of: a class as claimed, or what the truth makes of it."""

    OPENING = "opening"
    REDUCING = "reducing"
    TRULY_REDUCING = "truly-reducing"
    EXITING = "exiting"
    """Truly reducing attempts made for an intent to reduce: those who want out, not those who only quote."""
    FEIGNED = "feigned"
    """Attempts of traders that pass openings off as something better, as far as they do not reduce."""
    CANCEL = "cancel"


class Meaning(StrEnum):
    """What an answer meant to the client that got it, in the words of no venue."""

    ACCEPTED = "accepted"
    CAPACITY_REFUSED = "capacity-refused"
    """Refused for want of capacity, and for certain: the same request may fare better later."""
    STATE_REFUSED = "state-refused"
    """Refused for the state of the account, its orders or the market."""
    LIMITED = "limited"
    """Over a rate limit, or shut out for having been over one."""
    MALFORMED = "malformed"
    """The request could not be right whatever the state: parameters, keys, signatures, filters."""
    UNKNOWN = "unknown"
    """Nobody can tell from the answer, or its absence, whether the order was executed."""


NO_CAPACITY: Final = frozenset((Meaning.CAPACITY_REFUSED, Meaning.UNKNOWN))
"""Answers for want of capacity: a refusal that says so, and one that leaves the fate open."""


class Judgement(StrEnum):
    """A refusal held against engine truth by the exchange itself."""

    NONE = ""
    """It was no refusal, or nobody could judge it."""
    CAPACITY = "capacity"
    JUSTIFIED = "justified"
    FALSE = "false"
    """The engine would have taken the order."""
    SELF_INFLICTED = "self"
    """An earlier attempt of the same account, of unknown fate, is in the way."""


class Stage(StrEnum):
    """Where an attempt ended, in the order of a request's way."""

    EDGE = "edge"
    IP_WEIGHT = "ip-weight"
    AUTHENTICATION = "authentication"
    PARAMETERS = "parameters"
    SCRIPTED = "scripted"
    """An outcome that was forced, not earned."""
    ORDER_LIMIT = "order-limit"
    ADMISSION = "admission"
    NODE = "node"
    """Its node was lost while it was there."""
    BACKEND_LINK = "backend-link"
    REPLICA = "replica"
    COLLATERAL = "collateral"
    ENGINE_QUEUE = "engine-queue"
    """Answered before the engine came to it."""
    RISK = "risk"
    MATCH = "match"
    FILLED = "filled"
    RESTING = "resting"
    EXPIRED = "expired"
    CANCELED = "canceled"
    ACCEPTED = "accepted"
    """A test order that passed."""
    ANSWERED = "answered"
    """A query."""


ENGINE_STAGES: Final = frozenset(
    (Stage.RISK, Stage.MATCH, Stage.FILLED, Stage.RESTING, Stage.EXPIRED, Stage.CANCELED)
)
"""Where an attempt ends that the engine has seen; all others end in the gateway."""


class Cause(StrEnum):
    """The one mechanism behind an attempt's outcome. An answer says what a client is told; a cause says what
    happened. Several mechanisms share an answer, and the journal keeps them apart."""

    NONE = ""
    CLIENT = "client"
    """The request itself: unknown path, bad key, bad parameters."""
    RATE_LIMIT = "rate-limit"
    BAN = "ban"
    """Shut out for a time for having gone on over a rate limit."""
    SCRIPT = "script"
    FRONT_END = "front-end-down"
    NODE_SLOTS = "node-slots"
    """The policy sheds at the gate, whatever code it hides behind."""
    EVICTED = "evicted"
    QUEUE_DELAY = "queue-delay"
    """A policy drops it when its turn comes, for it has waited too long."""
    LYING = "lying"
    """It says that nothing happened, and the order is executed all the same."""
    DEADLINE = "backend-deadline"
    BACKEND_TIMEOUT = "backend-timeout"
    BACKEND_LINK = "backend-link-down"
    NODE_LOSS = "node-loss"
    REPLICA_LAG = "replica-lag"
    REPLICA_DOWN = "replica-unavailable"
    COLLATERAL = "collateral-late"
    RECV_WINDOW = "recv-window"
    EMPTY_BOOK = "empty-book"
    OWN_UNKNOWN = "own-unknown"
    """An earlier attempt of the same account, whose fate its client does not know, is in the way."""
    ACCOUNT_STATE = "account-state"
    """Position, margin, filters, open orders: the engine's rules, justly applied."""

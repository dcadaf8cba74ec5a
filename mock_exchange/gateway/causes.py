"""Why an attempt was not accepted: the one mechanism behind its outcome, as the journal names it.

A code says what a client is told; a cause says what happened. Several mechanisms share a code (-2022 is
a flat account, a late replica, or an own earlier order), and the journal keeps them apart.
"""

from __future__ import annotations

from mock_exchange.errors import THROTTLED

CLIENT = "client"
"""The request itself: unknown path, bad key, bad parameters."""
RATE_LIMIT = "rate-limit"
SCRIPT = "script"
FRONT_END = "front-end-down"
NODE_SLOTS = "node-slots"
"""The policy sheds at the gate: -1008, or whatever code it hides behind."""
EVICTED = "evicted"
QUEUE_DELAY = "queue-delay"
"""A policy drops it when its turn comes, for it has waited too long."""
LYING = "lying-1008"
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

CODES: dict[str, tuple[int, ...]] = {
    FRONT_END: (-504, -505),
    NODE_SLOTS: (THROTTLED,),
    EVICTED: (THROTTLED,),
    QUEUE_DELAY: (THROTTLED,),
    LYING: (THROTTLED,),
    DEADLINE: (-503,),
    BACKEND_TIMEOUT: (-1007,),
    BACKEND_LINK: (-1001,),
    NODE_LOSS: (-2,),
    REPLICA_LAG: (-2022,),
    REPLICA_DOWN: (-2022,),
    COLLATERAL: (-2010,),
    RECV_WINDOW: (-5028,),
    EMPTY_BOOK: (-4131,),
    OWN_UNKNOWN: (-2022, -4118),
}
"""The codes that each mechanism can produce; a policy of one's own may shed with others at NODE_SLOTS."""

_OF_ENGINE_CODE = {-5028: RECV_WINDOW, -4131: EMPTY_BOOK}


def of_engine_refusal(code: int) -> str:
    """The cause of a refusal by the engine itself, before it is known whose fault it is."""
    return _OF_ENGINE_CODE.get(code, ACCOUNT_STATE)

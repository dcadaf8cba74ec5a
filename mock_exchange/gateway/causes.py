"""Which codes each mechanism can produce; the mechanisms themselves are words of the journal (`Cause`)."""

from __future__ import annotations

from typing import Final

from mock_exchange.errors import THROTTLED
from run_records.words import Cause

CODES: Final[dict[Cause, tuple[int, ...]]] = {
    Cause.FRONT_END: (-504, -505),
    Cause.NODE_SLOTS: (THROTTLED,),
    Cause.EVICTED: (THROTTLED,),
    Cause.QUEUE_DELAY: (THROTTLED,),
    Cause.LYING: (THROTTLED,),
    Cause.DEADLINE: (-503,),
    Cause.BACKEND_TIMEOUT: (-1007,),
    Cause.BACKEND_LINK: (-1001,),
    Cause.NODE_LOSS: (-2,),
    Cause.REPLICA_LAG: (-2022,),
    Cause.REPLICA_DOWN: (-2022,),
    Cause.COLLATERAL: (-2010,),
    Cause.RECV_WINDOW: (-5028,),
    Cause.EMPTY_BOOK: (-4131,),
    Cause.OWN_UNKNOWN: (-2022, -4118),
}
"""The codes that each mechanism can produce; a policy of one's own may shed with others at NODE_SLOTS."""

_OF_ENGINE_CODE: Final = {-5028: Cause.RECV_WINDOW, -4131: Cause.EMPTY_BOOK}


def of_engine_refusal(code: int) -> Cause:
    """The cause of a refusal by the engine itself, before it is known whose fault it is."""
    return _OF_ENGINE_CODE.get(code, Cause.ACCOUNT_STATE)

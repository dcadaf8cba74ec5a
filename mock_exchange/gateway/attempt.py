"""What travels through the gateway: a call, its attempts (one per order leg), and its answer.

Start here: a Call comes in (`gateway.py`), becomes one Attempt per order (`attempts.py`), which is let in or
refused (`entry.py`) and lives as `life.py` says, and an Answer goes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import AmendRequest, CancelAllRequest, CancelRequest, OrderRequest
from mock_exchange.gateway.endpoints import Route
from mock_exchange.gateway.life import ANSWERED, ARRIVED, State
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.messages import Request
from mock_exchange.gateway.stations import Station

OrderVerb = OrderRequest | AmendRequest | CancelRequest | CancelAllRequest


class Call(msgspec.Struct, eq=False):
    """One request as it reached the edge.

    `payload` is the text that `signature` signs. In-process callers set `account` themselves and
    skip authentication: there is no wire between them and the venue on which a key could be forged.
    """

    method: str
    path: str
    params: dict[str, str]
    ip: str
    key: str | int
    """How both sides' records name it."""
    account: Account | None = None
    api_key: str = ""
    payload: bytes = b""
    signature: str = ""
    route: Route | None = None
    """The endpoint that it is for, once the edge has found it."""
    asked: Any = None
    """What its parameters ask for, once they have been read."""
    epoch_ms: int = 0
    """Venue time of its arrival, milliseconds since 1970."""
    deadline_ms: int = 0
    """Venue time until which the engine may take it (its recvWindow), 0 for ever."""
    legs_counted: int = 1
    """How many of its orders count against the order limit still."""
    order_counts: tuple[int, int] | None = None
    """What its account had used of the order limits, itself included: 10 seconds, one minute."""
    used_weight: int = 0
    retry_after: int | None = None


class Answer(msgspec.Struct, eq=False, gc=False):
    """What goes back: `code` 0 with a `payload`, or a refusal from the error table.

    A payload that is an Order or a list of answers is turned into JSON by `wire.render`.
    """

    http: int
    code: int
    payload: Any = None
    arguments: tuple[object, ...] = ()
    variant: int | None = None


Respond = Callable[[Answer], None]


class Attempt(msgspec.Struct, eq=False):
    """One order verb on its way. `request` is all that a policy is told of it; the rest stays in here."""

    request: Request
    call: Call
    account: Account
    verb: OrderVerb
    node: Node
    respond: Respond
    truly: bool
    """The claim to reduce, judged by the engine's state at arrival. For the records alone."""

    # its life: written by `life` alone
    state: State = ARRIVED
    admitted: int = -1
    started: int = -1
    """When the engine began with it."""

    # its place in a queue: written by the station that it waits at
    station: Station[Any] | None = None
    queued: int = -1
    """Since when, at its latest station."""
    priority: int = 0

    # bookings
    held: int = 0
    """How many slots its node held once it had one."""
    reserved: int = 0
    """How much of its account's position its node takes for spoken for because of it."""
    counted: bool = False
    """Whether it counts against its account's order limit."""
    is_lie: bool = False
    """Its policy has shed it, and the venue does it all the same. The policy hears nothing more of it."""

    @property
    def settled(self) -> bool:
        """Whether its client has been answered."""
        return self.state in ANSWERED

    @property
    def is_test(self) -> bool:
        return self.request.verb == "test"

    def outlived(self, epoch_ms: int) -> bool:
        """Whether the engine will refuse it with -5028: its recvWindow has passed."""
        verb = self.verb
        return isinstance(verb, OrderRequest | AmendRequest) and 0 < verb.deadline_ms < epoch_ms

"""What travels through the gateway: a call, its attempts (one per order leg), and its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import AmendRequest, CancelAllRequest, CancelRequest, OrderRequest
from run_records.words import Cause, Class

_NO_CAUSE = Cause.NONE
OrderVerb = OrderRequest | AmendRequest | CancelRequest | CancelAllRequest


class Call:
    """One request as it reached the edge.

    `payload` is the text that `signature` signs. In-process callers set `account` themselves and
    skip authentication: there is no wire between them and the venue on which a key could be forged.
    """

    __slots__ = (
        "account", "api_key", "deadline_ms", "epoch_ms", "ip", "key", "legs_counted", "method",
        "order_counts", "params", "path", "payload", "retry_after", "signature", "used_weight",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        path: str,
        params: dict[str, str],
        ip: str,
        key: str | int,
        account: Account | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.params = params
        self.ip = ip
        self.key = key
        self.account = account
        self.api_key = ""
        self.epoch_ms = 0
        self.deadline_ms = 0
        self.payload = b""
        self.signature = ""
        self.used_weight = 0
        self.order_counts: tuple[int, int] | None = None
        self.retry_after: int | None = None
        self.legs_counted = 1


class Answer:
    """What goes back: `code` 0 with a `payload`, or a refusal from the error table.

    A payload that is an Order or a list of answers is turned into JSON by `wire.render`.
    """

    __slots__ = ("arguments", "code", "http", "payload", "variant")

    def __init__(self, http: int, code: int, payload: Any = None) -> None:
        self.http = http
        self.code = code
        self.payload = payload
        self.arguments: tuple[object, ...] = ()
        self.variant: int | None = None


Respond = Callable[[Answer], None]


class Attempt:
    """One order verb on its way. `settled` once answered; it may still execute afterwards, unless it is
    `withdrawn`. `handed` once the engine has it; `station` while it waits in a queue, `unqueued` if it was
    taken out of one.

    `counted` while it counts against the order limit. `truly` is the claim to reduce judged by engine
    state at arrival. `held` is how many slots its node held once it had one, `reserve` the quantity of
    `reserved_leg` that the node takes for spoken for meanwhile. `cause` says which mechanism ended it.
    `note` is the policy's own. Instants are nanoseconds, -1 if never: `arrived`, `admitted`, `queued` at its
    latest station, `started` there.
    """

    __slots__ = (
        "account", "admitted", "arrived", "call", "cause", "consulted", "counted", "handed", "held",
        "is_test", "klass", "leg", "node", "note", "priority", "queued", "reserve", "reserved_leg", "respond",
        "settled", "started", "station", "truly", "unqueued", "verb", "withdrawn",
    )  # fmt: skip

    def __init__(
        self,
        call: Call,
        leg: int,
        account: Account,
        verb: OrderVerb,
        klass: Class,
        arrived: int,
        respond: Respond,
    ) -> None:
        self.call = call
        self.leg = leg
        self.account = account
        self.verb = verb
        self.klass = klass
        self.arrived = arrived
        self.respond = respond
        self.truly = False
        self.is_test = False
        self.node: Any = None
        self.priority = 0
        self.admitted = -1
        self.started = -1
        self.queued = -1
        self.held = 0
        self.settled = False
        self.withdrawn = False
        self.handed = False
        self.unqueued = False
        self.counted = False
        self.consulted = False
        self.reserve = 0
        self.reserved_leg: Any = None
        self.station: Any = None
        self.cause = _NO_CAUSE
        self.note: Any = None

    def outlived(self, epoch_ms: int) -> bool:
        """Whether the engine will refuse it with -5028: its recvWindow has passed."""
        verb = self.verb
        return isinstance(verb, OrderRequest | AmendRequest) and 0 < verb.deadline_ms < epoch_ms

"""What a gateway tells its policy, and what the policy answers: plain values, fit to be sent anywhere as
JSON.

Nothing of ours crosses this line: no engine, no account, no name of a trader, and not the truth about a
position, which only the engine has. A policy therefore sees what a gateway node sees.

Instants are nanoseconds of the venue's clock. Prices and quantities are whole numbers, scaled by the symbol's
precisions (`World.symbols`): a quantity of 2 is 0.002 where the precision is 3.

A policy of your own runs in a process of its own. One that is trusted runs beside the gateway: messages are
frozen against mistakes, but Python has back doors (`gc`, frames, `msgspec.structs.force_setattr`) that no
message can close.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from run_records.words import Class

Note = Any
"""A policy's own remark on an attempt: anything that JSON can hold. None is no remark."""
Act = Literal["admit", "shed", "evict"]
Verb = Literal["order", "test", "amend", "cancel", "cancel-all"]


class World(msgspec.Struct, frozen=True):
    """What a policy is told when it is installed, before anything else."""

    now_ns: int
    venue_ms: int
    """Venue time, milliseconds since 1970."""
    seed: int
    """For a random stream of its own."""
    slots: tuple[int, ...]
    """Of each node, by its number."""
    privileged: tuple[int, ...]
    """Numbers of the accounts that the venue treats better than others, if it has any."""
    symbols: dict[str, tuple[int, int]]
    """Digits after the point of each symbol's prices and quantities."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """What arrived at a node: an order, an amendment or a cancel; of a batch, one leg."""

    number: int
    """Of this attempt, counted by the gateway: later messages name it by this."""
    node: int
    account: int
    klass: Class
    """What its parameters claim: opening, reducing or cancel."""
    verb: Verb
    symbol: str
    side: int
    """1 buys, -1 sells, 0 for a cancel."""
    kind: str
    """LIMIT, MARKET, STOP_MARKET…; empty for a cancel."""
    quantity: int
    price: int
    """0 where it has none of its own."""
    order: int
    """The number of the order that a cancel or an amendment names; 0 if it names it by a client id that the
    node's copy does not show."""
    leg: int
    """Its place in its batch, from 0."""
    arrived_ns: int
    venue_ms: int


class NodeView(msgspec.Struct, frozen=True, gc=False):
    """How the node stands as it decides.

    Four further fields have to be worked out for each request, so a policy lists those that it looks at in
    `asks`; the others are not there at all (AttributeError). `ASKS` says what they are.
    """

    slots: int
    in_flight: int

    if TYPE_CHECKING:  # fields only of the views that `view_type` makes

        @property
        def reducible(self) -> int: ...
        @property
        def known_open(self) -> bool: ...
        @property
        def marketable(self) -> bool: ...
        @property
        def queue_ages_ns(self) -> tuple[int, ...]: ...


ASKS: Final[dict[str, Any]] = {
    "reducible": int,
    "known_open": bool,
    "marketable": bool,
    "queue_ages_ns": tuple[int, ...],
}
"""`reducible`: the quantity that the node's copy of the position still leaves to reduce
(`Knowledge.reducible`). `known_open`: whether the order that a cancel or an amendment names is open, as far
as the node knows. `marketable`: whether the order would trade at once, by the public book.
`queue_ages_ns`: for each priority, how long the node's oldest attempt has waited for the engine."""


@cache
def view_type(asks: tuple[str, ...]) -> type[NodeView]:
    """The view that a policy is given which asks for these."""
    if not asks:
        return NodeView
    fields = [(name, ASKS[name]) for name in asks]
    made = msgspec.defstruct("NodeView", fields, bases=(NodeView,), frozen=True, gc=False)
    assert issubclass(made, NodeView)
    return made


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy answers to a request.

    `admit`: it gets a slot. `shed`: it is refused with `code`. `evict`: it gets the slot of a waiting
    attempt, which is shed instead: the one that the policy's `victim` names, else the newest of the worst
    priority on the same node that is worse than this one's; where there is none, this one is shed.
    """

    act: Act
    priority: int = 0
    """Place in the engine's queue, 0 (first) to 7; first come, first served inside one."""
    reserve: bool = False
    """Whether the node takes the part of the position that it is going to close for spoken for."""
    note: Note = None
    """Comes back with each later message about this attempt."""
    code: int = -1008
    """Of a refusal; -1008 is the venue's own for "shed"."""


ADMIT: Final = Decision("admit")
SHED: Final = Decision("shed")
EVICT: Final = Decision("evict")


class Turn(msgspec.Struct, frozen=True, gc=False):
    """An attempt's turn in the engine has come."""

    now_ns: int
    waited_ns: int
    answered: bool
    """Its client has had an answer of unknown fate meanwhile; it is executed whatever the policy says."""


class End(msgspec.Struct, frozen=True, gc=False):
    """An attempt was answered and its slot is free."""

    code: int
    """0 for success."""
    admitted_ns: int
    now_ns: int


Gauges = Mapping[str, float]
"""The thresholds that a policy decides by as they stand, for whoever watches."""

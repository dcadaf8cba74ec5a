"""A gateway node: its slots, and what it knows of accounts without asking the engine."""

from __future__ import annotations

from mock_exchange.engine.accounts import Leg
from mock_exchange.engine.requests import BUY, AmendRequest, CancelAllRequest, CancelRequest, OrderRequest
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.replica import Replica
from run_records.words import REDUCING


class Node:
    """An attempt holds one of `slots` from admission until it is answered.

    `reserved` are the quantities that admitted, unfinished attempts of this node are going to close, by leg
    and side; what other nodes have admitted it does not know. Little's law for the slots: `area_ns` =
    ∫ in_flight dt, `held_ns` = Σ times held.
    """

    __slots__ = (
        "area_ns", "changed_ns", "held_ns", "in_flight", "lost", "number", "replica", "reserved", "roster",
        "slots",
    )  # fmt: skip

    def __init__(self, number: int, slots: int, replica: Replica, now: int = 0) -> None:
        self.number = number
        self.slots = slots
        self.replica = replica
        self.in_flight = 0
        self.reserved: dict[tuple[Leg, int], int] = {}
        self.lost = False
        self.roster: dict[Attempt, None] | None = None
        self.area_ns = 0
        self.held_ns = 0
        self.changed_ns = now

    # -- slots ------------------------------------------------------------------------------------

    def enter(self, attempt: Attempt, now: int) -> None:
        self.area_ns += self.in_flight * (now - self.changed_ns)
        self.changed_ns = now
        self.in_flight += 1
        attempt.admitted = now
        attempt.held = self.in_flight
        if attempt.reserve:
            key = (attempt.reserved_leg, attempt.verb.side)  # type: ignore[union-attr]
            self.reserved[key] = self.reserved.get(key, 0) + attempt.reserve
        if self.roster is not None:
            self.roster[attempt] = None

    def leave(self, attempt: Attempt, now: int) -> None:
        self.area_ns += self.in_flight * (now - self.changed_ns)
        self.changed_ns = now
        self.in_flight -= 1
        self.held_ns += now - attempt.admitted
        if self.roster is not None:
            self.roster.pop(attempt, None)

    def books(self, now: int) -> tuple[int, int]:
        """Little's law up to now; both sides agree once nothing is in flight."""
        return self.area_ns + self.in_flight * (now - self.changed_ns), self.held_ns

    def release(self, attempt: Attempt) -> None:
        """The attempt's effect is known, or it will have none: give back what it had reserved."""
        key = (attempt.reserved_leg, attempt.verb.side)  # type: ignore[union-attr]
        left = self.reserved[key] - attempt.reserve
        attempt.reserve = 0
        if left:
            self.reserved[key] = left
        else:
            del self.reserved[key]

    # -- what a policy may ask --------------------------------------------------------------------

    def verified(self, attempt: Attempt) -> bool:
        """Whether the claim to reduce agrees with the position as this node knows it, less what its admitted
        attempts will close, less what rests in the same direction. At least a part of the order must
        reduce; that part is reserved if the attempt is admitted. An amendment is verified if its order is
        known to be open and reduce-only."""
        verb = attempt.verb
        if isinstance(verb, AmendRequest):
            return attempt.klass is REDUCING and self.knows_open(attempt)
        if attempt.klass is not REDUCING or not isinstance(verb, OrderRequest):
            return False
        leg = attempt.account.legs.get((verb.symbol.index, verb.position_side))
        if leg is None:
            return False
        amount, bids, asks = self.replica.view(leg)
        side = verb.side
        if amount * side >= 0:
            return False
        left = abs(amount) - (bids if side == BUY else asks) - self.reserved.get((leg, side), 0)
        if left <= 0:
            return False
        attempt.reserve = min(verb.quantity, left)
        attempt.reserved_leg = leg
        return True

    def knows_open(self, attempt: Attempt) -> bool:
        """Whether the order that a cancel or an amendment names is open, as far as this node knows.
        Cancel-all is good for any open order of the symbol."""
        verb, account = attempt.verb, attempt.account
        if isinstance(verb, CancelAllRequest):
            shows = self.replica.shows_open
            return any(
                order.symbol is verb.symbol and shows(order, True) for order in account.orders.values()
            )
        if not isinstance(verb, CancelRequest | AmendRequest):
            return False
        order_id = verb.order_id or account.last_by_client.get(verb.client_id, 0)
        order = account.history.get(order_id)
        return order is not None and self.replica.shows_open(order, order_id in account.orders)

    def marketable(self, attempt: Attempt) -> bool:
        """Whether an order would trade at once, by the public book: MARKET, or a limit at the other side's
        best price or beyond. Conditional orders wait, whatever they are."""
        verb = attempt.verb
        if not isinstance(verb, OrderRequest) or verb.trigger is not None:
            return False
        if verb.kind == "MARKET":
            return True
        best = self.replica.best_price(verb.symbol, -verb.side)
        return best is not None and best * verb.side <= verb.price * verb.side

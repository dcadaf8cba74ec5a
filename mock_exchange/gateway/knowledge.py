"""What a node can know of a request, and what a policy may ask about it, without asking the engine. Nothing
here changes anything."""

from __future__ import annotations

from collections.abc import Sequence

from mock_exchange.clock import Clock
from mock_exchange.engine.requests import BUY, AmendRequest, CancelAllRequest, CancelRequest, OrderRequest
from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Side
from mock_exchange.gateway.replica import Replica
from mock_exchange.gateway.stations import PRIORITIES, Station
from run_records.words import REDUCING


class Knowledge:
    """Answers from the copy of positions (`Replica`), the node's own bookings, the public book, and the
    queues that the node's attempts wait in."""

    def __init__(self, replica: Replica, shards: Sequence[Station[Attempt]], clock: Clock) -> None:
        self._replica = replica
        self._shards = shards
        self._clock = clock

    def reducible(self, attempt: Attempt) -> int:
        """How much the position still leaves to an order that claims to reduce: what the copy shows, less
        what the node's admitted attempts are going to close, less what rests in the same direction. An
        amendment that claims to reduce has its own quantity, if its order is known to be open. 0 for all
        else."""
        verb = attempt.verb
        # Who does not claim to reduce is not worth looking up.
        if attempt.request.klass is not REDUCING:
            return 0
        if isinstance(verb, AmendRequest):
            return verb.quantity if self.known_open(attempt) else 0
        assert isinstance(verb, OrderRequest)
        leg = attempt.account.legs.get((verb.symbol.index, verb.position_side))
        if leg is None:
            return 0
        amount, bids, asks = self._replica.view(leg)
        if amount * verb.side >= 0:
            return 0
        spoken_for = attempt.node.reserved.get(side_of(attempt), 0)
        return max(0, abs(amount) - (bids if verb.side == BUY else asks) - spoken_for)

    def contradicts(self, attempt: Attempt) -> bool:
        """Whether the copy of the position says that there is nothing to reduce, although the order's client
        claims so and the engine would agree. Where the copy is right, the engine may say it. (A fault of the
        venue's, which the engine's state is needed to stage: no policy is told.)"""
        verb = attempt.verb
        if attempt.request.klass is not REDUCING or not isinstance(verb, OrderRequest):
            return False
        leg = attempt.account.legs.get((verb.symbol.index, verb.position_side))
        if leg is None or not leg.closable(verb.side):
            return False
        return self._replica.view(leg)[0] * verb.side >= 0

    def known_open(self, attempt: Attempt) -> bool:
        """Whether the order that a cancel or an amendment names is open, as far as the copy shows. Cancel-all
        is good for any open order of the symbol."""
        verb, account, shows = attempt.verb, attempt.account, self._replica.shows_open
        if isinstance(verb, CancelAllRequest):
            # A copy that lags still shows orders that are closed by now.
            known = account.history if self._replica.lag_ns else account.orders
            return any(
                order.symbol is verb.symbol and shows(order, order.order_id in account.orders)
                for order in known.values()
            )
        if not isinstance(verb, CancelRequest | AmendRequest):
            return False
        order = account.known_order(verb.order_id, verb.client_id)
        return order is not None and shows(order, order.order_id in account.orders)

    def marketable(self, attempt: Attempt) -> bool:
        """Whether an order would trade at once, by the public book: MARKET, or a limit at the other side's
        best price or beyond. Conditional orders wait, whatever they are."""
        verb = attempt.verb
        if not isinstance(verb, OrderRequest) or verb.trigger is not None:
            return False
        if verb.kind == "MARKET":
            return True
        best = self._replica.best_price(verb.symbol, -verb.side)
        return best is not None and best * verb.side <= verb.price * verb.side

    def queue_ages_ns(self, attempt: Attempt) -> tuple[int, ...]:
        """For each priority, how long the node's oldest attempt has waited for the engine; 0 where none
        does."""
        ages = [0] * PRIORITIES
        now, node = self._clock.now(), attempt.node
        for shard in self._shards:
            for waiting in shard.line():
                if waiting.node is node:
                    ages[waiting.priority] = max(ages[waiting.priority], now - waiting.queued)
        return tuple(ages)


def side_of(attempt: Attempt) -> Side:
    """The side of a position that an order would make smaller."""
    verb = attempt.verb
    assert isinstance(verb, OrderRequest)
    return attempt.account.number, verb.symbol.index, verb.position_side, verb.side

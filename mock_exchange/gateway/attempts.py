"""From a call to its attempts: one for each order verb, with what a policy is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mock_exchange.clock import Clock
from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Order
from mock_exchange.engine.filters import claims_to_reduce
from mock_exchange.engine.requests import AmendRequest, CancelRequest, OrderRequest
from mock_exchange.errors import Refused
from mock_exchange.gateway.attempt import Attempt, Call, OrderVerb, Respond
from mock_exchange.gateway.backend import Backend
from mock_exchange.gateway.endpoints import (
    AMEND,
    BATCH,
    BATCH_AMEND,
    BATCH_CANCEL,
    CANCEL_ALL,
    CANCEL_ONE,
    ORDER,
    READERS,
    TEST,
)
from mock_exchange.gateway.entry import BATCH as WHOLE_BATCH
from mock_exchange.gateway.entry import SINGLE, Entry
from mock_exchange.gateway.gather import Gather
from mock_exchange.gateway.outcomes import Outcomes
from mock_exchange.gateway.policies.messages import Request, Verb
from run_records.words import CANCEL, OPENING, REDUCING, Cause, Class, Stage

Counts = tuple[int, int] | None
_SINGLES: Final[dict[str, tuple[Verb, Counts]]] = {
    ORDER: ("order", SINGLE),
    TEST: ("test", None),
    AMEND: ("amend", SINGLE),
    CANCEL_ONE: ("cancel", None),
    CANCEL_ALL: ("cancel-all", None),
}
"""What each verb is to a policy, and what it counts for against the order limits."""
_BATCHES: Final[dict[str, tuple[Verb, Counts]]] = {
    BATCH: ("order", WHOLE_BATCH),
    BATCH_AMEND: ("amend", WHOLE_BATCH),
    BATCH_CANCEL: ("cancel", None),
}
_LEG_READERS: Final = {BATCH: READERS[ORDER], BATCH_AMEND: READERS[AMEND]}


class Attempts:
    """Makes them, and sends them through the gate. `epoch` is the year whose rules hold."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        backend: Backend,
        entry: Entry,
        outcomes: Outcomes,
        epoch: str,
    ) -> None:
        self._epoch = epoch
        self._engine = engine
        self._clock = clock
        self._backend = backend
        self._only_node = backend.nodes[0] if len(backend.nodes) == 1 else None
        self._entry = entry
        self._enter = entry.enter
        self._outcomes = outcomes
        self._made = 0

    def take(self, call: Call, verb: str, respond: Respond) -> None:
        """All orders of a call whose parameters have been read (`call.asked`)."""
        if verb in _SINGLES:
            name, counts = _SINGLES[verb]
            self._enter(self.make(call, 0, name, call.asked, respond), counts)
            return
        name, counts = _BATCHES[verb]
        gather = Gather(len(call.asked), respond)
        self._entry.enter_batch(call, self._legs(call, verb, name, gather), counts)

    def _legs(self, call: Call, verb: str, name: Verb, gather: Gather) -> Iterator[Attempt]:
        """One after the other, as the gate asks for them. A leg with a mistake has its answer at once."""
        read = _LEG_READERS.get(verb)
        for number, leg in enumerate(call.asked):
            answered = gather.leg(number)
            try:
                asked = leg if read is None else read(leg, self._epoch, call.epoch_ms, call.deadline_ms)
            except Refused as refusal:
                answer = self._entry.answer(refusal)
                self._outcomes.record_early(
                    call, self._clock.now(), Stage.PARAMETERS, answer, True, Cause.CLIENT, number
                )
                answered(answer)
                continue
            yield self.make(call, number, name, asked, answered)

    def make(self, call: Call, leg: int, name: Verb, verb: OrderVerb, respond: Respond) -> Attempt:
        """One attempt that has arrived now and is nowhere yet."""
        account = call.account
        assert account is not None, "order verbs are signed"
        klass: Class = OPENING
        truly, side, kind, quantity, price, named = False, 0, "", 0, 0, 0
        if type(verb) is OrderRequest:
            side, kind, quantity, price = verb.side, verb.kind, verb.quantity, verb.price
            # An order in one-way mode without flag and trigger is most of the crowd, and claims nothing.
            plain = verb.position_side == "BOTH" and not verb.reduce_only and verb.trigger is None
            if not plain and claims_to_reduce(verb):
                klass, truly = REDUCING, self._engine.truly_reducing(account, verb)
        elif isinstance(verb, AmendRequest):
            # It claims what the order claimed that it names, if the node's copy shows that one to be open.
            order = account.known_order(verb.order_id, verb.client_id)
            side, kind, quantity, price = verb.side, "LIMIT", verb.quantity, verb.price
            named = verb.order_id or self._shown(order)
            if order is not None and order.reduce_only:
                truly = order.order_id in account.orders
                klass = REDUCING if self._backend.replica.shows_open(order, truly) else OPENING
        else:
            klass = CANCEL
            if isinstance(verb, CancelRequest):
                order = account.known_order(verb.order_id, verb.client_id)
                named = verb.order_id or self._shown(order)
        self._made += 1
        node = self._only_node or self._backend.node_of(call.ip)
        request = Request(
            self._made,
            node.number,
            account.number,
            klass,
            name,
            verb.symbol.name,
            side,
            kind,
            quantity,
            price,
            named,
            leg,
            self._clock.now(),
            call.epoch_ms,
        )
        return Attempt(request, call, account, verb, node, respond, truly)

    def _shown(self, order: Order | None) -> int:
        """The number of an order that is named by its client id; 0 unless the copy of the node shows it."""
        return 0 if order is None or not self._backend.replica.shows(order) else order.order_id

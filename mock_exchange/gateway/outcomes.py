"""The end of every attempt, counted and journaled once, with its judgement."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.engine import Engine
from mock_exchange.engine.requests import OrderRequest
from mock_exchange.engine.symbols import Symbol
from mock_exchange.errors import meaning_of
from mock_exchange.gateway.attempt import Answer, Attempt, Call
from mock_exchange.journal import Journal
from run_records.histogram import DurationHistogram
from run_records.journal import OutcomeRow, QueryRow
from run_records.standing import AdmittedRow
from run_records.words import (
    CLASSES,
    NO_CAPACITY,
    QUERY,
    REDUCING,
    UNCLASSIFIED,
    Cause,
    Class,
    Judgement,
    Stage,
)

_NONE: Final = Judgement.NONE
_CAPACITY: Final = Judgement.CAPACITY
_SELF_INFLICTED: Final = Judgement.SELF_INFLICTED
EARNED: Final = (Judgement.JUSTIFIED, Judgement.SELF_INFLICTED)
"""Refusals that are not the venue's fault."""


class Outcomes:
    """Counts by (stage, class, code) and the journal's `outcome` rows.

    `queue_wait` (admission to start of service) and `time_in_gateway` (admission to answer) are by class.
    `shut_exits` are the positions that an account has last found no way out of for the venue's reasons, and
    since when: (account, symbol, side) to (instant, account, symbol); whether there still is one is for the
    reader to see.
    """

    __slots__ = (
        "_engine", "_journal", "_shards", "counts", "queue_wait", "remembers", "shut_exits",
        "time_in_gateway",
    )  # fmt: skip

    def __init__(self, engine: Engine, journal: Journal, shards: int) -> None:
        self._engine = engine
        self._shards = shards
        self._journal = journal
        self.remembers = journal.remembers
        self.counts: defaultdict[tuple[Stage, Class, int], int] = defaultdict(int)
        self.queue_wait = {klass: DurationHistogram() for klass in CLASSES}
        self.time_in_gateway = {klass: DurationHistogram() for klass in CLASSES}
        self.shut_exits: dict[tuple[int, int, str], tuple[int, Account, Symbol]] = {}

    def count(self, stage: Stage, klass: Class, code: int) -> None:
        self.counts[stage, klass, code] += 1

    def note_admitted(self, attempt: Attempt) -> None:
        """It holds a slot: whoever starts the venue again has to know of it, if it gets no answer."""
        self._journal.append(
            AdmittedRow(attempt.admitted, attempt.call.key, attempt.request.leg, attempt.account.name)
        )

    def journal_query(
        self, account: Account, at: int, call: Call, http: int, cause: Cause, *, tells_of_orders: bool
    ) -> None:
        self._journal.append(QueryRow(at, account.name, call.path, http, cause, tells_of_orders))

    def record_early(
        self, call: Call, at: int, stage: Stage, answer: Answer, is_verb: bool, cause: Cause, leg: int = 0
    ) -> None:
        """A request ended before it could be classified; order verbs are journaled all the same."""
        self.count(stage, UNCLASSIFIED if is_verb else QUERY, answer.code)
        if is_verb:
            name = call.account.name if call.account is not None else ""
            meaning = meaning_of(answer.http, answer.code)
            judgement = Judgement.CAPACITY if meaning in NO_CAPACITY else Judgement.JUSTIFIED
            self._journal.append(
                OutcomeRow(
                    at,
                    call.key,
                    leg,
                    name,
                    UNCLASSIFIED,
                    False,
                    stage,
                    meaning,
                    answer.http,
                    answer.code,
                    judgement,
                    -1,
                    -1,
                    at,
                    -1,
                    -1,
                    False,
                    cause,
                    0,
                )
            )

    def record(self, attempt: Attempt, at: int, stage: Stage, answer: Answer, cause: Cause) -> None:
        """An attempt was answered."""
        request, code = attempt.request, answer.code
        klass = request.klass
        meaning = meaning_of(answer.http, code)
        if code == 0:
            judgement = _NONE
        elif meaning in NO_CAPACITY:
            judgement = _CAPACITY
        else:
            judgement = self._judge(attempt, code)
            if judgement is _SELF_INFLICTED:
                cause = Cause.OWN_UNKNOWN
        self.counts[stage, klass, code] += 1
        if attempt.admitted >= 0:
            self.time_in_gateway[klass].observe(at - attempt.admitted)
        # Its own mistake shuts no exit, and opens none.
        if klass is REDUCING and judgement not in EARNED:
            self._note_exit(attempt, at, code)
        self._journal.append(
            OutcomeRow(
                at,
                attempt.call.key,
                request.leg,
                attempt.account.name,
                klass,
                attempt.truly,
                stage,
                meaning,
                answer.http,
                code,
                judgement,
                request.node,
                attempt.verb.symbol.index % self._shards,
                request.arrived_ns,
                attempt.admitted,
                attempt.started,
                attempt.counted,
                cause,
                attempt.held,
            )
        )

    def _note_exit(self, attempt: Attempt, at: int, code: int) -> None:
        verb = attempt.verb
        side = verb.position_side if isinstance(verb, OrderRequest) else "BOTH"
        where = (attempt.account.number, verb.symbol.index, side)
        if code:
            self.shut_exits.setdefault(where, (at, attempt.account, verb.symbol))
        else:
            self.shut_exits.pop(where, None)

    def _judge(self, attempt: Attempt, code: int) -> Judgement:
        """A refusal for the state of the account is *false* if the engine itself would take the order,
        *self* if an earlier attempt of unknown fate is in the way, else *justified*. (-5028 is for want of
        capacity: the request came in time, the engine got to it too late.)"""
        verb = attempt.verb
        if not isinstance(verb, OrderRequest):
            return Judgement.JUSTIFIED
        if self._engine.refusal_of(attempt.account, verb) is None:
            return Judgement.FALSE
        own = self._own_unknown_in_the_way(attempt, verb, code)
        return Judgement.SELF_INFLICTED if own else Judgement.JUSTIFIED

    @staticmethod
    def _own_unknown_in_the_way(attempt: Attempt, verb: OrderRequest, code: int) -> bool:
        leg = attempt.account.legs.get((verb.symbol.index, verb.position_side))
        if leg is None:
            return False
        if code == -2022 and leg.closed_by_unknown:
            return True
        return code in (-2022, -4118) and any(order.fate_unknown for order in leg.orders.values())

"""The end of every attempt, counted and journaled once, with its judgement."""

from __future__ import annotations

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.engine import Engine
from mock_exchange.engine.orders import OrderRequest
from mock_exchange.engine.symbols import Symbol
from mock_exchange.errors import NGINX_503, SERVICE_UNAVAILABLE, THROTTLED, UNKNOWN_503
from mock_exchange.gateway import causes
from mock_exchange.gateway.attempt import CLASSES, QUERY, REDUCING, UNCLASSIFIED, Answer, Attempt, Call
from mock_exchange.histogram import DurationHistogram
from mock_exchange.journal import CAPACITY, FALSE, JUSTIFIED, SELF_INFLICTED, Journal

CAPACITY_CODES = frozenset(
    (THROTTLED, UNKNOWN_503, SERVICE_UNAVAILABLE, NGINX_503, -1000, -1001, -1006, -1007, -1016, -5028)
)
"""Refusals for want of capacity; -5028 too: the request came in time, the engine got to it too late."""
ENGINE_STAGES = frozenset(("risk", "match", "filled", "resting", "expired", "canceled"))
"""Where an attempt ends that the engine has seen; all others end in the gateway."""


class Outcomes:
    """Counts by (stage, class, code) and the journal's `outcome` rows.

    `queue_wait` (admission to start of service) and `time_in_gateway` (admission to answer) are by class.
    `shut_exits` are the positions that an account has last found no way out of for the venue's reasons, and
    since when: (account, symbol, side) to (instant, account, symbol); whether there still is one is for the
    reader to see.
    """

    __slots__ = ("_engine", "_journal", "counts", "queue_wait", "shut_exits", "time_in_gateway")

    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self.counts: dict[tuple[str, str, int], int] = {}
        self.queue_wait = {klass: DurationHistogram() for klass in CLASSES}
        self.time_in_gateway = {klass: DurationHistogram() for klass in CLASSES}
        self.shut_exits: dict[tuple[int, int, str], tuple[int, Account, Symbol]] = {}

    def count(self, stage: str, klass: str, code: int) -> None:
        key = (stage, klass, code)
        self.counts[key] = self.counts.get(key, 0) + 1

    def journal_query(self, account: Account, at: int, path: str, http: int) -> None:
        self._journal.append(["query", at, account.name, path, http])

    def record_early(
        self, call: Call, at: int, stage: str, answer: Answer, is_verb: bool, cause: str, leg: int = 0
    ) -> None:
        """A request ended before it could be classified; order verbs are journaled all the same."""
        self.count(stage, UNCLASSIFIED if is_verb else QUERY, answer.code)
        if is_verb:
            name = call.account.name if call.account is not None else ""
            self._journal.append(
                ["outcome", at, call.key, leg, name, UNCLASSIFIED, False, stage, answer.http, answer.code,
                 CAPACITY if answer.code in CAPACITY_CODES else JUSTIFIED, -1, at, -1, -1, False, cause, 0]
            )  # fmt: skip

    def record(self, attempt: Attempt, at: int, stage: str, http: int, code: int) -> None:
        """An attempt was answered."""
        judgement = self._judge(attempt, code) if code else ""
        if judgement is SELF_INFLICTED:
            attempt.cause = causes.OWN_UNKNOWN
        key = (stage, attempt.klass, code)
        self.counts[key] = self.counts.get(key, 0) + 1
        node = attempt.node
        if attempt.admitted >= 0:
            self.time_in_gateway[attempt.klass].observe(at - attempt.admitted)
        if attempt.klass is REDUCING and judgement not in (JUSTIFIED, SELF_INFLICTED):
            self._note_exit(attempt, at, code)
        self._journal.append(
            [
                "outcome", at, attempt.call.key, attempt.leg, attempt.account.name, attempt.klass,
                attempt.truly, stage, http, code, judgement,
                node.number, attempt.arrived, attempt.admitted, attempt.started, attempt.counted,
                attempt.cause, attempt.held,
            ]
        )  # fmt: skip

    def _note_exit(self, attempt: Attempt, at: int, code: int) -> None:
        verb = attempt.verb
        side = verb.position_side if isinstance(verb, OrderRequest) else "BOTH"
        where = (attempt.account.number, verb.symbol.index, side)
        if code:
            self.shut_exits.setdefault(where, (at, attempt.account, verb.symbol))
        else:
            self.shut_exits.pop(where, None)

    def _judge(self, attempt: Attempt, code: int) -> str:
        """A refusal for the state of the account is *false* if the engine itself would take the order,
        *self* if an earlier attempt of unknown fate is in the way, else *justified*."""
        if code in CAPACITY_CODES:
            return CAPACITY
        verb = attempt.verb
        if not isinstance(verb, OrderRequest):
            return JUSTIFIED
        if self._engine.refusal_of(attempt.account, verb) is None:
            return FALSE
        return SELF_INFLICTED if self._own_unknown_in_the_way(attempt, verb, code) else JUSTIFIED

    @staticmethod
    def _own_unknown_in_the_way(attempt: Attempt, verb: OrderRequest, code: int) -> bool:
        leg = attempt.account.legs.get((verb.symbol.index, verb.position_side))
        if leg is None:
            return False
        if code == -2022 and leg.closed_by_unknown:
            return True
        return code in (-2022, -4118) and any(order.fate_unknown for order in leg.orders.values())

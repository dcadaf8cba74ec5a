"""The way from a trader to a gateway in the same process: no wire, no bytes."""

from __future__ import annotations

from typing import Any

from loadgen.drive.runner import Sent
from mock_exchange.engine.accounts import Account
from mock_exchange.gateway.attempt import Answer, Call
from mock_exchange.gateway.authentication import DEFAULT_RECV_WINDOW_MS
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.plan import access_for
from mock_exchange.venue import Venue
from mock_exchange.wire.answers import body_of
from run_records.words import QUERY


class _Reply:
    """Hands an answer to the trader's request that it is for."""

    __slots__ = ("_answer", "_call", "_gateway", "_sent")

    def __init__(self, call: Call, sent: Sent, gateway: Gateway) -> None:
        self._call = call
        self._sent = sent
        self._gateway = gateway
        self._answer: Answer | None = None

    def __call__(self, answer: Answer) -> None:
        self._answer = answer
        self._sent.answered(answer.http, answer.code, self.body)

    def body(self) -> Any:
        """The JSON data of the answer, made only if somebody looks."""
        assert self._answer is not None
        return body_of(self._answer, self._call, self._gateway)


class InProcess:
    """Hands requests to the gateway itself; an attempt's key is its number."""

    def __init__(self, venue: Venue) -> None:
        self._submit = venue.gateway.submit
        self._gateway = venue.gateway
        self._epoch_ms = venue.clock.epoch_ms
        self._accounts: list[tuple[Account, str]] = [
            (venue.account(access.account), access.source) for access in access_for(venue.plan)
        ]
        self._next_key = 0

    def send(self, sent: Sent) -> None:
        verb = sent.verb
        if verb.klass is not QUERY:
            sent.key = self._next_key
            self._next_key += 1
        account, source = self._accounts[sent.task.account]
        call = Call(verb.method, verb.path, verb.params, source, sent.key, account)
        call.deadline_ms = self._epoch_ms() + DEFAULT_RECV_WINDOW_MS
        self._submit(call, _Reply(call, sent, self._gateway))

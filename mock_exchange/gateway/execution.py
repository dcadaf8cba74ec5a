"""One attempt as a command to the engine: the answer, the stage that it leaves at, and why."""

from __future__ import annotations

from typing import Final

from mock_exchange.commands import Commands
from mock_exchange.engine.accounts import Order
from mock_exchange.engine.requests import (
    CANCELED,
    EXPIRED,
    EXPIRED_IN_MATCH,
    AmendRequest,
    CancelRequest,
    OrderRequest,
)
from mock_exchange.errors import Refused
from mock_exchange.gateway import causes
from mock_exchange.gateway.attempt import Answer, Attempt
from run_records.words import Cause, Stage

_FILLED: Final = Stage.FILLED
_RESTING: Final = Stage.RESTING
_EXPIRED: Final = Stage.EXPIRED
_CANCELED: Final = Stage.CANCELED
_NO_CAUSE: Final = Cause.NONE
MATCH_REFUSALS: Final = frozenset((-2011, -2013, -2020, -4131, -5021, -5022))
"""Refusals that come out of the book; all other refusals of the engine come from its risk checks."""

Outcome = tuple[Answer, Stage, Cause]


def execute(commands: Commands, attempt: Attempt, answered: bool) -> Outcome:
    """Have the engine decide. An order whose client has been `answered` already remembers that
    nobody knows."""
    verb, account = attempt.verb, attempt.account
    key = (attempt.call.key, attempt.request.leg)
    payload: Order | None = None
    try:
        if isinstance(verb, OrderRequest):
            payload = commands.place(account, verb, key, fate_unknown=answered)
            stage = _end_of(payload)
        elif isinstance(verb, CancelRequest):
            payload, stage = commands.cancel(account, verb, key), _CANCELED
        elif isinstance(verb, AmendRequest):
            payload = commands.amend(account, verb, key)
            stage = _CANCELED if payload.status == CANCELED else _end_of(payload)
        else:
            commands.cancel_all(account, verb, key)
            stage = _CANCELED
    except Refused as refusal:
        stage = Stage.MATCH if refusal.code in MATCH_REFUSALS else Stage.RISK
        return refused(400, refusal), stage, causes.of_engine_refusal(refusal.code)
    return Answer(200, 0, payload), stage, _NO_CAUSE


def check(commands: Commands, attempt: Attempt) -> Outcome:
    """A test order is held to the symbol's filters and goes no further."""
    assert isinstance(attempt.verb, OrderRequest)
    try:
        commands.engine.validate(attempt.verb)
    except Refused as refusal:
        return refused(400, refusal), Stage.RISK, Cause.ACCOUNT_STATE
    return Answer(200, 0, {}), Stage.ACCEPTED, _NO_CAUSE


def refused(http: int, refusal: Refused) -> Answer:
    """A refusal as an answer."""
    return Answer(http, refusal.code, None, refusal.arguments, refusal.variant)


def _end_of(order: Order) -> Stage:
    """The stage at which an accepted order's answer leaves."""
    if order.remaining == 0:
        return _FILLED
    return _EXPIRED if order.status in (EXPIRED, EXPIRED_IN_MATCH) else _RESTING

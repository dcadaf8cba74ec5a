"""Finished requests as Locust's own statistics count them."""

from __future__ import annotations

from typing import Any

from locust.env import Environment

from loadgen.drive.runner import Observer, Sent
from mock_exchange.errors import CLIENT_TIMEOUT, CONNECTION_LOST, error_table

_NAMES = {CLIENT_TIMEOUT: "client timeout", CONNECTION_LOST: "connection lost"}
_NAMES.update({code: spec.name for code, spec in error_table().items()})


class Refusal(Exception):
    """How a refusal is shown among Locust's failures: bounded names, so that they add up."""


_REFUSALS = {code: Refusal(f"{code} {name}") for code, name in _NAMES.items()}
_OTHER = Refusal("another code")


def observer_of(environment: Environment) -> Observer:
    """An observer that fires Locust's request event."""
    fire: Any = environment.events.request.fire

    def observe(sent: Sent, answered: int, http: int, code: int) -> None:
        verb = sent.verb
        fire(
            request_type=verb.method,
            name=verb.klass,
            response_time=(answered - sent.intended) / 1e6,
            response_length=0,
            exception=_REFUSALS.get(code, _OTHER) if code else None,
            context={},
        )

    return observe

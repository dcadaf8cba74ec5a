"""What an endpoint is: its parameters, its weight, who may call it, what answers it.

The description serves three: the check of query parameters here, the OpenAPI document, and the page
that lists what the venue can do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import Refused

OPEN = "none"
KEY = "key"
SIGNED = "signed"

ORDER = "order"
TEST = "test"
BATCH = "batch"
AMEND = "amend"
BATCH_AMEND = "batch-amend"
CANCEL_ONE = "cancel"
BATCH_CANCEL = "batch-cancel"
CANCEL_ALL = "cancel-all"

INTEGER_RANGE = "^[0-9]{1,18}$"
_INVALID = -1130
_INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)
_BOOLEANS = frozenset(("true", "false"))

Kind = Literal["symbol", "text", "integer", "decimal", "enum", "boolean", "client-id", "json"]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter; those that every signed call carries (timestamp, recvWindow, signature) are not listed.
    `least` and `most` bound integers; `code` is the refusal for a value outside `values`
    or the bounds (-1130 unless the venue has a code of its own)."""

    name: str
    kind: Kind
    mandatory: bool = False
    values: tuple[str, ...] = ()
    least: int = 0
    most: int = 10**18 - 1
    code: int = -1130


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: its weight (a number or a function of the parameters), who may call it, and either
    an order verb or the function that answers it from the venue's state."""

    weight: int | Callable[[Mapping[str, str]], int]
    security: str
    verb: str = ""
    answer: Callable[[Any, Account | None, dict[str, str]], Any] | None = None
    params: tuple[Param, ...] = ()
    tells_of_orders: bool = False
    """Whether its answer says what became of orders: one about a position does not."""


def check_params(route: Route, given: Mapping[str, str]) -> None:
    """Refuse what the route's description does not allow: -1102 a mandatory parameter missing, -1105 an
    optional one empty, -1121 an unknown symbol, -1100 not a number, else the parameter's own code.
    Parameters that the route does not know are ignored, as the venue does."""
    for param in route.params:
        text = given.get(param.name)
        if text is None or text == "":
            if param.mandatory:
                raise Refused(-1102, param.name)
            if text is not None:
                raise Refused(-1105, param.name)
        else:
            _check(param, text)


def _check(param: Param, text: str) -> None:
    if param.kind == "symbol":
        if text not in symbols():
            raise Refused(-1121)
    elif param.kind == "integer":
        if _INTEGER.fullmatch(text) is None:
            raise Refused(-1100, param.name, INTEGER_RANGE)
        if not param.least <= int(text) <= param.most:
            raise Refused(param.code, param.name if param.code == _INVALID else int(text))
    elif param.kind == "boolean":
        if text.lower() not in _BOOLEANS:
            raise Refused(param.code, param.name)
    elif param.values and text not in param.values:
        raise Refused(param.code, *((param.name,) if param.code == _INVALID else ()))

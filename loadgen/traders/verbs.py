"""What a trader may ask its driver to do.

A trader is a generator. It yields a verb and receives the verb's result:

    Send    -> Reply (at once None if it does not wait; several may be in flight)
    Sleep   -> None, after the duration, without drift
    Start   -> None; the child runs beside its parent
    Now     -> the current instant, nanoseconds since the run began
    Intend  -> the number of a new intent: a decision to reduce a position by a quantity
    Abandon -> None; the trader gives an intent up
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final

import msgspec

from mock_exchange.errors import meaning_of
from run_records.words import NO_CAPACITY, Class, Meaning

DEFAULT_TIMEOUT_NS: Final = 15_000_000_000
NO_INTENT: Final = -1

WORTH_RETRYING: Final = NO_CAPACITY
"""The venue had no capacity, or nobody knows: the same request may fare better later."""


class Reply:
    """What a request brought. `body()` is the JSON data, made only if somebody looks."""

    __slots__ = ("_body", "code", "http")

    def __init__(self, http: int, code: int, body: Callable[[], Any]) -> None:
        self.http = http
        self.code = code
        self._body = body

    @property
    def accepted(self) -> bool:
        return self.http == 200 and self.code == 0

    @property
    def meaning(self) -> Meaning:
        """What the answer, or its absence, means."""
        return meaning_of(self.http, self.code)

    @property
    def unknown(self) -> bool:
        return self.meaning is Meaning.UNKNOWN

    def body(self) -> Any:
        return self._body()


class Leg(msgspec.Struct, frozen=True):
    """What one order of a batch is, for the records."""

    params: dict[str, str]
    klass: Class
    intent: int = NO_INTENT


class Send(msgspec.Struct, frozen=True):
    """One request. `klass` is the class the parameters claim; `intent` the intent it serves. A batch lists
    its `legs`."""

    method: str
    path: str
    params: dict[str, str]
    klass: Class
    intent: int = NO_INTENT
    timeout_ns: int = DEFAULT_TIMEOUT_NS
    wait: bool = True
    legs: tuple[Leg, ...] = ()


class Sleep(msgspec.Struct, frozen=True, gc=False):
    duration_ns: int


class Start(msgspec.Struct, frozen=True):
    child: Trader


class Now(msgspec.Struct, frozen=True, gc=False):
    pass


class Intend(msgspec.Struct, frozen=True, gc=False):
    """`quantity` as the decimal text that orders would carry."""

    symbol: str
    quantity: str


class Abandon(msgspec.Struct, frozen=True, gc=False):
    intent: int


Verb = Send | Sleep | Start | Now | Intend | Abandon
Trader = Generator[Verb, Any, None]

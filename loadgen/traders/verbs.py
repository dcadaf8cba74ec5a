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
from typing import Any

from mock_exchange.errors import meaning_of
from run_records.words import NO_CAPACITY, Class, Meaning

DEFAULT_TIMEOUT_NS = 15_000_000_000
NO_INTENT = -1

WORTH_RETRYING = NO_CAPACITY
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


class Leg:
    """What one order of a batch is, for the records."""

    __slots__ = ("intent", "klass", "params")

    def __init__(self, params: dict[str, str], klass: Class, intent: int = NO_INTENT) -> None:
        self.params = params
        self.klass = klass
        self.intent = intent


class Send:
    """One request. `klass` is the class the parameters claim; `intent` the intent it serves. A batch lists
    its `legs`."""

    __slots__ = ("intent", "klass", "legs", "method", "params", "path", "timeout_ns", "wait")

    def __init__(
        self,
        method: str,
        path: str,
        params: dict[str, str],
        klass: Class,
        *,
        intent: int = NO_INTENT,
        timeout_ns: int = DEFAULT_TIMEOUT_NS,
        wait: bool = True,
        legs: tuple[Leg, ...] = (),
    ) -> None:
        self.method = method
        self.path = path
        self.params = params
        self.klass = klass
        self.intent = intent
        self.timeout_ns = timeout_ns
        self.wait = wait
        self.legs = legs


class Sleep:
    __slots__ = ("duration_ns",)

    def __init__(self, duration_ns: int) -> None:
        self.duration_ns = duration_ns


class Start:
    __slots__ = ("child",)

    def __init__(self, child: Trader) -> None:
        self.child = child


class Now:
    __slots__ = ()


class Intend:
    """`quantity` as the decimal text that orders would carry."""

    __slots__ = ("quantity", "symbol")

    def __init__(self, symbol: str, quantity: str) -> None:
        self.symbol = symbol
        self.quantity = quantity


class Abandon:
    __slots__ = ("intent",)

    def __init__(self, intent: int) -> None:
        self.intent = intent


Verb = Send | Sleep | Start | Now | Intend | Abandon
Trader = Generator[Verb, Any, None]

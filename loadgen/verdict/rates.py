"""One run, many rates: every sensible meaning of "rejection rate" over the same window, counted side by side.

A rate has a vantage (who counts), a class of orders (which), a numerator (what counts as a rejection) and a
denominator (per what). None of them is wrong; which one a speaker has in mind decides between 10 % and 100 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from loadgen.traders.verbs import UNKNOWN_CODES
from loadgen.verdict.sample import CAPACITY_CODES, Pair
from mock_exchange.clock import NS_PER_S
from mock_exchange.errors import CLIENT_TIMEOUT, CONNECTION_LOST, THROTTLED
from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING

MINUTE_NS = 60 * NS_PER_S
STATE_CODES = frozenset((-2011, -2013, -2019, -2022, -4118))
_SILENT = frozenset((CLIENT_TIMEOUT, CONNECTION_LOST))
SHUT_SHARE = 0.5
"""A minute counts as shut in which less than this share of reducing attempts was accepted."""


class Seat(NamedTuple):
    """What is known of an attempt, as far as any rate asks. `engine_code` is what the engine said, late or
    not (None: it never got there), `shed` that it was refused at admission, at once or while it waited."""

    klass: str
    truly: bool
    watched: bool
    code: int
    venue_code: int
    admitted: bool
    shed: bool
    engine_code: int | None


Test = Callable[[Seat], bool]


def _everybody(seat: Seat) -> bool:
    return True


def _class(klass: str) -> Test:
    return lambda seat: seat.klass == klass


CLASSES: dict[str, Test] = {
    "all order requests": _everybody,
    "opening orders": _class(OPENING),
    "orders claimed to reduce": _class(REDUCING),
    "orders that truly reduce": lambda seat: seat.truly,
    "cancels": _class(CANCEL),
    "the bots' orders to reduce": lambda seat: seat.watched and seat.klass == REDUCING,
}
_AT_CLIENT: dict[str, Test] = {
    "not accepted, for whatever reason": lambda seat: seat.code != 0,
    "refused with a code": lambda seat: seat.code != 0 and seat.code not in UNKNOWN_CODES,
    "-1008": lambda seat: seat.code == THROTTLED,
    "for want of capacity: -1008, 503, 408, -5028": lambda seat: (
        seat.code in CAPACITY_CODES or seat.code in UNKNOWN_CODES - _SILENT
    ),
    "no answer known: 503 of unknown fate, timeout": lambda seat: seat.code in UNKNOWN_CODES,
    "-2010": lambda seat: seat.code == -2010,
    "refused for the state of the account": lambda seat: seat.code in STATE_CODES,
}
_AT_GATEWAY: dict[str, Test] = {
    "shed at admission": lambda seat: seat.shed,
    "answered with anything but success": lambda seat: seat.venue_code != 0,
    "admitted, but not answered in time": lambda seat: (
        seat.admitted and not seat.shed and seat.venue_code in UNKNOWN_CODES
    ),
}


_AT_ENGINE: dict[str, Test] = {
    "refused by the engine": lambda seat: seat.engine_code != 0,
}


@dataclass(slots=True)
class Rates:
    """Counts of one run's window, from which all rates are made. `minutes` are (accepted, all) reducing
    attempts by minute, `intents` (not served, all) of everybody and of the bots, `accounts` by name
    (accepted, all)."""

    seats: Counter[Seat] = field(default_factory=Counter)
    minutes: dict[int, list[int]] = field(default_factory=dict)
    accounts: dict[str, list[int]] = field(default_factory=dict)
    intents: dict[str, Pair] = field(default_factory=dict)

    def count(self, seat: Seat, account: str, at: int) -> None:
        self.seats[seat] += 1
        if seat.klass == REDUCING:
            accepted = seat.code == 0
            _add(self.minutes.setdefault(at // MINUTE_NS, [0, 0]), accepted)
            _add(self.accounts.setdefault(account, [0, 0]), accepted)

    def count_intent(self, served: bool, *, watched: bool) -> None:
        """A decision to reduce, of anybody or of one of the watched bots, whenever it was made: most are made
        before a window of refusals begins."""
        for name in ("everybody", *(("the bots",) if watched else ())):
            part, whole = self.intents.get(name, (0, 0))
            self.intents[name] = (part + (not served), whole + 1)

    def rows(self) -> Iterator[tuple[str, str, str, str, Pair]]:
        """(vantage, class, what counts, per what, (part, whole)); those without anything to count are left
        out."""
        for name, member in CLASSES.items():
            yield from self._of_class("client", name, member, _AT_CLIENT, _everybody)
            yield from self._of_class("gateway", name, member, _AT_GATEWAY, _everybody)
            yield from self._of_class(
                "engine", name, member, _AT_ENGINE, lambda seat: seat.engine_code is not None
            )
        yield from self._others()

    def _of_class(
        self, vantage: str, name: str, member: Test, tests: dict[str, Test], counted: Test
    ) -> Iterator[tuple[str, str, str, str, Pair]]:
        mine = [(seat, count) for seat, count in self.seats.items() if member(seat) and counted(seat)]
        whole = sum(count for _, count in mine)
        if whole:
            per = "orders that reached the engine" if vantage == "engine" else "attempts"
            for what, test in tests.items():
                part = sum(count for seat, count in mine if test(seat))
                yield vantage, name, what, per, (part, whole)

    def _others(self) -> Iterator[tuple[str, str, str, str, Pair]]:
        for name, pair in self.intents.items():
            if pair[1]:
                yield "client", name, "not served by the end", "decisions since the beginning", pair
        pairs = list(self.accounts.values())
        if pairs:
            shut = sum(accepted == 0 for accepted, _ in pairs)
            yield "client", "orders claimed to reduce", "none accepted", "accounts that tried", (
                shut, len(pairs)
            )  # fmt: skip
        minutes = list(self.minutes.values())
        if minutes:
            shut = sum(accepted < SHUT_SHARE * whole for accepted, whole in minutes)
            yield "client", "orders claimed to reduce", "less than half accepted", "minutes", (
                shut, len(minutes)
            )  # fmt: skip


def _add(pair: list[int], counts: bool) -> None:
    pair[0] += counts
    pair[1] += 1

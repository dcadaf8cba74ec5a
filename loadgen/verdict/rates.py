"""One run, many rates: every sensible meaning of "rejection rate" over the same window, counted side by side.

A rate has a vantage (who counts), a class of orders (which), a numerator (what counts as a rejection) and a
denominator (per what). None of them is wrong; which one a speaker has in mind decides between 10 % and 100 %.
Notional is quantity times the symbol's first mark price of the run, so that a falling price weighs nothing.
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
"""A minute or second counts as shut in which less than this share of reducing attempts was accepted."""
REDUCING_CLASS = "orders claimed to reduce"
BOTS_CLASS = "the bots' orders to reduce"
_WEIGHED = ("opening orders", REDUCING_CLASS, BOTS_CLASS)
NOTIONAL = "USDT of notional"
NOT_SERVED, EVER_REFUSED, NEVER_ACCEPTED = (
    "not served by the end", "at least one attempt refused", "no attempt accepted",
)  # fmt: skip
DECISIONS, TRIED = "decisions since the beginning", "decisions since the beginning that were tried"


class Seat(NamedTuple):
    """What is known of an attempt, as far as any rate asks. `venue_code` is what the exchange answered (None:
    it never had it), `engine_code` what the engine said, late or not (None: it never got there), `shed` that
    it was refused at admission, at once or while it waited."""

    klass: str
    truly: bool
    watched: bool
    code: int
    venue_code: int | None
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
    REDUCING_CLASS: _class(REDUCING),
    "orders that truly reduce": lambda seat: seat.truly,
    "cancels": _class(CANCEL),
    BOTS_CLASS: lambda seat: seat.watched and seat.klass == REDUCING,
}
NOT_ACCEPTED = "not accepted, for whatever reason"
FOR_CAPACITY = "for want of capacity: -1008, 503, 408, -5028"
_AT_CLIENT: dict[str, Test] = {
    NOT_ACCEPTED: lambda seat: seat.code != 0,
    "refused with a code": lambda seat: seat.code != 0 and seat.code not in UNKNOWN_CODES,
    "-1008": lambda seat: seat.code == THROTTLED,
    FOR_CAPACITY: lambda seat: seat.code in CAPACITY_CODES or seat.code in UNKNOWN_CODES - _SILENT,
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


_PER = {
    "client": "attempts", "gateway": "attempts that arrived", "engine": "orders that reached the engine",
}  # fmt: skip


class Row(NamedTuple):
    """One rate: who counts, of which orders, what, per what, and (part, whole)."""

    vantage: str
    klass: str
    counts: str
    per: str
    pair: Pair
    orders: int = 0
    """How many orders a notional is of: their number, not their money, is what an interval rests on."""


@dataclass(slots=True)
class Rates:
    """Counts of one run's window, from which all rates are made. `worth` is the notional of the same attempts
    in 1e-8 USDT; `minutes`, `seconds` and `accounts` are (accepted, all) reducing attempts by each; `intents`
    (part, whole) by whose and what counts."""

    seats: Counter[Seat] = field(default_factory=Counter)
    worth: Counter[Seat] = field(default_factory=Counter)
    minutes: dict[int, list[int]] = field(default_factory=dict)
    seconds: dict[int, list[int]] = field(default_factory=dict)
    accounts: dict[str, list[int]] = field(default_factory=dict)
    intents: dict[tuple[str, str], Pair] = field(default_factory=dict)
    blind: bool = False
    """Without a journal only what clients saw can be counted."""

    def count(self, seat: Seat, account: str, at: int, worth: int = 0) -> None:
        self.seats[seat] += 1
        self.worth[seat] += worth
        if seat.klass == REDUCING:
            accepted = seat.code == 0
            _add(self.minutes.setdefault(at // MINUTE_NS, [0, 0]), accepted)
            _add(self.seconds.setdefault(at // NS_PER_S, [0, 0]), accepted)
            _add(self.accounts.setdefault(account, [0, 0]), accepted)

    def count_intent(self, served: bool, accepted: bool, refused: bool, *, watched: bool) -> None:
        """A decision to reduce, of anybody or of one of the watched bots, whenever it was made: most are made
        before a window of refusals begins. `accepted` and `refused` say whether any attempt for it was."""
        found = [(NOT_SERVED, not served)]
        if accepted or refused:
            found += [(EVER_REFUSED, refused), (NEVER_ACCEPTED, not accepted)]
        for name in ("everybody", *(("the bots",) if watched else ())):
            for what, is_so in found:
                part, whole = self.intents.get((name, what), (0, 0))
                self.intents[name, what] = (part + is_so, whole + 1)

    def rows(self) -> Iterator[Row]:
        """Those without anything to count are left out."""
        for name, member in CLASSES.items():
            yield from self._of_class("client", name, member, _AT_CLIENT, _everybody)
            if self.blind:
                continue
            yield from self._of_class(
                "gateway", name, member, _AT_GATEWAY, lambda seat: seat.venue_code is not None
            )
            yield from self._of_class(
                "engine", name, member, _AT_ENGINE, lambda seat: seat.engine_code is not None
            )
        for name in _WEIGHED:
            whole = sum(worth for seat, worth in self.worth.items() if CLASSES[name](seat))
            orders = sum(count for seat, count in self.seats.items() if CLASSES[name](seat))
            for what in (NOT_ACCEPTED, FOR_CAPACITY) if whole else ():
                test = _AT_CLIENT[what]
                part = sum(n for seat, n in self.worth.items() if CLASSES[name](seat) and test(seat))
                yield Row("client", name, what, NOTIONAL, (part, whole), orders)
        for (name, what), pair in self.intents.items():
            if self.blind and what == NOT_SERVED:
                continue
            vantage, per = ("client and engine", DECISIONS) if what == NOT_SERVED else ("client", TRIED)
            yield Row(vantage, name, what, per, pair)
        yield from self._shut()

    def _of_class(
        self, vantage: str, name: str, member: Test, tests: dict[str, Test], counted: Test
    ) -> Iterator[Row]:
        mine = [(seat, count) for seat, count in self.seats.items() if member(seat) and counted(seat)]
        whole = sum(count for _, count in mine)
        if whole:
            per = _PER[vantage]
            for what, test in tests.items():
                part = sum(count for seat, count in mine if test(seat))
                yield Row(vantage, name, what, per, (part, whole))

    def _shut(self) -> Iterator[Row]:
        """Of accounts, minutes and seconds with an attempt to reduce, those in which the exit was shut."""
        half = "less than half accepted"
        for what, per, pairs, share in (
            ("none accepted", "accounts that tried", self.accounts, 0.0),
            (half, "accounts that tried", self.accounts, SHUT_SHARE),
            (half, "minutes with an attempt", self.minutes, SHUT_SHARE),
            (half, "seconds with an attempt", self.seconds, SHUT_SHARE),
        ):
            shut = sum(
                accepted < share * whole if share else not accepted for accepted, whole in pairs.values()
            )
            if pairs:
                yield Row("client", REDUCING_CLASS, what, per, (shut, len(pairs)))


def _add(pair: list[int], counts: bool) -> None:
    pair[0] += counts
    pair[1] += 1

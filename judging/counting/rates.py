"""One run, many rates: every sensible meaning of "rejection rate" over the same window, counted side by side.

A rate has a vantage (who counts), a class of orders (which), a numerator (what counts as a rejection) and a
denominator (per what). None of them is wrong; which one a speaker has in mind decides between 10 % and 100 %.
Notional is quantity times the symbol's first mark price of the run, so that a falling price weighs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from judging.counting.sample import Pair
from run_records.clients import Code
from run_records.units import NS_PER_S
from run_records.words import CANCEL, OPENING, REDUCING, Class, Meaning

MINUTE_NS = 60 * NS_PER_S
MOST_CODES = 8
"""Codes that have a rate of their own: those that refusals came with most often."""
SHUT_SHARE = 0.5
"""A minute or second counts as shut in which less than this share of reducing attempts was accepted."""
REDUCING_CLASS = "orders claimed to reduce"
BOTS_CLASS = "the bots' orders to reduce"
_WEIGHED = ("opening orders", REDUCING_CLASS, BOTS_CLASS)
NOTIONAL = "USDT of notional"
NOT_SERVED, EVER_REFUSED, NEVER_ACCEPTED = (
    "not served by the end",
    "at least one attempt refused",
    "no attempt accepted",
)
DECISIONS, TRIED = "decisions since the beginning", "decisions since the beginning that were tried"


class Seat(NamedTuple):
    """What is known of an attempt, as far as any rate asks."""

    klass: Class
    truly: bool
    watched: bool
    code: Code
    meaning: Meaning
    silent: bool
    """There was no answer at all: its client gave up, or the connection broke."""
    answered: Meaning | None
    """What the exchange's answer meant; None if it never had it."""
    admitted: bool
    shed: bool
    """It was refused at admission, at once or while it waited."""
    done: bool | None
    """Whether the engine did it, late or not; None if it never got there."""


Test = Callable[[Seat], bool]


def _everybody(seat: Seat) -> bool:
    return True


def _class(klass: Class) -> Test:
    return lambda seat: seat.klass is klass


CLASSES: dict[str, Test] = {
    "all order requests": _everybody,
    "opening orders": _class(OPENING),
    REDUCING_CLASS: _class(REDUCING),
    "orders that truly reduce": lambda seat: seat.truly,
    "cancels": _class(CANCEL),
    BOTS_CLASS: lambda seat: seat.watched and seat.klass is REDUCING,
}
NOT_ACCEPTED = "not accepted, for whatever reason"
FOR_CAPACITY = "for want of capacity: refused, or answered with an unknown fate"
_AT_CLIENT: dict[str, Test] = {
    NOT_ACCEPTED: lambda seat: seat.meaning is not Meaning.ACCEPTED,
    "refused for certain": lambda seat: seat.meaning not in (Meaning.ACCEPTED, Meaning.UNKNOWN),
    FOR_CAPACITY: lambda seat: (
        seat.meaning is Meaning.CAPACITY_REFUSED or (seat.meaning is Meaning.UNKNOWN and not seat.silent)
    ),
    "of unknown fate: answered so, timed out, or cut off": lambda seat: seat.meaning is Meaning.UNKNOWN,
    "refused for the state of the account": lambda seat: seat.meaning is Meaning.STATE_REFUSED,
}
_AT_GATEWAY: dict[str, Test] = {
    "shed at admission": lambda seat: seat.shed,
    "answered with anything but success": lambda seat: seat.answered is not Meaning.ACCEPTED,
    "admitted, but not answered in time": lambda seat: (
        seat.admitted and not seat.shed and seat.answered is Meaning.UNKNOWN
    ),
}


_AT_ENGINE: dict[str, Test] = {
    "refused by the engine": lambda seat: not seat.done,
}


_PER = {
    "client": "attempts",
    "gateway": "attempts that arrived",
    "engine": "orders that reached the engine",
}


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
        if seat.klass is REDUCING:
            accepted = seat.meaning is Meaning.ACCEPTED
            _add(self.minutes.setdefault(at // MINUTE_NS, [0, 0]), accepted)
            _add(self.seconds.setdefault(at // NS_PER_S, [0, 0]), accepted)
            _add(self.accounts.setdefault(account, [0, 0]), accepted)

    def count_decision(self, served: bool, accepted: bool, refused: bool, *, watched: bool) -> None:
        """A decision to reduce, of anybody or of one of the watched bots, whenever it was made: most are made
        before a window of refusals begins. `accepted` and `refused` say whether any attempt for it was."""
        found = [(NOT_SERVED, not served)]
        if accepted or refused:
            found += [(EVER_REFUSED, refused), (NEVER_ACCEPTED, not accepted)]
        for name in ("everybody", *(("the bots",) if watched else ())):
            for what, is_so in found:
                part, whole = self.intents.get((name, what), (0, 0))
                self.intents[name, what] = (part + is_so, whole + 1)

    def refusals(self) -> Counter[Code]:
        """How often each code came that is no acceptance."""
        found: Counter[Code] = Counter()
        for seat, count in self.seats.items():
            if seat.meaning is not Meaning.ACCEPTED:
                found[seat.code] += count
        return found

    def rows(self, codes: Sequence[Code]) -> Iterator[Row]:
        """Those without anything to count are left out. `codes` are those that have a rate of their own: the
        same for all runs that are put together (`codes_of`)."""
        at_client = _AT_CLIENT | {f"refused with {code}": _with(code) for code in codes}
        for name, member in CLASSES.items():
            yield from self._of_class("client", name, member, at_client, _everybody)
            if self.blind:
                continue
            yield from self._of_class(
                "gateway", name, member, _AT_GATEWAY, lambda seat: seat.answered is not None
            )
            yield from self._of_class("engine", name, member, _AT_ENGINE, lambda seat: seat.done is not None)
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


def _with(code: Code) -> Test:
    return lambda seat: seat.code == code and seat.meaning is not Meaning.ACCEPTED


def codes_of(runs: Sequence[Rates]) -> list[Code]:
    """The codes that refusals came with most often over several runs, most often first."""
    whole: Counter[Code] = Counter()
    for run in runs:
        whole.update(run.refusals())
    return sorted(whole, key=lambda code: (-whole[code], *in_order(code)))[:MOST_CODES]


def in_order(code: Code) -> tuple[bool, int, str]:
    """Numbers by size, then texts: a key to sort codes by."""
    return (True, 0, code) if isinstance(code, str) else (False, code, "")


def _add(pair: list[int], counts: bool) -> None:
    pair[0] += counts
    pair[1] += 1

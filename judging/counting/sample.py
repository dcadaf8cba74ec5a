"""What is counted of one replication, or of one part of a run over sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from judging.counting.batches import Parts
from judging.reading.ended import Collector, Ended, Whole
from judging.reading.kinds import ACCEPTED, AGAINST, KINDS, OWED
from run_records.clients import Code
from run_records.terms import Terms
from run_records.words import CANCEL, CLASSES, OPENING, Class, Group, Meaning

Pair = tuple[int, int]
"""(part, whole)."""
SHUT_OUT_OF = 5
"""Exiting attempts of an account in one run below which nothing follows from none being accepted."""


@dataclass(slots=True)
class Sample:
    """Counts by group, and what else clauses are judged by."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Attempts by (group, how they ended)."""
    codes: Counter[tuple[str, Code]] = field(default_factory=Counter)
    """Attempts by (group, the venue's code)."""
    shed: Counter[tuple[str, Code]] = field(default_factory=Counter)
    """Those refused for want of capacity, for certain, by (group, code)."""
    shed_executed: Counter[Code] = field(default_factory=Counter)
    """Of those, executed all the same."""
    shed_counted: Counter[Code] = field(default_factory=Counter)
    """Of those, counted against an order limit all the same."""
    unmatched: int = 0
    """Attempts that the exchange knows nothing of."""
    accounts: dict[str, Pair] = field(default_factory=dict)
    """Of exiting attempts by account, (accepted, all that the venue had to accept)."""
    past_gate: dict[str, Pair] = field(default_factory=dict)
    """By `feigned` and `opening` (honest ones), (got a slot, all)."""
    opening_moments: Pair = (0, 0)
    """Fifths of a second, (openings offered and none accepted, openings offered)."""
    demanded_seconds: Pair = (0, 0)
    """(Seconds in which more work was offered than the venue can do, all)."""
    work: Pair = (0, 0)
    """Of those, (attempts' worth of work done for answers that counted, attempts' worth of capacity)."""
    engine_ns: Pair = (0, 0)
    """(Engine time spent on answers that counted, engine time spent), whenever."""
    after_fall: list[Pair] = field(default_factory=list)
    """By second since the load fell, opening attempts (accepted, all)."""
    over_full: Counter[Pair] = field(default_factory=Counter)
    """Admissions beyond a node's slots, by (slots held, slots)."""
    admitted: int = 0
    """All admissions."""
    ahead: Pair = (0, 0)
    """Of orders claiming to reduce that came while openings waited, (those before most of these, all)."""
    slowness: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Of exiting attempts and cancels accepted, by (group, time from arrival to answer in multiples of what
    one alone takes, rounded up)."""
    behind: Counter[int] = field(default_factory=Counter)
    """Of exiting attempts accepted, the time in hundredths of what the median opening of the same second took
    (`delays.Delays`)."""
    openers: dict[str, Pair] = field(default_factory=dict)
    """Of opening attempts by account, as `accounts` are of exiting ones."""
    half_exits: dict[str, Pair] = field(default_factory=dict)
    """Of `accounts`, what belongs to one half of the run (`halves.Halves`)."""
    half_openers: dict[str, Pair] = field(default_factory=dict)
    """Of `openers`, likewise."""
    markets: dict[str, Pair] = field(default_factory=dict)
    """Of opening attempts by symbol, side and size, as `accounts` are of exiting ones."""
    half_markets: dict[str, Pair] = field(default_factory=dict)
    """Of these, likewise."""
    shut_out: Pair = (0, 0)
    """Of accounts with SHUT_OUT_OF exiting attempts or more in the run, (with none accepted, all)."""
    worth: Pair = (0, 0)
    """Of exiting attempts, (notional accepted, notional that the venue had to accept), in 1e-8 USDT."""
    executed: Pair = (0, 0)
    """Of accepted orders that claim to reduce, were to trade at once, and whose answer says how much did:
    (millionths of an order executed, orders)."""
    exit_moments: Pair = (0, 0)
    """Fifths of a second, (exiting attempts made and none accepted, exiting attempts made)."""

    def attempts(self, group: str) -> int:
        return sum(self.kinds[group, kind] for kind in KINDS)

    def against(self, group: str) -> Pair:
        """(attempts refused for the venue's reasons, attempts that the venue had to accept)."""
        refused = sum(self.kinds[group, kind] for kind in AGAINST)
        return refused, refused + self.kinds[group, ACCEPTED]

    def shed_with(self, code: str, groups: Iterable[str] = CLASSES) -> int:
        """Attempts of some groups that were refused for want of capacity with a code; any, if it is empty."""
        return sum(n for (group, found), n in self.shed.items() if group in groups and is_code(found, code))

    def add(self, other: Sample) -> None:
        """Count another sample's attempts as this one's, too."""
        for name in (
            "kinds",
            "codes",
            "shed",
            "shed_executed",
            "shed_counted",
            "over_full",
            "slowness",
            "behind",
        ):
            getattr(self, name).update(getattr(other, name))
        self.unmatched += other.unmatched
        self.admitted += other.admitted
        for name in _PAIRS:
            setattr(self, name, plus(getattr(self, name), getattr(other, name)))
        for mine, others in (
            (self.accounts, other.accounts),
            (self.openers, other.openers),
            (self.half_exits, other.half_exits),
            (self.half_openers, other.half_openers),
            (self.markets, other.markets),
            (self.half_markets, other.half_markets),
            (self.past_gate, other.past_gate),
        ):
            merge(mine, others)
        length = max(len(self.after_fall), len(other.after_fall))
        self.after_fall += [(0, 0)] * (length - len(self.after_fall))
        for second, pair in enumerate(other.after_fall):
            self.after_fall[second] = plus(self.after_fall[second], pair)


_PAIRS = (
    "ahead",
    "opening_moments",
    "exit_moments",
    "demanded_seconds",
    "work",
    "engine_ns",
    "shut_out",
    "worth",
    "executed",
)


def plus(a: Pair, b: Pair) -> Pair:
    return a[0] + b[0], a[1] + b[1]


def merge(mine: dict[str, Pair], others: Mapping[str, Pair]) -> None:
    """Add pairs to those that have the same name."""
    for name, pair in others.items():
        mine[name] = plus(mine.get(name, (0, 0)), pair)


def count_one(pairs: dict[str, Pair], name: str, *, part: bool) -> None:
    """One more of the whole, and perhaps of the part."""
    k, n = pairs.get(name, (0, 0))
    pairs[name] = k + part, n + 1


def with_code(counts: Mapping[Code, int], wanted: str) -> int:
    """How many of them have the code a contract names."""
    return sum(count for code, count in counts.items() if is_code(code, wanted))


def is_code(found: Code, wanted: str) -> bool:
    """Whether a code is the one a contract names; a contract that names none means any."""
    return not wanted or str(found) == wanted


class SampleCounts(Collector):
    """Counts attempts into the samples of a run's parts."""

    def __init__(self, terms: Terms, parts: Parts) -> None:
        self._terms = terms
        self._parts = parts
        self.samples = [Sample() for _ in range(parts.count)]
        self._whole: Whole | None = None

    def begin(self, whole: Whole) -> None:
        self._whole = whole

    def finish(self, whole: Whole) -> None:
        run: dict[str, Pair] = {}
        for sample in self.samples:
            merge(run, sample.accounts)
        known = [accepted for accepted, n in run.values() if n >= SHUT_OUT_OF]
        self.samples[0].shut_out = (known.count(0), len(known))

    def count(self, ended: Ended) -> None:
        sample = self.samples[self._parts.of(ended.row.intended)]
        row, kind = ended.row, ended.kind
        feigned = not ended.truly and row.trader in self._terms.feigning
        for group in _groups(ended, feigned=feigned):
            sample.kinds[group, kind] += 1
            sample.codes[group, row.code] += 1
            if row.meaning is Meaning.CAPACITY_REFUSED:
                sample.shed[group, row.code] += 1
        if ended.exiting:
            self._count_exiting(sample, ended)
        if row.executed and kind is ACCEPTED:
            sample.executed = plus(sample.executed, (_millionths(row.executed, row.quantity), 1))
        if feigned or row.klass is OPENING:
            name = Group.FEIGNED if feigned else Group.OPENING
            count_one(sample.past_gate, name, part=ended.admitted)
            if not feigned and kind in OWED:
                count_one(sample.openers, row.account, part=kind is ACCEPTED)
        if row.klass is CANCEL and kind is ACCEPTED:
            self._count_slowness(sample, Group.CANCEL, ended)
        if row.meaning is Meaning.CAPACITY_REFUSED:
            sample.shed_executed[row.code] += ended.done is True
            sample.shed_counted[row.code] += ended.seen is not None and ended.seen.counted
        self._count_slots(sample, ended)

    def _count_exiting(self, sample: Sample, ended: Ended) -> None:
        row, accepted = ended.row, ended.kind is ACCEPTED
        if accepted:
            self._count_slowness(sample, Group.EXITING, ended)
        if ended.kind not in OWED:
            return
        count_one(sample.accounts, row.account, part=accepted)
        if self._whole is not None:
            worth = self._whole.notional(row.symbol, row.quantity)
            sample.worth = plus(sample.worth, (worth * accepted, worth))

    def _count_slowness(self, sample: Sample, group: Group, ended: Ended) -> None:
        seen = ended.seen
        if seen is not None and (alone := self._terms.at(seen.arrived).alone_ns):
            sample.slowness[group, -(-(seen.at - seen.arrived) // alone)] += 1

    def _count_slots(self, sample: Sample, ended: Ended) -> None:
        seen = ended.seen
        if seen is None:
            sample.unmatched += 1
        elif seen.admitted >= 0:
            sample.admitted += 1
            slots = self._terms.at(seen.admitted).slots
            if seen.held > slots:
                sample.over_full[seen.held, slots] += 1


def _millionths(executed: str, quantity: str) -> int:
    """The part of an order that was executed. More than all of it is no more than all of it. Raises
    ValueError for a text that is no quantity."""
    try:
        done, whole = Decimal(executed), Decimal(quantity or "0")
        part = done / whole if whole > 0 else Decimal(0)
        return int(max(Decimal(0), min(part, Decimal(1))) * 1_000_000)
    except InvalidOperation:
        raise ValueError(f"{executed!r} of {quantity!r} is no quantity executed") from None


def _groups(ended: Ended, *, feigned: bool) -> Iterator[Class | Group]:
    yield ended.row.klass
    if ended.truly:
        yield Group.TRULY_REDUCING
        if ended.exiting:
            yield Group.EXITING
    if feigned:
        yield Group.FEIGNED

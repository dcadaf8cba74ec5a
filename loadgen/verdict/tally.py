"""What happened to every attempt and every intent of a run, joined from both vantages.

Client: `attempts.jsonl`. Exchange: `journal.jsonl`. They are joined by the request's key and batch leg,
which both sides know; an attempt the exchange never journaled keeps what its parameters claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadgen.records import ATTEMPT_COLUMNS, ATTEMPTS_SCHEMA, INTENTS_SCHEMA
from loadgen.verdict.breakdown import Breakdown, notional
from loadgen.verdict.exchange import Exchange, Rows, Seen
from loadgen.verdict.queue_order import QueueOrder
from loadgen.verdict.reenactment import Reenactment
from loadgen.verdict.sample import (
    ACCEPTED,
    AGAINST,
    EXITING,
    FEIGNED,
    SELF_STATE,
    STATE,
    TRULY_REDUCING,
    UNKNOWN,
    Pair,
    Sample,
    kind_of,
    plus,
)
from loadgen.verdict.seconds import Seconds
from loadgen.verdict.statistics import Duration
from loadgen.verdict.terms import Terms
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import THROTTLED
from mock_exchange.gateway.attempt import OPENING, REDUCING, UNCLASSIFIED
from mock_exchange.journal import SCHEMA as JOURNAL_SCHEMA
from mock_exchange.lines import read_lines
from mock_exchange.scaled import parse_scaled

NEVER_NS = 1 << 62
"""Length of a duration that cannot end in service any more: at risk at every horizon."""
BLOCKED_BY_OWN = frozenset((-2022, -4118))

SERVED = "served"
ABANDONED = "abandoned"
OPEN_AT_END = "open at the end"

_A = {name: place for place, name in enumerate(ATTEMPT_COLUMNS)}
_KEY, _LEG, _TRADER, _ACCOUNT, _CLASS = (_A[n] for n in ("key", "leg", "trader", "account", "class"))
_SYMBOL, _QUANTITY, _INTENT, _INTENDED, _ANSWERED = (
    _A[n] for n in ("symbol", "quantity", "intent", "intended", "answered")
)
_HTTP, _CODE = _A["http"], _A["code"]


@dataclass(slots=True)
class Tally:
    """All samples of a run and its intents. `wrong_books` says where Little's law did not hold.
    `reenactments` are the runs held against a report, where the scenario has one, `breakdowns` all runs taken
    apart. `feigned` and `recovers`
    say whether the scenario asks about cheats and about recovery, `batched` that the samples are parts of one
    run."""

    samples: list[Sample] = field(default_factory=list)
    durations: list[list[Duration]] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    wrong_books: list[str] = field(default_factory=list)
    reenactments: list[Reenactment] = field(default_factory=list)
    breakdowns: list[Breakdown] = field(default_factory=list)
    books: int = 0
    feigned: bool = False
    recovers: bool = False
    batched: bool = False
    waits: dict[str, list[Pair]] = field(default_factory=dict)
    """Of a batched run: by class and WAIT_PARTS equal parts of its length, (sum of nanoseconds from when
    accepted attempts were due to their answers, how many)."""
    blind: bool = False
    """No journal of the exchange is at hand: only what clients saw is known."""

    def merged(self) -> Sample:
        whole = Sample()
        for sample in self.samples:
            whole.add(sample)
        return whole

    def all_durations(self) -> list[Duration]:
        return [duration for group in self.durations for duration in group]


BATCHES = 10
"""A single run over sockets is counted in so many parts of its duration: a verdict takes them for samples."""
WAIT_PARTS = 50
"""How long answers take is followed in so many: a queue's memory shows there, though nobody be refused."""


def tally_folder(folder: Path, terms: Terms, batches: int = 1) -> Tally:
    """Read one run's records. With `batches` > 1 the attempts are cut by intended time into equal parts."""
    journal = folder / "journal.jsonl"
    blind = not journal.exists()
    return tally_rows(
        () if blind else read_lines(journal, JOURNAL_SCHEMA),
        _all_lines(folder, "attempts", ATTEMPTS_SCHEMA),
        _all_lines(folder, "intents", INTENTS_SCHEMA),
        terms,
        batches,
        blind=blind,
    )


def tally_rows(
    journal: Rows, attempts: Rows, intents: Rows, terms: Terms, batches: int = 1, *, blind: bool = False
) -> Tally:
    """The same from rows at hand; `blind` says that there is no journal."""
    exchange = Exchange(journal)
    tally = Tally(feigned=bool(terms.feigning), recovers=terms.recovers_at_ns is not None, blind=blind)
    tally.batched = batches > 1
    tally.samples = [Sample() for _ in range(batches)]
    seconds = Seconds(terms)
    order = QueueOrder()
    unknown_before: dict[tuple[str, str], list[tuple[Any, int]]] = {}
    keys_of: dict[int, list[tuple[Any, int]]] = {}
    taken = Breakdown.of(terms.duration_ns, terms.reported, blind=blind)
    tally.breakdowns = [taken]
    told = None if terms.reported is None else Reenactment(terms.reported, rates=taken.rates)
    ever: dict[int, set[bool]] = {}
    for row in attempts:
        batch = min(batches - 1, row[_INTENDED] * batches // terms.duration_ns)
        key = (row[_KEY], row[_LEG])
        seen = exchange.outcome_of(key)
        kind = _kind(row, seen, exchange, unknown_before)
        _count(tally.samples[batch], row, seen, kind, terms)
        if tally.batched and kind == ACCEPTED:
            _count_wait(tally.waits, row, terms.duration_ns)
        if seen is not None:
            shard = symbols()[row[_SYMBOL]].index % terms.at(max(0, seen.arrived)).shards
            order.count(row[_CLASS], shard, seen, kind, batch)
        seconds.count(row[_INTENDED], row[_CLASS], kind, None if seen is None else _work(seen))
        if row[_CODE] == THROTTLED:
            tally.samples[batch].executed_refusals += exchange.was_executed(key)
        taken.count(
            row[_TRADER], row[_ACCOUNT], row[_CLASS], _truly(row, seen), row[_CODE], row[_INTENDED], seen,
            exchange.engine_code(key), notional(row[_SYMBOL], row[_QUANTITY], exchange),
        )  # fmt: skip
        if told is not None:
            told.count(row[_TRADER], row[_CLASS], row[_CODE], row[_INTENDED], row[_ANSWERED])
        if row[_INTENT] >= 0:
            keys_of.setdefault(row[_INTENT], []).append(key)
            ever.setdefault(row[_INTENT], set()).add(kind == ACCEPTED)
    seconds.fill(tally.samples)
    for sample, pair in zip(tally.samples, order.pairs(batches), strict=True):
        sample.ahead = pair
    _keep_books(tally, exchange)
    tally.durations = [[] for _ in range(batches)]
    for number, start, duration, ending, trader in _intents(intents, keys_of, exchange, terms.duration_ns):
        tally.durations[min(batches - 1, start * batches // terms.duration_ns)].append(duration)
        tally.endings[ending] += 1
        outcomes = ever.get(number, set())
        watched = taken.watches(trader)
        taken.rates.count_intent(ending == SERVED, True in outcomes, False in outcomes, watched=watched)
    if told is not None:
        tally.reenactments.append(told)
    return tally


def combine(tallies: Iterable[Tally]) -> Tally:
    """Several replications as one tally, one sample each."""
    whole = Tally()
    for tally in tallies:
        whole.samples.extend(tally.samples)
        whole.durations.extend(tally.durations)
        whole.endings.update(tally.endings)
        whole.wrong_books += tally.wrong_books
        whole.books += tally.books
        whole.reenactments += tally.reenactments
        whole.breakdowns += tally.breakdowns
        whole.feigned = whole.feigned or tally.feigned
        whole.recovers = whole.recovers or tally.recovers
        whole.blind = whole.blind or tally.blind
    return whole


def _all_lines(folder: Path, stem: str, schema: str) -> Iterator[list[Any]]:
    """The rows of all workers' files."""
    for path in sorted(folder.glob(f"{stem}*.jsonl")):
        yield from read_lines(path, schema)


def _work(seen: Seen) -> tuple[int, int, int]:
    """(when answered, engine time spent on it, time in the gateway), nanoseconds."""
    at = seen.at
    return (
        at, at - seen.started if seen.started >= 0 else 0, at - seen.admitted if seen.admitted >= 0 else 0
    )  # fmt: skip


def _kind(
    row: list[Any],
    seen: Seen | None,
    exchange: Exchange,
    unknown_before: dict[tuple[str, str], list[tuple[Any, int]]],
) -> str:
    """How the attempt ended. A refusal that an earlier own attempt explains, whose fate its client never
    learnt and which was executed, is self-inflicted: the exchange knows its own 503s only, the client's
    records know of impatience, too."""
    code = row[_CODE]
    judgement, stage = ("", "") if seen is None else (seen.judgement, seen.stage)
    kind = kind_of(row[_HTTP], code, judgement, stage)
    where = (row[_ACCOUNT], row[_SYMBOL])
    if kind == UNKNOWN:
        unknown_before.setdefault(where, []).append((row[_KEY], row[_LEG]))
    elif kind == STATE and code in BLOCKED_BY_OWN:
        before = unknown_before.get(where, ())
        return SELF_STATE if any(exchange.was_executed(key) for key in before) else STATE
    return kind


def _count(sample: Sample, row: list[Any], seen: Seen | None, kind: str, terms: Terms) -> None:
    klass, code = row[_CLASS], row[_CODE]
    truly = _truly(row, seen)
    sample.unmatched += seen is None
    groups = [klass]
    if truly:
        groups.append(TRULY_REDUCING)
        if row[_INTENT] >= 0:
            groups.append(EXITING)
            _count_account(sample, row[_ACCOUNT], kind)
            _count_slowness(sample, seen, kind, terms)
    feigned = not truly and row[_TRADER] in terms.feigning
    if feigned:
        groups.append(FEIGNED)
    for group in groups:
        sample.kinds[group, kind] += 1
        sample.codes[group, code] += 1
    admitted = seen is not None and seen.admitted >= 0
    if feigned or klass == OPENING:
        name = FEIGNED if feigned else OPENING
        sample.past_gate[name] = plus(sample.past_gate.get(name, (0, 0)), (int(admitted), 1))
    if seen is None:
        return
    if code == THROTTLED:
        sample.counted_refusals += seen.counted
    if admitted:
        sample.admitted += 1
        slots = terms.at(seen.admitted).slots
        if seen.held > slots:
            sample.over_full[seen.held, slots] += 1


def _count_wait(waits: dict[str, list[Pair]], row: list[Any], duration_ns: int) -> None:
    parts = waits.setdefault(row[_CLASS], [(0, 0)] * WAIT_PARTS)
    place = min(WAIT_PARTS - 1, row[_INTENDED] * WAIT_PARTS // duration_ns)
    parts[place] = plus(parts[place], (row[_ANSWERED] - row[_INTENDED], 1))


def _truly(row: list[Any], seen: Seen | None) -> bool:
    """What the engine knew, or without it what the parameters claim."""
    if seen is None or seen.klass == UNCLASSIFIED:
        return bool(row[_CLASS] == REDUCING)
    return seen.truly


def _count_account(sample: Sample, account: str, kind: str) -> None:
    if kind == ACCEPTED or kind in AGAINST:
        pair = (int(kind == ACCEPTED), 1)
        sample.accounts[account] = plus(sample.accounts.get(account, (0, 0)), pair)


def _count_slowness(sample: Sample, seen: Seen | None, kind: str, terms: Terms) -> None:
    alone = 0 if seen is None or kind != ACCEPTED else terms.at(seen.arrived).alone_ns
    if seen is not None and alone:
        sample.slowness[-(-(seen.at - seen.arrived) // alone)] += 1


def _keep_books(tally: Tally, exchange: Exchange) -> None:
    """Engine time in all, and Little's law on every queue whose books were closed."""
    busy = 0
    for _, _, name, _, busy_ns, area, waits in exchange.stations:
        tally.books += 1
        busy += busy_ns if name.startswith("engine-") else 0
        if area != waits:
            tally.wrong_books.append(f"Little's law fails at {name}: area {area} ns, waits {waits} ns")
    tally.samples[0].engine_ns = plus(tally.samples[0].engine_ns, (0, busy))


def _intents(
    rows: Rows, keys_of: dict[int, list[tuple[Any, int]]], exchange: Exchange, end_ns: int
) -> Iterator[tuple[int, int, Duration, str, str]]:
    """(number, instant decided, time to the fill that completes it, how it ended, whose) of each intent.
    Only its own attempts' fills count; what is filled after the run has ended is open at its end."""
    begun: dict[int, tuple[int, int, str]] = {}
    given_up: set[int] = set()
    for row in rows:
        if row[0] == "intent":
            precision = symbols()[row[5]].quantity_precision
            begun[row[1]] = (row[2], parse_scaled(row[6], precision), row[3])
        else:
            given_up.add(row[1])
    for number, (start, quantity, trader) in begun.items():
        fills = sorted(fill for key in keys_of.get(number, ()) for fill in exchange.fills.get(key, ()))
        served = _served_at(fills, quantity)
        if served is not None and served <= end_ns:
            yield number, start, Duration(served - start, True), SERVED, trader
        elif number in given_up:
            yield number, start, Duration(NEVER_NS, False), ABANDONED, trader
        else:
            yield number, start, Duration(max(0, end_ns - start), False), OPEN_AT_END, trader


def _served_at(fills: list[tuple[int, int]], quantity: int) -> int | None:
    filled = 0
    for at, amount in fills:
        filled += amount
        if filled >= quantity:
            return at
    return None

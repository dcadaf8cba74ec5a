"""What a verdict rests on, counted once more from the same records: one question, one pass."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judging.counting.batches import Parts
from judging.counting.decisions import NO_END_NS, Fate
from judging.counting.seconds import _busiest
from judging.counting.tally import Tally, tally
from judging.reading.ended import Sources, collect
from judging.reading.exchange import Exchange
from judging.reading.kinds import Kind, kind_of
from run_records.clients import AbandonRow, IntentRow
from run_records.journal import MarkRow, StationRow
from run_records.terms import Capacity, Precision, Terms
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import CANCEL, OPENING, REDUCING, UNCLASSIFIED, Cause, Judgement, Meaning, Stage
from tests.rows import attempt_row, fill_row, order_row, outcome_row
from tests.support import examples

S, MS = NS_PER_S, NS_PER_MS
SECONDS = 8
CAPACITIES = (
    Capacity(0, slots=2, shards=2, servers=1, work_ns=400 * MS, alone_ns=100 * MS, limited_by_engine=True),
    Capacity(4 * S, slots=3, shards=2, servers=3, work_ns=500 * MS, alone_ns=70 * MS),
)
TERMS = Terms(
    SECONDS * S,
    SECONDS * S,
    capacity=CAPACITIES,
    symbols={"BTCUSDT": Precision(2, 3)},
    feigning=frozenset(("cheat",)),
    recovers_at_ns=round(2.5 * S),
)
ENDINGS = (
    (0, Judgement.NONE, Stage.FILLED),
    (0, Judgement.NONE, Stage.RESTING),
    (-1008, Judgement.CAPACITY, Stage.ADMISSION),
    (-503, Judgement.CAPACITY, Stage.ENGINE_QUEUE),
    (-2022, Judgement.FALSE, Stage.REPLICA),
    (-2022, Judgement.JUSTIFIED, Stage.RISK),
    (-4118, Judgement.SELF_INFLICTED, Stage.RISK),
    (-1003, Judgement.JUSTIFIED, Stage.IP_WEIGHT),
    (-1102, Judgement.JUSTIFIED, Stage.PARAMETERS),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([OPENING, OPENING, OPENING, REDUCING, CANCEL]),
        st.sampled_from(["honest", "cheat"]),
        st.integers(0, SECONDS * 10 - 1).map(lambda tenth: tenth * 100 * MS),
        st.sampled_from(ENDINGS),
        st.sampled_from([-1, -1, 1, 2]),  # intent
        st.booleans(),  # truly
        st.booleans(),  # known to the exchange
        st.integers(0, 4),  # slots held; 0: never admitted
        st.booleans(),  # counted
        st.integers(0, 15).map(lambda tenth: tenth * 50 * MS),  # time in the gateway
    ),
    max_size=50,
)


class Record:
    """One attempt with all that is known of it."""

    def __init__(self, number: int, drawn: tuple[Any, ...]) -> None:
        (
            self.klass,
            self.trader,
            self.at,
            ending,
            self.intent,
            truly,
            self.known,
            self.held,
            self.counted,
            took,
        ) = drawn
        self.code, self.judgement, self.stage = ending
        http = {0: 200, -503: 503, -1008: 503, -1003: 429}.get(self.code, 400)
        self.row = attempt_row(
            key=number,
            klass=self.klass,
            trader=self.trader,
            intended=self.at,
            code=self.code,
            http=http,
            intent=self.intent,
            account=self.trader,
        )
        admitted = self.at if self.held else -1
        self.started = self.at + took // 2 if self.held and self.stage is not Stage.ADMISSION else -1
        self.seen = outcome_row(
            at=self.at + took,
            key=number,
            klass=self.klass,
            truly=truly,
            stage=self.stage,
            code=self.code,
            http=http,
            judgement=self.judgement,
            arrived=self.at,
            admitted=admitted,
            started=self.started,
            held=self.held,
            counted=self.counted,
        )
        self.took = took
        self.truly = truly if self.known else self.klass is REDUCING
        self.kind = (
            kind_of(self.row.meaning, self.judgement, self.stage) if self.known else kind_of(self.row.meaning)
        )

    @property
    def done(self) -> bool:
        return bool(self.known) and self.code == 0

    @property
    def against(self) -> bool:
        return self.kind in (Kind.CAPACITY, Kind.UNKNOWN, Kind.FALSE_STATE)


def counted(records: list[Record], batches: int = 1) -> Tally:
    journal = [record.seen for record in records if record.known]
    return tally(Sources(journal, [("a", [record.row for record in records])], []), TERMS, batches)


@examples(250)
@given(ROWS)
def test_a_sample_is_what_its_rows_add_up_to(drawn: list[tuple[Any, ...]]) -> None:
    records = [Record(number, row) for number, row in enumerate(drawn)]
    (sample,) = counted(records).samples

    def groups(record: Record) -> set[str]:
        found = {str(record.klass)}
        if record.truly:
            found.add("truly-reducing")
        if record.truly and record.intent >= 0:
            found.add("exiting")
        if record.trader == "cheat" and not record.truly:
            found.add("feigned")
        return found

    names = {name for record in records for name in groups(record)}
    for name in names:
        mine = [record for record in records if name in groups(record)]
        assert {k: sample.kinds[name, k] for k in Kind if sample.kinds[name, k]} == Counter(
            r.kind for r in mine
        )
        assert {c: n for (g, c), n in sample.codes.items() if g == name} == Counter(r.code for r in mine)
        shed = [r.code for r in mine if r.row.meaning is Meaning.CAPACITY_REFUSED]
        assert {c: n for (g, c), n in sample.shed.items() if g == name} == Counter(shed)
    shed_rows = [r for r in records if r.row.meaning is Meaning.CAPACITY_REFUSED]
    assert +sample.shed_executed == +Counter(r.code for r in shed_rows if r.done)
    assert +sample.shed_counted == +Counter(r.code for r in shed_rows if r.known and r.counted)
    assert sample.unmatched == sum(not record.known for record in records)
    held = [r for r in records if r.known and r.held]
    assert sample.admitted == len(held)
    slots = [(r.held, 2 if r.at < 4 * S else 3) for r in held]
    assert sample.over_full == Counter(pair for pair in slots if pair[0] > pair[1])
    exiting = [r for r in records if "exiting" in groups(r)]
    for account in ("honest", "cheat"):
        owed = [r for r in exiting if r.trader == account and (r.kind is Kind.ACCEPTED or r.against)]
        pair = (sum(r.kind is Kind.ACCEPTED for r in owed), len(owed))
        assert sample.accounts.get(account, (0, 0)) == pair
    slow = [
        (name, math.ceil(r.took / ((100 if r.at < 4 * S else 70) * MS)))
        for name, chosen in (("exiting", exiting), ("cancel", [r for r in records if r.klass is CANCEL]))
        for r in chosen
        if r.known and r.kind is Kind.ACCEPTED
    ]
    assert sample.slowness == Counter(slow)
    openers = [r for r in records if r.klass is OPENING and "feigned" not in groups(r)]
    for account in ("honest", "cheat"):
        owed = [r for r in openers if r.trader == account and (r.kind is Kind.ACCEPTED or r.against)]
        pair = (sum(r.kind is Kind.ACCEPTED for r in owed), len(owed))
        assert sample.openers.get(account, (0, 0)) == pair
        seconds = {r.at // S: [0, 0] for r in owed}
        for r in owed:
            seconds[r.at // S][0] += r.kind is Kind.ACCEPTED
            seconds[r.at // S][1] += 1
        halves = {(0, 0)}
        for k, n in seconds.values():
            halves |= {(a + k, b + n) for a, b in halves}
        assert sample.half_openers.get(account, (0, 0)) in halves, "whole seconds of the run"
    fared = [sample.accounts.get(account, (0, 0)) for account in ("honest", "cheat")]
    tried = [accepted for accepted, n in fared if n >= 5]
    assert sample.shut_out == (tried.count(0), len(tried))
    for name, chosen in (
        ("feigned", [r for r in records if "feigned" in groups(r)]),
        ("opening", [r for r in records if "feigned" not in groups(r) and r.klass is OPENING]),
    ):
        past = sum(r.known and r.held > 0 for r in chosen)
        assert sample.past_gate.get(name, (0, 0)) == (past, len(chosen))


@examples(150)
@given(ROWS)
def test_moments_and_delays_of_exits(drawn: list[tuple[Any, ...]]) -> None:
    records = [Record(number, row) for number, row in enumerate(drawn)]
    (sample,) = counted(records).samples
    exiting = [r for r in records if r.truly and r.intent >= 0]
    moments: dict[int, list[bool]] = {}
    for r in exiting:
        if r.kind is Kind.ACCEPTED or r.against:
            moments.setdefault(r.at // (S // 5), []).append(r.kind is Kind.ACCEPTED)
    assert sample.exit_moments == (sum(not any(found) for found in moments.values()), len(moments))
    inside = [r for r in records if r.known and r.held and r.kind is Kind.ACCEPTED]
    behind = []
    for r in inside:
        beside = sorted(o.took for o in inside if o.klass is OPENING and o.at // S == r.at // S)
        if r in exiting and len(beside) >= 5:
            median = max(1, beside[len(beside) // 2])
            alone = (100 if r.at // S < 4 else 70) * MS
            behind.append(min(1_000_000, max(0, math.ceil(100 * (r.took - alone) / median))))
    assert sample.behind == Counter(behind)


@examples(250)
@given(ROWS)
def test_seconds_are_what_their_rows_add_up_to(drawn: list[tuple[Any, ...]]) -> None:
    records = [Record(number, row) for number, row in enumerate(drawn)]
    (sample,) = counted(records).samples
    asked = [r for r in records if r.klass is OPENING and (r.kind is Kind.ACCEPTED or r.against)]
    fifths = [[r for r in asked if r.at // (200 * MS) == fifth] for fifth in range(SECONDS * 5)]
    offered = [rows for rows in fifths if len(rows) >= 5]
    starved = [rows for rows in offered if not any(r.kind is Kind.ACCEPTED for r in rows)]
    assert sample.opening_moments == (len(starved), len(offered))
    useful = [
        r
        for r in records
        if r.known and r.kind in (Kind.ACCEPTED, Kind.STATE, Kind.SELF_STATE, Kind.MALFORMED)
    ]
    worked = sum(r.seen.at - r.started for r in useful if r.started >= 0)
    assert sample.engine_ns == (worked, 0)
    demanded, work = 0, [0, 0]
    for second in range(SECONDS):
        capacity = CAPACITIES[second >= 4]
        due = sum(r.at // S == second for r in records)
        if due * capacity.work_ns < capacity.servers * S:
            continue
        demanded += 1
        mine = [r for r in useful if r.seen.at // S == second]
        if second < 4:
            spent = sum(r.seen.at - r.started for r in mine if r.started >= 0)
        else:
            spent = sum(r.took for r in mine if r.held)
        most = round(capacity.servers * S / capacity.work_ns)
        work = [work[0] + min(most, round(spent / capacity.work_ns)), work[1] + most]
    assert sample.demanded_seconds == (demanded, SECONDS)
    assert sample.work == tuple(work)
    recovery = [
        (
            sum(r.kind is Kind.ACCEPTED for r in asked if r.at // S == second),
            sum(r.at // S == second for r in asked),
        )
        for second in range(3, SECONDS)
    ]
    assert sample.after_fall == recovery


@examples(60)
@given(ROWS, st.sampled_from([2, 4]))
def test_parts_of_a_run_add_up_to_the_whole(drawn: list[tuple[Any, ...]], batches: int) -> None:
    records = [Record(number, row) for number, row in enumerate(drawn)]
    parts, (whole,) = counted(records, batches), counted(records).samples
    merged = parts.merged()
    for name in ("kinds", "codes", "shed", "over_full", "slowness", "accounts", "past_gate"):
        assert getattr(merged, name) == getattr(whole, name), name
    for name in ("unmatched", "admitted", "opening_moments", "work", "engine_ns", "after_fall"):
        assert getattr(merged, name) == getattr(whole, name), name
    for place, sample in enumerate(parts.samples):
        mine = [r for r in records if r.at * batches // (SECONDS * S) == place]
        assert sample.attempts("opening") == sum(r.klass is OPENING for r in mine)
    assert parts.batched
    assert not counted(records).batched


@pytest.mark.parametrize(
    ("demanded", "busiest"),
    [
        ([], (0, 0)),
        ([True] * 3, (3, 3)),
        ([False] * 600 + [True], (1, 600)),
        ([True] + [False] * 600, (1, 600)),
        ([True] * 5 + [False] * 595 + [True] * 5, (5, 600)),
        ([False] * 300 + [True] * 601, (600, 600)),
    ],
)
def test_overload_is_asked_of_the_busiest_ten_minutes(demanded: list[bool], busiest: tuple[int, int]) -> None:
    assert _busiest(demanded) == busiest


def test_an_instant_belongs_to_one_part() -> None:
    parts = Parts(10, 4)
    assert [parts.of(at) for at in (-5, 0, 2, 3, 4, 5, 7, 8, 9, 10, 99)] == [0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3]


# -- decisions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fills", "given_up", "fate", "length"),
    [
        ([(2 * S, 10)], None, Fate.SERVED, S),
        ([(2 * S, 4), (3 * S, 6)], None, Fate.SERVED, 2 * S),
        ([(2 * S, 4), (3 * S, 5)], None, Fate.OPEN_AT_END, 7 * S),
        ([(2 * S, 4), (3 * S, 5)], 4 * S, Fate.ABANDONED, NO_END_NS),
        ([(SECONDS * S, 10)], None, Fate.SERVED, 7 * S),
        ([(SECONDS * S + 1, 10)], None, Fate.OPEN_AT_END, 7 * S),
        ([(2 * S, 99)], 5 * S, Fate.SERVED, S),
        ([], None, Fate.OPEN_AT_END, 7 * S),
    ],
)
def test_how_a_decision_ends(
    fills: list[tuple[int, int]], given_up: int | None, fate: Fate, length: int
) -> None:
    intents: list[Any] = [IntentRow(5, S, "t", "a", "BTCUSDT", "0.010")]
    intents += [] if given_up is None else [AbandonRow(5, given_up)]
    journal: list[Any] = [order_row(key=1), outcome_row(key=1), *(fill_row(at, 1, n) for at, n in fills)]
    sources = Sources(journal, [("a", [attempt_row(key=1, intent=5)])], [("i", intents)])
    found = tally(sources, TERMS)
    assert found.fates == Counter({fate: 1})
    ((duration,),) = found.durations
    assert (duration.length_ns, duration.served) == (length, fate is Fate.SERVED)


def test_books_of_queues_are_compared_to_the_nanosecond() -> None:
    fields: dict[str, Any] = dict.fromkeys(StationRow.__struct_fields__, 0)
    journal = [
        StationRow(**{**fields, "name": name, "area_ns": area, "waited_ns": 7, "busy_ns": busy})
        for name, area, busy in (("engine-0", 7, 100), ("engine-1", 8, 30), ("node-0", 7, 5))
    ]
    found = tally(Sources(journal, [], []), TERMS)
    assert (found.books, found.samples[0].engine_ns) == (3, (0, 130))
    assert found.wrong_books == ["Little's law fails at engine-1: area 8 ns, waits 7 ns"]


# -- the journal, read once ---------------------------------------------------------------------------


def test_what_the_engine_did_whatever_the_answer_said() -> None:
    rows: list[Any] = [
        order_row(key=1),
        outcome_row(key=1),
        outcome_row(key=2, code=-503, stage=Stage.ENGINE_QUEUE),
        order_row(key=2, code=0),
        outcome_row(key=3, code=-503, stage=Stage.ENGINE_QUEUE),
        order_row(key=3, code=-2022),
        outcome_row(key=4, code=-1008, stage=Stage.ADMISSION),
        outcome_row(key=5, code=-2022, stage=Stage.RISK),
    ]
    exchange = Exchange(rows)
    assert [exchange.done((key, 0)) for key in (1, 2, 3, 4, 5, 6)] == [True, True, False, None, False, None]
    assert [key for key, _ in exchange.outcomes()] == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]


def test_a_batch_that_ended_before_its_legs_were_read_has_one_outcome() -> None:
    exchange = Exchange(
        [outcome_row(key=1, klass=UNCLASSIFIED, code=-1015), outcome_row(key=2), outcome_row(key=3, leg=1)]
    )
    assert exchange.outcome_of((1, 0)) is exchange.outcome_of((1, 4)) is not None
    assert exchange.outcome_of((2, 1)) is None, "a leg that was read has an outcome of its own"
    assert exchange.outcome_of((3, 1)) is not None
    assert exchange.outcome_of((3, 0)) is None


def test_fills_of_closing_orders_alone_are_kept_and_the_first_mark() -> None:
    rows: list[Any] = [
        MarkRow(0, "BTCUSDT", 5),
        MarkRow(1, "BTCUSDT", 6),
        order_row(key=1),
        order_row(key=2, reduce_only=False),
        order_row(key=3, reduce_only=False, position_side="LONG"),
        order_row(key=4, code=-2022),
        order_row(key=""),
        *(fill_row(7, key, 10 + key) for key in (1, 2, 3, 4)),
    ]
    exchange = Exchange(rows)
    assert exchange.fills == {(1, 0): [(7, 11)], (3, 0): [(7, 13)]}
    assert exchange.first_marks == {"BTCUSDT": 5}


def test_a_refusal_that_an_own_unknown_attempt_explains_is_self_inflicted() -> None:
    """The exchange calls it justified; its client's own lost attempt was executed."""
    state = {"code": -2022, "http": 400}
    rows = [
        attempt_row(key=1, code=-1, http=0),
        attempt_row(key=2, **state),
        attempt_row(key=3, account="b", **state),
        attempt_row(key=4, symbol="ETHUSDT", **state),
        attempt_row(key=5, klass=OPENING, **state),
    ]
    journal: list[Any] = [outcome_row(key=1), order_row(key=1)]
    journal += [
        outcome_row(
            key=key, judgement=Judgement.JUSTIFIED, stage=Stage.RISK, cause=Cause.ACCOUNT_STATE, **state
        )
        for key in (2, 3, 4, 5)
    ]
    kinds: list[Kind] = []

    class Noting:
        def watches(self) -> dict[Any, Any]:
            return {}

        def begin(self, whole: Any) -> None:
            pass

        def count(self, ended: Any) -> None:
            kinds.append(ended.kind)

        def finish(self, whole: Any) -> None:
            pass

    noting: Any = Noting()
    collect(Sources(journal, [("a", rows)], []), TERMS, [noting])
    assert kinds == [Kind.UNKNOWN, Kind.SELF_STATE, Kind.STATE, Kind.STATE, Kind.STATE]

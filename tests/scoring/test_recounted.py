"""Every figure of a scorecard, counted once more from the same rows, each by itself."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from judging.reading.ended import Sources
from judging.reading.kinds import Kind, kind_of
from judging.scoring.card import Card, cards
from run_records.goals import VISITOR, Goal
from run_records.journal import CancelAllRow, EquityRow, ForcedRow, MarketRow, PositionRow, QueryRow
from run_records.scaled import MONEY_UNIT
from run_records.terms import Terms
from run_records.units import NS_PER_S
from run_records.words import CANCEL, OPENING, REDUCING, UNCLASSIFIED, Cause, Judgement, Meaning, Stage
from tests.rows import attempt_row, outcome_row
from tests.support import examples

S = NS_PER_S
TERMS = Terms(60 * S, 60 * S)
HELD = 1000
ANSWERS = (
    (0, 200, Judgement.NONE),
    (-1008, 503, Judgement.CAPACITY),
    (-503, 503, Judgement.CAPACITY),
    (-2022, 400, Judgement.JUSTIFIED),
    (-4118, 400, Judgement.SELF_INFLICTED),
    (-2022, 400, Judgement.FALSE),
)
instants = st.integers(0, 120).map(lambda quarter: quarter * S // 4)
ROWS = st.lists(
    st.one_of(
        st.tuples(
            st.just("order"),
            instants,
            st.sampled_from(ANSWERS),
            st.integers(0, 8),
            st.sampled_from([REDUCING, REDUCING, OPENING, CANCEL, UNCLASSIFIED]),
            st.sampled_from([Cause.NONE, Cause.NONE, Cause.RATE_LIMIT, Cause.BAN]),
            st.sampled_from("vvo"),
        ),
        st.tuples(
            st.just("question"),
            instants,
            st.booleans(),
            st.sampled_from([Cause.NONE, Cause.BAN]),
            st.sampled_from("vvo"),
        ),
        st.tuples(st.just("equity"), instants, st.integers(900, 1100), st.sampled_from("vvo")),
        st.tuples(
            st.just("position"),
            instants,
            st.integers(-300, 1000),
            st.sampled_from(["BOTH", "BOTH", "LONG"]),
            st.sampled_from("vvo"),
        ),
        st.tuples(st.just("mark"), instants, st.integers(180_000, 220_000)),
        st.tuples(st.just("sweep"), instants, st.sampled_from("vvo")),
        st.tuples(st.just("forced"), instants, st.sampled_from("ooov")),
    ),
    max_size=40,
)


def row_of(kind: type[Any], **said: Any) -> Any:
    return kind(**{**dict.fromkeys(kind.__struct_fields__, 0), **said})


def journal_of(drawn: list[tuple[Any, ...]]) -> list[Any]:
    rows: list[Any] = []
    for number, (what, at, *more) in enumerate(drawn):
        if what == "order":
            (code, http, judgement), took, klass, cause, account = more
            rows.append(
                outcome_row(
                    at=at + took * S // 4,
                    key=number,
                    arrived=at,
                    klass=klass,
                    account=account,
                    code=code,
                    http=http,
                    judgement=judgement,
                    cause=cause,
                    stage=Stage.RISK,
                )
            )
        elif what == "question":
            tells, cause, account = more
            rows.append(QueryRow(at, account, "/", 200, cause, tells))
        elif what == "equity":
            rows.append(
                row_of(EquityRow, at=at, account=more[1], wallet=more[0] * MONEY_UNIT - 5, unrealized=5)
            )
        elif what == "position":
            amount, side, account = more
            rows.append(
                row_of(PositionRow, at=at, account=account, symbol="DOGEUSDT", side=side, amount=amount)
            )
        elif what == "mark":
            rows.append(row_of(MarketRow, at=at, symbol="DOGEUSDT", mark=more[0]))
        elif what == "sweep":
            rows.append(row_of(CancelAllRow, at=at, account=more[0]))
        else:
            rows.append(row_of(ForcedRow, at=at, account=more[0], symbol="DOGEUSDT"))
    return sorted(rows, key=lambda row: row.at)


def by_hand(rows: list[Any], target: int) -> dict[str, Any]:
    """The figures, by their definitions, of the account `v`."""
    mine = [row for row in rows if getattr(row, "account", "") == "v"]
    outcomes = [row for row in mine if hasattr(row, "judgement")]
    orders = [
        row
        for row in outcomes
        if row.klass is not CANCEL and (row.klass is not UNCLASSIFIED or row.meaning is not Meaning.ACCEPTED)
    ]
    kinds = [kind_of(row.meaning, row.judgement, row.stage) for row in orders]
    decided = min((row.arrived for row in orders), default=None)
    positions = [row for row in mine if isinstance(row, PositionRow)]
    forced = [row.at for row in mine if isinstance(row, ForcedRow)]
    flat = next((row.at for row in positions if row.side == "BOTH" and row.amount <= HELD - target), None)
    limited = [row.cause for row in mine if getattr(row, "cause", None) in (Cause.RATE_LIMIT, Cause.BAN)]
    marks = [(row.at, row.mark) for row in rows if isinstance(row, MarketRow)]

    def mark(at: int) -> int:
        if not marks:
            return 0
        return next((price for seen, price in reversed(marks) if seen <= at), marks[0][1])

    ending = "still in" if flat is None else "out"
    if forced and (flat is None or forced[0] <= flat):
        ending = "overtaken"
    if decided is None:
        ending = "never tried"
    in_time = sorted(orders, key=lambda row: (row.arrived, row.at, abs(row.code)))
    pairs = [(a, b) for a, b in pairwise(in_time) if 0 <= b.arrived - a.at < S]
    questions = [
        row.at
        for row in mine
        if isinstance(row, QueryRow) and row.tells_of_orders and row.cause is Cause.NONE
    ]
    unresolved = 0
    for row in orders:
        if row.meaning is Meaning.UNKNOWN:
            following = min((other.arrived for other in orders if other.arrived > row.at), default=10**18)
            unresolved += not any(row.at <= at <= following for at in questions)
    too_much = [
        Fraction((HELD - target - row.amount if row.side == "BOTH" else -row.amount) * mark(row.at), 10**6)
        for row in positions
        if not forced or row.at < min(forced)
    ]
    equity = [
        (row.at, Fraction(row.wallet + row.unrealized, MONEY_UNIT))
        for row in mine
        if isinstance(row, EquityRow)
    ]
    loss = Fraction(0)
    if decided is not None and equity:
        begins = next((pair for pair in reversed(equity) if pair[0] <= decided), equity[0])
        kept = HELD - target
        loss = begins[1] - equity[-1][1] + Fraction((mark(equity[-1][0]) - mark(begins[0])) * kept, 10**6)
    pace = float(len(orders))
    if len(orders) > 1:
        tried = max(row.at for row in orders) - min(row.arrived for row in orders)
        pace = len(orders) * 60 / max(1.0, tried / S)
    silent = (Meaning.CAPACITY_REFUSED, Meaning.UNKNOWN)
    return {
        "attempts": len(orders),
        "accepted": sum(row.code == 0 for row in orders),
        "cancels": sum(row.klass is CANCEL for row in outcomes),
        "sweeps": sum(isinstance(row, CancelAllRow) for row in mine),
        "ending": ending,
        "time_to_flat": (flat - decided) / S
        if ending == "out" and flat is not None and decided is not None
        else None,
        "unknown": sum(row.meaning is Meaning.UNKNOWN for row in orders),
        "unresolved": unresolved,
        "in_own_way": sum(kind in (Kind.STATE, Kind.SELF_STATE) for kind in kinds),
        "a_minute": round(pace, 6),
        "hasty": len(pairs),
        "failed": sum(row.meaning in silent for row in orders),
        "insisted": sum(a.meaning in silent for a, _ in pairs),
        "duplicate_usdt": float(max([Fraction(0), *too_much])),
        "throttled": len(limited),
        "banned": limited.count(Cause.BAN),
        "loss_usdt": float(loss),
        "codes": dict(Counter(row.code for row in orders)),
    }


@examples(400)
@given(ROWS, st.sampled_from([1000, 600]))
def test_each_figure_of_a_visitor(drawn: list[tuple[Any, ...]], target: int) -> None:
    rows = journal_of(drawn)
    goal = Goal("v", VISITOR, "DOGEUSDT", 6, 0, "BOTH", HELD, target)
    (found,) = cards(Sources(rows, [], []), TERMS, [goal])
    expected = by_hand(rows, target)
    for name, value in expected.items():
        seen = getattr(found, name)
        assert (round(seen, 6) if isinstance(seen, float) else seen) == (
            round(value, 6) if isinstance(value, float) else value
        ), name
    assert (found.account, found.behaviour, found.symbol) == ("v", VISITOR, "DOGEUSDT")
    assert found.served == (expected["ending"] == "out")
    assert found.retries_per_served == (max(0, expected["attempts"] - 1) if found.served else None)


def test_a_bot_of_ours_is_scored_by_its_own_records() -> None:
    goal = Goal("a", "naive", "DOGEUSDT", 6, 0, "BOTH", HELD, HELD)
    rows = [
        attempt_row(key=1, intended=S, answered=2 * S, code=-1, http=0),
        attempt_row(key=2, intended=3 * S, answered=4 * S),
        attempt_row(key=3, intended=5 * S, klass=CANCEL),
        attempt_row(key=4, account="somebody", intended=5 * S),
    ]
    journal = [outcome_row(key=n, account="a", arrived=9 * S, code=-1008, cause=Cause.BAN) for n in (1, 2, 3)]
    (found,) = cards(Sources(journal, [("f", rows)], []), TERMS, [goal])
    assert isinstance(found, Card)
    assert (found.attempts, found.accepted, found.cancels, found.unknown) == (2, 1, 1, 1)
    assert (found.throttled, found.banned, found.codes) == (3, 3, {0: 1, -1: 1})


def test_codes_come_in_their_usual_order() -> None:
    rows = [
        outcome_row(key=n, account="v", code=code, http=503)
        for n, code in enumerate((-2022, -1008, -503, -1008))
    ]
    (found,) = cards(Sources(rows, [], []), TERMS, [Goal("v", VISITOR, "DOGEUSDT", 6, 0, "BOTH", HELD, HELD)])
    assert list(found.codes.items()) == [(-2022, 1), (-1008, 2), (-503, 1)]

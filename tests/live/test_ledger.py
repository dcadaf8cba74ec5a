"""Ledgers count what happened, and those of several workers add up to the one of a single worker."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from judging.counting.batches import BATCHES
from loadgen.live.ledger import Counts, Ledger, total
from loadgen.traders.verbs import NO_INTENT
from mock_exchange.errors import meaning_of
from run_records.units import NS_PER_S
from run_records.words import CLASSES, OPENING, REDUCING, Meaning

DURATION = 100 * NS_PER_S
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(CLASSES),
        st.integers(0, 2 * DURATION),
        st.integers(0, 30 * NS_PER_S),
        st.sampled_from(((200, 0), (503, -1008), (503, -503), (0, -1), (400, -2022), (429, -1015))),
        st.integers(0, 3),
    ),
    max_size=60,
)


def filled(ledger: Ledger, rows: list[Any]) -> Ledger:
    for number, (klass, intended, took, (http, code), _) in enumerate(rows):
        ledger.offered[klass] += 1
        intent = NO_INTENT
        if klass is REDUCING:
            intent = number
            ledger.begin(intent, "t", "BTCUSDT", "1", intended)
        ledger.count(klass, intent, intended, intended + took, meaning_of(http, code), code)
        ledger.lateness.observe(took)
        if intent >= 0 and code == 0:
            ledger.note(
                0, intent, intended + took, {"orderId": number, "executedQty": "1", "status": "FILLED"}
            )
        elif intent >= 0 and code == -2022:
            ledger.abandon(intent)
    return ledger.close()


@given(EVENTS)
def test_parts_add_up_to_the_whole(rows: list[Any]) -> None:
    whole = filled(Ledger(DURATION), rows)
    parts = [filled(Ledger(DURATION), [row for row in rows if row[4] == part]) for part in range(4)]
    wired = [
        Ledger.of(msgspec.msgpack.decode(msgspec.msgpack.encode(part.counts()), type=Counts))
        for part in parts
    ]
    added = total(wired)
    assert added.attempts == whole.attempts
    assert added.offered == whole.offered
    assert added.intents == whole.intents
    assert (added.outstanding, added.oldest) == (whole.outstanding, whole.oldest)
    assert added.waiting == whole.waiting
    assert {k: (v.counts, v.total_ns) for k, v in added.latency.items()} == {
        k: (v.counts, v.total_ns) for k, v in whole.latency.items()
    }
    for name in ("lateness", "time_to_flat"):
        mine, theirs = getattr(added, name), getattr(whole, name)
        assert (mine.counts, mine.total_ns) == (theirs.counts, theirs.total_ns)
    assert sum(added.attempts.values()) == len(rows)


def test_attempts_are_counted_by_tenths_of_the_run() -> None:
    ledger = Ledger(DURATION)
    for second in (0, 9, 10, 99, 150):
        ledger.count(OPENING, NO_INTENT, second * NS_PER_S, 0, Meaning.ACCEPTED, 0)
    assert sorted(batch for batch, *_ in ledger.attempts.elements()) == [0, 0, 1, BATCHES - 1, BATCHES - 1]


def test_an_intent_is_served_by_what_answers_show() -> None:
    """A resting order's later fills are seen in the answer to a query or a cancel."""
    ledger = Ledger(DURATION)
    ledger.begin(7, "bot", "BTCUSDT", "2", 0)
    ledger.note(3, 7, NS_PER_S, {"orderId": 5, "executedQty": "0.5", "status": "PARTIALLY_FILLED"})
    ledger.note(3, NO_INTENT, 2 * NS_PER_S, {"orderId": 5, "executedQty": "1.5", "status": "CANCELED"})
    assert ledger.close().outstanding == 1
    ledger.note(3, 7, 3 * NS_PER_S, {"orderId": 6, "executedQty": "0.5", "status": "FILLED"})
    assert (ledger.close().outstanding, ledger.intents["served"], ledger.time_to_flat.count) == (0, 1, 1)


def test_orders_of_others_and_refusals_serve_nothing() -> None:
    ledger = Ledger(DURATION)
    ledger.begin(7, "bot", "BTCUSDT", "2", 0)
    answers: tuple[Any, ...] = (
        None,
        [],
        {"code": -2022, "msg": ""},
        {"orderId": 9, "executedQty": "5", "status": "FILLED"},
    )
    for answer in answers:
        ledger.note(3, NO_INTENT, NS_PER_S, answer)
    assert ledger.close().stuck == [("bot", "BTCUSDT", 0, 0)]


def test_what_somebody_elses_gateway_says_of_an_order_may_make_no_sense() -> None:
    ledger = Ledger(DURATION)
    ledger.begin(7, "bot", "BTCUSDT", "2", 0)
    for order in ({"orderId": None, "executedQty": "0.00012345"}, {"orderId": "a1", "executedQty": []}):
        ledger.note(3, 7, NS_PER_S, order)
    assert ledger.close().outstanding == 1

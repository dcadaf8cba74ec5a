"""Who gets before whom in a queue, against a count of every pair; refused ones have got before nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fireexit.main_path import check
from judging.counting.batches import Parts
from judging.counting.queue_order import NEVER_BEGAN_NS, QueueOrder
from run_records.words import Class
from tests.rows import attempt_row, ended, outcome_row
from tests.samples import sample


def count(
    order: QueueOrder,
    klass: str,
    admitted: int,
    started: int,
    *,
    code: int = 0,
    shard: int = 0,
    part: int = 0,
    arrived: int = 0,
    at: int = 0,
) -> None:
    """One attempt; the symbol is named after its shard."""
    row = attempt_row(klass=Class(klass), code=code, symbol=f"S{shard}", intended=part)
    order.count(
        ended(
            row,
            outcome_row(
                klass=Class(klass),
                code=code,
                shard=shard,
                admitted=admitted,
                started=started,
                arrived=arrived,
                at=at,
            ),
        )
    )


ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(("opening", "reducing")),
        st.integers(0, 20),
        st.integers(0, 20),
        st.sampled_from(("served", "shed at the door", "dropped in the queue")),
    ),
    max_size=25,
)


@given(ATTEMPTS)
def test_every_order_is_counted_once(attempts: list[Any]) -> None:
    order = QueueOrder(Parts(1))
    joined: list[tuple[bool, int, int]] = []
    for klass, came, wait, ending in attempts:
        reducing = klass == "reducing"
        if ending == "served":
            count(order, klass, came, came + wait)
            joined.append((reducing, came, came + wait))
        elif ending == "shed at the door":
            count(order, klass, -1, -1, code=-1008, arrived=came, at=came)
            joined += [(True, came, NEVER_BEGAN_NS)] * reducing
        else:
            count(order, klass, came, -1, code=-1008, at=came + wait)
            joined.append((reducing, came, NEVER_BEGAN_NS if reducing else came + wait))
    asked = ahead = 0
    for reducing, came, left in joined:
        # of two that came at once, the opening is taken to have been there first
        waiting = [gone for other, before, gone in joined if not other and before <= came < gone]
        if reducing and waiting:
            asked += 1
            ahead += sum(gone > left for gone in waiting) * 2 > len(waiting)
    assert order.pairs() == [(ahead, asked)]


def test_shards_have_queues_of_their_own_and_samples_are_kept_apart() -> None:
    order = QueueOrder(Parts(2, 2))
    for shard in (0, 1):
        count(order, "opening", 0, 100, shard=shard)
    count(order, "reducing", 10, 20, part=1)
    count(order, "reducing", 10, 200, shard=1)
    assert order.pairs() == [(0, 1), (1, 1)]


def test_symbols_of_one_shard_wait_in_one_queue() -> None:
    order = QueueOrder(Parts(1))
    for symbol, klass, started in (("A", Class.OPENING, 100), ("B", Class.REDUCING, 20)):
        seen = outcome_row(
            klass=klass, shard=3, admitted=0 if klass is Class.OPENING else 10, started=started
        )
        order.count(ended(attempt_row(klass=klass, symbol=symbol), seen))
    assert order.pairs() == [(1, 1)]


def test_one_refused_at_the_front_end_is_held_against_its_symbols_queue() -> None:
    """Its parameters were never read, so its own outcome names no shard."""
    order = QueueOrder(Parts(1))
    count(order, "opening", 0, 100, shard=3)
    refused = outcome_row(klass=Class.UNCLASSIFIED, code=-504, shard=-1, arrived=10, at=10)
    order.count(ended(attempt_row(symbol="S3", code=-504), refused))
    assert order.pairs() == [(0, 1)]


def test_an_order_of_unknown_fate_has_got_before_nobody_and_a_state_refusal_says_nothing() -> None:
    order = QueueOrder(Parts(1))
    count(order, "opening", 0, 100)
    count(order, "reducing", 10, -1, code=-503, at=60)
    count(order, "reducing", -1, -1, code=-2022, arrived=20, at=20)
    assert order.pairs() == [(0, 1)]


def test_a_gateway_that_drops_every_reducing_order_at_its_turn_is_not_called_prioritizing(
    tmp_path: Path,
) -> None:
    """They come first in the queue, and are refused there: all the sooner for it."""
    policy = sample("drops.py", tmp_path)
    document = check(
        mode="sim",
        policy=f"{policy}:Drops",
        contract="docs-2025-10-23",
        seed=1,
        duration_s=10.0,
        replications=3,
        out=tmp_path / "run",
    ).document
    clauses = {clause["id"]: clause for clause in document["clauses"]}
    assert clauses["reducing-exempt"]["result"] == "broken"
    assert clauses["reducing-ahead"]["estimate"] == 0.0
    assert document["result"] == "broken"

"""Who gets before whom in a queue, against a count of every pair."""

from hypothesis import given
from hypothesis import strategies as st

from loadgen.verdict.exchange import Seen
from loadgen.verdict.queue_order import NEVER_NS, QueueOrder
from loadgen.verdict.sample import ACCEPTED, CAPACITY


def seen(klass: str, admitted: int, started: int, *, arrived: int = 0, at: int = 0) -> Seen:
    return Seen(at, klass, klass == "reducing", "filled", 0, "", True, admitted, started, 1, arrived)


ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(("opening", "reducing")), st.integers(0, 20), st.integers(0, 20), st.booleans()
    ),
    max_size=25,
)


@given(ATTEMPTS)
def test_every_pair_is_counted_once(attempts):
    order = QueueOrder()
    joined: list[tuple[bool, int, int]] = []
    for klass, admitted, wait, refused in attempts:
        if refused:
            order.count("BTCUSDT", seen(klass, -1, -1, arrived=admitted), CAPACITY, 0)
            if klass == "reducing":
                joined.append((True, admitted, NEVER_NS))
        else:
            order.count("BTCUSDT", seen(klass, admitted, admitted + wait), ACCEPTED, 0)
            joined.append((klass == "reducing", admitted, admitted + wait))
    waiting = overtaken = 0
    for reducing, came, left in joined:
        for other, before, gone in joined if reducing else ():
            # of two that came at once, the opening is taken to have been there first
            if not other and before <= came < gone:
                waiting += 1
                overtaken += gone > left
    assert order.pairs(1) == [(overtaken, waiting)]


def test_symbols_have_queues_of_their_own_and_samples_are_kept_apart():
    order = QueueOrder()
    for symbol in ("BTCUSDT", "ETHUSDT"):
        order.count(symbol, seen("opening", 0, 100), ACCEPTED, 0)
    order.count("BTCUSDT", seen("reducing", 10, 20), ACCEPTED, 1)
    order.count("ETHUSDT", seen("reducing", 10, 200), ACCEPTED, 0)
    assert order.pairs(2) == [(0, 1), (1, 1)]


def test_what_never_starts_waits_until_its_answer():
    order = QueueOrder()
    order.count("BTCUSDT", seen("opening", 0, -1, at=50), ACCEPTED, 0)
    order.count("BTCUSDT", seen("reducing", 10, 20), ACCEPTED, 0)
    order.count("BTCUSDT", seen("reducing", 60, 70), ACCEPTED, 0)
    assert order.pairs(1) == [(1, 1)]

"""Who gets before whom in a queue, against a count of every pair; refused ones have got before nobody."""

from hypothesis import given
from hypothesis import strategies as st

from loadgen.contracts import load_contract
from loadgen.drive.simulation import simulate
from loadgen.run_folder import RunSpec, judged, replication_folder
from loadgen.scenarios import load_scenario
from loadgen.verdict.exchange import Seen
from loadgen.verdict.queue_order import NEVER_NS, QueueOrder
from loadgen.verdict.sample import ACCEPTED, CAPACITY, STATE, UNKNOWN
from loadgen.verdict.tally import combine, tally_folder


def seen(admitted: int, started: int, *, arrived: int = 0, at: int = 0) -> Seen:
    return Seen(at, "", False, "filled", 0, "", True, admitted, started, 1, arrived)


ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(("opening", "reducing")), st.integers(0, 20), st.integers(0, 20),
        st.sampled_from(("served", "shed at the door", "dropped in the queue")),
    ),
    max_size=25,
)  # fmt: skip


@given(ATTEMPTS)
def test_every_order_is_counted_once(attempts):
    order = QueueOrder()
    joined: list[tuple[bool, int, int]] = []
    for klass, came, wait, ending in attempts:
        reducing = klass == "reducing"
        if ending == "served":
            order.count(klass, 0, seen(came, came + wait), ACCEPTED, 0)
            joined.append((reducing, came, came + wait))
        elif ending == "shed at the door":
            order.count(klass, 0, seen(-1, -1, arrived=came, at=came), CAPACITY, 0)
            joined += [(True, came, NEVER_NS)] * reducing
        else:
            order.count(klass, 0, seen(came, -1, at=came + wait), CAPACITY, 0)
            joined.append((reducing, came, NEVER_NS if reducing else came + wait))
    asked = ahead = 0
    for reducing, came, left in joined:
        # of two that came at once, the opening is taken to have been there first
        waiting = [gone for other, before, gone in joined if not other and before <= came < gone]
        if reducing and waiting:
            asked += 1
            ahead += sum(gone > left for gone in waiting) * 2 > len(waiting)
    assert order.pairs(1) == [(ahead, asked)]


def test_shards_have_queues_of_their_own_and_samples_are_kept_apart():
    order = QueueOrder()
    for shard in (0, 1):
        order.count("opening", shard, seen(0, 100), ACCEPTED, 0)
    order.count("reducing", 0, seen(10, 20), ACCEPTED, 1)
    order.count("reducing", 1, seen(10, 200), ACCEPTED, 0)
    assert order.pairs(2) == [(0, 1), (1, 1)]


def test_an_order_of_unknown_fate_has_got_before_nobody_and_a_state_refusal_says_nothing():
    order = QueueOrder()
    order.count("opening", 0, seen(0, 100), ACCEPTED, 0)
    order.count("reducing", 0, seen(10, -1, at=60), UNKNOWN, 0)
    order.count("reducing", 0, seen(-1, -1, arrived=20, at=20), STATE, 0)
    assert order.pairs(1) == [(0, 1)]


def test_a_gateway_that_drops_every_reducing_order_at_its_turn_is_not_called_prioritizing(tmp_path):
    """They come first in the queue, and are refused there: all the sooner for it."""
    policy = tmp_path / "drops.py"
    policy.write_text(
        "from mock_exchange.gateway.attempt import REDUCING\n"
        "\n\nclass Drops:\n"
        "    def admit(self, attempt, node):\n        return 0\n\n"
        "    def priority(self, attempt):\n        return 0 if attempt.klass == REDUCING else 1\n\n"
        "    def keep(self, attempt, waited_ns):\n        return attempt.klass != REDUCING\n"
    )
    spec = RunSpec(
        load_scenario("mixed"), f"{policy}:Drops", load_contract("docs-2025-10-23"), 1, "sim", 10.0, 3
    )
    tallies = []
    for number in range(3):
        folder = replication_folder(tmp_path, number)
        simulate(spec.scenario, spec.policy, number, 10.0, folder)
        tallies.append(tally_folder(folder, spec.terms()))
    document = judged(spec, combine(tallies), [], {})
    clauses = {clause["id"]: clause for clause in document["clauses"]}
    assert clauses["reducing-exempt"]["result"] == "broken"
    assert clauses["reducing-ahead"]["estimate"] == 0.0
    assert document["result"] == "broken"

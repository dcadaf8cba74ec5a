"""What a node can know of a position: exact while its copy is fresh and nobody else admits, wrong in known
directions otherwise. The shares of wrong answers are measured by a table that is printed with `-s`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.clock import TRADERS
from mock_exchange.engine.requests import SELL, OrderRequest
from mock_exchange.gateway.attempt import Call
from mock_exchange.gateway.nodes import node_number
from mock_exchange.gateway.policies.messages import Decision, NodeView, Note, Request
from mock_exchange.gateway.policies.verified_exempt import VerifiedExempt
from mock_exchange.randomness import exponential, stream
from mock_exchange.tryout import TryOut
from mock_exchange.venue import Venue
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import REDUCING
from tests.support import BTC, Caller, examples, venue_of

UNIT = 1000
"""Scaled quantity of 1 BTC."""


class Watching(VerifiedExempt):
    """Notes every answer of the node beside the engine's own at arrival, which no policy is told: that it has
    a `venue` is a test's privilege."""

    venue: Venue

    def __init__(self) -> None:
        super().__init__()
        self.answers: Counter[tuple[bool, bool]] = Counter()
        self.reserved_at_most = 0

    def admit(self, request: Request, node: NodeView) -> Decision:
        if request.klass is REDUCING:
            self.answers[node.reducible > 0, self._truly(request)] += 1
        return super().admit(request, node)

    def admitted(self, request: Request, note: Note) -> None:
        reserved = self.venue.gateway.backend.nodes[request.node].reserved
        self.reserved_at_most = max(self.reserved_at_most, sum(reserved.values()))

    def _truly(self, request: Request) -> bool:
        account = list(self.venue.engine.accounts.values())[request.account]
        leg = account.legs.get((BTC.index, "BOTH"))
        return leg is not None and leg.closable(request.side) > 0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reduce"), st.integers(1, 900)),
        st.tuples(st.just("rest"), st.integers(1, 900)),
        st.tuples(st.just("cancel"), st.just(0)),
        st.tuples(st.just("open"), st.integers(1, 300)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    min_size=2,
    max_size=30,
)


@examples(300)
@given(STEPS, st.sampled_from([0, 7, 15]), st.sampled_from([0, 3]))
def test_interleavings_on_one_fresh_node(
    steps: list[tuple[str, int]], handling_ms: int, service_ms: int
) -> None:
    """In any order of orders, cancels and waits: a verified order was truly reducing, and nothing stays
    reserved when all is done."""
    policy = Watching()
    law = {"law": "constant", "mean_ms": handling_ms} if handling_ms else {"law": "instant"}
    gate = TryOut(policy, slots=1, position="1", service_ms=service_ms, handling=law)
    policy.venue = gate.venue
    _play(gate, steps)
    wrong = {answer: count for answer, count in policy.answers.items() if answer[0] and not answer[1]}
    assert not wrong, "verified, yet the engine saw nothing to reduce"
    node = gate.venue.gateway.backend.nodes[0]
    assert node.reserved == {}
    assert gate.venue.close_books() == []


@examples(200)
@given(st.lists(st.integers(1, 1500), min_size=2, max_size=6))
def test_pairs_in_flight_that_together_exceed_the_position(quantities: list[int]) -> None:
    """One node, position 1 BTC, all in flight at once: verified until the position is spoken for, then not;
    what is reserved in the end is min(position, sum)."""
    policy = Watching()
    gate = TryOut(policy, slots=1, position="1")
    policy.venue = gate.venue
    gate.opening()
    spoken = 0
    for quantity in quantities:
        answer = gate.reducing(f"{quantity / UNIT:.3f}")
        assert answer == ("admitted" if spoken < UNIT else "shed")
        if spoken < UNIT:
            spoken = min(UNIT, spoken + quantity)
    assert policy.reserved_at_most == min(UNIT, sum(quantities))
    gate.run()
    assert gate.venue.gateway.backend.nodes[0].reserved == {}


def test_two_nodes_verify_up_to_twice_the_position() -> None:
    """Each knows only what it has admitted itself: documented, and bounded by the number of nodes."""
    venue, timeline = venue_of(
        policy="verified-exempt", nodes=2, slots=1, position="1", handling={"law": "constant", "mean_ms": 10}
    )
    callers = _callers_on_both_nodes(venue)
    answers = [caller.order("SELL", "1", type="MARKET", reduceOnly="true") for caller in callers]
    third = callers[0].order("SELL", "1", type="MARKET", reduceOnly="true")
    assert third[0].code == -1008
    timeline.run_until(NS_PER_S)
    assert sorted(answer[0].code for answer in answers) == [-2022, 0], "the engine lets only one through"


def test_a_late_copy_errs_within_its_lag_and_not_beyond() -> None:
    venue, timeline = venue_of(
        policy="verified-exempt",
        slots=1,
        position="1",
        replica_lag_ms=100,
        handling={"law": "constant", "mean_ms": 1},
    )
    caller = Caller(venue)
    node = venue.gateway.backend.nodes[0]
    caller.order("SELL", "1", type="MARKET", reduceOnly="true")
    timeline.run_until(5 * NS_PER_MS)
    assert node.reserved, "kept until the copy shows the fill, so that one position is not verified twice"
    assert _verified(caller, node) is False
    timeline.run_until(101 * NS_PER_MS)
    assert node.reserved == {}
    assert _verified(caller, node) is False
    caller.order("BUY", "1", type="MARKET")
    timeline.run_until(150 * NS_PER_MS)
    assert _verified(caller, node) is False, "wrongly refused: the new position is not known yet"
    timeline.run_until(203 * NS_PER_MS)
    assert _verified(caller, node) is True


def test_a_late_copy_verifies_a_position_that_is_gone() -> None:
    """Closed by an order without the flag: nothing was reserved, and the copy does not know yet."""
    venue, timeline = venue_of(policy="verified-exempt", position="1", replica_lag_ms=100)
    caller = Caller(venue)
    caller.order("SELL", "1", type="MARKET")
    assert caller.account.is_flat()
    answer = caller.order("SELL", "1", type="MARKET", reduceOnly="true")
    assert answer[0].code == -2022
    assert _verified(caller, venue.gateway.backend.nodes[0]) is True, "wrongly verified"
    timeline.run_until(100 * NS_PER_MS)
    assert _verified(caller, venue.gateway.backend.nodes[0]) is False


def test_an_unavailable_copy_verifies_nobody() -> None:
    venue, _ = venue_of(policy="verified-exempt", position="1", replica="unavailable")
    assert _verified(Caller(venue), venue.gateway.backend.nodes[0]) is False


@pytest.mark.parametrize("nodes", [1, 2])
def test_verification_is_wrong_the_more_often_the_later_the_copy_is(nodes: int) -> None:
    """Accounts that open, reduce and reverse at random. The shares belong to this mix; their order does not:
    a copy that is not late verifies nobody who has nothing to reduce, and the later it is the more it errs
    both ways."""
    shares = [shares_of_wrong_answers(lag_ms, nodes) for lag_ms in (0, 50, 500)]
    verified, refused = zip(*shares, strict=True)
    assert verified[0] == 0
    assert refused[0] > 0, "what is spoken for already cannot be verified again"
    assert verified[0] < verified[1] < verified[2]
    assert refused[0] < refused[1] < refused[2]


def shares_of_wrong_answers(lag_ms: float, nodes: int) -> tuple[float, float]:
    """(of verified orders, those with nothing to reduce; of truly reducing ones, those not verified)."""
    policy = Watching()
    venue, timeline = venue_of(
        accounts=6,
        nodes=nodes,
        slots=50,
        replica_lag_ms=lag_ms,
        handling={"law": "exponential", "mean_ms": 5},
        service={"law": "exponential", "mean_ms": 2},
        limits={"orders_per_10s": 10**6, "orders_per_minute": 10**6, "weight_per_minute": 10**6},
    )
    policy.venue = venue
    venue.gateway.install(policy)
    rng = stream(11, "verification")
    callers = [Caller(venue, f"a{i % 6}", f"127.1.{i // 6}.{i % 6 + 1}") for i in range(12)]

    def arrive() -> None:
        caller = callers[int(rng.random() * len(callers))]
        if rng.random() < 0.4:
            caller.order("BUY", "0.010", type="MARKET")
        else:
            caller.order("SELL", "0.010", type="MARKET", reduceOnly="true")
        due = timeline.now() + exponential(rng, NS_PER_S / 150)
        if due < 30 * NS_PER_S:
            timeline.call_at(due, arrive, rank=TRADERS)

    timeline.call_at(0, arrive, rank=TRADERS)
    timeline.run_until(31 * NS_PER_S)
    answers = policy.answers
    verified = answers[True, True] + answers[True, False]
    truly = answers[True, True] + answers[False, True]
    assert min(verified, truly) > 500
    return answers[True, False] / verified, answers[False, True] / truly


def _play(gate: TryOut, steps: list[tuple[str, int]]) -> None:
    for what, amount in steps:
        quantity = f"{amount / UNIT:.3f}"
        if what == "reduce":
            gate.reducing(quantity)
        elif what == "rest":
            gate.reducing(quantity, price="101000.00")
        elif what == "cancel":
            gate.cancel()
        elif what == "open":
            gate.opening(quantity=quantity)
        else:
            gate.wait(amount)
    gate.run()


def _callers_on_both_nodes(venue: Venue) -> list[Caller]:
    found: dict[int, Caller] = {}
    for last in range(1, 50):
        ip = f"127.1.0.{last}"
        found.setdefault(node_number(ip, 2), Caller(venue, "a0", ip))
    return [found[0], found[1]]


def _verified(caller: Caller, node: Any) -> bool:
    """What the node would say of a market order for the whole position now."""
    request = OrderRequest(BTC, SELL, "MARKET", "", UNIT, 0, True, "BOTH", "")
    call = Call("POST", "/fapi/v1/order", {}, caller.ip, "asked", caller.account)
    gateway = caller.venue.gateway
    attempt = gateway.attempts.make(call, 0, "order", request, lambda answer: None)
    assert attempt.node is node
    return gateway.backend.knowledge.reducible(attempt) > 0

"""The table of an attempt's life: every step that it allows is taken by a mechanism, every other one is
refused and changes nothing, and nobody else writes states."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mock_exchange.gateway import life
from mock_exchange.gateway.faults import Fault
from mock_exchange.gateway.life import ANSWERED, OVER, TABLE, Event, IllegalStepError, Life, Living, State
from mock_exchange.gateway.parts import Parts
from mock_exchange.plan import Phase
from mock_exchange.venue import Venue
from run_records.units import NS_PER_MS, NS_PER_S
from tests.gateway.test_mechanisms import traffic
from tests.support import Caller, venue_of

GATEWAY = Path(life.__file__).parent
ALL = {(state, event) for state, row in TABLE.items() for event in row}
SLOW = {"law": "exponential", "mean_ms": 40}
QUICK = {"law": "exponential", "mean_ms": 9}
TEST = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.4"}


class Recording(Life):
    """Notes each step that was taken."""

    __slots__ = ("taken",)

    def __init__(self) -> None:
        self.taken: set[tuple[State, Event]] = set()

    def step(self, attempt: Living, event: Event) -> None:
        before = attempt.state
        super().step(attempt, event)
        self.taken.add((before, event))

    def admit(self, attempt: Living, now: int) -> None:
        before = attempt.state
        super().admit(attempt, now)
        self.taken.add((before, life.ADMIT))

    def serve(self, attempt: Living, now: int) -> None:
        before = attempt.state
        super().serve(attempt, now)
        self.taken.add((before, life.SERVE))


def steps_of(changes: tuple[dict[str, Any], ...] = (), **options: Any) -> set[tuple[State, Event]]:
    """The steps that attempts take while all kinds of orders arrive and the venue changes every half
    second."""
    recording = Recording()
    venue, timeline = venue_of(accounts=8, position="20", parts=Parts(life=recording), **options)
    venue.gateway.backend.collateralised = frozenset(venue.account(f"a{i}").number for i in range(4))
    for number, change in enumerate(changes, 1):
        phase = Phase(number * NS_PER_S // 2, str(number), venue.gateway.config.changed(change))
        timeline.call_at(phase.at_ns, venue.enter, phase)
    for number in range(40):
        timeline.call_at(number * 50 * NS_PER_MS, send_test_order, venue)
    traffic(venue, timeline, seconds=4.0, rate=200)
    assert venue.close_books() == []
    return recording.taken


def send_test_order(venue: Venue) -> None:
    Caller(venue)("POST", "/fapi/v1/order/test", **TEST)


@pytest.mark.stands_in
def test_every_step_is_taken_by_a_mechanism() -> None:
    taken = steps_of() | steps_of(policy="strict-priority", slots=3, service=QUICK, deadline_ms=30)
    taken |= steps_of(
        ({"backend_link": "down"}, {}, {"lost_nodes": [1]}, {}, {"backend_link": "down"}, {}),
        policy="undifferentiated",
        nodes=2,
        slots=20,
        handling=SLOW,
        service=QUICK,
        deadline_ms=30,
        collateral=SLOW,
        collateral_timeout_ms=60,
        lying_share=0.5,
    )
    taken |= steps_of(handling=SLOW, collateral=QUICK, collateral_timeout_ms=30, deadline_ms=20)
    taken |= steps_of(collateral=SLOW, collateral_timeout_ms=60)
    assert taken == ALL, {"never taken": ALL - taken, "not in the table": taken - ALL}


@pytest.mark.stands_in
def test_a_scripted_answer_is_early_and_the_order_goes_on() -> None:
    recording = Recording()
    venue, timeline = venue_of(parts=Parts(life=recording), service=QUICK)
    venue.gateway.faults.add(Fault("answer-lost", -503))
    Caller(venue).order()
    timeline.run_until(NS_PER_S)
    assert (life.HELD, life.ANSWER) in recording.taken
    assert (life.ANSWERED_IN_SERVICE, life.FINISH) in recording.taken


@dataclass
class Anybody:
    """What has a life, and nothing else."""

    state: State
    admitted: int = -1
    started: int = -1


@pytest.mark.parametrize(("state", "event"), sorted(set(product(State, Event)) - ALL))
def test_what_the_table_does_not_allow_changes_nothing(state: State, event: Event) -> None:
    attempt, lives = Anybody(state), Life()
    takes: list[Callable[[], object]] = [lambda: lives.step(attempt, event)]
    if event is life.ADMIT:
        takes.append(lambda: lives.admit(attempt, 7))
    if event is life.SERVE:
        takes.append(lambda: lives.serve(attempt, 7))
    for take in takes:
        with pytest.raises(IllegalStepError, match=f"{event} cannot happen to an attempt that is {state}"):
            take()
        assert attempt == Anybody(state)


def test_instants_belong_to_their_steps() -> None:
    attempt, lives = Anybody(life.ARRIVED), Life()
    lives.admit(attempt, 5)
    lives.step(attempt, life.HAND_OVER)
    lives.serve(attempt, 9)
    lives.step(attempt, life.FINISH)
    assert attempt == Anybody(life.DONE, 5, 9)


def test_the_table_makes_sense() -> None:
    """Every state can be reached, every way ends, an answer is given once, and an end is an answer."""
    reached, ways = {life.ARRIVED}, [life.ARRIVED]
    while ways:
        new = set(TABLE[ways.pop()].values()) - reached
        reached |= new
        ways += new
    assert reached == set(State) == set(TABLE)
    assert {state for state, row in TABLE.items() if not row} == OVER <= ANSWERED
    for state, row in TABLE.items():
        for event, after in row.items():
            assert not (state in ANSWERED and after not in ANSWERED), "an answer cannot be taken back"
            assert not (event is life.ANSWER and state in ANSWERED), "nobody is answered twice"


def test_nobody_else_writes_states() -> None:
    """By the syntax of every file of the gateway: `.state`, `.admitted` and `.started` are assigned in
    life.py alone, and only Life's own methods do it."""
    for path in sorted(GATEWAY.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr in ("state", "admitted", "started"):
                    assert path.name == "life.py", f"{path.name}:{target.lineno}"

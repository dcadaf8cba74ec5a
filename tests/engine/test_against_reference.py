"""The engine under hypothesis' stateful testing and a long seeded walk, against a naive reference."""

from __future__ import annotations

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mock_exchange.engine import Engine
from mock_exchange.engine.risk import CONFLICT_RULES
from mock_exchange.replay import replay
from run_records.journal import ForcedRow
from tests.engine.walk import DEPOSITS, KINDS, STPS, TIFS, Pair, Place

people = st.sampled_from(sorted(DEPOSITS))
sizes = st.integers(1, 60).map(lambda n: n * 10)


class EngineAgainstReference(RuleBasedStateMachine):
    """120 examples of up to 100 commands each."""

    @initialize(rule_name=st.sampled_from(CONFLICT_RULES))
    def start(self, rule_name: str) -> None:
        self.pair = Pair(rule_name)
        self.before = self.pair.positions()

    @rule(
        what=st.builds(
            Place,
            people,
            st.sampled_from((1, -1)),
            st.sampled_from(KINDS),
            st.sampled_from(TIFS),
            sizes,
            st.integers(-30, 30),
            st.booleans(),
            st.sampled_from(STPS),
        )
    )
    def place(self, what: Place) -> None:
        self.before = self.pair.positions()
        self.pair.place(what)

    @rule(who=people, choice=st.integers(0, 20))
    def cancel(self, who: str, choice: int) -> None:
        self.pair.cancel(who, choice)

    @rule(who=people, choice=st.integers(0, 20), quantity=sizes, ticks=st.integers(-30, 30))
    def amend(self, who: str, choice: int, quantity: int, ticks: int) -> None:
        self.before = self.pair.positions()
        self.pair.amend(who, choice, quantity, ticks)

    @rule(who=people, leverage=st.integers(1, 130))
    def leverage(self, who: str, leverage: int) -> None:
        self.pair.leverage(who, leverage)

    @rule(permille=st.integers(-40, 40))
    def move(self, permille: int) -> None:
        self.before = self.pair.positions()
        self.pair.move(permille)

    @invariant()
    def agree(self) -> None:
        if hasattr(self, "pair"):
            self.pair.compare()
            self.pair.check_rules(self.before)

    def teardown(self) -> None:
        if hasattr(self, "pair"):
            rebuilt = replay(self.pair.journal.rows, Engine(self.pair.rule))
            assert rebuilt.state_hash() == self.pair.engine.state_hash()


EngineAgainstReference.TestCase.settings = settings(max_examples=120, stateful_step_count=100, deadline=None)
TestEngineAgainstReference = EngineAgainstReference.TestCase


def step(pair: Pair, draw: random.Random) -> None:
    """One random command."""
    who = draw.choice(sorted(DEPOSITS))
    kind = draw.random()
    if kind < 0.70:
        pair.place(
            Place(
                who,
                draw.choice((1, -1)),
                draw.choice(KINDS),
                draw.choice(TIFS),
                draw.randint(1, 60) * 10,
                draw.randint(-30, 30),
                draw.random() < 0.4,
                draw.choice(STPS),
            )
        )
    elif kind < 0.82:
        pair.cancel(who, draw.randint(0, 20))
    elif kind < 0.90:
        pair.amend(who, draw.randint(0, 20), draw.randint(1, 60) * 10, draw.randint(-30, 30))
    elif kind < 0.92:
        pair.leverage(who, draw.randint(1, 130))
    elif kind < 0.925:
        pair.commands.transfer(pair.account(who), 10**11)
        pair.naive.people[who].wallet += 10**11
    else:
        pair.move(draw.randint(-40, 40))


def walk(commands: int, seed: int, compare_every: int) -> None:
    draw = random.Random(seed)
    pair = Pair(CONFLICT_RULES[seed % 2])
    for number in range(commands):
        before = pair.positions() if number % compare_every == 0 else None
        step(pair, draw)
        if before is not None:
            pair.compare()
            pair.check_rules(before)
            pair.naive.forget_the_dead()
    pair.compare()
    forced = sum(isinstance(row, ForcedRow) for row in pair.journal.rows)
    assert forced > commands // 1000, "the walk is too tame"
    assert commands // 20 < pair.refused < commands * 0.7
    rebuilt = replay(pair.journal.rows, Engine(pair.rule))
    assert rebuilt.state_hash() == pair.engine.state_hash()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_seeded_walk(seed: int) -> None:
    walk(5_000, seed, 1)


@pytest.mark.large
def test_a_million_steps() -> None:
    for seed in range(10):
        walk(100_000, 100 + seed, 10)

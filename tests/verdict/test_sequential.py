"""Verdicts that may be looked at after every run: check values, and how often they are wrong."""

from __future__ import annotations

import random

import pytest

from judging.contracts import load_contract
from judging.reading.kinds import ACCEPTED, CAPACITY
from judging.sequential import anytime_p, wealth
from judging.verdict.early import LOOKS, Stop, early_alpha, judged_early, left
from judging.verdict.judge import judge
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE, NOT_ASKED
from tests.verdict.test_judge import tally_of

STRICT = load_contract("strict")


@pytest.mark.parametrize(
    ("values", "wealths"),
    [
        ([0.97, 0.99, 0.98, 0.96, 1, 0.95], [2.0000, 2.0000, 3.1662, 9.1625, 2.7197, 8.3968]),
        ([0.5, 0.6, 0.55], [25.50, 681.6, 22988.2]),
        ([97 / 100, 198 / 200, 147 / 150], [2.0, 2.0, 3.1662]),
    ],
)
def test_wealth_by_hand(values: list[float], wealths: list[float]) -> None:
    assert wealth(values, 0.99) == pytest.approx(wealths, rel=1e-4)


def test_a_shut_exit_is_seen_at_once() -> None:
    """Half refused: one run is enough at 5 %, two at 1 %."""
    assert anytime_p([0.5], 0.99) < 0.05
    assert anytime_p([0.5], 0.99) > 0.01
    assert anytime_p([0.5, 0.5], 0.99) < 0.01
    assert anytime_p([], 0.99) == anytime_p([1.0, 1.0], 0.99) == 1.0


def test_what_was_won_once_counts() -> None:
    assert anytime_p([0.5, 1, 1, 1, 1, 1, 1, 1], 0.99) == anytime_p([0.5], 0.99)


@pytest.mark.parametrize("shape", ["bursts", "dice", "halves"])
def test_one_as_good_as_asked_is_rarely_called_worse_however_often_one_looks(
    shape: str,
) -> None:
    draw = random.Random(shape)

    def value() -> float:
        if shape == "bursts":  # one run in a hundred refuses everybody
            return float(draw.random() >= 0.01)
        if shape == "halves":
            return 0.98 if draw.random() < 0.5 else 1.0
        return sum(draw.random() < 0.99 for _ in range(50)) / 50

    wrong = sum(anytime_p([value() for _ in range(60)], 0.99) <= 0.05 for _ in range(1500))
    assert wrong <= 0.05 * 1500 + 3 * (0.05 * 0.95 * 1500) ** 0.5


# -- a judgement that may stop -------------------------------------------------------------------------


def test_a_broken_clause_ends_the_runs_and_nothing_else_is_decided() -> None:
    tally = tally_of({CAPACITY: 50, ACCEPTED: 50}, replications=3)
    found = judged_early(STRICT, tally)
    assert found is not None
    assert found.result == BROKEN
    results = {c.clause.id: c for c in found.clauses}
    accepted = results["reducing-accepted"]
    assert accepted.result == BROKEN
    assert accepted.interval is not None
    assert accepted.interval.low == 0.0
    assert 0.5 < accepted.interval.high < 0.99
    assert accepted.confidence > 0.99
    assert {c.result for c in found.clauses} <= {BROKEN, INCONCLUSIVE, NOT_ASKED}
    assert "3 runs leave open" in results["no-starvation"].reason
    lie = tally_of({CAPACITY: 50, ACCEPTED: 50}, replications=3)
    lie.samples[0].shut_out = (1, 4)
    census = judged_early(STRICT, lie)
    assert census is not None
    assert {c.clause.id: c.result for c in census.clauses}["nobody-shut-out"] == BROKEN


def test_what_is_not_decided_goes_on() -> None:
    assert judged_early(STRICT, tally_of({ACCEPTED: 100}, replications=14)) is None, "nothing holds early"
    assert judged_early(STRICT, tally_of({ACCEPTED: 97, CAPACITY: 3}, replications=1)) is None
    calm = tally_of({CAPACITY: 50, ACCEPTED: 50}, replications=3, overloaded=False)
    assert judged_early(STRICT, calm) is None, "without an overload there is nothing to decide"
    wrong = tally_of({CAPACITY: 50, ACCEPTED: 50}, replications=3)
    wrong.wrong_books = ["a queue"]
    assert judged_early(STRICT, wrong) is None


def test_a_gap_and_a_share_that_must_be_small_are_seen_too() -> None:
    tally = tally_of({ACCEPTED: 100}, replications=6)
    for sample in tally.samples:
        sample.opening_moments = (120, 150)
    found = judged_early(STRICT, tally)
    assert found is not None
    starved = next(c for c in found.clauses if c.clause.id == "no-starvation")
    assert starved.result == BROKEN
    assert starved.interval is not None
    assert 0.1 < starved.interval.low < 0.8
    assert starved.interval.high == 1.0


def test_the_end_has_what_looking_has_left_and_all_of_it_for_what_holds() -> None:
    assert early_alpha(STRICT) == pytest.approx(0.01)
    assert Stop.of(STRICT, 20, 3).spent == pytest.approx(0.01)
    assert left(20) == pytest.approx(0.8)
    assert (Stop.of(STRICT, LOOKS[0], LOOKS[0]).spent, left(LOOKS[0])) == (0.0, 1.0), "nobody looks"
    open_exit = judge(STRICT, tally_of({ACCEPTED: 100}), [], None, left(20))
    assert open_exit.result == HOLDS
    assert {c.confidence for c in open_exit.clauses if c.interval is not None} == {0.95}
    shut = tally_of({CAPACITY: 50, ACCEPTED: 50})
    least = [
        min(c.confidence for c in judge(STRICT, shut, [], None, part).clauses if c.result == BROKEN)
        for part in (1.0, left(20))
    ]
    assert 1 - least[1] == pytest.approx(0.8 * (1 - least[0]))

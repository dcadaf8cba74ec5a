"""Intervals, survival and Holm's correction against hand-worked figures."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from judging.statistics import (
    Duration,
    KaplanMeier,
    gap_interval,
    holm,
    lag_one_correlation,
    share_interval,
    smallest_deciding_alpha,
    wilson,
)
from mock_exchange.randomness import stream


def test_wilson_against_scipy() -> None:
    for successes, trials in ((0, 10), (7, 10), (990, 1000), (10, 10)):
        theirs = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        ours = wilson(successes, trials, 0.05)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert wilson(0, 0, 0.05).high == 1.0


def test_replications_that_agree_are_no_excuse_for_certainty() -> None:
    interval = share_interval([(50, 50)] * 20, 0.05)
    assert interval.high == 1.0
    assert interval.low == pytest.approx(wilson(1000, 1000, 0.05).low)


def test_replications_that_differ_widen_the_interval() -> None:
    """Equal sizes: the ratio estimator's interval is Student's t on the shares."""
    shares = [0.2, 0.4, 0.6, 0.8]
    interval = share_interval([(round(share * 1000), 1000) for share in shares], 0.05)
    half = stats.t.ppf(0.975, 3) * stats.tstd(shares) / 2
    assert (interval.low, interval.high) == pytest.approx((max(0, 0.5 - half), min(1, 0.5 + half)))
    assert share_interval([], 0.05).low == 0.0
    assert share_interval([(5, 10)], 0.05).high == 1.0


def test_share_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """20 replications whose shares vary between runs: naive intervals would cover far less."""
    rng = stream(5, "coverage")
    covered = 0
    for _ in range(400):
        counts = []
        for _ in range(20):
            share = min(1.0, max(0.0, 0.3 + 0.1 * (rng.random() + rng.random() - 1)))
            counts.append((sum(rng.random() < share for _ in range(200)), 200))
        interval = share_interval(counts, 0.05)
        covered += interval.low <= 0.3 <= interval.high
    assert 0.92 <= covered / 400 <= 0.99


def test_where_nobody_was_asked_nothing_was_observed() -> None:
    """Nine empty batches and one full are one observation, not ten that agree."""
    assert share_interval([(0, 0)] * 9 + [(980, 1000)], 0.05) == share_interval([(980, 1000)], 0.05)
    assert share_interval([(0, 0)] * 9 + [(980, 1000)], 0.05).low == 0.0
    three = [(90, 100), (95, 100), (99, 100)]
    assert share_interval([(0, 0)] * 7 + three, 0.05) == share_interval(three, 0.05)
    gap = gap_interval([(0, 0)] * 7 + three, [(0, 0)] * 7 + three, 0.1, 0.05)
    assert gap == gap_interval(three, three, 0.1, 0.05)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=30),
    st.floats(0.001, 0.5),
)
def test_an_interval_holds_its_estimate_and_stays_a_share(rows: list[tuple[int, int]], alpha: float) -> None:
    counts = [(k, k + more) for k, more in rows]
    interval = share_interval(counts, alpha)
    assert 0 <= interval.low <= interval.high <= 1
    whole = sum(n for _, n in counts)
    if whole:
        assert interval.low - 1e-9 <= sum(k for k, _ in counts) / whole <= interval.high + 1e-9
    wider = share_interval(counts, alpha / 2)
    assert wider.low <= interval.low + 1e-12
    assert wider.high >= interval.high - 1e-12


def test_gap_of_equal_shares_is_zero() -> None:
    counts = [(30, 100), (35, 100), (28, 100), (31, 100)]
    interval = gap_interval(counts, counts, 1.0, 0.05)
    assert interval.low < 0 < interval.high
    assert gap_interval([(0, 100)] * 5, [(50, 100)] * 5, 0.1, 0.05).high < 0
    assert gap_interval([(0, 0)], [(50, 100)], 0.1, 0.05).high == 1.0


def test_kaplan_meier_of_a_textbook_sample() -> None:
    """The drug group of Gehan's remission data: weeks to relapse of 21 patients, 12 of them censored."""
    events = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    survival = KaplanMeier([Duration(t, True) for t in events] + [Duration(t, False) for t in censored])
    expected = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for at, share in expected.items():
        assert 1 - survival.served_by(at) == pytest.approx(share, abs=5e-4)
    assert survival.quantile_ns(0.5) == 23
    assert survival.quantile_ns(0.9) is None


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=60))
def test_kaplan_meier_without_censoring_is_the_empirical_share(rows: list[Any]) -> None:
    served = [Duration(length, True) for length, _ in rows]
    for at in (0, 10, 50):
        share = sum(d.length_ns <= at for d in served) / len(served) if served else 0.0
        assert KaplanMeier(served).served_by(at) == pytest.approx(share)
    censored = KaplanMeier([Duration(length, event) for length, event in rows])
    assert 0 <= censored.served_by(25) <= 1
    assert 0 <= censored.trials_at(25) <= len(rows)


def test_lag_one_correlation() -> None:
    assert lag_one_correlation([1, 1, 1]) == 0
    assert lag_one_correlation(list(range(10))) == pytest.approx(0.7)
    assert lag_one_correlation([1, -1] * 5) == pytest.approx(-0.9)
    assert lag_one_correlation([]) == 0
    assert lag_one_correlation([1, None, 2, None, 1, None, 2]) == 0, "no two of them are neighbours"


def test_holm_steps_down_and_stops() -> None:
    decided = holm([0.04, 0.01, 0.03], 0.05)
    assert [ok for ok, _ in decided] == [False, True, False]
    assert [ok for ok, _ in holm([0.01, 0.02, 0.04], 0.05)] == [True, True, True]
    assert decided[1][1] == pytest.approx(0.05 / 3)


def test_the_deciding_level_is_where_the_interval_touches_the_threshold() -> None:
    """z = 2 away from the threshold: p = 0.0455."""
    p = smallest_deciding_alpha(lambda alpha: stats.norm.ppf(1 - alpha / 2) < 2)
    assert p == pytest.approx(2 * (1 - stats.norm.cdf(2)), rel=1e-6)
    assert smallest_deciding_alpha(lambda alpha: False) == 1.0
    assert math.isclose(smallest_deciding_alpha(lambda alpha: True), 1e-9)


def test_kaplan_meier_by_hand() -> None:
    """Five durations, the second and the last cut off. At 1, 3 and 4 there are 5, 3 and 2 at risk: the share
    left is 4/5, 8/15, 4/15; Greenwood's sum is 1/20, then 1/6 more, then 1/2 more."""
    ends = ((1, True), (2, False), (3, True), (4, True), (5, False))
    curve = KaplanMeier([Duration(at, served) for at, served in ends])
    for at, left, greenwood in (
        (1, 4 / 5, 1 / 20),
        (2, 4 / 5, 1 / 20),
        (3, 8 / 15, 13 / 60),
        (4, 4 / 15, 43 / 60),
        (9, 4 / 15, 43 / 60),
    ):
        assert curve.served_by(at) == pytest.approx(1 - left)
        assert curve.trials_at(at) == pytest.approx(min(5, (1 - left) / (left * greenwood)))
    assert [curve.reaches(at) for at in (5, 6)] == [True, False]
    assert [curve.quantile_ns(share) for share in (0.19, 0.21, 0.73, 0.74)] == [1, 3, 4, None]


def test_nothing_is_decided_by_an_error_of_one_or_more() -> None:
    assert smallest_deciding_alpha(lambda alpha: alpha >= 1.0) == 1.0

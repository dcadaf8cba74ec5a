"""Where a judgement begins: the last value that is enough, and the first that is not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from judging.clause import Clause
from judging.contracts import ContractError, parse_contract
from judging.counting.sample import Sample
from judging.counting.tally import Tally
from judging.measures.base import Measured
from judging.report.page.figures import Documents
from judging.report.page.rates import rates_view, sides
from judging.statistics import (
    Interval,
    gap_interval,
    holm,
    lag_one_correlation,
    mean_interval,
    share_interval,
    smallest_deciding_alpha,
    wilson,
)
from judging.verdict.judge import ClauseResult, _census, _memory, _not_asked, _on_enough, _plain, _side
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE, NOT_ASKED
from tests.rows import attempt_row, ended
from tests.support import examples


def clause(**more: Any) -> Clause:
    return Clause(**{"id": "a", "measure": "accepted-share", "group": "exiting", "at_least": 0.5, **more})


def measured(
    low: float, high: float, least: int = 100, series: Sequence[float] = (), **more: Any
) -> Measured:
    asked = clause(minimum=100, **more)
    return Measured(asked, 60, 100, least, 0.6, lambda alpha: Interval(low, high), list(series))


def decide(found: Measured, memory: str = "") -> ClauseResult:
    return _on_enough(found, _plain(found, _side(found, 0.05), 0.05), memory)


@pytest.mark.parametrize(
    ("low", "high", "least", "result"),
    [
        (0.5, 0.9, 100, HOLDS),
        (0.5, 0.9, 99, INCONCLUSIVE),
        (0.4999, 0.9, 100, INCONCLUSIVE),
        (0.1, 0.4999, 100, BROKEN),
        (0.1, 0.5, 100, INCONCLUSIVE),
    ],
)
def test_the_whole_interval_has_to_meet_the_threshold(
    low: float, high: float, least: int, result: str
) -> None:
    found = decide(measured(low, high, least))
    assert (found.result, found.confidence) == (result, 0.95)
    assert (found.numerator, found.denominator, found.estimate) == (60, 100, 0.6)
    assert bool(found.reason) == (result is INCONCLUSIVE)
    remembered = decide(measured(low, high, least), "it remembers")
    assert remembered.result is INCONCLUSIVE
    assert ("99" in remembered.reason) == (least == 99), "too small a sample is the first thing to say"
    most = decide(measured(low, high, least, at_least=None, at_most=0.5)).result
    assert most == {(0.1, 0.5): HOLDS, (0.1, 0.4999): HOLDS}.get(
        (low, high), INCONCLUSIVE if least < 100 or low <= 0.5 else BROKEN
    )


def test_nothing_in_the_sample_has_no_interval() -> None:
    found = decide(measured(0.1, 0.2, 0))
    assert (found.interval, found.result) == (None, INCONCLUSIVE)
    asked = _not_asked(replace(measured(0.1, 0.2), not_asked="nobody cheats"))
    assert (asked.result, asked.reason, asked.numerator, asked.denominator, asked.confidence) == (
        NOT_ASKED,
        "nobody cheats",
        0,
        0,
        1.0,
    )
    assert (asked.estimate, asked.interval) == (None, None)


def test_a_census_needs_its_minimum_and_one_counter_example() -> None:
    never = clause(measure="throttled", group="reducing", at_least=None, minimum=10)
    for attempts, shed, result in ((10, 0, HOLDS), (9, 0, INCONCLUSIVE), (10, 1, BROKEN), (3, 2, BROKEN)):
        sample = Sample(
            kinds=Counter({("reducing", "accepted"): attempts - shed, ("reducing", "capacity"): shed})
        )
        sample.shed["reducing", -1008] = shed
        found = _census(never, sample)
        assert (found.result, found.numerator, found.denominator) == (result, shed, attempts)
        assert found.confidence == 1.0


def test_batches_have_to_forget_each_other() -> None:
    zigzag, trend = [0.1, 0.9] * 5, [n / 10 for n in range(10)]
    tally = Tally(batched=True)
    assert _memory(measured(0, 1, series=zigzag), tally) == ""
    assert "neighbouring batches" in _memory(measured(0, 1, series=trend), tally)
    assert _memory(measured(0, 1, series=trend), Tally()) == "", "replications are independent"
    assert _memory(measured(0, 1, series=[0.0, 1.0]), tally) == "", "two values say nothing"
    three = [0.0, 0.0, 1.0, 1.0, 1.0]
    assert lag_one_correlation(three) > 0
    waits = {name: [(n * 10, 10) for n in range(10)] for name in ("opening", "reducing", "cancel")}
    assert "waits correlate" in _memory(measured(0, 1), replace(tally, waits=waits))
    calm = {name: [(n % 2, 10) for n in range(10)] for name in ("opening", "reducing", "cancel")}
    assert _memory(measured(0, 1), replace(tally, waits=calm)) == ""


# -- statistics ---------------------------------------------------------------------------------------


def test_without_anybody_a_gap_may_be_anything() -> None:
    assert gap_interval([(0, 0)], [(1, 2)], 0.25, 0.05) == Interval(-0.25, 1.0)
    assert gap_interval([(1, 2)], [(0, 0)], 0.25, 0.05) == Interval(-0.25, 1.0)
    assert share_interval([], 0.05) == Interval(0.0, 1.0)
    assert wilson(0, 0, 0.05) == Interval(0.0, 1.0)


@examples(200)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda p: (min(p), max(p))),
        min_size=2,
        max_size=20,
    ),
    st.sampled_from([0.01, 0.05, 0.3]),
)
def test_a_share_s_interval_is_the_hull_of_three(rows: list[tuple[int, int]], alpha: float) -> None:
    """By the formulas, with scipy's quantiles."""
    known = [(k, n) for k, n in rows if n]
    found = share_interval(rows, alpha)
    k, n = sum(k for k, _ in known), sum(n for _, n in known)
    if not n:
        assert found == Interval(0.0, 1.0)
        return
    share, count = k / n, len(known)
    ends = [stats.binomtest(k, n).proportion_ci(1 - alpha, "wilson")]
    low, high = ends[0].low, ends[0].high
    if count > 1:
        residuals = [(a - share * b) / n for a, b in known]
        error = math.sqrt(count / (count - 1) * sum(r * r for r in residuals))
        width = float(stats.t.ppf(1 - alpha / 2, count - 1)) * error
        low, high = min(low, max(0.0, share - width)), max(high, min(1.0, share + width))
        if 0 < share < 1:
            centre, half = math.log(share / (1 - share)), width / (share * (1 - share))
            low = min(low, 1 / (1 + math.exp(min(700, -(centre - half)))))
            high = max(high, 1 / (1 + math.exp(min(700, -(centre + half)))))
    if count > 1:
        assert found.low == pytest.approx(low, abs=1e-9)
        assert found.high == pytest.approx(high, abs=1e-9)


@examples(200)
@given(st.floats(1e-6, 0.99))
def test_the_edge_of_deciding_is_found(edge: float) -> None:
    assert smallest_deciding_alpha(lambda alpha: alpha >= edge) == pytest.approx(edge, rel=1e-3)


def test_what_never_or_always_decides() -> None:
    assert smallest_deciding_alpha(lambda alpha: False) == 1.0
    assert smallest_deciding_alpha(lambda alpha: True) < 1e-6
    assert smallest_deciding_alpha(lambda alpha: alpha >= 0.999) == pytest.approx(0.999, rel=1e-6)


@examples(100)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from([0.05, 0.2]))
def test_holm_by_its_definition(values: list[float], alpha: float) -> None:
    found = holm(values, alpha)
    order = sorted(range(len(values)), key=lambda place: values[place])
    rejected = 0
    while rejected < len(values) and values[order[rejected]] <= alpha / (len(values) - rejected):
        rejected += 1
    assert {place for place, (decided, _) in enumerate(found) if decided} == set(order[:rejected])
    assert [found[place][1] for place in order] == [
        alpha / (len(values) - rank) for rank in range(len(values))
    ]


@examples(100)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20))
def test_a_mean_s_interval_is_student_s(values: list[float]) -> None:
    found = mean_interval(values, 0.05)
    mean = sum(values) / len(values)
    error = float(stats.sem(values))
    if error > 1e-9:
        low, high = stats.t.interval(0.95, len(values) - 1, mean, error)
        assert (found.low, found.high) == pytest.approx((low, high), rel=1e-6, abs=1e-6)
    assert mean_interval(values[:1], 0.05) == Interval(-math.inf, math.inf)


# -- small things -------------------------------------------------------------------------------------


def test_who_had_no_answer_at_all_was_met_with_silence() -> None:
    assert ended(attempt_row(code=-1, http=0)).silent
    assert not ended(attempt_row(code=-1008, http=503)).silent
    assert not ended(attempt_row()).silent


def rates_of(*shares: float, several: int = 1) -> dict[str, Any]:
    row = {
        "class": "c",
        "vantage": "client",
        "per": "attempts",
        "counts": "w",
        "numerator": 1,
        "denominator": 2,
        "interval": None,
    }
    return {
        "rates": [{**row, "share": share, "per": f"p{place % 2}"} for place, share in enumerate(shares)],
        "small": 0.1,
        "near": 0.02,
        "total": 0.9,
        "window_s": [0, 60],
        "confidence": 0.95,
        "replications": several,
    }


def test_rates_near_the_small_figure_and_near_all() -> None:
    assert sides(rates_of(0.5, 0.121, 0.119, 0.1, 0.9, 0.8999, 0.085)) == ([3, 6, 2], [4])
    assert sides(rates_of(0.5)) == ([], [])


@pytest.mark.parametrize(
    ("shares", "title", "agreement", "tiles"),
    [
        ((0.1, 0.95, 0.99), "Why a small", "Both figures are true of it", 2),
        ((0.1, 0.95), "Why a small", "Both figures are true of it", 2),
        ((0.1,), "One run, many rates", "No definition comes near all of them.", 0),
        ((0.95,), "One run, many rates", "No definition comes near the small figure.", 0),
        ((0.5,), "One run, many rates", "No definition gives either figure.", 0),
        ((), "One run, many rates", "The run ended before this window began.", 0),
    ],
)
def test_what_a_page_says_of_rates(shares: tuple[float, ...], title: str, agreement: str, tiles: int) -> None:
    view = rates_view(Documents(report=rates_of(*shares)))
    assert view["title"].startswith(title)
    assert view["agreement"].startswith(agreement)
    assert (len(view["tiles"]), view["several"]) == (tiles, False)
    assert rates_view(Documents(report=rates_of(*shares, several=2)))["several"]
    if len(shares) == 3:
        assert "0.99" in str(view["tiles"][1]["share"]), "of the same orders, if there are such"
    assert (view["every"] is None) == (not shares)


HEAD = 'schema = "fireexit.contract/2"\nname = "a"\nsummary = "b"\n'
HEAD += '[precondition]\nmeasure = "excess-demand"\nat_least = 0.1\n'
SHARE = "[[clauses]]\nid = 'b'\nmeasure = 'accepted-share'\ngroup = 'exiting'\n"
GOOD = '[[clauses]]\nid = "a"\nmeasure = "throttled"\ngroup = "cancel"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + GOOD, ""),
        (HEAD + GOOD + GOOD, "clause a is there twice"),
        (HEAD + "[readings]\nx = 'y'\n" + GOOD, "no clause belongs to the reading 'x'"),
        (HEAD + GOOD + "reading = 'x'\n", "clauses belong to the reading 'x', which is not in [readings]"),
        (HEAD + "[readings]\nx = 5\n" + GOOD, "readings must be a table of names and what each means"),
        (HEAD.replace("excess-demand", "goodput") + GOOD, "the precondition needs at_least and one of"),
        (HEAD.replace("at_least", "at_most") + GOOD, "the precondition needs at_least and one of"),
        ("confidence = 0.5\n" + HEAD + GOOD, ""),
        ("confidence = 0.49\n" + HEAD + GOOD, "confidence must be from 0.5 to below 1, not 0.49"),
        ("confidence = 1.0\n" + HEAD + GOOD, "confidence must be from 0.5 to below 1, not 1.0"),
        ("confidence = 1\n" + HEAD + GOOD, "confidence must be"),
        (HEAD + GOOD + "minimum = -1\n", "minimum must be from 1 to 1e+09, not -1"),
        (HEAD + GOOD + "minimum = 1.5\n", "minimum is a count, not 1.5"),
        (HEAD + GOOD + "factor = -0.1\n", "factor must be from 0 to 1e+06, not -0.1"),
        (HEAD + GOOD + "seconds = -1\n", "seconds must be from 0 to"),
        (HEAD + GOOD + "at_most = 1.01\n", "at_most must be from -1 to 1, not 1.01"),
        (HEAD + GOOD + "at_least = -1.01\n", "at_least must be from -1 to 1"),
        (HEAD + GOOD + "minimum = true\n", "minimum must be a number, not True"),
        (HEAD + GOOD + "minimum = inf\n", "minimum must be from 1 to 1e+09, not inf"),
        (HEAD + GOOD.replace("cancel", "nobody"), "unknown group 'nobody'"),
        (HEAD + GOOD.replace('group = "cancel"\n', ""), "throttled needs a group"),
        (HEAD + GOOD + "vantage = 'engine'\n", "throttled has vantage 'client', not 'engine'"),
        (HEAD + GOOD + "nonsense = 1\n", "unknown key 'nonsense'; known: id"),
        (HEAD + GOOD.replace("throttled", "x"), "unknown measure 'x'; known:"),
        (HEAD + GOOD.replace('id = "a"\n', ""), "clause ?: id is missing"),
        (HEAD.replace('name = "a"\n', "") + GOOD, "name is missing"),
        (HEAD + "clauses = 5\n", "clauses"),
        (
            HEAD + SHARE,
            "needs either at_least or at_most",
        ),
        (
            HEAD + SHARE + "at_least = 1\nat_most = 1\n",
            "needs either",
        ),
        (
            HEAD + SHARE + "at_least = 1\ncode = '-1'\n",
            "takes no code",
        ),
    ],
)
def test_a_contract_says_what_is_wrong_with_it(text: str, words: str) -> None:
    if not words:
        assert parse_contract(text, "mine").clauses[0].id == "a"
        return
    with pytest.raises(ContractError) as caught:
        parse_contract(text, "mine")
    assert words in str(caught.value)
    assert str(caught.value).startswith("contract mine")

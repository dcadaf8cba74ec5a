"""What so many runs say of runs that were not made: the second of the two numbers of *holds*."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from judging.contracts import Contract, ContractError, load_contract, parse_contract
from judging.counting.tally import Tally
from judging.rarest import CERTIFY, THOROUGH, exact_gap, exact_share, most_failures, units_needed
from judging.reading.kinds import ACCEPTED, CAPACITY
from judging.statistics import Interval
from judging.verdict.document import clause_document
from judging.verdict.judge import ClauseResult, judge
from judging.verdict.whole_runs import asked_of
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE
from tests.support import examples
from tests.verdict.test_judge import QUICK, tally_of

STRICT = load_contract("strict")


def judged(tally: Tally, rarest: float | None = None, contract: Contract = STRICT) -> ClauseResult:
    """The clause that asks whether exiting orders are accepted."""
    found = judge(contract, tally, [], rarest)
    return next(c for c in found.clauses if c.clause.id == "reducing-accepted")


def with_shut_runs(shut: int, of: int, refused: int = 100) -> Tally:
    """Runs in which everybody gets out, and some in which of 100 exiting orders so many are refused."""
    tally = tally_of({ACCEPTED: 100}, replications=of)
    for sample in tally.samples[:shut]:
        sample.kinds["exiting", ACCEPTED] -= refused
        sample.kinds["exiting", CAPACITY] += refused
    return tally


@pytest.mark.parametrize(
    ("failed", "units", "bound"),
    [(0, 20, 0.13911), (0, 10, 0.25887), (0, 59, 0.04951), (0, 299, 0.00997), (1, 20, 0.21611)],
)
def test_bounds_on_failures_that_nobody_has_seen(failed: int, units: int, bound: float) -> None:
    """The first four are 1 − .05^(1/n); the last is in tables of binomial limits."""
    assert most_failures(failed, units, 0.05) == pytest.approx(bound, abs=5e-6)


@pytest.mark.parametrize(("asked", "units"), [(0.14, 20), (0.26, 10), (THOROUGH, 59), (CERTIFY, 299)])
def test_how_many_units_a_share_needs(asked: float, units: int) -> None:
    assert units_needed(asked, 0.05) == units
    assert most_failures(0, units, 0.05) <= asked < most_failures(0, units - 1, 0.05)


@examples(200)
@given(units=st.integers(1, 300), data=st.data())
def test_the_bound_is_where_so_few_failures_get_unlikely(units: int, data: st.DataObject) -> None:
    failed = data.draw(st.integers(0, units))
    bound = most_failures(failed, units, 0.05)
    if failed == units:
        assert bound == 1.0
    else:
        assert stats.binom.cdf(failed, units, bound) == pytest.approx(0.05, rel=1e-6)


@examples(100)
@given(trials=st.integers(1, 500), data=st.data())
def test_one_run_s_share_has_exact_ends(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    found = exact_share(successes, trials, 0.05)
    theirs = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
    assert found.low == pytest.approx(theirs.low, abs=1e-9)
    assert found.high == pytest.approx(theirs.high, abs=1e-9)


def test_one_run_s_gap() -> None:
    assert exact_share(0, 0, 0.05) == Interval(0.0, 1.0)
    assert exact_gap((0, 0), (5, 10), 0.5, 0.05) == Interval(-0.5, 1.0)
    assert exact_gap((5, 10), (0, 0), 0.5, 0.05) == Interval(-0.5, 1.0)
    one, two = exact_share(30, 100, 0.05), exact_share(20, 50, 0.05)
    found = exact_gap((30, 100), (20, 50), 0.5, 0.05)
    assert found.low == pytest.approx(0.1 - math.hypot(0.3 - one.low, 0.5 * (two.high - 0.4)))
    assert found.high == pytest.approx(0.1 + math.hypot(one.high - 0.3, 0.5 * (0.4 - two.low)))


def test_an_exit_that_was_shut_in_one_run_of_twenty_does_not_hold() -> None:
    """Even where so few attempts were made in it that their share stays above what is asked."""
    assert judged(with_shut_runs(0, 20)).result == HOLDS
    tally = with_shut_runs(1, 20)
    assert judged(tally).result == INCONCLUSIVE
    for sample in tally.samples[1:]:
        sample.kinds["exiting", ACCEPTED] = 100_000
    found = judged(tally)
    assert found.estimate is not None
    assert found.estimate > 0.999
    assert found.result == INCONCLUSIVE
    assert found.rarest is not None
    assert (found.rarest.failed, found.rarest.of, found.rarest.asked) == (1, 20, 0.14)
    assert found.worst == (0, 0.0)


def test_the_reason_says_what_is_left_open() -> None:
    tally = with_shut_runs(1, 20)
    for sample in tally.samples[1:]:
        sample.kinds["exiting", ACCEPTED] = 100_000
    assert "1 of 20 runs fell short; up to 21.6% of all may, 14% are allowed" in _why(tally)
    few = with_shut_runs(0, 5)
    assert "5 runs leave open whether up to 45.1% of all fall short" in _why(few)
    assert "20 are needed" in _why(few)
    few.batched = True
    assert "26% are allowed: 10 are needed" in _why(few)
    assert "5 batches leave open" in _why(few)


def _why(tally: Tally) -> str:
    return judged(tally).reason


@pytest.mark.parametrize(
    ("runs", "rarest", "result"),
    [
        (19, None, INCONCLUSIVE),
        (20, None, HOLDS),
        (58, THOROUGH, INCONCLUSIVE),
        (59, THOROUGH, HOLDS),
        (298, CERTIFY, INCONCLUSIVE),
        (299, CERTIFY, HOLDS),
    ],
)
def test_with_less_than_its_runs_a_clause_never_holds(runs: int, rarest: float | None, result: str) -> None:
    found = judged(with_shut_runs(0, runs), rarest)
    assert found.result == result
    assert found.rarest is not None
    assert found.rarest.enough == (result == HOLDS)


def test_ten_batches_of_one_run_are_asked_for_less() -> None:
    tally = with_shut_runs(0, 10)
    assert judged(tally).result == INCONCLUSIVE
    tally.batched = True
    assert judged(tally).result == HOLDS


def test_a_run_that_falls_short_by_chance_does_not_count() -> None:
    """98 of 100 where 99 % are asked: nothing that chance does not do in one of twenty runs."""
    found = judged(with_shut_runs(1, 20, refused=2))
    assert found.rarest is not None
    assert found.rarest.failed == 0
    assert judged(with_shut_runs(1, 20, refused=30)).rarest != found.rarest


def test_too_few_runs_do_not_keep_a_clause_from_being_broken() -> None:
    assert judged(with_shut_runs(5, 5)).result == BROKEN


def test_the_most_demanding_of_contract_and_command_counts() -> None:
    clause = STRICT.clauses[0]
    assert asked_of(clause, None, batched=False) == 0.14
    assert asked_of(clause, None, batched=True) == 0.26
    assert asked_of(clause, 0.46, batched=False) == 0.46
    asking = msgspec.structs.replace(clause, rarest=0.05)
    assert asked_of(asking, None, batched=False) == asked_of(asking, 0.46, batched=True) == 0.05
    assert asked_of(asking, 0.01, batched=False) == 0.01


def test_a_contract_may_ask_for_it() -> None:
    asking = STRICT.source.replace("at_least = 0.99", "rarest = 0.05\nat_least = 0.99")
    contract = parse_contract(asking, "mine")
    assert contract.clauses[0].rarest == 0.05
    assert judged(with_shut_runs(0, 20), contract=contract).result == INCONCLUSIVE
    assert judged(with_shut_runs(0, 59), contract=contract).result == HOLDS
    for after, key, words in (
        ('id = "hard-cap"', "rarest = 0.1", "asks nothing of others"),
        ("[precondition]", "rarest = 0.1", "precondition takes no rarest"),
        ('id = "goodput"', "rarest = 1.0", "must be from 0.001 to 0.9"),
    ):
        text = STRICT.source.replace(after, f"{after}\n{key}")
        with pytest.raises(ContractError, match=words):
            parse_contract(text, "mine")


def test_what_must_all_hold_is_not_corrected_for_and_what_may_break_alone_is() -> None:
    held = judge(STRICT, with_shut_runs(0, 20), [])
    assert {c.confidence for c in held.clauses if c.interval is not None} == {0.95}
    broken = judge(STRICT, tally_of({CAPACITY: 100}, replications=20), [])
    levels = [c.confidence for c in broken.clauses if c.result == BROKEN and c.interval is not None]
    assert max(levels) > 0.98


def test_one_of_several_readings_is_corrected_for() -> None:
    docs = load_contract("docs-2025-10-23")
    found = judge(docs, tally_of({ACCEPTED: 100}, durations=[QUICK] * 50), [])
    ahead = next(c for c in found.clauses if c.clause.id == "reducing-ahead")
    assert ahead.confidence == pytest.approx(0.975)


def test_the_document_has_both_numbers() -> None:
    row = clause_document(judged(with_shut_runs(1, 20)))
    assert row["rarest"] == {"units": "runs", "fell_short": 1, "of": 20, "ruled_out": 0.216106, "asked": 0.14}
    assert row["worst"] == {"number": 0, "estimate": 0.0}
    batched = with_shut_runs(0, 10)
    batched.batched = True
    assert clause_document(judged(batched))["rarest"]["units"] == "batches"
    census = clause_document(judge(STRICT, with_shut_runs(0, 20), []).clauses[-2])
    assert "rarest" not in census
    assert "worst" not in census


def test_the_worst_of_a_share_that_must_be_small_is_the_largest() -> None:
    tally = with_shut_runs(0, 20)
    tally.samples[7] = replace(tally.samples[7], opening_moments=(9, 150))
    starved = next(c for c in judge(STRICT, tally, []).clauses if c.clause.id == "no-starvation")
    assert starved.worst == (7, 9 / 150)

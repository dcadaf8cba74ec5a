"""Each measure by hand: what it counts of samples, which value is the last to count, what it tells apart."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from judging.clause import Clause
from judging.counting.sample import Sample, merge
from judging.counting.tally import Tally
from judging.measures import MEASURES, measured, needs_journal, text_of
from judging.measures.base import Measured
from judging.statistics import Duration
from judging.verdict.difference import BETTER, SAME, UNCLEAR, WORSE, differences
from judging.verdict.judge import _memory, _queues_of
from judging.verdict.words import EXIT_STATUS
from run_records.units import NS_PER_S

CLIENTS_ALONE = {
    "throttled",
    "accepted-share",
    "executed-share",
    "opening-refused",
    "refusal-gap",
    "starved-moments",
    "recovered",
}


def clause(measure: str, **more: Any) -> Clause:
    return Clause(**{"id": "a", "measure": measure, "at_least": 0.5, **more})


def of(*samples: Sample, **more: Any) -> Tally:
    return Tally(samples=list(samples), **more)


def figures(found: Measured) -> tuple[Any, ...]:
    return found.numerator, found.denominator, found.least, found.estimate


def test_which_measures_clients_can_tell_alone() -> None:
    alone = {name for name, measure in MEASURES.items() if not measure.needs_journal}
    assert alone == CLIENTS_ALONE
    assert not needs_journal(clause("accepted-share", group="reducing"))
    for group in ("exiting", "truly-reducing", "feigned"):
        assert needs_journal(clause("accepted-share", group=group))
        assert needs_journal(clause("refusal-gap", group="opening", against=group))


def test_which_measures_may_be_the_condition() -> None:
    conditions = {name for name, measure in MEASURES.items() if measure.may_be_condition}
    assert conditions == {"accepted-share", "opening-refused", "excess-demand"}


def test_words_without_values_say_nothing_of_them() -> None:
    assert text_of(MEASURES["unhurried"], {"group": "exiting"}).endswith("within 0 × what one alone takes")
    assert text_of(MEASURES["served-within"], {}) == "intents served within 0 s"


def test_shares_run_by_run() -> None:
    samples = [Sample(ahead=(3, 4)), Sample(ahead=(1, 10))]
    found = measured(clause("ahead-in-queue", group="reducing"), of(*samples))
    assert figures(found) == (4, 14, 14, 4 / 14)
    assert found.series == [0.75, 0.1]


def refused(**groups: tuple[int, int]) -> Sample:
    """(refused for want of capacity, all) of each group."""
    kinds = Counter[tuple[str, str]]()
    for group, (part, whole) in groups.items():
        kinds[group, "accepted"], kinds[group, "capacity"] = whole - part, part
    return Sample(kinds=kinds)


def test_gaps_run_by_run() -> None:
    one, two = refused(a=(10, 100), b=(1, 4)), refused(a=(1, 5), b=(1, 2))
    found = measured(clause("refusal-gap", group="a", against="b", factor=0.5), of(one, two))
    assert figures(found) == (11, 105, 6, pytest.approx(11 / 105 - 0.5 * 2 / 6))
    assert found.series == pytest.approx([0.1 - 0.5 * 0.25, 0.2 - 0.5 * 0.5])


def test_a_leak_is_counted_of_those_who_feign() -> None:
    asked = clause("leak", at_least=None, at_most=0.05)
    nobody = measured(asked, of(Sample(), feigned=True))
    assert figures(nobody) == (0, 0, 0, None)
    found = measured(asked, of(Sample(past_gate={"feigned": (3, 10), "opening": (50, 100)}), feigned=True))
    assert figures(found) == (3, 10, 10, pytest.approx(-0.2))
    assert found.not_asked == ""
    assert measured(asked, of(Sample())).not_asked


def accounts(**pairs: tuple[int, int]) -> Sample:
    return Sample(accounts=pairs)


PARITY = clause("parity", group="exiting", factor=0.9, at_least=0.0)


def halves(half: dict[str, tuple[int, int]], rest: dict[str, tuple[int, int]]) -> Sample:
    """A run in which these accounts fared so in its two halves."""
    whole = dict(half)
    merge(whole, rest)
    return Sample(accounts=whole, half_exits=half)


def test_parity_chooses_on_one_half_and_measures_on_the_other() -> None:
    """In the first half `a` is worst and `d` best; in the second it is the other way round."""
    first = {"a": (10, 20), "b": (15, 20), "c": (16, 20), "d": (20, 20)}
    second = {"a": (20, 20), "b": (15, 20), "c": (16, 20), "d": (10, 20)}
    found = measured(PARITY, of(halves(first, second)))
    assert figures(found) == (40, 40, 40, pytest.approx(1.0 - 0.9 * 0.5))
    alike = measured(PARITY, of(halves(first, first), halves(first, first)))
    assert figures(alike) == (40, 80, 80, pytest.approx(0.5 - 0.9))
    assert alike.series == pytest.approx([0.5 - 0.9] * 2)


def test_parity_takes_quarters_rounded_up() -> None:
    shares = {"a": (1, 20), "b": (2, 20), "c": (9, 20), "d": (18, 20), "e": (19, 20)}
    found = measured(PARITY, of(halves(shares, shares)))
    assert figures(found) == (6, 80, 80, pytest.approx(3 / 40 - 0.9 * 37 / 40))
    four = {"a": (1, 20), "b": (9, 20), "c": (9, 20), "d": (18, 20)}
    assert figures(measured(PARITY, of(halves(four, four)))) == (2, 40, 40, pytest.approx(0.05 - 0.9 * 0.9))


def test_parity_needs_two_accounts_with_ten_attempts_in_half_a_run() -> None:
    two = {"a": (4, 10), "b": (10, 10), "c": (0, 9)}
    assert figures(measured(PARITY, of(halves(two, two)))) == (8, 20, 20, pytest.approx(0.4 - 0.9))
    one = {"a": (4, 10), "b": (9, 9)}
    found = measured(PARITY, of(halves(one, one)))
    assert figures(found) == (0, 0, 0, None)
    assert not found.not_asked, "the run was too short to tell"
    assert measured(PARITY, of(halves({"a": (9, 99)}, {"a": (9, 99)}))).not_asked, "nobody to compare with"


def test_parity_takes_an_account_that_one_half_lacks_for_nothing() -> None:
    found = measured(PARITY, of(halves({"a": (5, 10), "b": (10, 10)}, {"b": (10, 10), "c": (4, 10)})))
    assert (found.numerator, found.denominator) == (0, 0), "`c` is not in one half, `a` not in the other"


def test_parity_of_one_run_chooses_over_all_of_its_parts() -> None:
    """No part alone has ten attempts of anybody in a half."""
    part = halves({"a": (1, 5), "b": (5, 5)}, {"a": (1, 5), "b": (5, 5)})
    assert figures(measured(PARITY, of(part, part))) == (0, 0, 0, None)
    found = measured(PARITY, of(part, part, batched=True))
    assert figures(found) == (4, 20, 20, pytest.approx(0.2 - 0.9))
    assert found.bounds is None


def test_served_in_time_counts_those_whose_fate_is_known() -> None:
    asked = clause("served-within", seconds=2.0)
    s = NS_PER_S
    at_once, late, cut = Duration(2 * s, True), Duration(2 * s + 1, True), Duration(2 * s, False)
    waits = Duration(3 * s, False)
    found = measured(asked, of(durations=[[at_once, late, cut, waits]]))
    assert (found.numerator, found.denominator, found.least) == (1, 3, 4)
    assert found.estimate == pytest.approx(0.25)
    nobody = measured(asked, of(durations=[]))
    assert (nobody.numerator, nobody.denominator, nobody.estimate) == (0, 0, None)


def test_unhurried_counts_up_to_the_factor() -> None:
    took = {("exiting", 1): 5, ("exiting", 50): 3, ("exiting", 51): 2, ("cancel", 1): 9}
    found = measured(clause("unhurried", group="exiting", factor=50.0), of(Sample(slowness=Counter(took))))
    assert figures(found) == (8, 10, 10, 0.8)


# -- memory -------------------------------------------------------------------------------------------


def with_waits(count: int, **slopes: int) -> Tally:
    """Parts of one run; a class with a slope waits longer from part to part, one without up and down."""
    return Tally(
        batched=True,
        waits={
            klass: [((slope * n if slope else n % 2) * 8, 8) for n in range(count)]
            for klass, slope in slopes.items()
        },
    )


def remembers(tally: Tally, group: str = "exiting", measure: str = "accepted-share") -> bool:
    found = measured(clause(measure, group=group), of(Sample()))
    return bool(_memory(found, tally))


@pytest.mark.parametrize(("parts", "asked"), [(24, ["opening", "reducing"]), (25, ["reducing"])])
def test_openings_are_asked_where_a_class_has_too_few_waits(parts: int, asked: list[str]) -> None:
    tally = with_waits(parts, reducing=0, opening=1)
    assert _queues_of(clause("accepted-share", group="exiting"), tally) == asked
    assert remembers(tally) == ("opening" in asked)
    with_gaps = with_waits(30, reducing=0, opening=1)
    with_gaps.waits["reducing"][:6] = [(0, 0)] * 6
    assert remembers(with_gaps), "parts in which nobody was accepted tell nothing"


def test_openings_are_asked_where_the_place_among_them_counts() -> None:
    tally = with_waits(50, reducing=0, opening=1)
    assert not remembers(tally, "reducing")
    assert remembers(tally, "reducing", "ahead-in-queue")


@pytest.mark.parametrize("group", ["exiting", "reducing", "truly-reducing"])
def test_a_group_waits_in_the_queue_of_its_class(group: str) -> None:
    assert remembers(with_waits(50, reducing=1, opening=0), group)
    assert not remembers(with_waits(50, reducing=0, opening=1), group)


def test_waits_are_means() -> None:
    """Totals that rise because more are accepted show no memory."""
    tally = Tally(batched=True, waits={"reducing": [(n * (5 + n % 2), n) for n in range(1, 51)]})
    assert not remembers(tally)


# -- two runs -----------------------------------------------------------------------------------------


def row(result: str, low: float, high: float, estimate: float = 0.5, **more: Any) -> dict[str, Any]:
    return {
        "id": "x", "result": result, "interval": [low, high], "estimate": estimate,
        "at_least": 0.5, "at_most": None, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (row("holds", 0.6, 0.7), row("broken", 0.1, 0.2), WORSE),
        (row("broken", 0.1, 0.2), row("holds", 0.6, 0.7), BETTER),
        (row("holds", 0.6, 0.7), row("holds", 0.7, 0.8), SAME),
        (row("holds", 0.6, 0.7), row("holds", 0.71, 0.8), BETTER),
        (row("holds", 0.6, 0.7), row("holds", 0.5, 0.6), SAME),
        (row("holds", 0.6, 0.7), row("holds", 0.5, 0.59), WORSE),
        (row("holds", 0.6, 0.7), row("inconclusive", 0.1, 0.2), UNCLEAR),
        (row("holds", 0.6, 0.7), row("holds", 0.6, 0.7, 0.6), UNCLEAR),
        (
            row("holds", 0.2, 0.3, at_least=None, at_most=0.5),
            row("holds", 0.31, 0.4, at_least=None, at_most=0.5),
            WORSE,
        ),
        (
            row("holds", 0.2, 0.3, at_least=None, at_most=0.5),
            row("holds", 0.1, 0.19, at_least=None, at_most=0.5),
            BETTER,
        ),
    ],
)
def test_a_clause_in_two_runs(before: dict[str, Any], after: dict[str, Any], verdict: str) -> None:
    documents = [{"clauses": [clause], "readings": []} for clause in (before, after)]
    assert [change.verdict for change in differences(*documents)] == [verdict]


def test_statuses_that_a_ci_job_reads() -> None:
    assert EXIT_STATUS == {"holds": 0, "broken": 1, "inconclusive": 3}


def test_a_threshold_is_a_value_and_a_side() -> None:
    assert clause("leak", at_least=0.25).threshold == (0.25, 1)
    assert clause("leak", at_least=None, at_most=0.25).threshold == (0.25, -1)


# -- nobody is left behind ----------------------------------------------------------------------------


def test_behind_is_counted_up_to_the_factor() -> None:
    sample = Sample(behind=Counter({0: 1, 125: 5, 126: 2}))
    assert figures(measured(clause("not-behind", group="exiting", factor=1.25), of(sample))) == (
        6,
        8,
        8,
        0.75,
    )


def test_notional_weighs_as_many_orders_as_there_were() -> None:
    sample = Sample(worth=(3 * 10**12, 4 * 10**12), accounts={"a": (1, 6), "b": (5, 6)})
    found = measured(clause("accepted-notional", group="exiting"), of(sample))
    assert figures(found) == (9, 12, 12, 0.75)
    assert figures(measured(clause("accepted-notional", group="exiting"), of(Sample()))) == (0, 0, 0, None)


def test_what_was_executed_weighs_as_many_orders_as_said_so() -> None:
    asked = clause("executed-share", group="reducing", at_least=0.9)
    found = measured(asked, of(Sample(executed=(2_500_000, 4)), Sample(executed=(500_000, 1))))
    assert figures(found) == (3, 5, 5, 0.6)
    assert found.series == [0.625, 0.5]
    parts = measured(asked, of(*[Sample(executed=(2_520_000, 3))] * 40))
    assert parts.estimate == pytest.approx(0.84), "nothing is rounded on the way to a whole order"
    assert parts.interval(0.05).low < 0.84 < parts.interval(0.05).high < 0.9
    assert parts.units(0.05)[0].high < 1.0
    assert not found.not_asked
    assert measured(asked, of(Sample())).not_asked


def test_the_worst_account_is_the_one_with_the_smallest_share_of_those_with_enough() -> None:
    asked = clause("worst-account", at_least=0.9, minimum=40)
    runs = [accounts(a=(18, 20), b=(20, 20), c=(0, 19)), accounts(a=(17, 20), b=(20, 20), d=(0, 30))]
    found = measured(asked, of(*runs))
    assert figures(found) == (35, 40, 40, 0.875)
    assert found.series == [0.9, 0.85]
    one, two = accounts(a=(20, 20)), accounts(a=(20, 20), b=(20, 20))
    alone, beside = (measured(asked, of(*[run] * 20)).interval(0.05) for run in (one, two))
    assert alone.high == beside.high == 1.0
    assert 0.9 < beside.low < alone.low < 1.0, "more accounts make a worst one by chance"
    nobody = measured(asked, of(accounts(a=(18, 20))))
    assert nobody.not_asked
    assert figures(nobody) == (0, 0, 0, None)


def test_favour_that_changes_from_run_to_run_is_seen_within_runs() -> None:
    """In one run a never opens, in the other b: over both they fare alike."""
    asked = clause("parity", group="opening", factor=0.5, at_least=0.0)
    runs = [
        Sample(openers={"a": a, "b": b}, half_openers={"a": (a[0] // 2, 10), "b": (b[0] // 2, 10)})
        for a, b in (((0, 20), (20, 20)), ((20, 20), (0, 20)))
    ]
    found = measured(asked, of(*runs))
    assert found.series == [-0.5, -0.5]
    assert (found.numerator, found.denominator) == (0, 40)
    assert measured(asked, of(Sample(openers={"a": (9, 9)}))).not_asked


def test_parity_of_openings_looks_at_openings() -> None:
    alike = {"a": (20, 20), "b": (20, 20)}
    sample = Sample(
        openers={"a": (2, 40), "b": (40, 40)},
        half_openers={"a": (1, 20), "b": (20, 20)},
        accounts={name: (2 * k, 2 * n) for name, (k, n) in alike.items()},
        half_exits=alike,
    )
    asked = clause("parity", group="opening", factor=0.5, at_least=0.0)
    assert measured(asked, of(sample, sample)).estimate == pytest.approx(0.05 - 0.5)
    assert measured(PARITY, of(sample, sample)).estimate == pytest.approx(0.1)

"""What stands beside the clauses of a verdict: figures, validity, intents, and how samples add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from judging.counting.sample import Sample
from judging.counting.tally import Tally, combine
from judging.reading.kinds import Kind
from judging.statistics import Duration
from judging.verdict.document import clause_document, verdict_document
from judging.verdict.figures import figures, rounded
from judging.verdict.judge import judge
from judging.verdict.validity import find_faults
from run_records.machine import DriverReport, ExchangeReport, Machine
from run_records.units import NS_PER_S
from run_records.words import CANCEL, OPENING, REDUCING, Group
from tests.verdict.test_judge import STRICT

MS = 1_000_000


def tally(*samples: Sample, **more: Any) -> Tally:
    return replace(Tally(samples=list(samples)), **more)


def test_figures_are_parts_of_their_wholes() -> None:
    sample = Sample(work=(3, 4), engine_ns=(5, 8), opening_moments=(1, 10))
    sample.past_gate = {Group.FEIGNED: (6, 10), Group.OPENING: (1, 5)}
    found = figures(tally(sample, Sample(work=(0, 2))))
    assert found == {
        "goodput": 0.5,
        "wasted": 0.375,
        "starved": 0.1,
        "leak": 0.6,
        "leak_over_openings": pytest.approx(0.4),
        "recovery_s": None,
    }
    assert rounded({"a": 0.123456, "b": None}, 3) == {"a": 0.123, "b": None}


def test_without_anything_to_count_there_are_no_figures() -> None:
    assert set(figures(tally(Sample())).values()) == {None}
    sample = Sample(past_gate={Group.FEIGNED: (6, 10)})
    assert figures(tally(sample))["leak_over_openings"] is None
    sample = Sample(past_gate={Group.OPENING: (6, 10)})
    assert (figures(tally(sample))["leak"], figures(tally(sample))["leak_over_openings"]) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "after"),
    [
        ([(95, 100)] * 3, 0),
        ([(94, 100), *[(95, 100)] * 3], 1),
        ([(95, 100), (95, 100), (94, 100), (1, 1), (1, 1), (1, 1), (0, 1)], 3),
        ([(95, 100), (95, 100)], None),
        ([(0, 0)] * 5, None),
        ([*[(1, 1)] * 2, (0, 0), *[(1, 1)] * 3], 3),
        ([], None),
    ],
)
def test_recovery_is_the_first_of_three_normal_seconds_in_a_row(
    seconds: list[tuple[int, int]], after: int | None
) -> None:
    assert figures(tally(Sample(after_fall=seconds), recovers=True))["recovery_s"] == after
    assert figures(tally(Sample(after_fall=seconds)))["recovery_s"] is None, "the scenario does not ask"


def test_recovery_of_several_runs_is_the_later_of_the_middle() -> None:
    late, early = [(0, 1), (0, 1), *[(1, 1)] * 3], [(1, 1)] * 3
    never = [(0, 1)] * 9
    samples = [Sample(after_fall=list(rows)) for rows in (early, late, early, never)]
    assert figures(tally(*samples, recovers=True))["recovery_s"] == 2
    assert figures(tally(*samples[:2], Sample(), recovers=True))["recovery_s"] == 2
    assert figures(tally(*samples[1:], samples[3], recovers=True))["recovery_s"] is None
    parts = [Sample(after_fall=[(0, 1), (0, 0), (0, 0)]), Sample(after_fall=[(0, 0), (1, 1), (1, 1), (1, 1)])]
    assert figures(tally(*parts, recovers=True, batched=True))["recovery_s"] == 1


def test_samples_add_up_field_by_field() -> None:
    one, two = filled(1), filled(10)
    two.after_fall = [(1, 2), (3, 4), (5, 6)]
    one.add(two)
    assert one.kinds == Counter({("opening", "accepted"): 11, ("reducing", "unknown"): 11})
    for name in ("codes", "shed", "shed_executed", "shed_counted", "over_full", "slowness", "behind"):
        assert list(getattr(one, name).values()) == [11], name
    assert (one.unmatched, one.admitted) == (11, 11)
    for name in ("ahead", "opening_moments", "demanded_seconds", "work", "engine_ns", *AS_PAIRS):
        assert getattr(one, name) == (11, 22), name
    assert one.accounts == {"a": (11, 22), "only-1": (1, 1), "only-10": (1, 1)}
    assert one.past_gate == {"feigned": (11, 22)}
    for shares in (one.openers, one.half_openers, one.half_exits, one.markets, one.half_markets):
        assert shares == {"a": (11, 22)}
    assert one.after_fall == [(2, 4), (3, 4), (5, 6)]


AS_PAIRS = ("shut_out", "worth", "exit_moments")


def filled(n: int) -> Sample:
    pair = (n, 2 * n)
    return Sample(
        kinds=Counter({("opening", "accepted"): n, ("reducing", "unknown"): n}),
        codes=Counter({("opening", 0): n}),
        shed=Counter({("opening", -1008): n}),
        shed_executed=Counter({-1008: n}),
        shed_counted=Counter({-1008: n}),
        unmatched=n,
        accounts={"a": pair, f"only-{n}": (1, 1)},
        past_gate={"feigned": pair},
        opening_moments=pair,
        demanded_seconds=pair,
        work=pair,
        engine_ns=pair,
        after_fall=[(1, 2)],
        over_full=Counter({(3, 2): n}),
        admitted=n,
        ahead=pair,
        slowness=Counter({("exiting", 5): n}),
        behind=Counter({125: n}),
        openers={"a": pair},
        half_openers={"a": pair},
        half_exits={"a": pair},
        markets={"a": pair},
        half_markets={"a": pair},
        shut_out=pair,
        worth=pair,
        exit_moments=pair,
    )


def test_what_a_sample_says_of_a_group() -> None:
    sample = Sample()
    for number, kind in enumerate(Kind, 1):
        sample.kinds["exiting", kind] = 10**number
    assert sample.attempts("exiting") == sum(10**n for n in range(1, len(Kind) + 1))
    refused, owed = sample.against("exiting")
    against = (Kind.CAPACITY, Kind.UNKNOWN, Kind.FALSE_STATE)
    assert refused == sum(sample.kinds["exiting", kind] for kind in against)
    assert owed == refused + sample.kinds["exiting", Kind.ACCEPTED]
    sample.shed = Counter({("opening", -1008): 1, ("reducing", -1001): 10, ("exiting", -1008): 100})
    assert sample.shed_with("") == 11, "groups beside the classes are not counted twice"
    assert (sample.shed_with("-1008"), sample.shed_with("-1008", ["exiting"])) == (1, 100)


def test_replications_become_one_tally() -> None:
    one = tally(Sample(), durations=[[Duration(1, True)]], books=2, wrong_books=["x"])
    two = tally(Sample(), durations=[[Duration(2, False)]], books=3, feigned=True, recovers=True, blind=True)
    for first, second in ((one, two), (two, one)):
        whole = combine([first, second])
        assert (len(whole.samples), whole.books, whole.wrong_books) == (2, 5, ["x"])
        assert sorted(duration.length_ns for duration in whole.all_durations()) == [1, 2]
        assert (whole.feigned, whole.recovers, whole.blind) == (True, True, True)
    whole = combine([one, one])
    assert (whole.feigned, whole.recovers, whole.blind, whole.batched) == (False, False, False, False)


# -- validity -----------------------------------------------------------------------------------------


def sent(**more: Any) -> DriverReport:
    fields = dict.fromkeys(DriverReport.__struct_fields__, 0)
    return DriverReport(**{**fields, "sent": 10_000, **more})


def exchange(**more: Any) -> ExchangeReport:
    fields = dict.fromkeys(ExchangeReport.__struct_fields__, 0)
    return ExchangeReport(**{**fields, **more})


@pytest.mark.parametrize(
    ("driver", "server", "fault"),
    [
        ({"missed": 10}, {}, ""),
        ({"missed": 11}, {}, "the rate was missed: 11 of 10000 arrivals were not sent"),
        ({"missed": 1, "sent": 0}, {}, "the rate was missed: 1 of 0 arrivals were not sent"),
        ({"lateness_p99_ms": 100.0}, {}, ""),
        ({"lateness_p99_ms": 100.6}, {}, "requests left 101 ms late (p99, 100 allowed)"),
        ({"cpu_share": 0.95}, {}, ""),
        ({"cpu_share": 0.96}, {}, "the load generator used 96% of a processor"),
        ({}, {"loop_lag_p99_ms": 100.0, "cpu_share": 0.95}, ""),
        ({}, {"loop_lag_p99_ms": 100.6}, "its event loop woke 101 ms late (p99, 100 allowed)"),
        ({}, {"cpu_share": 0.96}, "the exchange used 96% of a processor"),
        ({"lateness_max_ms": 250.0}, {"loop_lag_max_ms": 250.0}, ""),
        ({"lateness_max_ms": 1250.0}, {}, "the load generator stood still for 1.25 s (0.25 allowed)"),
        ({}, {"loop_lag_max_ms": 2000.0}, "the exchange stood still for 2.00 s (0.25 allowed)"),
        ({}, {"internal_errors": 1}, "the exchange failed internally 1 times"),
    ],
)
def test_a_machine_that_did_not_keep_up(driver: dict[str, Any], server: dict[str, Any], fault: str) -> None:
    machine = Machine("monotonic", (sent(), sent(**driver)), exchange(**server))
    found = find_faults(machine, tally(Sample()))
    assert len(found) == bool(fault)
    assert all(fault in line for line in found)
    virtual = Machine("virtual", (sent(**driver),), exchange(**server), ("slept",))
    assert find_faults(virtual, tally(Sample())) == ["slept"]


def test_nobody_reported_and_records_that_do_not_match() -> None:
    assert find_faults(Machine("monotonic"), tally(Sample())) == [
        "no load generator reported; nothing is known of the rate"
    ]
    assert find_faults(Machine("unstated"), tally(Sample())) == []
    sample = Sample(unmatched=2)
    sample.kinds.update({(OPENING, "accepted"): 1000, (REDUCING, "unknown"): 500, (CANCEL, "accepted"): 500})
    machine = Machine("unstated")
    assert find_faults(machine, tally(sample)) == []
    sample.unmatched = 3
    assert find_faults(machine, tally(sample)) == ["3 of 2000 attempts are not in the exchange's journal"]
    assert find_faults(machine, tally(sample, blind=True)) == []


# -- the document -------------------------------------------------------------------------------------


def test_the_document_says_of_decisions_when_they_were_served() -> None:
    lengths = [Duration(number * 100 * MS, True) for number in range(1, 41)]
    found = verdict_document(
        {},
        STRICT,
        judge(STRICT, tally(Sample()), []),
        tally(Sample(), durations=[lengths]),
        Machine(),
        ["f"],
        {},
    )
    assert found["intents"] == {
        "count": 40,
        "endings": {},
        "served_within_2s": 0.5,
        "time_to_served_p50_s": 2.0,
        "time_to_served_p90_s": 3.6,
        "time_to_served_p99_s": 4.0,
    }
    assert (found["validity"]["faults"], found["validity"]["clock"]) == (["f"], "virtual")
    assert found["littles_law"] == {"queues": 0, "violations": []}
    assert found["intents"]["served_within_2s"] == sum(d.length_ns <= 2 * NS_PER_S for d in lengths) / 40


def test_the_document_counts_classes_kinds_and_codes() -> None:
    sample = Sample(unmatched=4)
    sample.kinds.update({("opening", "accepted"): 3, ("opening", "capacity"): 6})
    sample.codes.update({("opening", 0): 3, ("opening", -1008): 4, ("opening", -503): 2, ("reducing", -1): 9})
    found = verdict_document({}, STRICT, judge(STRICT, tally(sample), []), tally(sample), Machine(), [], {})[
        "classes"
    ]
    assert found["unmatched"] == 4
    row = found["opening"]
    assert (row["attempts"], row["accepted"], row["capacity"], row["unknown"]) == (9, 3, 6, 0)
    assert row["accepted_share"] == 0.333333
    assert row["refusals_by_code"] == {"-503": 2, "-1008": 4}
    assert (found["reducing"]["attempts"], found["reducing"]["accepted_share"]) == (0, None)


def test_a_clause_s_row_has_what_the_contract_asked_and_no_more() -> None:
    rows = {c.clause.id: clause_document(c) for c in judge(STRICT, tally(Sample()), []).clauses}
    assert rows["served-in-time"]["seconds"] == 2
    assert rows["reducing-favoured"]["factor"] == 0.1
    assert "factor" not in rows["served-in-time"]
    assert "seconds" not in rows["reducing-favoured"]
    assert {row["interval"] for row in rows.values() if row["result"] == "not asked"} == {None}
    assert rows["reducing-accepted"]["speaks_of"] == "the scenario (expectation)"

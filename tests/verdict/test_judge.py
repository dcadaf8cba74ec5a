"""The rules of the verdict: clause, run, no data, invalid runs, and exits shut without a -1008."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from judging.contracts import ContractError, load_contract, parse_contract
from judging.contracts.contract import Contract
from judging.counting.decisions import NO_END_NS
from judging.counting.sample import Sample
from judging.counting.tally import Tally
from judging.measures import needs_journal
from judging.reading.kinds import ACCEPTED, CAPACITY, FALSE_STATE, SELF_STATE, STATE, UNKNOWN, Kind, kind_of
from judging.report.junit import junit
from judging.run import Counted, judge_run
from judging.statistics import Duration
from judging.verdict.document import verdict_document
from judging.verdict.figures import figures
from judging.verdict.judge import Judgement, judge
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE, NOT_ASKED, Result
from mock_exchange.errors import meaning_of
from run_records.machine import Machine
from run_records.run import Run
from run_records.terms import Terms
from run_records.units import NS_PER_S
from run_records.words import Judgement as Judged
from run_records.words import Stage

STRICT = load_contract("strict")
DOCS = load_contract("docs-2025-10-23")
CLIENT_ONLY = load_contract("client-only")
QUICK = Duration(NS_PER_S // 10, True)


def tally_of(
    reducing: dict[str, int],
    opening: dict[str, int] | None = None,
    durations: list[Duration] | None = None,
    replications: int = 20,
    overloaded: bool = True,
) -> Tally:
    """Every replication alike; by default the opening orders are refused by two fifths."""
    tally = Tally()
    for _ in range(replications):
        sample = Sample()
        for kind, count in (opening or {ACCEPTED: 600, CAPACITY: 400}).items():
            sample.kinds["opening", kind] = count
            sample.codes["opening", -1008 if kind == CAPACITY else 0] = count
            sample.shed["opening", -1008] += count * (kind == CAPACITY)
        for group in ("reducing", "truly-reducing", "exiting"):
            for kind, count in reducing.items():
                sample.kinds[group, kind] = count
                sample.codes[group, -1008 if kind == CAPACITY else 0] += count
                sample.shed[group, -1008] += count * (kind == CAPACITY)
        sample.kinds["cancel", ACCEPTED] = 50
        sample.demanded_seconds = (30 if overloaded else 0, 30)
        sample.opening_moments = (0, 150)
        sample.work = (950, 1000)
        sample.admitted = 1000
        sample.slowness["exiting", 3] = sample.slowness["cancel", 3] = 100
        sample.behind[80] = 100
        sample.exit_moments = (0, 150)
        sample.shut_out = (0, 4)
        sample.worth = (reducing.get(ACCEPTED, 0), sample.against("exiting")[1])
        sample.ahead = (95, 100)
        for account in "abcd":
            sample.accounts[account] = sample.openers[account] = (25, 25)
            sample.half_exits[account] = sample.half_openers[account] = (12, 12)
            sample.markets[account], sample.half_markets[account] = (25, 25), (12, 12)
        tally.samples.append(sample)
        tally.durations.append(durations or [QUICK] * 50)
    return tally


def verdict(
    tally: Tally, contract: Contract = STRICT, invalid: list[str] | None = None
) -> tuple[Result, dict[str, Result], Judgement]:
    judgement = judge(contract, tally, invalid or [])
    return judgement.result, {c.clause.id: c.result for c in judgement.clauses}, judgement


def test_an_open_exit_holds() -> None:
    result, clauses, _ = verdict(tally_of({ACCEPTED: 100}))
    assert result == HOLDS
    assert clauses.pop("no-leak") == clauses.pop("recovery") == NOT_ASKED
    assert set(clauses.values()) == {HOLDS}


@pytest.mark.parametrize("kind", [CAPACITY, UNKNOWN, FALSE_STATE])
def test_each_way_to_shut_the_exit_is_caught(kind: Kind) -> None:
    result, clauses, _ = verdict(tally_of({ACCEPTED: 90, kind: 10}))
    assert result == BROKEN
    assert clauses["reducing-accepted"] == clauses["reducing-favoured"] == BROKEN


@pytest.mark.parametrize("kind", [STATE, SELF_STATE])
def test_what_is_not_the_venues_fault_does_not_count(kind: Kind) -> None:
    assert verdict(tally_of({ACCEPTED: 90, kind: 100}))[0] == HOLDS


def test_an_exit_that_answers_yes_but_serves_late_is_shut() -> None:
    late = [Duration(3 * NS_PER_S, True)] * 50
    result, clauses, _ = verdict(tally_of({ACCEPTED: 100}, durations=late))
    assert (result, clauses["served-in-time"]) == (BROKEN, BROKEN)


def test_intents_that_were_given_up_are_never_counted_as_served_nor_censored() -> None:
    given_up = [QUICK] * 45 + [Duration(NO_END_NS, False)] * 5
    assert verdict(tally_of({ACCEPTED: 100}, durations=given_up))[1]["served-in-time"] == BROKEN
    censored = [QUICK] * 45 + [Duration(NS_PER_S // 20, False)] * 5
    assert verdict(tally_of({ACCEPTED: 100}, durations=censored))[1]["served-in-time"] == HOLDS


def test_observation_that_ends_before_the_horizon_cannot_break_the_clause() -> None:
    """Five of fifty are still open when observation ends after half a second: nobody knows about 2 s."""
    cut_short = [QUICK] * 45 + [Duration(NS_PER_S // 2, False)] * 5
    assert verdict(tally_of({ACCEPTED: 100}, durations=cut_short))[1]["served-in-time"] == INCONCLUSIVE


def test_without_overload_nothing_is_concluded() -> None:
    result, _, judgement = verdict(tally_of({ACCEPTED: 100}, overloaded=False))
    assert result == INCONCLUSIVE
    assert "no overload" in judgement.reasons[0]


def test_without_overload_not_even_a_shut_exit_is_concluded() -> None:
    """Refusals without a crowd have another cause than the one this contract speaks of."""
    result, clauses, _ = verdict(tally_of({ACCEPTED: 50, CAPACITY: 50}, overloaded=False))
    assert clauses["reducing-accepted"] == BROKEN
    assert result == INCONCLUSIVE


def test_no_data_is_never_a_pass() -> None:
    assert verdict(Tally())[0] == INCONCLUSIVE
    result, clauses, _ = verdict(tally_of({ACCEPTED: 2}))
    assert (result, clauses["reducing-accepted"]) == (INCONCLUSIVE, INCONCLUSIVE)


def test_an_invalid_run_concludes_nothing_either_way() -> None:
    assert verdict(tally_of({ACCEPTED: 100}), invalid=["starved"])[0] == INCONCLUSIVE
    assert verdict(tally_of({ACCEPTED: 10, CAPACITY: 90}), invalid=["starved"])[0] == INCONCLUSIVE


def test_a_lie_stands_even_in_an_invalid_run() -> None:
    """Refused for sure, and executed: no stall makes that true."""
    tally = tally_of({ACCEPTED: 99, CAPACITY: 1})
    tally.samples[0].shed["opening", -1008] = 100
    tally.samples[0].shed_executed[-1008] = 1
    result, clauses, _ = verdict(tally, DOCS, ["starved"])
    assert (result, clauses["refused-not-executed"]) == (BROKEN, BROKEN)


def test_a_counter_example_under_load_does_not_stand_on_an_invalid_run() -> None:
    """A stall makes refusals that the venue would not have made."""
    tally = tally_of({ACCEPTED: 99, CAPACITY: 1})
    tally.samples[0].shed["cancel", -1008] = 1
    result, clauses, _ = verdict(tally, DOCS, ["starved"])
    assert (result, clauses["cancels-exempt"]) == (INCONCLUSIVE, INCONCLUSIVE)
    assert verdict(tally, DOCS)[0] == BROKEN


def docs_tally(refused: int, overtaken: tuple[int, int]) -> Tally:
    tally = tally_of({ACCEPTED: 100 - refused, CAPACITY: refused})
    for sample in tally.samples:
        sample.ahead = overtaken
    return tally


@pytest.mark.parametrize(
    ("refused", "overtaken", "admitted", "ahead", "whole"),
    [
        (0, (95, 100), HOLDS, HOLDS, HOLDS),
        (0, (1, 100), HOLDS, BROKEN, HOLDS),  # let in, then left to wait
        (1, (95, 100), BROKEN, HOLDS, HOLDS),  # some refused, but first in the queue
        (1, (1, 100), BROKEN, BROKEN, BROKEN),
        (1, (90, 100), BROKEN, INCONCLUSIVE, INCONCLUSIVE),
    ],
)
def test_a_promise_with_an_or_is_kept_in_either_reading(
    refused: int, overtaken: tuple[int, int], admitted: Result, ahead: Result, whole: Result
) -> None:
    result, _, judgement = verdict(docs_tally(refused, overtaken), DOCS)
    assert judgement.readings == {"not-affected": admitted, "prioritized": ahead}
    assert result == whole


def test_a_counter_example_in_one_reading_leaves_the_other_to_the_run() -> None:
    assert verdict(docs_tally(1, (95, 100)), DOCS, ["starved"])[0] == INCONCLUSIVE


def test_a_clause_outvoted_by_another_reading_is_no_failure() -> None:
    tally = docs_tally(1, (95, 100))
    document = verdict_document(
        {"scenario": "s", "policy": "p", "duration_s": 1.0},
        DOCS,
        verdict(tally, DOCS)[2],
        tally,
        Machine(),
        [],
        {},
    )
    suite = ElementTree.fromstring(junit(document))[0]
    assert (suite.get("failures"), suite.get("skipped"), suite.get("errors")) == ("0", "1", "0")
    skipped = suite.find("testcase[@name='reducing-exempt']/skipped")
    assert skipped is not None
    assert "judged as prioritized" in skipped.get("message", "")


def test_the_documented_promise_says_nothing_of_unknown_outcomes() -> None:
    tally = tally_of({ACCEPTED: 10, UNKNOWN: 90})
    assert verdict(tally, DOCS)[0] == HOLDS
    assert verdict(tally, STRICT)[0] == BROKEN


def test_a_lying_1008_and_a_counted_one_break_the_documents() -> None:
    for name, clause in (
        ("shed_executed", "refused-not-executed"),
        ("shed_counted", "refused-not-counted"),
    ):
        tally = tally_of({ACCEPTED: 100})
        getattr(tally.samples[3], name)[-1008] = 1
        result, clauses, _ = verdict(tally, DOCS)
        assert (result, clauses[clause]) == (BROKEN, BROKEN)


def test_a_share_at_the_threshold_is_inconclusive() -> None:
    assert verdict(tally_of({ACCEPTED: 99, CAPACITY: 1}))[1]["reducing-accepted"] == INCONCLUSIVE


def test_batches_that_still_correlate_conclude_nothing() -> None:
    tally = tally_of({ACCEPTED: 100}, replications=10)
    for number, sample in enumerate(tally.samples):
        for group in ("reducing", "exiting"):
            sample.kinds[group, ACCEPTED] = 100 - 5 * number
            sample.kinds[group, CAPACITY] = 5 * number
    assert verdict(tally)[0] == BROKEN
    tally.batched = True
    assert verdict(tally)[1]["reducing-accepted"] == INCONCLUSIVE


def test_a_queue_that_remembers_longer_than_a_batch_concludes_nothing() -> None:
    """Nobody was refused, yet waits wander: a run in which the queue happened not to fill says little."""
    tally = tally_of({ACCEPTED: 100}, replications=10)
    tally.batched = True
    assert verdict(tally)[1]["reducing-accepted"] == HOLDS
    tally.waits["reducing"] = [(10 * (abs(part - 25) + 1), 10) for part in range(50)]
    assert verdict(tally)[1]["reducing-accepted"] == INCONCLUSIVE
    assert verdict(tally)[1]["no-starvation"] == INCONCLUSIVE
    tally.waits["reducing"] = [(10 + part % 2, 10) for part in range(50)]
    assert verdict(tally)[1]["reducing-accepted"] == HOLDS


@pytest.mark.parametrize(
    ("http", "code", "judgement", "kind"),
    [
        (200, 0, "", ACCEPTED),
        (503, -1008, "capacity", CAPACITY),
        (503, -504, "capacity", CAPACITY),
        (503, -503, "capacity", UNKNOWN),
        (0, -1, "", UNKNOWN),
        (0, -2, "", UNKNOWN),
        (200, -1006, "", UNKNOWN),
        (429, -1015, "justified", "rate-limit"),
        (418, -1003, "justified", "rate-limit"),
        (429, -1008, "capacity", CAPACITY),
        (400, -2022, "false", FALSE_STATE),
        (400, -4118, "self", SELF_STATE),
        (400, -2022, "justified", STATE),
        (400, -2019, "", STATE),
        (400, -1121, "justified", "malformed"),
    ],
)
def test_kinds_of_the_codes_of_a_dialect(http: int, code: int, judgement: str, kind: Kind | str) -> None:
    assert kind_of(meaning_of(http, code), Judged(judgement)) == kind


def test_a_rate_limit_from_admission_is_a_shed_in_disguise() -> None:
    limited = meaning_of(429, -1015)
    assert kind_of(limited, Judged.JUSTIFIED, Stage.ADMISSION) == CAPACITY
    assert kind_of(limited, Judged.JUSTIFIED, Stage.ORDER_LIMIT) == "rate-limit"


def test_a_contract_that_names_a_code_speaks_of_that_code_alone() -> None:
    """A front end that refuses for want of capacity breaks no promise about -1008; one that names no code it
    does."""
    tally = tally_of({ACCEPTED: 99, CAPACITY: 1})
    for sample in tally.samples:
        sample.ahead = (1, 100)
        sample.shed = Counter({(group, -504): count for (group, _), count in sample.shed.items()})
    assert verdict(tally, DOCS)[1]["reducing-exempt"] == HOLDS
    assert verdict(tally, CLIENT_ONLY)[1]["claimed-not-throttled"] == BROKEN


def changed(**fields: Any) -> Tally:
    """An open exit whose every replication has these fields."""
    tally = tally_of({ACCEPTED: 100})
    for sample in tally.samples:
        for name, value in fields.items():
            setattr(sample, name, value)
    return tally


@pytest.mark.parametrize(
    ("clause", "good", "bad"),
    [
        ("no-starvation", {"opening_moments": (3, 150)}, {"opening_moments": (60, 150)}),
        ("goodput", {"work": (900, 1000)}, {"work": (500, 1000)}),
        ("hard-cap", {"over_full": Counter({(40, 20): 5})}, {"over_full": Counter({(41, 20): 1})}),
        (
            "parity",
            {"accounts": dict.fromkeys("abcd", (25, 25))},
            {
                "accounts": {"a": (12, 25), "b": (25, 25), "c": (25, 25), "d": (25, 25)},
                "half_exits": {"a": (6, 12), "b": (12, 12), "c": (12, 12), "d": (12, 12)},
            },
        ),
        (
            "parity-of-openings",
            {
                "openers": {"a": (14, 25), "b": (25, 25), "c": (25, 25), "d": (25, 25)},
                "half_openers": {"a": (7, 12), "b": (12, 12), "c": (12, 12), "d": (12, 12)},
            },
            {
                "openers": {"a": (8, 25), "b": (25, 25), "c": (25, 25), "d": (25, 25)},
                "half_openers": {"a": (4, 12), "b": (12, 12), "c": (12, 12), "d": (12, 12)},
            },
        ),
        (
            "parity-of-markets",
            {
                "markets": {"x": (14, 25), "y": (25, 25)},
                "half_markets": {"x": (7, 12), "y": (12, 12)},
            },
            {
                "markets": {"x": (8, 25), "y": (25, 25)},
                "half_markets": {"x": (4, 12), "y": (12, 12)},
            },
        ),
        (
            "worst-account",
            {"accounts": {"a": (24, 25), **dict.fromkeys("bcdefgh", (25, 25))}},
            {"accounts": {"a": (20, 25), **dict.fromkeys("bcdefgh", (25, 25))}},
        ),
        ("nobody-shut-out", {"shut_out": (0, 1)}, {"shut_out": (1, 400)}),
        ("notional-accepted", {"worth": (10**9, 10**9)}, {"worth": (9 * 10**8, 10**9)}),
        ("never-shut", {"exit_moments": (3, 150)}, {"exit_moments": (15, 150)}),
        ("not-behind", {"behind": Counter({125: 60, 126: 40})}, {"behind": Counter({125: 40, 126: 60})}),
        (
            "cancels-unhurried",
            {"slowness": Counter({("cancel", 50): 100, ("exiting", 1): 100})},
            {"slowness": Counter({("cancel", 51): 100, ("exiting", 1): 100})},
        ),
    ],
)
def test_what_priority_may_not_cost(clause: str, good: dict[str, Any], bad: dict[str, Any]) -> None:
    assert verdict(changed(**good))[1][clause] == HOLDS
    result, clauses, _ = verdict(changed(**bad))
    assert (result, clauses[clause]) == (BROKEN, BROKEN)


def test_parity_does_not_mistake_chance_for_favour() -> None:
    """Accounts alike in expectation, worst and best chosen by luck: no gap may be seen between them."""
    rng = random.Random(5)
    tally = tally_of({ACCEPTED: 100})
    for sample in tally.samples:
        sample.accounts.clear()
        for number in range(30):
            name = f"a{number}"
            sample.half_exits[name] = half = (sum(rng.random() < 0.7 for _ in range(40)), 40)
            sample.accounts[name] = (half[0] + sum(rng.random() < 0.7 for _ in range(40)), 80)
    judged = verdict(tally)[2].clauses
    (parity,) = [c for c in judged if c.clause.id == "parity"]
    assert parity.result == HOLDS
    assert parity.estimate == pytest.approx(0.1 * 0.7, abs=0.03)


def test_leak_is_judged_against_honest_openings_and_only_where_somebody_feigns() -> None:
    tally = changed(past_gate={"feigned": (60, 100), "opening": (600, 1000)})
    assert verdict(tally)[1]["no-leak"] == NOT_ASKED
    tally.feigned = True
    assert verdict(tally)[1]["no-leak"] == HOLDS
    tally = changed(past_gate={"feigned": (100, 100), "opening": (600, 1000)})
    tally.feigned = True
    assert verdict(tally)[1]["no-leak"] == BROKEN
    tally = changed(past_gate={"feigned": (1, 1), "opening": (600, 1000)})
    tally.feigned = True
    assert verdict(tally)[0] == INCONCLUSIVE, "asked, and no data"


def test_recovery_counts_from_the_grace_period_on() -> None:
    back = [(0, 100)] * 5 + [(99, 100)] * 10
    never = [(0, 100)] * 5 + [(50, 100)] * 10
    for after, expected in ((back, HOLDS), (never, BROKEN)):
        tally = changed(after_fall=after)
        tally.recovers = True
        assert verdict(tally)[1]["recovery"] == expected
    tally = changed(after_fall=back)
    tally.recovers = True
    assert figures(tally)["recovery_s"] == 5
    assert figures(changed(after_fall=never))["recovery_s"] is None


def test_a_queue_whose_books_are_wrong_makes_the_run_invalid() -> None:
    tally = tally_of({ACCEPTED: 100})
    run = Run("s", "p", "strict", 1, "sim", 1.0, 20)
    counted = Counted(run, STRICT, Terms(NS_PER_S, NS_PER_S), Machine(), tally, {})
    assert judge_run(counted)["result"] == HOLDS
    tally.wrong_books = ["Little's law fails at engine-0: area 1 ns, waits 2 ns"]
    document = judge_run(counted)
    assert document["result"] == INCONCLUSIVE
    assert document["reasons"] == tally.wrong_books


def test_the_version_before_meant_its_venues_code(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    head = 'name = "a"\nsummary = "b"\n[precondition]\nmeasure = "opening-refused"\nat_least = 0.1\n'
    head += "[[clauses]]\n"
    for version, code in ((1, "-1008"), (2, "")):
        path.write_text(f'schema = "fireexit.contract/{version}"\n{head}{GOOD_CLAUSE}')
        assert load_contract(str(path)).clauses[0].code == code
    path.write_text(f'schema = "fireexit.contract/3"\n{head}{GOOD_CLAUSE}')
    with pytest.raises(ContractError, match=r"schema must be 'fireexit\.contract/2'"):
        load_contract(str(path))


GOOD_CLAUSE = 'id = "a"\nmeasure = "throttled"\ngroup = "cancel"\n'


@pytest.mark.parametrize(
    ("clauses", "words"),
    [
        (f"[[clauses]]\n{GOOD_CLAUSE}[[clauses]]\n{GOOD_CLAUSE}", "clause a is there twice"),
        ('[[clauses]]\nid = "a"\nmeasure = "accepted-share"\nat_least = 0.9', "needs a group"),
        ('[[clauses]]\nid = "a"\nmeasure = "served-within"\nat_least = 0.9', "needs seconds"),
        (
            '[[clauses]]\nid = "a"\nmeasure = "throttled"\ngroup = "cancel"\nat_least = "1"',
            "must be a number",
        ),
    ],
)
def test_bad_clauses_say_what_is_wrong(tmp_path: Path, clauses: str, words: str) -> None:
    path = tmp_path / "c.toml"
    head = 'schema = "fireexit.contract/2"\nname = "a"\nsummary = "b"\n[precondition]\n'
    path.write_text(head + 'measure = "opening-refused"\nat_least = 0.1\n' + clauses)
    with pytest.raises(ContractError, match=words):
        load_contract(str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema = ", "not valid TOML"),
        ('schema = "x"', "schema must be"),
        ('schema = "fireexit.contract/2"\nname = "a"\nsummary = "b"', "precondition is missing"),
    ],
)
def test_bad_contracts_say_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ContractError, match=words):
        load_contract(str(path))


def test_unknown_contract_names_the_known_ones() -> None:
    with pytest.raises(ContractError, match="known: client-only, docs-2023-09-19, docs-2025-10-23, strict"):
        load_contract("nope")


def test_a_contract_that_nobody_asks_concludes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        'schema = "fireexit.contract/2"\nname = "a"\nsummary = "b"\n[precondition]\n'
        'measure = "excess-demand"\nat_least = 0.1\nminimum = 20\n'
        '[[clauses]]\nid = "leak"\nmeasure = "leak"\nat_most = 0.05\n'
    )
    result, clauses, judgement = verdict(tally_of({ACCEPTED: 100}), load_contract(str(path)))
    assert (result, clauses) == (INCONCLUSIVE, {"leak": NOT_ASKED})
    assert judgement.reasons == ["leak: nobody in this scenario feigns to reduce"]


def test_recovery_of_one_run_is_looked_for_over_its_batches() -> None:
    tally = tally_of({ACCEPTED: 100}, replications=3)
    for number, sample in enumerate(tally.samples):
        sample.after_fall = [(0, 0)] * (5 * number) + [(0, 100)] * 5
    tally.recovers = tally.batched = True
    assert figures(tally)["recovery_s"] is None


def test_without_a_journal_only_what_clients_see_is_judged() -> None:
    """Clauses that need the engine say so and decide nothing; the others are judged as ever."""
    tally = tally_of({ACCEPTED: 90, CAPACITY: 10})
    tally.blind = True
    result, clauses, judgement = verdict(tally, CLIENT_ONLY)
    assert result == BROKEN
    assert clauses["claimed-accepted"] == clauses["claimed-not-throttled"] == BROKEN
    result, clauses, judgement = verdict(tally)
    assert result == INCONCLUSIVE
    assert {clauses[name] for name in ("reducing-accepted", "goodput", "hard-cap", "parity")} == {
        INCONCLUSIVE
    }
    assert sum("the exchange's journal is not at hand" in reason for reason in judgement.reasons) >= 3


def test_client_only_asks_for_nothing_that_clients_cannot_see() -> None:
    assert not needs_journal(CLIENT_ONLY.precondition)
    assert not any(needs_journal(clause) for clause in CLIENT_ONLY.clauses)
    assert not any(clause.code for clause in CLIENT_ONLY.clauses), "nor for what one venue calls things"
    tally = tally_of({ACCEPTED: 100})
    tally.blind = True
    assert verdict(tally, CLIENT_ONLY)[0] == HOLDS


def test_on_the_day_of_the_incident_nothing_was_promised_to_those_who_reduce() -> None:
    of_the_day = load_contract("docs-2023-09-19")
    assert verdict(tally_of({CAPACITY: 100}), of_the_day)[0] == HOLDS
    lying = tally_of({CAPACITY: 100})
    lying.samples[3].shed_executed[-1008] = 1
    assert verdict(lying, of_the_day)[0] == BROKEN


CENSUS_READINGS = """
schema = "fireexit.contract/2"
name = "either"
summary = "one of two"
[precondition]
measure = "{condition}"
at_least = 0.4
minimum = 20
[readings]
one = "none with -1008"
other = "none with -503"
[[clauses]]
id = "one"
measure = "throttled"
group = "reducing"
code = "-1008"
reading = "one"
[[clauses]]
id = "other"
measure = "throttled"
group = "opening"
code = "-1008"
reading = "other"
"""


@pytest.mark.parametrize("condition", ["excess-demand", "opening-refused"])
def test_why_a_run_may_not_have_posed_the_question(condition: str) -> None:
    contract = parse_contract(CENSUS_READINGS.format(condition=condition), "either")
    what = {
        "excess-demand": "of seconds had more offered than the venue can do",
        "opening-refused": "of openings were refused for capacity",
    }[condition]

    def reasons(part: int, whole: int) -> list[str]:
        tally = tally_of({ACCEPTED: 100}, {ACCEPTED: whole - part, CAPACITY: part}, replications=1)
        tally.samples[0].demanded_seconds = (part, whole)
        return verdict(tally, contract)[2].reasons[:1]

    assert reasons(8, 40) == [f"no overload to speak of: 20.0% {what}, 40% are needed"]
    assert reasons(4, 20) == [f"no overload to speak of: 20.0% {what}, 40% are needed"]
    assert reasons(0, 20) == [f"no overload to speak of: 0.0% {what}, 40% are needed"]
    near = f"40.0% {what} here, but the interval reaches below the 40% needed"
    assert reasons(16, 40)[0].startswith(f"whether there is an overload: {near}")
    assert reasons(8, 19)[0].startswith("whether there was an overload: only 19 in the sample, 20 are needed")


def test_a_counter_example_in_every_reading_needs_no_overload() -> None:
    contract = parse_contract(CENSUS_READINGS.format(condition="excess-demand"), "either")
    one = tally_of({CAPACITY: 100}, {ACCEPTED: 1000}, overloaded=False)
    assert verdict(one, contract)[0] == INCONCLUSIVE, "the other reading is kept"
    both = tally_of({CAPACITY: 100}, {ACCEPTED: 999, CAPACITY: 1}, overloaded=False)
    result, clauses, _ = verdict(both, contract)
    assert (result, clauses) == (BROKEN, {"one": BROKEN, "other": BROKEN})


def test_a_broken_clause_says_what_it_shows_and_what_is_needed() -> None:
    reasons = verdict(tally_of({ACCEPTED: 61, CAPACITY: 39}))[2].reasons
    assert "reducing-accepted: 61.00%, at least 99% is needed" in reasons
    assert not any(reason.startswith(("no-leak", "goodput")) for reason in reasons), "only what is broken"


def test_what_cannot_be_known_has_no_figures() -> None:
    tally = tally_of({ACCEPTED: 90, CAPACITY: 10})
    tally.blind = True
    (unseen,) = [c for c in verdict(tally)[2].clauses if c.clause.id == "hard-cap"]
    assert (unseen.numerator, unseen.denominator, unseen.confidence) == (0, 0, 1.0)
    assert (unseen.estimate, unseen.interval, unseen.result) == (None, None, INCONCLUSIVE)

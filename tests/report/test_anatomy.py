"""One run taken apart, from records written by hand in memory."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from judging.anatomy.dissection import Dissection
from judging.anatomy.funnel import CUTS, funnel
from judging.anatomy.latencies import PERCENTS
from judging.anatomy.timeline import MOST_STEPS, Timeline, step_ns
from judging.reading.ended import Sources, collect
from mock_exchange.journal import Journal
from run_records.clients import AbandonRow, AttemptRow, IntentRow, attempts_file, intents_file
from run_records.journal import MarketRow, MarkRow
from run_records.terms import Precision, Terms
from run_records.units import NS_PER_MS, NS_PER_S
from run_records.words import CANCEL, OPENING, REDUCING, Judgement, Stage
from tests.rows import attempt_row, fill_row, order_row, outcome_row

S = NS_PER_S


def terms(duration_s: int, **more: Any) -> Terms:
    return Terms(duration_s * S, duration_s * S, symbols={"BTCUSDT": Precision(2, 3)}, **more)


def dissected(sources: Sources, told: Terms) -> dict[str, Any]:
    dissection = Dissection(told)
    whole = collect(sources, told, dissection.collectors)
    return dissection.document(blind=whole.blind)


@pytest.mark.parametrize(
    ("duration_s", "step_s"),
    [(1, 1), (240, 1), (241, 2), (480, 2), (481, 5), (3600, 15), (6600, 30), (144_000, 600), (144_001, 601)],
)
def test_a_run_is_cut_into_round_steps_and_not_too_many(duration_s: int, step_s: int) -> None:
    assert step_ns(duration_s * S) == step_s * S
    assert Timeline(duration_s * S).steps == -(-duration_s // step_s) <= MOST_STEPS


def test_steps_count_what_was_due_in_them() -> None:
    rows = [
        attempt_row(key=1, klass=OPENING, intended=0),
        attempt_row(key=2, klass=OPENING, intended=S - 1, code=-1008),
        attempt_row(key=3, klass=OPENING, intended=S, code=-1008),
        attempt_row(key=4, klass=REDUCING, intended=3 * S - 1),
        attempt_row(key=5, klass=REDUCING, intended=3 * S),
        attempt_row(key=6, klass=REDUCING, intended=-1),
    ]
    journal = [
        outcome_row(key=key, started=at)
        for key, at in ((1, 0), (2, -1), (3, 2 * S), (4, 3 * S - 1), (5, 3 * S))
    ]
    found = dissected(Sources(journal, [("a", rows)], []), terms(3))
    assert found["timeline"]["offered"] == {"reducing": [0, 0, 1], "opening": [2, 1, 0]}
    assert found["timeline"]["accepted"] == {"reducing": [0, 0, 1], "opening": [1, 0, 0]}
    assert (found["timeline"]["served"], found["timeline"]["step_s"]) == ([1, 0, 2], 1.0)
    assert found["codes"] == {"reducing": {"0": [0, 0, 1]}, "opening": {"0": [1, 0, 0], "-1008": [1, 1, 0]}}
    assert found["meanings"] == {"-1008": "capacity-refused", "0": "accepted"}
    blind = dissected(Sources(None, [("a", rows)], []), terms(3))
    assert (blind["timeline"]["served"], blind["reconciliation"]) == (None, None)
    assert "prices" not in blind["timeline"]


def test_rare_codes_are_put_together() -> None:
    rows = [
        attempt_row(key=number * 100 + copy, klass=OPENING, code=code)
        for number, code in enumerate((-1008, -1001, -2022, -4118, -2019, -1003, -1015, -2010, -1021))
        for copy in range(20 - number)
    ]
    rows += [attempt_row(key=5000 + n, klass=CANCEL, code=-1021) for n in range(1)]
    found = dissected(Sources(None, [("a", rows)], []), terms(1))["codes"]
    told = set(found["opening"]) - {"other"}
    assert told == {"-1021", "-1008", "-1001", "-2022", "-4118", "-2019", "-1003"}, "the most frequent"
    assert "-1021" in told, "all that a class was answered, though it is rare elsewhere"
    assert found["opening"]["other"] == [len(rows) - 1 - sum(sum(found["opening"][code]) for code in told)]
    assert found["cancel"] == {"-1021": [1]}


def test_the_busiest_trader_s_attempts_in_order_of_time() -> None:
    rows = [attempt_row(key=n, trader="b", intended=n * 1_234_567) for n in (3, 1, 2)]
    rows += [attempt_row(key=n, trader="a", intended=n) for n in (10, 11)]
    rows += [attempt_row(key=20, trader="b", intended=5_000_000, code=-1008)]
    rows += [attempt_row(key=n, trader="c", klass=OPENING) for n in range(30, 40)]
    strip = dissected(Sources(None, [("a", rows)], []), terms(1))["strip"]
    assert (strip["trader"], strip["attempts"], strip["accepted"]) == ("b", 4, 3)
    assert strip["marks"] == [[0.001, 0], [0.002, 0], [0.004, 0], [0.005, -1008]]
    many = [attempt_row(key=n, intended=n * NS_PER_MS) for n in range(2001)]
    strip = dissected(Sources(None, [("a", many)], []), terms(3))["strip"]
    assert (len(strip["marks"]), strip["attempts"]) == (2000, 2001)
    assert dissected(Sources(None, [], []), terms(1))["strip"] is None


def test_times_to_the_answer_by_class() -> None:
    lengths = list(range(1, 1001))
    random.Random(1).shuffle(lengths)
    rows = [attempt_row(key=n, intended=7, answered=7 + n * NS_PER_MS) for n in lengths]
    rows += [attempt_row(key=-n, intended=0, answered=10**12, code=-1008) for n in (1, 2)]
    found = dissected(Sources(None, [("a", rows)], []), terms(1))["latency"]
    assert set(found) == {"reducing"}
    assert found["reducing"]["count"] == 1000
    told = dict(found["reducing"]["percentiles"])
    assert (told[0], told[50], told[99], told[99.5], told[100]) == (0.001, 0.5, 0.99, 0.995, 1.0)
    assert set(told) <= {*PERCENTS, 100}


def test_what_those_who_want_out_still_hold() -> None:
    """Two decisions of 0.010 and 0.020 BTC at 100,000: 1,000 and 2,000 USDT."""
    intents: list[IntentRow | AbandonRow] = [
        IntentRow(1, 0, "t", "a", "BTCUSDT", "0.010"),
        IntentRow(2, S, "t", "a", "BTCUSDT", "0.020"),
        AbandonRow(2, 3 * S),
    ]
    attempts = [attempt_row(key=1, intent=1, intended=0), attempt_row(key=2, intent=2, intended=S)]
    journal: list[Any] = [
        MarkRow(0, "BTCUSDT", 10_000_000),
        MarkRow(0, "BTCUSDT", 9_000_000),
        order_row(key=1),
        order_row(key=2),
        fill_row(at=2 * S, key=1, quantity=4),
        fill_row(at=2 * S + 5, key=2, quantity=15),
        fill_row(at=4 * S, key=2, quantity=5),
        fill_row(at=4 * S, key=1, quantity=99),
    ]
    found = dissected(Sources(journal, [("a", attempts)], [("i", intents)]), terms(6))["timeline"]
    assert found["wanting_out"] == [1000, 3000, 1100, 600, 0, 0]


def test_the_last_price_of_each_step() -> None:
    fields: dict[str, Any] = dict.fromkeys(MarketRow.__struct_fields__, 0)
    journal: list[Any] = [
        MarketRow(**{**fields, "at": at, "symbol": "BTCUSDT", "mark": mark})
        for at, mark in ((0, 10_000_050), (1, 10_000_000), (2 * S, 9_999_900), (3 * S, 1), (-1, 2))
    ]
    found = dissected(Sources(journal, [], []), terms(3))["timeline"]
    assert found["prices"] == {"BTCUSDT": ["100000", None, "99999"]}


def test_a_few_differences_of_each_kind_are_listed() -> None:
    rows = [attempt_row(key=n) for n in range(9)]
    journal = [outcome_row(key=n, code=-1008, stage=Stage.ADMISSION) for n in range(100, 107)]
    found = dissected(Sources(journal, [("a", rows)], []), terms(1))["reconciliation"]
    assert (found["attempts"], found["matched"]) == (9, 0)
    kinds = Counter(example["kind"] for example in found["examples"])
    assert sorted(kinds.values()) == [5, 5]
    assert sorted(n for n in found["kinds"].values() if n) == [7, 9]


def test_more_filled_than_was_wanted_is_a_difference_of_its_decision() -> None:
    """0.010 BTC wanted, 0.004 and 0.007 filled; the other decision got what it asked for."""
    intents: list[IntentRow | AbandonRow] = [
        IntentRow(1, 0, "t", "a", "BTCUSDT", "0.007"),
        AbandonRow(1, 5),
        IntentRow(2, 0, "t", "b", "BTCUSDT", "0.010"),
    ]
    attempts = [attempt_row(key=1, intent=1), attempt_row(key=2, intent=2), attempt_row(key=3, intent=2)]
    journal: list[Any] = [
        *(outcome_row(key=key) for key in (1, 2, 3)),
        *(order_row(key=key) for key in (1, 2, 3)),
        fill_row(at=1, key=1, quantity=7),
        fill_row(at=2, key=2, quantity=4),
        fill_row(at=3, key=3, quantity=7),
    ]
    found = dissected(Sources(journal, [("a", attempts)], [("i", intents)]), terms(1))["reconciliation"]
    (example,) = found["examples"]
    assert (example["file"], example["record"], example["account"]) == ("i", 3, "b")
    assert example["what"] == "BTCUSDT: 0.011 filled of 0.010 wanted"


def test_a_percentile_needs_a_hundredth_part_beyond_it() -> None:
    """The 99th of a hundred is the last but one; of 99 nobody is beyond it."""
    for count, percent, told in ((100, 99, True), (99, 99, False), (1000, 99.9, True), (999, 99.9, False)):
        rows = [attempt_row(key=n, intended=0, answered=(n + 1) * NS_PER_MS) for n in range(count)]
        found = dissected(Sources(None, [("a", rows)], []), terms(1))["latency"]["reducing"]
        assert (percent in dict(found["percentiles"])) is told


# -- cuts ---------------------------------------------------------------------------------------------


def test_attempts_are_cut_by_anything_known_of_them(tmp_path: Path) -> None:
    rows = [
        attempt_row(key=1, intended=59 * S, account="x", trader="t1"),
        attempt_row(key=2, intended=60 * S, code=-1008, klass=OPENING, symbol="ETHUSDT"),
        attempt_row(key=3, intended=125 * S, code=-2022),
        attempt_row(key=4, intended=0),
    ]
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(outcome_row(key=1, stage=Stage.FILLED))
    journal.append(outcome_row(key=2, stage=Stage.ADMISSION, code=-1008, klass=OPENING))
    journal.append(outcome_row(key=3, stage=Stage.RISK, code=-2022, judgement=Judgement.FALSE))
    journal.close()
    written(tmp_path, rows)
    expected: dict[str, dict[Any, int]] = {
        "stage": {Stage.FILLED: 1, Stage.ADMISSION: 1, Stage.RISK: 1, "never arrived": 1},
        "class": {REDUCING: 3, OPENING: 1},
        "code": {0: 2, -1008: 1, -2022: 1},
        "answered": {0: 1, -1008: 1, -2022: 1, "": 1},
        "judgement": {"": 2, Judgement.CAPACITY: 1, Judgement.FALSE: 1},
        "account": {"x": 1, "a": 3},
        "trader": {"t1": 1, "t": 3},
        "symbol": {"BTCUSDT": 3, "ETHUSDT": 1},
        "minute": {0: 2, 1: 1, 2: 1},
    }
    for by, counts in expected.items():
        assert funnel([tmp_path], terms(200), [by]) == Counter({(key,): n for key, n in counts.items()}), by
    assert set(expected) == set(CUTS) - {"meaning"}
    assert funnel([tmp_path, tmp_path], terms(200), ["class", "code"])[REDUCING, 0] == 4
    (tmp_path / "journal.jsonl").unlink()
    assert funnel([tmp_path], terms(200), ["stage"]) == Counter({("no journal",): 4})
    with pytest.raises(KeyError):
        funnel([tmp_path], terms(200), ["nonsense"])


def written(folder: Path, rows: list[AttemptRow]) -> None:
    attempts, intents = attempts_file(folder / "attempts.jsonl"), intents_file(folder / "intents.jsonl")
    for row in rows:
        attempts.append(row)
    for file in (attempts, intents):
        file.close()


def test_rows_are_plain_values() -> None:
    assert msgspec.json.decode(msgspec.json.encode(attempt_row(key=1)), type=AttemptRow) == attempt_row(key=1)

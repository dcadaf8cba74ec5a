"""The two halves of a run: whole spells, every second one, and nobody knows which before the end."""

from __future__ import annotations

from judging.counting.batches import Parts
from judging.counting.halves import Halves
from judging.counting.sample import Sample
from judging.reading.ended import Ended, Whole
from judging.reading.exchange import Exchange
from judging.reading.kinds import Kind
from run_records.clients import AttemptRow
from run_records.terms import Precision, Terms
from run_records.units import NS_PER_S
from run_records.words import OPENING, REDUCING
from tests.rows import attempt_row

SECONDS = 20


def ended(row: AttemptRow, kind: Kind) -> Ended:
    return Ended(row, (0, 0), None, None, kind, row.klass is REDUCING, "", 1)


def halved(last_accepted: int, seconds: int = SECONDS, parts: int = 1) -> list[Sample]:
    """In each second, ten openings of `a` and an exit of `b`; of the last second's so many are accepted."""
    duration = seconds * NS_PER_S
    cut = Parts(duration, parts)
    halves = Halves(Terms(duration, duration), cut)
    for second in range(seconds):
        for number in range(10):
            accepted = number < (last_accepted if second == seconds - 1 else 5)
            row = attempt_row(klass=OPENING, intended=second * NS_PER_S + number)
            halves.count(ended(row, Kind.ACCEPTED if accepted else Kind.CAPACITY))
        halves.count(ended(attempt_row(account="b", intent=1, intended=second * NS_PER_S), Kind.ACCEPTED))
    samples = [Sample() for _ in range(parts)]
    halves.fill(samples)
    return samples


def test_every_second_spell_belongs_to_one_half() -> None:
    (sample,) = halved(5)
    assert sample.half_openers == {"a": (50, 100)}
    assert sample.half_exits == {"b": (10, 10)}
    assert sample.markets == {"BTCUSDT SELL 0": (100, 200)}
    assert sample.half_markets == {"BTCUSDT SELL 0": (50, 100)}
    (long,) = halved(5, seconds=360)
    assert long.half_openers == {"a": (900, 1800)}, "120 spells of three seconds"


def test_a_market_is_symbol_side_and_size() -> None:
    terms = Terms(NS_PER_S, NS_PER_S, symbols={"BTCUSDT": Precision(2, 3)})
    exchange = Exchange([])
    exchange.first_marks["BTCUSDT"] = 1 << 24
    halves = Halves(terms, Parts(NS_PER_S))
    halves.begin(Whole(terms, exchange, blind=False))
    for side in ("BUY", "SELL"):
        for quantity in ("1.024", "2.047", "4.096", "16.384"):
            halves.count(ended(attempt_row(klass=OPENING, side=side, quantity=quantity), Kind.ACCEPTED))
    sample = Sample()
    halves.fill([sample])
    assert sorted(sample.markets.values()) == [(1, 1)] * 4 + [(2, 2)] * 2


def test_parts_of_a_run_have_one_draw() -> None:
    parts = halved(5, parts=4)
    assert sum(sample.half_exits.get("b", (0, 0))[1] for sample in parts) == 10
    assert all(sample.half_exits.get("b", (0, 0))[1] <= 5 for sample in parts)


def test_the_last_second_decides_which_half_the_others_are_in() -> None:
    """A gateway that favours others in each half would have to know the end of the run."""
    by_end = set()
    for last in range(10):
        seconds = [sample.half_openers.get("a", (0, 0))[1] for sample in halved(last, parts=SECONDS)]
        by_end.add(tuple(seconds))
    assert len(by_end) == 10

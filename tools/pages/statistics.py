"""Tries the verdict's intervals on systems whose truth is known, and writes down how often they are right.

`python -m tools.pages.statistics` runs the study (keeps its figures in statistics.json) and writes the page;
`python -m tools.pages.statistics page` only writes the page, `… verdicts` tries whole verdicts anew.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

from scipy.stats import nct, t

from fireexit.parallel import Workers
from judging.contracts import Clause, Contract
from judging.counting.batches import BATCHES
from judging.counting.sample import Sample
from judging.counting.tally import Tally
from judging.counting.waits import WAIT_PARTS
from judging.reading.kinds import ACCEPTED, CAPACITY
from judging.verdict.judge import SPANNING, ClauseResult, judge
from judging.verdict.words import BROKEN, HOLDS
from run_records.run import MOST_RAREST
from run_records.words import REDUCING
from studies.textbook_queues import Chain, Runs, chain_runs, chain_truth, retry_runs
from studies.wrong_verdicts import ROWS, wrong_share
from tools.pages import DOCS

PAGE, DATA = DOCS / "statistics.md", DOCS / "statistics.json"
INTERVALS = 10_000
REPLICATIONS = 20
CONFIDENCE = 0.95
WORSE_BY = 0.01
LOSS, FIFO, RETRY = "loss system, 10 slots", "FIFO, 200 places", "loss system whose clients retry"


@dataclass(frozen=True, slots=True)
class Cell:
    """A system at a load, seen for so many seconds; by one run in batches, or by replications."""

    system: str
    load: float
    seconds: float
    replicated: bool

    def runs(self, count: int, seed: int) -> Runs:
        parts = 1 if self.replicated else WAIT_PARTS
        if self.system == RETRY:
            return retry_runs(self.load, 10, self.seconds, count, parts, seed)
        return chain_runs(self._chain(), self.seconds, count, parts, seed)

    def truth(self) -> tuple[float, str]:
        """(expected share of refused arrivals in such a run, how it is known)."""
        if self.system == RETRY:
            other = retry_runs(self.load, 10, self.seconds, INTERVALS, 1, seed=99)
            return float(other.refused.sum() / other.arrivals.sum()), f"{INTERVALS:,} other runs"
        return chain_truth(self._chain(), self.seconds), "exact"

    def _chain(self) -> Chain:
        return Chain(self.load, 10, 10) if self.system == LOSS else Chain(self.load, 1, 200)


CELLS = (
    Cell(LOSS, 1.1, 30, False),
    Cell(LOSS, 1.5, 30, False),
    Cell(FIFO, 1.1, 30, False),
    Cell(FIFO, 1.1, 120, False),
    Cell(FIFO, 1.1, 600, False),
    Cell(FIFO, 1.0, 60, False),
    Cell(FIFO, 1.0, 600, False),
    Cell(FIFO, 1.0, 2400, False),
    Cell(RETRY, 1.1, 30, False),
    Cell(RETRY, 1.1, 120, False),
    Cell(LOSS, 1.1, 30, True),
    Cell(LOSS, 1.5, 30, True),
    Cell(FIFO, 1.1, 30, True),
    Cell(FIFO, 1.0, 60, True),
    Cell(RETRY, 1.1, 30, True),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Of a cell: shares of all verdicts, but `covered`, which is of those that answered; `power` is what the
    stated widths promise and `caught` what came, both None where the gateway cannot be worse than asked."""

    cell: Cell
    intervals: int
    truth: float
    known_by: str
    answered: float
    covered: float | None
    wrong: float
    passed_at_threshold: float
    power: float | None
    caught: float | None


def tallies(cell: Cell, runs: Runs) -> Iterator[Tally]:
    """What a verdict would have before it, one tally for each interval to be formed."""
    size = REPLICATIONS if cell.replicated else 1
    counted = runs if cell.replicated else runs.merged(BATCHES)
    arrivals, refused = counted.arrivals, counted.refused
    for first in range(0, arrivals.shape[1], size):
        pairs = zip(
            refused[:, first : first + size].ravel(), arrivals[:, first : first + size].ravel(), strict=True
        )
        tally = Tally([_sample(int(k), int(n)) for k, n in pairs], batched=not cell.replicated)
        if tally.batched:
            accepted = runs.arrivals[:, first] - runs.refused[:, first]
            waits = zip(runs.found[:, first], accepted, strict=True)
            tally.waits[REDUCING] = [(int(found), int(count)) for found, count in waits]
        tally.durations = [[] for _ in tally.samples]
        yield tally


def _sample(refused: int, arrivals: int) -> Sample:
    return Sample(Counter({(REDUCING, CAPACITY): refused, (REDUCING, ACCEPTED): arrivals - refused}))


def accepted_at_least(share: float) -> Contract:
    """One clause: that share of orders is accepted."""
    # What is tried here is the interval; what is asked of whole runs is as lax as can be.
    clause = Clause("accepted", "accepted-share", REDUCING, at_least=share, rarest=MOST_RAREST)
    precondition = Clause("overload", "opening-refused", at_least=0.1)
    return Contract("study", "", CONFIDENCE, precondition, (clause,))


def study(cell: Cell, intervals: int = INTERVALS) -> Found:
    """Form that many intervals and see how often they are right."""
    truth, known_by = cell.truth()
    size = REPLICATIONS if cell.replicated else 1
    accepted = 1 - truth
    at, better = accepted_at_least(accepted), accepted_at_least(min(1.0, accepted + WORSE_BY))
    exact, worse = [], []
    for tally in tallies(cell, cell.runs(intervals * size, seed=7)):
        exact.append(judge(at, tally, []).clauses[0])
        if accepted + WORSE_BY < 1:
            worse.append(judge(better, tally, []).clauses[0])
    answered = [result for result in exact if answers(result)]
    covered = [_covers(result, accepted) for result in answered]
    return Found(
        cell,
        intervals,
        truth,
        known_by,
        len(answered) / intervals,
        mean(covered) if covered else None,
        1 - (intervals - len(answered) + sum(covered)) / intervals,
        _share(exact, HOLDS),
        _power(answered, REPLICATIONS if cell.replicated else BATCHES) if worse and answered else None,
        _share([one for one in worse if answers(one)], BROKEN) if worse and answered else None,
    )


def answers(result: ClauseResult) -> bool:
    """Whether the interval is stated: nothing but the threshold inside it stands in the way of a decision."""
    return result.reason in ("", SPANNING)


def _covers(result: ClauseResult, share: float) -> bool:
    assert result.interval is not None
    return result.interval.low <= share <= result.interval.high


def _share(results: list[ClauseResult], wanted: str) -> float:
    return sum(result.result == wanted for result in results) / len(results)


def _power(answered: list[ClauseResult], samples: int) -> float:
    """Chance that the whole interval lies below a threshold WORSE_BY above the truth, as the widths say."""
    degrees = samples - 1
    critical = float(t.ppf(1 - (1 - CONFIDENCE) / 2, degrees))
    halves = [(result.interval.high - result.interval.low) / 2 for result in answered if result.interval]
    return float(nct.sf(critical, degrees, WORSE_BY / (mean(halves) / critical)))


HEAD = """# How often the verdict's intervals are right

A verdict says *holds* or *broken* only if a whole 95 % interval lies on one side of the threshold. Orders of
one run are correlated (a full queue refuses many in a row), so an interval made of single orders would be
far too narrow. Here the verdict's own code judges textbook systems whose truth is known, {intervals:,}
verdicts a row; `make statistics` makes the table again. Each run begins empty, and the truth is the
expectation of just such a run, its beginning included. All systems do 200 orders a second.

- **answers**: verdicts that state an interval; the others say that the run is too short for one: its
  batches, or the waits in its queue, still correlate.
- **covers**: of those that answer, the ones whose interval contains the truth. 95 % are stated.
- **wrong**: of *all* verdicts, those with an interval that misses the truth. It must not be over 5 %.
- **passes at the threshold**: a gateway exactly as good as asked is told *holds* so often. It must not be
  over 5 %, and is half of it where shares are symmetric; in the most skewed row nearly all that misses
  misses on this side.
- **1 % worse is caught**: a gateway one percentage point worse than asked is told *broken* so often, and,
  in brackets, how often the stated widths promise it; of those that answer. – : there is no such gateway.

"""
VERDICTS = """## Whole verdicts

The same question of whole verdicts, on gateways that are just on one side of what is asked: how often is
something said that is not so? {verdicts:,} verdicts a row, of 20 runs unless the row says otherwise. *Wrong*
is to say *holds* of a gateway whose share is too small, or whose runs are shut more often than the verdict
says it rules out; or *broken* of one that is just good enough. It must not be over 5 % in any row. "Looked
at" is how `compare` and `check --stop early` stop early.
"""
TAIL = """
## What follows

- **Replications over seeds** ({replications} independent runs, what `--mode sim` does) are right in every
  row, whether clients retry or not. Where refusals come in rare bursts (a deep queue exactly at its
  capacity), Student's t alone covers too little, since such shares are skewed; the interval is therefore
  the hull of t, of t on the logit scale, and of Wilson's for independent orders.
- **One run over sockets** ({batches} batches of its length) is right where the queue forgets fast against a
  batch. It answers nothing for a minute of a deep queue at its capacity: the queue's memory is as long as
  the run. What tells it is how waits correlate over {parts} parts of the run; refusals are too rare to show
  it.
- At ten minutes of the same queue a few runs look as if they had forgotten. Of those that answer, too many
  are wrong; of all verdicts they are still less than the 5 % stated. Longer runs, or simulation, are the way
  out.
- How waits correlate was tried with the number in the system that an accepted order finds; a verdict uses the
  time from due to answered, which has service and lateness in it, too.
- The last column helps to plan a run: if a difference of 1 % must be found, take a length whose power is
  enough, or more replications.
"""


def page(data: dict[str, Any]) -> str:
    """The whole of docs/statistics.md."""
    lines = [HEAD.format(intervals=data["intervals"])]
    for title, replicated in (
        (f"One run in {BATCHES} batches", False),
        (f"{REPLICATIONS} replications", True),
    ):
        lines += [
            f"## {title}\n",
            "| system | load | seconds | truth: refused | answers | covers | wrong | passes at the threshold "
            "| 1 % worse is caught (promised) |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(_row(row) for row in data["cells"] if row["cell"]["replicated"] == replicated),
            "",
        ]
    lines += [
        VERDICTS.format(verdicts=data["verdicts"]["of"]),
        "| gateway | so it is | may not be told | wrong |",
        "| --- | --- | --- | ---: |",
        *(
            f"| {row['system']} | {row['truth']} | {row['may_not']} | {row['wrong']:.1%} |"
            for row in data["verdicts"]["rows"]
        ),
        "",
    ]
    tail = TAIL.format(replications=REPLICATIONS, batches=BATCHES, parts=WAIT_PARTS)
    return "\n".join(lines) + tail


def _row(row: dict[str, Any]) -> str:
    cell = row["cell"]
    caught = "–" if row["caught"] is None else f"{row['caught']:.1%}"
    if row["power"] is not None:
        caught += f" ({row['power']:.1%})"
    covered = "–" if row["covered"] is None else f"{row['covered']:.1%}"
    return (
        f"| {cell['system']} | {cell['load']:g} | {cell['seconds']:g} | "
        f"{row['truth']:.3%} ({row['known_by']}) | {row['answered']:.1%} | {covered} | {row['wrong']:.1%} | "
        f"{row['passed_at_threshold']:.1%} | {caught} |"
    )


def _progress(share: float) -> None:
    sys.stderr.write(f"\rstudy: {share:.0%} ")
    sys.stderr.flush()


def verdict_row(number: int, verdicts: int = INTERVALS) -> dict[str, Any]:
    """One row of whole verdicts, tried."""
    row = ROWS[number]
    told = {"system": row.system, "truth": row.truth, "may_not": row.may_not}
    return {**told, "wrong": wrong_share(row, verdicts)}


def main(argv: list[str], job: Callable[[Cell], Found] = study) -> None:
    if argv != ["page"]:
        DATA.write_text(json.dumps(_tried(argv, job), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(json.loads(DATA.read_text(encoding="utf-8"))), encoding="utf-8")


def _tried(argv: list[str], job: Callable[[Cell], Found]) -> dict[str, Any]:
    """All figures, those of the intervals as they are if only `verdicts` are asked for."""
    with Workers() as each:
        if argv == ["verdicts"]:
            data = json.loads(DATA.read_text(encoding="utf-8"))
        else:
            data = {"intervals": INTERVALS, "cells": [asdict(one) for one in each(job, CELLS, _progress)]}
        rows = each(verdict_row, range(len(ROWS)), _progress)
    return {**data, "verdicts": {"of": INTERVALS, "rows": rows}}


if __name__ == "__main__":
    main(sys.argv[1:])

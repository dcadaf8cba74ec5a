"""The verdict as a document: `verdict.json`, the same bytes for the same run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from judging.clause import RUN, SCENARIO
from judging.contracts import Contract
from judging.counting.rates import in_order
from judging.counting.reenactment import summary
from judging.counting.tally import Tally
from judging.rarest import Rarest
from judging.reading.kinds import KINDS
from judging.statistics import KaplanMeier
from judging.verdict.early import Stop
from judging.verdict.figures import figures, rounded
from judging.verdict.judge import ClauseResult, Judgement
from judging.verdict.whole_runs import BATCHES, RUNS
from run_records.machine import Machine
from run_records.schemas import schema_name
from run_records.units import NS_PER_S
from run_records.words import Group

KIND = "verdict"
_SPEAKS_OF = {RUN: "this run (census)", SCENARIO: "the scenario (expectation)"}
DIGITS = 6
"""Decimals kept: far below what the data can tell, far above what library versions disagree on."""


def verdict_document(
    run: dict[str, Any],
    contract: Contract,
    judgement: Judgement,
    tally: Tally,
    machine: Machine,
    faults: list[str],
    code_names: Mapping[str, str],
    stop: Stop | None = None,
) -> dict[str, Any]:
    """Everything a reader needs to check the answer. `run` says what was run (scenario, policy, seed…),
    `machine` what it did meanwhile, `faults` why not to trust that, `stop` whether it might have ended
    before; times in seconds, shares as fractions of one."""
    told: dict[str, Any] = {}
    if tally.reenactments:
        told["reenactment"] = summary(tally.reenactments, code_names)
    if stop is not None:
        told["stop"] = {"rule": "early", **stop._asdict()}
    return {
        "schema": schema_name(KIND),
        "result": judgement.result,
        "reasons": judgement.reasons,
        "run": run,
        "contract": {"name": contract.name, "summary": contract.summary},
        "readings": [
            {"name": name, "means": contract.readings[name], "result": found}
            for name, found in judgement.readings.items()
        ],
        "precondition": clause_document(judgement.precondition),
        "clauses": [clause_document(result) for result in judgement.clauses],
        "classes": _classes(tally),
        "intents": _intents(tally),
        "figures": rounded(figures(tally), DIGITS),
        "littles_law": {"queues": tally.books, "violations": tally.wrong_books},
        "validity": {**msgspec.to_builtins(machine), "faults": faults},
        **told,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def clause_document(result: ClauseResult) -> dict[str, Any]:
    """A judged clause as a row of the verdict document."""
    clause = result.clause
    row: dict[str, Any] = {
        "id": clause.id,
        "result": result.result,
        "measure": clause.measure,
        "speaks_of": _SPEAKS_OF[clause.speaks_of],
        "vantage": result.vantage,
        "numerator": result.numerator,
        "denominator": result.denominator,
        "estimate": _round(result.estimate),
        "interval": None,
        "confidence": result.confidence,
        "at_least": clause.at_least,
        "at_most": clause.at_most,
        "minimum": clause.minimum,
        "reason": result.reason,
    }
    for name in ("group", "against", "code", "reading"):
        if value := getattr(clause, name):
            row[name] = value
    if clause.seconds:
        row["seconds"] = clause.seconds
    if clause.factor:
        row["factor"] = clause.factor
    if result.rarest is not None:
        row["rarest"] = _whole_runs(result.rarest, batched=result.batched)
    if result.worst is not None:
        row["worst"] = {"number": result.worst[0], "estimate": _round(result.worst[1])}
    if result.interval is not None:
        row["interval"] = [_round(result.interval.low), _round(result.interval.high)]
    return row


def _whole_runs(found: Rarest, *, batched: bool) -> dict[str, Any]:
    return {
        "units": BATCHES if batched else RUNS,
        "fell_short": found.failed,
        "of": found.of,
        "ruled_out": _round(found.ruled_out),
        "asked": found.asked,
    }


def _classes(tally: Tally) -> dict[str, Any]:
    whole = tally.merged()
    rows: dict[str, Any] = {}
    for group in Group:
        attempts = whole.attempts(group)
        refused = [(code, count) for (g, code), count in whole.codes.items() if g == group and code]
        codes = {str(code): count for code, count in sorted(refused, key=lambda item: in_order(item[0]))}
        rows[group.value] = {
            "attempts": attempts,
            **{kind.value: whole.kinds[group, kind] for kind in KINDS},
            "accepted_share": _round(whole.kinds[group, "accepted"] / attempts) if attempts else None,
            "refusals_by_code": codes,
        }
    rows["unmatched"] = whole.unmatched
    return rows


def _intents(tally: Tally) -> dict[str, Any]:
    survival = KaplanMeier(tally.all_durations())

    def seconds(share: float) -> float | None:
        length = survival.quantile_ns(share)
        return None if length is None else _round(length / NS_PER_S)

    return {
        "count": survival.count,
        "endings": {fate.value: tally.fates[fate] for fate in sorted(tally.fates)},
        "served_within_2s": _round(survival.served_by(2 * NS_PER_S)) if survival.count else None,
        "time_to_served_p50_s": seconds(0.5),
        "time_to_served_p90_s": seconds(0.9),
        "time_to_served_p99_s": seconds(0.99),
    }

"""The verdict as a document: `verdict.json`, the same bytes for the same run."""

from __future__ import annotations

from typing import Any

from loadgen.contracts import Contract
from loadgen.contracts.contract import RUN, SCENARIO
from loadgen.verdict.figures import figures, rounded
from loadgen.verdict.judge import ClauseResult, Judgement
from loadgen.verdict.reenactment import summary
from loadgen.verdict.sample import GROUPS, KINDS
from loadgen.verdict.statistics import KaplanMeier
from loadgen.verdict.tally import Tally
from mock_exchange.clock import NS_PER_S

SCHEMA = "fireexit.verdict/1"
_SPEAKS_OF = {RUN: "this run (census)", SCENARIO: "the scenario (expectation)"}
DIGITS = 6
"""Decimals kept: far below what the data can tell, far above what library versions disagree on."""


def verdict_document(
    run: dict[str, Any],
    contract: Contract,
    judgement: Judgement,
    tally: Tally,
    validity: dict[str, Any],
) -> dict[str, Any]:
    """Everything a reader needs to check the answer. `run` says what was run (scenario, policy, seed…),
    `validity` what the machine did meanwhile; times in seconds, shares as fractions of one."""
    told = {"reenactment": summary(tally.reenactments)} if tally.reenactments else {}
    return {
        "schema": SCHEMA,
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
        "validity": validity,
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
        "confidence": _round(result.confidence),
        "at_least": clause.at_least,
        "at_most": clause.at_most,
        "minimum": clause.minimum,
        "reason": result.reason,
    }
    for name in ("group", "against", "reading"):
        if value := getattr(clause, name):
            row[name] = value
    if clause.seconds:
        row["seconds"] = clause.seconds
    if clause.factor:
        row["factor"] = clause.factor
    if result.interval is not None:
        row["interval"] = [_round(result.interval.low), _round(result.interval.high)]
    return row


def _classes(tally: Tally) -> dict[str, Any]:
    whole = tally.merged()
    rows: dict[str, Any] = {}
    for group in GROUPS:
        attempts = whole.attempts(group)
        codes = {str(code): count for (g, code), count in sorted(whole.codes.items()) if g == group and code}
        rows[group] = {
            "attempts": attempts,
            **{kind: whole.kinds[group, kind] for kind in KINDS},
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
        "endings": dict(sorted(tally.endings.items())),
        "served_within_2s": _round(survival.served_by(2 * NS_PER_S)) if survival.count else None,
        "time_to_served_p50_s": seconds(0.5),
        "time_to_served_p90_s": seconds(0.9),
        "time_to_served_p99_s": seconds(0.99),
    }

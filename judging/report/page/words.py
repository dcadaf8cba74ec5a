"""What a report says in plain English before any table: what was run, what came out, what it means."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from judging.report.how_it_was_run import policy_text, warnings
from judging.report.page.figures import COUNT, PLAIN, ROUND_SHARE, SHARE, Documents, name
from judging.report.page.pictures import Table
from judging.report.terminal import INVALID, interval_text, kept, measure_text
from judging.verdict.readings import is_outvoted, weakest
from run_records.run import SIM
from run_records.words import OPENING, REDUCING

_HEADLINES = {"broken": "The promise is broken", "inconclusive": "This run decides nothing"}
_MEANS = {
    "holds": "Every clause that was asked holds, or one reading of the promise does where it has several.",
    "broken": "At least one clause of the contract is broken, beyond what chance explains.",
    "inconclusive": "Neither a pass nor a failure. What stands in the way is listed below.",
}
MARKS = {
    "holds": "✓ holds",
    "broken": "✗ broken",
    "inconclusive": "… inconclusive",
    "not asked": "– not asked",
}
_KINDS = {
    "capacity": "refused for want of capacity",
    "unknown": "without a known answer",
    "false-state": "wrongly refused for the state of the account",
    "self-inflicted": "refused for an earlier attempt of unknown fate",
    "justified": "rightly refused for the state of the account",
    "rate-limit": "over a rate limit",
    "malformed": "malformed",
}
_HEAD = (
    "clause",
    "result",
    "measured",
    "share or gap",
    "counted",
    "interval",
    "needed",
    "seen by",
    "speaks of",
)


def banner_view(documents: Documents) -> dict[str, Any]:
    verdict = documents.at("verdict")
    run = verdict["run"]
    return {
        "result": verdict["result"],
        "headline": _headline(verdict),
        "means": _MEANS[verdict["result"]],
        "whole_runs": _left_open(documents),
        "scenario": name(run["scenario"]),
        "policy": name(policy_text(verdict)),
        "warnings": warnings(verdict),
        "contract": name(verdict["contract"]["name"]),
        "replications": documents.figure(PLAIN, "verdict", "run", "replications"),
        "duration": documents.figure(PLAIN, "verdict", "run", "duration_s"),
        "how": "in virtual time" if run["mode"] == SIM else "over sockets",
        "seed": documents.figure(PLAIN, "verdict", "run", "seed"),
    }


def _headline(verdict: dict[str, Any]) -> str:
    if verdict["validity"]["faults"]:
        return INVALID[verdict["result"]]
    return _HEADLINES.get(verdict["result"]) or kept(verdict).capitalize()


def _left_open(documents: Documents) -> Markup:
    number = weakest(documents.at("verdict"))
    return Markup("") if number is None else _whole_runs(documents, ("verdict", "clauses", number))


def _whole_runs(documents: Documents, path: tuple[str | int, ...]) -> Markup:
    """How many runs fell short, and how many of all may at most; empty for what says nothing of them."""
    clause = documents.at(*path)
    if "rarest" not in clause:
        return Markup("")
    return Markup("{} of {} {} fell short; more than {} is ruled out").format(
        *(documents.figure(COUNT, *path, "rarest", end) for end in ("fell_short", "of")),
        clause["rarest"]["units"],
        documents.figure(SHARE, *path, "rarest", "ruled_out"),
    )


def _of_runs(documents: Documents, path: tuple[str | int, ...]) -> Markup:
    """The same below what a clause measures, with the run that fared worst."""
    told = _whole_runs(documents, path)
    if not told:
        return told
    if "worst" in documents.at(*path):
        told += Markup(", the worst with {} (number {})").format(
            documents.figure(SHARE, *path, "worst", "estimate"),
            documents.figure(PLAIN, *path, "worst", "number"),
        )
    return Markup("<br><small>{}</small>").format(told)


def short_view(documents: Documents) -> dict[str, Any]:
    """Who got in, who got out, and the reasons of a verdict that is no plain yes."""
    verdict = documents.at("verdict")
    intents = verdict["intents"]
    path = ("verdict", "intents")
    return {
        "groups": [
            _accepted(documents, REDUCING, "orders that claim to reduce"),
            _accepted(documents, OPENING, "orders that open"),
        ],
        "decisions": documents.figure(COUNT, *path, "count") if intents["count"] else None,
        "served": documents.figure(COUNT, *path, "endings", "served")
        if intents["endings"].get("served")
        else None,
        "reasons": verdict["reasons"],
    }


def _accepted(documents: Documents, group: str, what: str) -> dict[str, Any]:
    row = documents.at("verdict", "classes", group)
    path = ("verdict", "classes", group)
    return {
        "what": what,
        "any": bool(row["attempts"]),
        "attempts": documents.figure(COUNT, *path, "attempts"),
        "share": documents.figure(SHARE, *path, "accepted_share"),
        "accepted": documents.figure(COUNT, *path, "accepted"),
        "lost": [(documents.figure(COUNT, *path, kind), _KINDS[kind]) for kind in _KINDS if row[kind]],
    }


def clauses_view(documents: Documents) -> dict[str, Any]:
    """The contract clause by clause, and each reading of its promise."""
    verdict = documents.at("verdict")
    rows = [_clause(documents, verdict["precondition"], ("verdict", "precondition"), "condition: ")]
    for place, clause in enumerate(verdict["clauses"]):
        rows.append(_clause(documents, clause, ("verdict", "clauses", place), ""))
    return {
        "summary": name(verdict["contract"]["summary"]),
        "readings": [
            {"name": row["name"], "means": name(row["means"]), "mark": MARKS[row["result"]]}
            for row in verdict["readings"]
        ],
        "table": Table("every clause", _HEAD, rows, frozenset((3, 4, 5, 6)), "clauses"),
    }


def _clause(
    documents: Documents, clause: dict[str, Any], path: tuple[str | int, ...], before: str
) -> list[str]:
    outvoted = " (other reading)" if is_outvoted(documents.at("verdict"), clause) else ""
    result = Markup('<span class="mark-{}">{}{}</span>').format(
        clause["result"].replace(" ", "-"), MARKS[clause["result"]], outvoted
    )
    reason = (
        Markup('<br><small class="reason">{}</small>').format(clause["reason"]) if clause["reason"] else ""
    )
    silent = clause["result"] == "not asked"
    bounds = documents.interval(*path, "interval") or name(interval_text(clause))
    return [
        Markup("{}{}").format(before, name(clause["id"])),
        result,
        name(measure_text(clause)) + reason + ("" if silent else _of_runs(documents, path)),
        "" if silent or clause["estimate"] is None else documents.figure(SHARE, *path, "estimate"),
        "" if silent else documents.counted(*path),
        "" if silent else bounds,
        _needed(documents, clause, path),
        name(clause["vantage"]),
        name(clause["speaks_of"]),
    ]


def _needed(documents: Documents, clause: dict[str, Any], path: tuple[str | int, ...]) -> str:
    if clause["at_least"] is not None:
        return Markup("≥ {}").format(documents.figure(ROUND_SHARE, *path, "at_least"))
    if clause["at_most"] is not None:
        return Markup("≤ {}").format(documents.figure(ROUND_SHARE, *path, "at_most"))
    return "never"

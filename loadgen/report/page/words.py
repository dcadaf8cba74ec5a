"""What a report says in plain English before any table: what was run, what came out, what it means."""

from __future__ import annotations

from html import escape
from typing import Any

from loadgen.report.page.markup import COUNT, PLAIN, ROUND_SHARE, SHARE, Documents, name, table
from loadgen.report.readings import is_outvoted
from loadgen.report.terminal import interval_text, kept, measure_text
from mock_exchange.gateway.attempt import OPENING, REDUCING

_HEADLINES = {"broken": "The promise is broken", "inconclusive": "This run decides nothing"}
_MEANS = {
    "holds": "Every clause that was asked holds, or one reading of the promise does where it has several.",
    "broken": "At least one clause of the contract is broken, beyond what chance explains.",
    "inconclusive": "Neither a pass nor a failure. What stands in the way is listed below.",
}
_MARKS = {
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
}


def banner(documents: Documents) -> str:
    verdict = documents.at("verdict")
    run = verdict["run"]
    headline = _HEADLINES.get(verdict["result"]) or kept(verdict).capitalize()
    where = (
        f"Scenario {name(run['scenario'])}, policy {name(run['policy'])}, contract "
        f"{name(verdict['contract']['name'])}: {documents.figure(PLAIN, 'verdict', 'run', 'replications')} × "
        f"{documents.figure(PLAIN, 'verdict', 'run', 'duration_s')} s, "
        f"{'in virtual time' if run['mode'] == 'sim' else 'over sockets'}, seed "
        f"{documents.figure(PLAIN, 'verdict', 'run', 'seed')}."
    )
    return (
        f'<header class="banner {verdict["result"]}"><p class="kicker">fireexit: under overload, do '
        "risk-reducing "
        f"orders still get through?</p><h1>{escape(headline)}</h1>"
        f"<p>{_MEANS[verdict['result']]}</p><p>{where}</p></header>"
    )


def in_short(documents: Documents) -> str:
    """Who got in, who got out, and the reasons of a verdict that is no plain yes."""
    verdict = documents.at("verdict")
    parts = [
        _accepted(documents, REDUCING, "orders that claim to reduce"),
        _accepted(documents, OPENING, "orders that open"),
    ]
    intents = verdict["intents"]
    if intents["count"]:
        served = intents["endings"].get("served")
        got_out = (
            f"{documents.figure(COUNT, 'verdict', 'intents', 'endings', 'served')} of them were served by "
            "the end"
            if served
            else "none of them was served by the end"
        )
        parts.append(
            f"<p>{documents.figure(COUNT, 'verdict', 'intents', 'count')} decisions to get smaller were "
            f"made; {got_out}. "
            "Served means that fills of its own orders reached the quantity wanted, by the engine's "
            "journal.</p>"
        )
    reasons = "".join(f'<li class="reason">{escape(reason)}</li>' for reason in verdict["reasons"])
    if reasons:
        parts.append(f"<p>Because:</p><ul>{reasons}</ul>")
    return "".join(parts)


def _accepted(documents: Documents, group: str, what: str) -> str:
    row = documents.at("verdict", "classes", group)
    if not row["attempts"]:
        return f"<p>No {what} were sent.</p>"
    path = ("verdict", "classes", group)
    lost = ", ".join(f"{documents.figure(COUNT, *path, kind)} {_KINDS[kind]}" for kind in _KINDS if row[kind])
    return (
        f"<p>Of {documents.figure(COUNT, *path, 'attempts')} {what}, "
        f"{documents.figure(SHARE, *path, 'accepted_share')} "
        f"were accepted ({documents.figure(COUNT, *path, 'accepted')}, seen by their clients)"
        + (f"; not accepted: {lost}.</p>" if lost else ".</p>")
    )


def clauses(documents: Documents) -> str:
    """The contract clause by clause, and each reading of its promise."""
    verdict = documents.at("verdict")
    rows = [_clause(documents, verdict["precondition"], ("verdict", "precondition"), "condition: ")]
    for place, clause in enumerate(verdict["clauses"]):
        rows.append(_clause(documents, clause, ("verdict", "clauses", place), ""))
    head = (
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
    readings = "".join(
        f"<li>Read as <em>{escape(row['name'])}</em> ({name(row['means'])}): {_MARKS[row['result']]}</li>"
        for row in verdict["readings"]
    )
    told = f"<p>{name(verdict['contract']['summary'])}</p>"
    if readings:
        told += (
            "<p>The promise can be read in more than one way, and is kept if it is kept in one:</p>"
            f"<ul>{readings}</ul>"
        )
    return told + table(head, rows, "every clause", numbers=(3, 4, 5, 6), klass="clauses")


def _clause(
    documents: Documents, clause: dict[str, Any], path: tuple[str | int, ...], before: str
) -> list[str]:
    outvoted = " (other reading)" if is_outvoted(documents.at("verdict"), clause) else ""
    result = (
        f'<span class="mark-{clause["result"].replace(" ", "-")}">{_MARKS[clause["result"]]}{outvoted}</span>'
    )
    silent = clause["result"] == "not asked"
    counted = (
        f"{documents.figure(COUNT, *path, 'numerator')} of {documents.figure(COUNT, *path, 'denominator')}"
    )
    bounds = documents.interval(*path, "interval") or name(interval_text(clause))
    reason = f'<br><small class="reason">{escape(clause["reason"])}</small>' if clause["reason"] else ""
    return [
        before + name(clause["id"]), result, name(measure_text(clause)) + reason,
        "" if silent or clause["estimate"] is None else documents.figure(SHARE, *path, "estimate"),
        "" if silent else counted, "" if silent else bounds, _needed(documents, clause, path),
        name(clause["vantage"]), name(clause["speaks_of"]),
    ]  # fmt: skip


def _needed(documents: Documents, clause: dict[str, Any], path: tuple[str | int, ...]) -> str:
    if clause["at_least"] is not None:
        return f"≥ {documents.figure(ROUND_SHARE, *path, 'at_least')}"
    if clause["at_most"] is not None:
        return f"≤ {documents.figure(ROUND_SHARE, *path, 'at_most')}"
    return "never"

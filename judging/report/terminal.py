"""The verdict for a terminal, or as plain lines where there is none."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from judging.measures import MEASURES, text_of
from judging.report.how_it_was_run import policy_text, runs_text, warnings
from judging.report.reenactment import told
from judging.verdict.readings import deciding, is_outvoted, left_open, sentences

_STYLES = {"holds": "bold green", "broken": "bold red", "inconclusive": "bold yellow", "not asked": "dim"}
_HEADLINES = {
    "holds": "HOLDS: {kept}{open}",
    "broken": "BROKEN: {broken}",
    "inconclusive": "INCONCLUSIVE: this run decides nothing",
}
INVALID = {
    "broken": "what was refused for sure was executed; nothing else follows from this invalid run",
    "inconclusive": "this run is invalid and decides nothing",
}
"""Headlines of a run whose figures are not to be trusted: they name no clause."""
_PRECONDITION = {"holds": "met", "broken": "not met", "inconclusive": "unclear"}


def render_verdict(document: dict[str, Any], console: Console) -> None:
    """Headline, clauses, classes, intents, and why if it is not a plain yes."""
    run = document["run"]
    result = document["result"]
    broken = ", ".join(
        clause["id"]
        for clause in document["clauses"]
        if clause["result"] == "broken" and not is_outvoted(document, clause)
    )
    if document["validity"]["faults"]:
        said = f"{result.upper()}: {INVALID[result]}"
    else:
        left = left_open(document)
        said = _HEADLINES[result].format(broken=broken, kept=kept(document), open=f", {left}" if left else "")
    headline = Text(said, style=_STYLES[result])
    where = (
        f"scenario {run['scenario']} · policy {policy_text(document)} · "
        f"contract {document['contract']['name']} · {run['mode']} · seed {run['seed']} · "
        f"{runs_text(document)}"
    )
    parts: list[Any] = [headline, Text(where, style="dim"), *map(Text, warnings(document)), Text()]
    parts += [
        _clauses(document),
        *map(Text, sentences(document)),
        Text(),
        _classes(document),
        Text(),
        Text(_intents(document["intents"])),
    ]
    if "reenactment" in document:
        parts += [Text(), *told(document["reenactment"])]
    for reason in document["reasons"]:
        parts.append(Text(f"because {reason}", style=_STYLES[result]))
    console.print(
        Panel(Group(*parts), title="fireexit", expand=False) if console.is_terminal else Group(*parts)
    )


def kept(document: dict[str, Any]) -> str:
    """What it means that a contract holds: only `strict` asks all that an open exit needs."""
    if document["contract"]["name"] == "strict":
        return "the fire exit stayed open"
    reading = deciding(document)
    return "the contract is kept" + (f", read as {reading['name']}" if reading else "")


def _clauses(document: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("clause", "result", "measured", "interval", "needed", "whole runs", "counted at"):
        table.add_column(name, no_wrap=name != "measured")
    precondition = document["precondition"]
    for row in [precondition, *document["clauses"]]:
        result = row["result"]
        shown = _PRECONDITION[result] if row is precondition else result
        if is_outvoted(document, row):
            shown += " (other reading)"
        table.add_row(
            row["id"],
            Text(shown, style=_STYLES[result]),
            _measured(row),
            interval_text(row),
            needed_text(row),
            whole_runs_text(row),
            row["vantage"],
        )
    return table


def _measured(row: dict[str, Any]) -> str:
    """What was measured, and what came out; or why the question is not asked."""
    if row["result"] == "not asked":
        return str(row["reason"])
    what = measure_text(row)
    if row["estimate"] is None:
        return f"{what}: {row['numerator']:,} of {row['denominator']:,}"
    return f"{what}: {row['estimate']:.2%} ({row['numerator']:,} of {row['denominator']:,})"


def measure_text(row: dict[str, Any]) -> str:
    """What a clause measures, in words."""
    return text_of(MEASURES[row["measure"]], row)


def interval_text(row: dict[str, Any]) -> str:
    """The interval that the data allow a clause; a census has none."""
    if row["result"] == "not asked":
        return ""
    if row["interval"] is None:
        return "census" if row["speaks_of"].endswith("(census)") else "no data"
    low, high = row["interval"]
    return f"{low:.2%} … {high:.2%}"


def whole_runs_text(row: dict[str, Any]) -> str:
    """How many runs, or batches of one run, did not fall short; and how many of all may, at most."""
    found = row.get("rarest")
    if found is None:
        return ""
    return f"{found['of'] - found['fell_short']} of {found['of']}, ≤ {found['ruled_out']:.1%} fail"


def needed_text(row: dict[str, Any]) -> str:
    """What a clause asks for."""
    if row["at_least"] is not None:
        return f"≥ {row['at_least']:.0%}"
    if row["at_most"] is not None:
        return f"≤ {row['at_most']:.0%}"
    return "never"


def _classes(document: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("attempts", "accepted", "capacity", "unknown", "false-state", "self-inflicted", "justified")
    table.add_column("class")
    for name in columns:
        table.add_column(name, justify="right")
    table.add_column("accepted share", justify="right")
    for group, row in document["classes"].items():
        if isinstance(row, dict) and row["attempts"]:
            share = "–" if row["accepted_share"] is None else f"{row['accepted_share']:.1%}"
            table.add_row(group, *(f"{row[name]:,}" for name in columns), share)
    return table


def _intents(row: dict[str, Any]) -> str:
    if not row["count"]:
        return "intents to reduce: none"
    endings = ", ".join(f"{count:,} {name}" for name, count in row["endings"].items())

    def seconds(value: float | None) -> str:
        return "never seen" if value is None else f"{value:.3f} s"

    return (
        f"intents to reduce: {row['count']:,} ({endings}); time to served p50 "
        f"{seconds(row['time_to_served_p50_s'])}, p99 {seconds(row['time_to_served_p99_s'])}"
    )

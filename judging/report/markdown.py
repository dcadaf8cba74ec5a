"""The verdict as Markdown: for a step summary, a pull request, a ticket."""

from __future__ import annotations

from typing import Any

from judging.report.how_it_was_run import policy_text, runs_text, warnings
from judging.report.terminal import interval_text, measure_text, needed_text, whole_runs_text
from judging.verdict.readings import is_outvoted, left_open, sentences

_MARKS = {
    "holds": "✅ holds",
    "broken": "❌ broken",
    "inconclusive": "❔ inconclusive",
    "not asked": "➖ not asked",
}
_COLUMNS = ("attempts", "accepted", "capacity", "unknown", "false-state", "self-inflicted", "justified")


def markdown(document: dict[str, Any], digest: str = "") -> str:
    """Headline, clauses with numerator, denominator and interval, classes, reasons."""
    run = document["run"]
    lines = [
        f"## Fire exit: {_MARKS[document['result']]}",
        "",
        *([f"The contract holds, {left}.", ""] if (left := left_open(document)) else []),
        f"Scenario `{run['scenario']}`, policy `{policy_text(document)}`, contract "
        f"`{document['contract']['name']}`, {run['mode']}, seed {run['seed']}, {runs_text(document)}.",
        *warnings(document),
        "",
        "| clause | result | measured | counts | interval | needed | whole runs | counted at |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_clause(clause, document) for clause in [document["precondition"], *document["clauses"]]),
        *([""] if document["readings"] else []),
        *(f"- {sentence}" for sentence in sentences(document)),
        "",
        f"| class | {' | '.join(_COLUMNS)} |",
        f"| --- {'| ---: ' * len(_COLUMNS)}|",
        *_classes(document["classes"]),
        "",
        *(f"- because {reason}" for reason in document["reasons"]),
    ]
    if digest:
        lines += ["", f"Digest of the sealed run: `{digest}`"]
    return "\n".join(lines).rstrip() + "\n"


def _clause(clause: dict[str, Any], document: dict[str, Any]) -> str:
    mark = _MARKS[clause["result"]] + (" (other reading)" if is_outvoted(document, clause) else "")
    share = "–" if clause["estimate"] is None else f"{clause['estimate']:.2%}"
    cells = (
        clause["id"],
        mark,
        f"{measure_text(clause)}: {share}",
        f"{clause['numerator']:,} of {clause['denominator']:,}",
        interval_text(clause),
        needed_text(clause),
        whole_runs_text(clause),
        clause["vantage"],
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _classes(classes: dict[str, Any]) -> list[str]:
    return [
        f"| {group} | " + " | ".join(f"{row[name]:,}" for name in _COLUMNS) + " |"
        for group, row in classes.items()
        if isinstance(row, dict) and row["attempts"]
    ]

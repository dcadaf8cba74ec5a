"""Writes `docs/contracts.md`: the table of measures is made from the measures themselves."""

from __future__ import annotations

from pathlib import Path

from judging.clause import RUN
from judging.measures import MEASURES, Measure
from tools.pages import DOCS

PAGE = DOCS / "contracts.md"
TEMPLATE = Path(__file__).parent / "templates" / "contracts.md"


def contracts_page() -> str:
    return TEMPLATE.read_text(encoding="utf-8").replace("{{MEASURES}}", _table())


def _table() -> str:
    rows = [
        ("measure", "what it measures", "needs", "interval", "journal", "counted at"),
        ("---",) * 6,
        *(_row(measure) for measure in MEASURES.values()),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(measure: Measure) -> tuple[str, ...]:
    needs = [f"`{name}`" for name in measure.needs]
    if measure.groups:
        known = " or ".join(f'`"{group}"`' for group in measure.groups)
        needs = [f"`group` {known}", *(name for name in needs if name != "`group`")]
    meaning = measure.meaning + (" (may be the precondition)" if measure.may_be_condition else "")
    interval = "no" if measure.speaks_of == RUN else "yes"
    journal = "needed" if measure.needs_journal else "–"
    return f"`{measure.name}`", meaning, ", ".join(needs) or "–", interval, journal, measure.vantage


if __name__ == "__main__":
    PAGE.write_text(contracts_page(), encoding="utf-8")

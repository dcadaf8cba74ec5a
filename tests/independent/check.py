"""Recomputes every figure on a report's page from the raw records in the run's directory, and lists what
differs. It imports nothing of the project: Python, scipy for two quantiles, and the files beside it.

    python check.py RUN

For runs of the scenario `incident-2025-10-11` under the contract `docs-2025-10-23`. Exit status 0: all agree.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import figures
import pictures
from page import Page, shown
from records import NANO, Records


def documents(run: Path) -> dict[str, Any]:
    """The page's two documents, as far as they show figures."""
    told = json.loads((run / "run.json").read_text())
    reported = tomllib.loads((run / "scenario.toml").read_text())["reported"]
    contract = tomllib.loads((run / "contract.toml").read_text())
    end = round(told["duration_s"] * NANO)
    window = reported["from_s"] * NANO, min(reported["to_s"] * NANO, end)
    alpha = 1 - contract["confidence"]
    every = [Records(folder) for folder in sorted(run.glob("replication-*"))]
    asked = {clause["id"]: clause for clause in contract["clauses"]}
    clauses = figures.clauses(every, alpha, asked["reducing-ahead"]["at_least"])
    limits = {"overload": contract["precondition"], **asked}

    def clause(name: str) -> dict[str, Any]:
        numerator, denominator, estimate, interval, whole_runs = clauses[name]
        return {
            "numerator": numerator,
            "denominator": denominator,
            "estimate": estimate,
            "interval": interval,
            **{key: limits[name].get(key) for key in ("at_least", "at_most")},
            "minimum": limits[name].get("minimum", 100),
            **whole_runs,
        }

    return {
        "verdict": {
            "run": told,
            "precondition": clause("overload"),
            "clauses": [clause(c["id"]) for c in contract["clauses"]],
            "classes": figures.classes(every),
            "intents": figures.intents(every, end),
        },
        "report": {
            "replications": len(every),
            "confidence": contract["confidence"],
            "window_s": [instant / NANO for instant in window],
            "small": reported["provider_share"],
            "near": 0.025,
            "total": 0.95,
            "rates": figures.rates(every, window, reported["traders"], end, alpha),
            "endings": figures.endings(every),
            "first": pictures.first(every[0], end, reported["traders"]),
        },
    }


def at(tree: Any, path: str) -> Any:
    for step in path.split("."):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return tree


def compare(page: Page, again: dict[str, Any]) -> list[str]:
    """What differs, a line each."""
    rates = page.documents["report"]["rates"]
    keys = [(row["vantage"], row["class"], row["counts"], row["per"]) for row in rates]
    wrong = [f"rate {key} is missing" for key in again["report"]["rates"].keys() - set(keys)]
    again["report"]["rates"] = [again["report"]["rates"].get(key, {}) for key in keys]
    wrong += [f"{text!r} is a figure without a place" for text in page.unmarked()]
    for key, value, kind, text in page.figures:
        try:
            found = at(again, key)
        except (KeyError, IndexError):
            wrong.append(f"{key}: nothing to recompute it from")
            continue
        if str(found) != value or shown(found, kind) != text:
            wrong.append(f"{key}: the page says {text} ({value}), the records {shown(found, kind)} ({found})")
    for keys, rows in page.series:
        for place, key in enumerate(keys):
            column = [row[place + 1] for row in rows[1:]]
            found = ["" if value is None else str(value) for value in at(again, key)]
            if column != found:
                wrong.append(f"{key}: the table of steps differs from the records")
    shares = figures.flow(again["report"]["endings"])
    for of, text in page.shares:
        if not text.endswith(f"{shares[of]:.1%}"):
            wrong.append(f"{of}: the picture says {text}, the records {shares[of]:.1%}")
    known = repeated(again["verdict"])
    for reason in page.reasons:
        numbers = re.findall(r"(?<![\w-])\d+(?:\.\d+)?%?", reason)
        wrong += [
            f"{reason!r}: {number} is no figure of a clause" for number in numbers if number not in known
        ]
    for name in ("timeline", "codes", "meanings", "latency", "strip"):
        if page.documents["report"]["first"][name] != again["report"]["first"][name]:
            wrong.append(f"{name}: a picture is drawn from other figures")
    return wrong


def repeated(verdict: dict[str, Any]) -> set[str]:
    """Figures of the clauses, as a sentence may repeat them."""
    known = set()
    for clause in (verdict["precondition"], *verdict["clauses"]):
        known |= {str(clause[key]) for key in ("numerator", "denominator", "minimum")}
        known |= {f"{clause['estimate'] or 0:.{digits}%}" for digits in (1, 2)}
        known |= {f"{clause[key] or 0:.0%}" for key in ("at_least", "at_most")}
    return known


def main() -> int:
    run = Path(sys.argv[1])
    page = Page(run / "report.html")
    wrong = compare(page, documents(run))
    print(*wrong[:50], sep="\n", end="\n" if wrong else "")
    steps = sum(len(keys) * len(rows) for keys, rows in page.series)
    seen = f"{len(page.figures)} figures, {steps} cells, {len(page.shares)} shares in pictures"
    print(f"{seen}; {len(wrong)} differ")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

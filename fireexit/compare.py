"""Several policies under one scenario, with common random numbers: every policy meets the same traffic."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fireexit.check import CheckOptions, Progress, UsageError, check, prepare


def compare_policies(
    names: list[str],
    scenario: str,
    contract: str,
    seed: int | None,
    duration_s: float | None,
    progress: Progress,
) -> list[dict[str, Any]]:
    """A verdict document for each policy, in the order given. Raises UsageError."""
    if not names:
        raise UsageError("no policies to compare; give --policies a,b,c")
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    options = [
        CheckOptions(scenario, name, "sim", contract, seed=seed, duration_s=duration_s) for name in names
    ]
    for option in options:
        prepare(option)
    documents = []
    for place, option in enumerate(options):
        with tempfile.TemporaryDirectory() as folder:
            result = check(replace(option, out=Path(folder)), None)
        documents.append(result.document)
        progress("comparing", (place + 1) / len(options))
    return documents


def render_comparison(documents: list[dict[str, Any]], console: Console) -> None:
    run = documents[0]["run"]
    console.print(
        f"scenario {run['scenario']} · contract {documents[0]['contract']['name']} · seed {run['seed']} · "
        f"{run['replications']} × {run['duration_s']:g} s, simulated"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("policy")
    table.add_column("verdict")
    for name in ("reducing accepted", "opening accepted", "cancels accepted", "served in 2 s", "p50", "p99"):
        table.add_column(name, justify="right")
    for document in documents:
        classes, intents = document["classes"], document["intents"]
        table.add_row(
            document["run"]["policy"],
            document["result"],
            *(_share(classes[group]["accepted_share"]) for group in ("truly-reducing", "opening", "cancel")),
            _share(intents["served_within_2s"]),
            _seconds(intents["time_to_served_p50_s"]),
            _seconds(intents["time_to_served_p99_s"]),
        )
    console.print(table)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _seconds(value: float | None) -> str:
    return "never seen" if value is None else f"{value:.3f} s"

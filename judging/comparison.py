"""A bake-off's results: policies against scenarios, every cell a verdict, ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE
from run_records.schemas import schema_name

RESULTS = (HOLDS, BROKEN, INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One policy under one scenario: the verdict document."""

    policy: str
    scenario: str
    document: dict[str, Any]

    @property
    def result(self) -> str:
        return str(self.document["result"])

    @property
    def broken(self) -> list[str]:
        """Ids of the clauses that it breaks."""
        return [clause["id"] for clause in self.document["clauses"] if clause["result"] == BROKEN]


@dataclass(frozen=True, slots=True)
class BakeOff:
    """All cells of a bake-off; `policies` from best to worst."""

    policies: list[str]
    scenarios: list[str]
    cells: dict[tuple[str, str], Cell]
    settings: dict[str, Any]
    summaries: dict[str, str]

    def row(self, policy: str) -> list[Cell]:
        return [self.cells[policy, scenario] for scenario in self.scenarios]

    def count(self, policy: str, result: str) -> int:
        return sum(cell.result == result for cell in self.row(policy))

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": schema_name("bake-off"),
            **self.settings,
            "ranking": [
                {"policy": policy, **{result.value: self.count(policy, result) for result in RESULTS}}
                for policy in self.policies
            ],
            "cells": [
                {"policy": cell.policy, "scenario": cell.scenario, "broken": cell.broken, **cell.document}
                for policy in self.policies
                for cell in self.row(policy)
            ],
        }


def ranked(
    policies: Sequence[str], scenarios: Sequence[str], cells: Mapping[tuple[str, str], Cell]
) -> list[str]:
    """Most scenarios held first; then fewest broken, fewest clauses broken, most engine time not wasted."""

    def key(policy: str) -> tuple[float, ...]:
        row = [cells[policy, scenario] for scenario in scenarios]
        wasted = [cell.document["figures"]["wasted"] for cell in row]
        return (
            -sum(cell.result == HOLDS for cell in row),
            sum(cell.result == BROKEN for cell in row),
            sum(len(cell.broken) for cell in row),
            sum(1.0 if share is None else share for share in wasted) / len(wasted),
        )

    return sorted(policies, key=key)

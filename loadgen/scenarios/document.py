"""Scenario documents before they mean anything: one that extends another, and one whose times are scaled."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

_TIMES = frozenset(
    (
        "duration_s",
        "recovers_at_s",
        "at_s",
        "within_s",
        "from_s",
        "to_s",
        "memory_s",
        "minute_s",
        "pause_s",
        "calms_at_s",
    )
)
"""Keys that say when something happens, not how long the venue or a client takes for it."""
_ADDED = ("traders", "phases")
_BY_SYMBOL = ("books", "prices")
_JOINED = ("parameters", "policies", "venue")


def extended(row: dict[str, Any], load: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The document with all that it `extends`: its traders come after the other's, but for kinds that it goes
    `without`; its tables change single entries, its books and prices those of their symbols, everything
    else replaces. Raises ValueError for what `load`
    does not know."""
    if "extends" not in row:
        return row
    base = extended(load(str(row["extends"])), load)
    without = row.get("without", [])
    if not isinstance(without, list):
        raise ValueError(f"without must be a list of kinds, not {without!r}")
    kinds = {str(t.get("kind")) for t in base.get("traders", [])}
    for kind in without:
        if kind not in kinds:
            raise ValueError(f"there are no traders of kind {kind!r} to go without")
    base["traders"] = [t for t in base.get("traders", []) if t.get("kind") not in without]
    merged = {**base, **{key: value for key, value in row.items() if key not in ("extends", "without")}}
    for key in _ADDED:
        if key in base and key in row:
            merged[key] = [*base[key], *row[key]]
    for key in _BY_SYMBOL:
        if key in base and key in row:
            named = {entry["symbol"] for entry in row[key]}
            merged[key] = [*(entry for entry in base[key] if entry["symbol"] not in named), *row[key]]
    for key in _JOINED:
        if key in base and key in row:
            merged[key] = {**base[key], **row[key]}
    merged["time_scale"] = base.get("time_scale", 1.0) * row.get("time_scale", 1.0)
    return merged


def with_rate(row: dict[str, Any], factor: float) -> dict[str, Any]:
    """The document with that many times the arrivals. Above one there are as many more accounts, so that each
    comes as often as before and no rate limit is met that was not met before."""
    return {**row, "traders": [_more(spec, factor) for spec in row.get("traders", [])]}


def _more(spec: Any, factor: float) -> Any:
    if not isinstance(spec, dict) or not isinstance(spec.get("rate"), int | float):
        return spec
    accounts = spec.get("accounts")
    more = {"accounts": math.ceil(accounts * factor)} if factor > 1 and isinstance(accounts, int) else {}
    return {**spec, "rate": spec["rate"] * factor, **more}


def scaled(value: Any, factor: float) -> Any:
    """The document with every instant and length of the run multiplied."""
    if isinstance(value, list):
        return [scaled(item, factor) for item in value]
    if isinstance(value, dict):
        return {
            key: item * factor if key in _TIMES and isinstance(item, int | float) else scaled(item, factor)
            for key, item in value.items()
        }
    return value

"""The smallest scenario that still shows something: what does not matter is left out, what is large is cut.

It works on the document, not on what is made of it, so that what is left is a scenario file like any other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import tomlkit

from loadgen.scenarios.scenario import Scenario, ScenarioError, parse_scenario

Document = dict[str, Any]
_ROWS = ("traders", "phases", "prices", "books", "privileged")
_OPTIONAL = ("parameters", "reported", "policies", "recovers_at_s", "rate_limits_intended", "time_scale")
_KEPT_IN_VENUE = ("nodes", "slots", "service", "handling")
"""Without these a venue has another kind of capacity, and is another venue."""
_LEAST: dict[str, float] = {"duration_s": 1.0, "at_s": 0.0, "rate": 0.1}
_WHOLE = ("accounts", "nodes", "slots", "shards", "levels", "clips", "workers")
SPAN = ("duration_s", "recovers_at_s", "at_s", "from_s", "to_s")
"""Instants of a scenario: they are brought closer together."""


@dataclass
class Shrunk:
    """What was found: the document, how many were tried, and what was left out or made smaller, in words."""

    document: Document
    tries: int = 0
    steps: list[str] = field(default_factory=list)


def scenario_of(document: Document) -> Scenario | None:
    """What a document means; None for what is no scenario."""
    try:
        return parse_scenario(tomlkit.dumps(document), "that was tried")
    except ScenarioError:
        return None


def shrink(
    document: Document,
    shows: Callable[[Document], bool],
    most_tries: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Shrunk:
    """Take the first smaller document that still `shows` it, again and again, until none does or so many have
    been tried. Large steps are tried first. `shows` says False for what is no scenario any more."""
    found = Shrunk(document)
    tried: set[str] = set()
    while (smaller := _next(found, shows, most_tries, tried, progress)) is not None:
        step, found.document = smaller
        found.steps.append(step)
    return found


def _next(
    found: Shrunk,
    shows: Callable[[Document], bool],
    most_tries: int,
    tried: set[str],
    progress: Callable[[float], None],
) -> tuple[str, Document] | None:
    for step, smaller in smaller_ones(found.document):
        if (text := repr(smaller)) in tried:
            continue
        if found.tries >= most_tries:
            return None
        tried.add(text)
        found.tries += 1
        progress(found.tries / most_tries)
        if shows(smaller):
            return step, smaller
    return None


def smaller_ones(document: Document) -> Iterator[tuple[str, Document]]:
    """Documents that are smaller by one step, with the step in words."""
    for key in _ROWS:
        yield from _with_fewer_rows(document, key)
    for key in _OPTIONAL:
        if key in document:
            yield f"without {key}", _without(document, key)
    yield from _smaller_venue(document)
    yield from _shorter(document)
    for key in ("traders", "books"):
        for number, row in enumerate(document.get(key, [])):
            yield from _smaller_row(document, key, number, row)


def _with_fewer_rows(document: Document, key: str) -> Iterator[tuple[str, Document]]:
    """Halves first, then quarters, down to single rows (as delta debugging does it)."""
    rows = document.get(key, [])
    size = len(rows)
    while size:
        for begin in range(0, len(rows), size):
            gone = rows[begin : begin + size]
            names = ", ".join(_named(row) for row in gone)
            yield f"without {key} {names}", {**document, key: rows[:begin] + rows[begin + size :]}
        size //= 2


def _named(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    return str(row.get("kind") or row.get("name") or row.get("symbol"))


def _without(document: Document, key: str) -> Document:
    return {name: value for name, value in document.items() if name != key}


def _smaller_venue(document: Document) -> Iterator[tuple[str, Document]]:
    venue = document.get("venue", {})
    for key in venue:
        if key not in _KEPT_IN_VENUE:
            yield f"without venue.{key}", {**document, "venue": _without(venue, key)}
    for key, value in venue.items():
        for less in _less(key, value):
            yield f"venue.{key} {less}", {**document, "venue": {**venue, key: less}}


def _shorter(document: Document) -> Iterator[tuple[str, Document]]:
    """All instants closer together, or the end earlier."""
    duration = document.get("duration_s", 0.0)
    for factor in (0.25, 0.5, 0.75):
        if duration * factor >= _LEAST["duration_s"]:
            yield f"{factor:g} of its length", _scaled(document, factor)
            shorter = {**document, "duration_s": _rounded(duration * factor)}
            yield f"{shorter['duration_s']:g} s", shorter


def _scaled(document: Document, factor: float) -> Document:
    scaled = copy.deepcopy(document)

    def walk(row: Any) -> None:
        if isinstance(row, dict):
            for key, value in row.items():
                if key in SPAN and isinstance(value, int | float):
                    row[key] = _rounded(value * factor)
                walk(value)
        elif isinstance(row, list):
            for one in row:
                walk(one)

    walk(scaled)
    return scaled


def _smaller_row(document: Document, key: str, number: int, row: Document) -> Iterator[tuple[str, Document]]:
    for name, value in row.items():
        if name in ("kind", "symbol"):
            continue
        if name not in _WHOLE and name not in _LEAST:
            yield f"without {name} of {_named(row)}", _replaced(document, key, number, _without(row, name))
        for less in _less(name, value):
            yield f"{name} of {_named(row)} {less}", _replaced(document, key, number, {**row, name: less})


def _less(name: str, value: Any) -> Iterator[Any]:
    """Smaller values of a count or a rate."""
    if isinstance(value, bool):
        return
    if name in _WHOLE and isinstance(value, int):
        for less in dict.fromkeys((1, value // 4, value // 2, value - 1)):
            if 0 < less < value:
                yield less
    elif name in _LEAST and isinstance(value, int | float):
        for factor in (0.25, 0.5, 0.75):
            if value * factor >= _LEAST[name]:
                yield _rounded(value * factor)


def _rounded(value: float) -> float:
    """To three digits, a whole number where it is one: what is found is to be read by people."""
    rounded = float(f"{value:.3g}")
    return int(rounded) if rounded == int(rounded) else rounded


def _replaced(document: Document, key: str, number: int, row: Document) -> Document:
    rows = list(document[key])
    rows[number] = row
    return {**document, key: rows}

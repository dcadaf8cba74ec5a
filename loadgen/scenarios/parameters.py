"""Named assumptions of a scenario, each with its source, and the places that use them.

    [parameters.crowd_users]
    value = 1200
    source = "assumed"

    [[traders]]
    users = "round($crowd_users * $scale)"

A text that begins with `$` is a product or quotient of parameters and numbers; `round()` makes it whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

RATE = "rate"
MOST_RATE = 1000
_KEYS = {"value", "source", "why"}
_ROUNDED = re.compile(r"round\((\$.+)\)")
_TERM = re.compile(r"\s*([*/]?)\s*(\$[a-z][a-z0-9_]*|\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One assumption: `source` names where it comes from, or says `assumed`; `why` gives the reason."""

    name: str
    value: Any
    source: str
    why: str = ""

    @property
    def assumed(self) -> bool:
        return self.source.startswith("assumed")


def parameters_of(row: dict[str, Any], settings: dict[str, Any]) -> dict[str, Parameter]:
    """The `[parameters]` of a document, with `settings` (name to value) put in place of what it says. Raises
    ValueError."""
    found: dict[str, Parameter] = {}
    table = row.get("parameters", {})
    if not isinstance(table, dict):
        raise ValueError("parameters must be tables, [parameters.NAME]")
    for name, entry in table.items():
        if name == RATE:
            raise ValueError(f"no parameter may be called {RATE}: --set {RATE}=… scales all arrivals")
        if not isinstance(entry, dict) or not {"value", "source"} <= set(entry) <= _KEYS:
            raise ValueError(f"[parameters.{name}] has value, source and perhaps why")
        value = entry["value"]
        if name in settings:
            value = _like(name, value, settings[name])
        found[name] = Parameter(name, value, str(entry["source"]), str(entry.get("why", "")))
    if unknown := sorted(set(settings) - set(found) - {RATE}):
        known = ", ".join([*found, RATE])
        raise ValueError(f"no parameter is called {unknown[0]!r}; known: {known}")
    return found


def rate_of(settings: dict[str, Any]) -> float:
    """The factor on all arrivals that any scenario can be given. Raises ValueError."""
    try:
        rate = float(settings.get(RATE, 1.0))
    except (TypeError, ValueError):
        raise ValueError(f"{RATE} is a number, not {settings[RATE]!r}") from None
    if not 0 < rate <= MOST_RATE:
        raise ValueError(f"{RATE} must be above 0 and at most {MOST_RATE}, not {rate:g}")
    return rate


def resolved(value: Any, parameters: dict[str, Parameter]) -> Any:
    """The document with every reference replaced. Raises ValueError for one that leads nowhere."""
    if isinstance(value, dict):
        return {key: resolved(item, parameters) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, parameters) for item in value]
    if isinstance(value, str):
        rounded = _ROUNDED.fullmatch(value)
        if rounded is not None:
            return round(_evaluate(rounded[1], parameters))
        if value.startswith("$"):
            return _evaluate(value, parameters)
    return value


def _like(name: str, default: Any, value: Any) -> Any:
    """A value given as text, read as the kind of thing that the parameter is."""
    if isinstance(value, str) and not isinstance(default, str):
        try:
            value = {"true": True, "false": False}[value] if isinstance(default, bool) else float(value)
        except (KeyError, ValueError):
            raise ValueError(f"parameter {name} is like {default!r}, not {value!r}") from None
    return _whole(value)


def _evaluate(text: str, parameters: dict[str, Parameter]) -> Any:
    result: Any = None
    place = 0
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None or (place == 0) != (match[1] == ""):
            raise ValueError(f"{text!r} is no product of parameters and numbers")
        term = _term(match[2], parameters)
        if match[1] == "/" and not term:
            raise ValueError(f"{text!r} is a division by zero")
        factor = 1 / term if match[1] == "/" else term
        result = factor if result is None else result * factor
        place = match.end()
    return _whole(result)


def _term(text: str, parameters: dict[str, Parameter]) -> Any:
    if not text.startswith("$"):
        return float(text)
    name = text[1:]
    if name not in parameters:
        raise ValueError(f"no parameter is called {name!r}")
    return parameters[name].value


def _whole(value: Any) -> Any:
    """A float that is a whole number, as one: counts stay counts."""
    return int(value) if isinstance(value, float) and value.is_integer() else value

"""Reading a scenario file: strict about keys, clear about mistakes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from loadgen.scenarios.population import KINDS, Population
from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.plan import BookPlan, Plan, book_from_texts

SCHEMA = "fireexit.scenario/1"
SIMULATED_START_MS = 1_760_130_720_000
"""Venue time at the start of a simulated run: 2025-10-10 21:12:00 UTC."""
_TOP_KEYS = {
    "schema", "name", "summary", "duration_s", "rate_limits_intended", "venue", "policies", "books",
    "traders",
}  # fmt: skip


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario. `plan` makes the venue's half for a policy and a seed, `population` the traders."""

    name: str
    summary: str
    duration_s: float
    gateway: GatewayConfig
    policy_parameters: dict[str, dict[str, Any]]
    books: tuple[BookPlan, ...]
    population: Population
    source: str

    def plan(self, policy: str, seed: int, *, simulated: bool) -> Plan:
        return Plan(
            gateway=self.gateway,
            policy=policy,
            policy_parameters=self.policy_parameters.get(policy, {}),
            seed=seed,
            epoch_start_ms=SIMULATED_START_MS if simulated else 0,
            books=self.books,
            accounts=tuple(self.population.accounts()),
        )


def scenario_names() -> list[str]:
    """Names of the shipped scenarios."""
    folder = files("loadgen.scenarios")
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_scenario(name: str) -> Scenario:
    """A shipped scenario by name, or a file by path. Raises ScenarioError."""
    if name in scenario_names():
        text = files("loadgen.scenarios").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ScenarioError(f"cannot read scenario {name}: {reason}") from None
    else:
        raise ScenarioError(
            f"unknown scenario {name!r}; known: {', '.join(scenario_names())}, or give a .toml file"
        )
    return parse_scenario(text, name)


def parse_scenario(text: str, where: str) -> Scenario:
    """A scenario from TOML text; `where` names it in error messages. Raises ScenarioError."""
    try:
        row = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"scenario {where} is not valid TOML: {error}") from None
    try:
        return _scenario(row, text)
    except (ValueError, AttributeError, OverflowError, TypeError) as error:
        raise ScenarioError(f"scenario {where}: {error}") from None


def _scenario(row: dict[str, Any], text: str) -> Scenario:
    if row.get("schema") != SCHEMA:
        raise ValueError(f"schema must be {SCHEMA!r}, not {row.get('schema')!r}")
    if unknown := sorted(set(row) - _TOP_KEYS):
        raise ValueError(f"unknown key {unknown[0]!r}")
    duration = row.get("duration_s")
    if not isinstance(duration, int | float) or not 0 < duration <= 86_400:
        raise ValueError(f"duration_s must be from 0 to 86400 seconds, not {duration!r}")
    books = tuple(_table("books", book, number, _book) for number, book in enumerate(_rows(row, "books")))
    if not books:
        raise ValueError("no [[books]]: nothing can be traded")
    gateway = _table("venue", row.get("venue", {}), 0, GatewayConfig.from_dict)
    policies = row.get("policies", {})
    if not isinstance(policies, dict) or not all(isinstance(p, dict) for p in policies.values()):
        raise ValueError("policies must be tables, [policies.NAME]")
    population = Population(
        [_table("traders", spec, number, lambda s: _trader(s, books))
         for number, spec in enumerate(_rows(row, "traders"))]
    )  # fmt: skip
    if not row.get("rate_limits_intended", False):
        population.check_order_limits(gateway.limits)
    return Scenario(
        name=_text(row, "name"),
        summary=_text(row, "summary"),
        duration_s=float(duration),
        gateway=gateway,
        policy_parameters=policies,
        books=books,
        population=population,
        source=text,
    )


def _table(kind: str, row: Any, number: int, parse: Callable[[dict[str, Any]], Any]) -> Any:
    """Parse one table; complaints are prefixed with where it stands."""
    where = f"[{kind}]" if kind == "venue" else f"[[{kind}]] number {number + 1}"
    if not isinstance(row, dict):
        raise ValueError(f"{where} must be a table")
    try:
        return parse(row)
    except KeyError as error:
        raise ValueError(f"{where}: {error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"{where}: {error}") from None


def _rows(row: dict[str, Any], name: str) -> list[Any]:
    rows = row.get(name, [])
    if not isinstance(rows, list):
        raise ValueError(f"{name} must be an array of tables, [[{name}]]")
    return rows


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def _book(row: dict[str, Any]) -> BookPlan:
    symbol = symbols().get(row["symbol"])
    if symbol is None:
        raise ValueError(f"unknown symbol {row['symbol']!r}; known: {', '.join(symbols())}")
    return book_from_texts(symbol, row["mark"], row["levels"], row["spacing_ticks"], row["quantity"])


def _trader(spec: dict[str, Any], books: tuple[BookPlan, ...]) -> Any:
    kind = KINDS.get(spec.get("kind", ""))
    if kind is None:
        raise ValueError(f"unknown kind {spec.get('kind')!r}; known: {', '.join(KINDS)}")
    fields = {name: value for name, value in spec.items() if name != "kind"}
    return kind.from_dict(fields, list(books))

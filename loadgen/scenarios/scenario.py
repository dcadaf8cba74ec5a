"""Reading a scenario file: strict about keys, clear about mistakes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from loadgen.scenarios.groups import KINDS
from loadgen.scenarios.population import Population
from mock_exchange.clock import NS_PER_S
from mock_exchange.engine.symbols import symbols
from mock_exchange.gateway.config import GatewayConfig
from mock_exchange.plan import BookPlan, Phase, Plan, book_from_texts

SCHEMA = "fireexit.scenario/1"
SIMULATED_START_MS = 1_760_130_720_000
"""Venue time at the start of a simulated run: 2025-10-10 21:12:00 UTC."""
_TOP_KEYS = {
    "schema", "name", "summary", "duration_s", "recovers_at_s", "rate_limits_intended", "venue", "phases",
    "policies", "books", "traders",
}  # fmt: skip
_STANDARD_BOOKS = (
    # mark prices: assumed, near the levels of 2025-10-10 21:12 UTC; DOGE from the incident's own figures
    {"symbol": "BTCUSDT", "mark": "113000.00", "levels": 20, "spacing_ticks": 20, "quantity": "50"},
    {"symbol": "ETHUSDT", "mark": "3850.00", "levels": 20, "spacing_ticks": 10, "quantity": "800"},
    {"symbol": "SOLUSDT", "mark": "190.0000", "levels": 20, "spacing_ticks": 10, "quantity": "15000"},
    {"symbol": "DOGEUSDT", "mark": "0.192450", "levels": 20, "spacing_ticks": 5, "quantity": "5000000"},
    {"symbol": "XRPUSDT", "mark": "2.4000", "levels": 20, "spacing_ticks": 2, "quantity": "400000"},
)
"""The books of a scenario that names none: five liquid symbols."""


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario. `plan` makes the venue's half for a policy and a seed, `population` the traders.
    From `recovers_at_s` on (None: never) the load is such that a healthy venue is back to normal."""

    name: str
    summary: str
    duration_s: float
    gateway: GatewayConfig
    policy_parameters: dict[str, dict[str, Any]]
    books: tuple[BookPlan, ...]
    population: Population
    phases: tuple[Phase, ...]
    recovers_at_s: float | None
    source: str

    def parameters(self, policy: str) -> dict[str, Any]:
        """What this scenario sets of a policy's parameters."""
        return self.policy_parameters.get(policy, {})

    def plan(self, policy: str, seed: int, *, simulated: bool) -> Plan:
        return Plan(
            gateway=self.gateway,
            policy=policy,
            policy_parameters=self.parameters(policy),
            seed=seed,
            epoch_start_ms=SIMULATED_START_MS if simulated else 0,
            books=self.books,
            accounts=tuple(self.population.accounts()),
            phases=self.phases,
        )


def scenario_names() -> list[str]:
    """Names of the shipped scenarios."""
    folder = files("loadgen.scenarios")
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_scenario(name: str, time_scale: float = 1.0) -> Scenario:
    """A shipped scenario by name, or a file by path; all its times multiplied by `time_scale`, rates as they
    are. Raises ScenarioError."""
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
    return parse_scenario(text, name, time_scale)


def parse_scenario(text: str, where: str, time_scale: float = 1.0) -> Scenario:
    """A scenario from TOML text; `where` names it in error messages. Raises ScenarioError."""
    try:
        row = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"scenario {where} is not valid TOML: {error}") from None
    try:
        return _scenario(row if time_scale == 1.0 else _scaled(row, time_scale), text)
    except (ValueError, AttributeError, OverflowError, TypeError) as error:
        raise ScenarioError(f"scenario {where}: {error}") from None


_TIMES = frozenset(("duration_s", "recovers_at_s", "at_s", "within_s"))


def _scaled(value: Any, factor: float) -> Any:
    """The document with every instant and length of the run multiplied."""
    if isinstance(value, list):
        return [_scaled(item, factor) for item in value]
    if isinstance(value, dict):
        return {
            key: item * factor if key in _TIMES and isinstance(item, int | float) else _scaled(item, factor)
            for key, item in value.items()
        }
    return value


def _scenario(row: dict[str, Any], text: str) -> Scenario:
    if row.get("schema") != SCHEMA:
        raise ValueError(f"schema must be {SCHEMA!r}, not {row.get('schema')!r}")
    if unknown := sorted(set(row) - _TOP_KEYS):
        raise ValueError(f"unknown key {unknown[0]!r}")
    duration = row.get("duration_s")
    if not isinstance(duration, int | float) or not 0 < duration <= 86_400:
        raise ValueError(f"duration_s must be from 0 to 86400 seconds, not {duration!r}")
    rows = _rows(row, "books") or list(_STANDARD_BOOKS)
    books = tuple(_table("books", book, number, _book) for number, book in enumerate(rows))
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
    recovers = row.get("recovers_at_s")
    if recovers is not None and (not isinstance(recovers, int | float) or not 0 <= recovers < duration):
        raise ValueError(f"recovers_at_s must be from 0 to duration_s, not {recovers!r}")
    return Scenario(
        name=_text(row, "name"),
        summary=_text(row, "summary"),
        duration_s=float(duration),
        gateway=gateway,
        policy_parameters=policies,
        books=books,
        population=population,
        phases=_phases(row, gateway),
        recovers_at_s=recovers,
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


def _phases(row: dict[str, Any], base: GatewayConfig) -> tuple[Phase, ...]:
    """What changes with time. Each phase is the `[venue]` table with what it sets, not the phase before."""
    phases = tuple(
        _table("phases", phase, number, lambda p: _phase(p, base))
        for number, phase in enumerate(_rows(row, "phases"))
    )
    if any(a.at_ns >= b.at_ns for a, b in pairwise(phases)):
        raise ValueError("[[phases]] must be in order of at_s")
    return phases


def _phase(row: dict[str, Any], base: GatewayConfig) -> Phase:
    at_s = row["at_s"]
    if not isinstance(at_s, int | float) or isinstance(at_s, bool) or not 0 <= at_s <= 86_400:
        raise ValueError(f"at_s must be from 0 to 86400 seconds, not {at_s!r}")
    settings = {key: value for key, value in row.items() if key not in ("at_s", "name")}
    return Phase(round(at_s * NS_PER_S), _text(row, "name"), base.changed(settings))


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
